"""The plugin's side of a conversation, frame by frame: what the host says wrongly, and the plugin's own caps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crossplug.errors import EncodeError, PluginError
from crossplug.protocol.dialect import by_name
from crossplug.protocol.exchange import Cancel, Event, Initialize, Request
from crossplug.protocol.session import Session


class Talk:
    """An open session and the messages that it writes."""

    def __init__(self, **limits: int) -> None:
        self.session = Session(by_name("crossplug/1"))
        incoming = self.say(id=1, method="initialize", params={})
        assert isinstance(incoming, Initialize)
        self.session.open({}, incoming.request, "ndjson", "json", **limits)
        assert self.heard()[0]["id"] == 1

    def raw(self, frame: bytes) -> Any:
        return self.session.receive(frame)

    def say(self, **message: Any) -> Any:
        return self.raw(json.dumps({"jsonrpc": "2.0", **message}).encode())

    def heard(self) -> list[Any]:
        messages = [json.loads(frame) for frame in self.session.out]
        self.session.out.clear()
        return messages

    def warned(self) -> str:
        (log,) = self.heard()
        assert log["method"] == "$/log", log
        assert log["params"]["level"] == "warn"
        return str(log["params"]["message"])

    def event(self, seq: int, stream: str | None = None) -> Any:
        params = {"name": "e", "seq": seq, "payload": seq}
        return self.say(method="$/event", params=params if stream is None else {**params, "stream": stream})


# --- events ---


def test_an_event_with_a_wrong_number_is_logged_and_dropped() -> None:
    talk = Talk()
    for stream in (None, "s"):
        assert isinstance(talk.event(1, stream), Event)
        for wrong in (3, 0, 7):
            assert talk.event(wrong, stream) is None
            assert "seq" in talk.warned()
        second = talk.event(2, stream)  # the expectation stayed as it was
        assert (second.name, second.stream, second.seq, second.payload) == ("e", stream, 2, 2)
    assert isinstance(talk.event(1, "s"), Event), "the host has forgotten the stream"
    assert isinstance(talk.event(2, "s"), Event)
    assert talk.event(2, "new") is None
    assert talk.warned()


def test_names_of_events_are_bounded() -> None:
    talk = Talk()
    for name, stream in (("x" * 1025, "s"), ("e", "é" * 513)):
        assert talk.say(method="$/event", params={"name": name, "stream": stream, "seq": 1, "payload": 0}) is None
        assert "1,024" in talk.warned()
        with pytest.raises(EncodeError, match="1,024"):
            talk.session.event(name, stream, 0)
    assert talk.heard() == []


def test_few_streams_are_remembered_and_the_recent_ones_never_forgotten() -> None:
    talk = Talk()
    for number in range(20_000):
        talk.session.event("e", f"s{number}", 0)
        if number >= 1_000:
            talk.session.event("e", f"s{number - 1_000}", 1)
        assert all(message["params"]["seq"] == 1 + message["params"]["payload"] for message in talk.heard())
    assert len(talk.session.emitted) < 5_000
    for number in range(20_000):
        assert isinstance(talk.event(1, f"s{number}"), Event)
    assert len(talk.session.seen) < 5_000
    assert isinstance(talk.event(9, "s0"), Event), "a stream that was forgotten here may go on there"


# --- params, replies, envelopes ---


def test_params_that_are_null_or_absent_are_an_empty_object() -> None:
    talk = Talk()
    assert talk.say(id=2, method="a", params=None).params == {}
    assert talk.say(id=3, method="a").params == {}
    assert talk.say(method="$/cancel", params=None) is None
    assert "without an id" in talk.warned()


@pytest.mark.parametrize(
    "reply",
    [
        {"result": 1, "jsonrpc": "1.0"},
        {"result": 1, "jsonrpc": None},
        {"jsonrpc": "2.0"},
        {"jsonrpc": "2.0", "result": 1, "error": {"code": 1, "message": "x"}},
        {"jsonrpc": "2.0", "error": "no"},
        {"jsonrpc": "2.0", "error": {"code": "x", "message": "x"}},
        {"jsonrpc": "2.0", "error": {"code": 1}},
    ],
)
def test_a_malformed_reply_fails_its_call(reply: dict[str, Any]) -> None:
    talk = Talk()
    asked = talk.session.ask("kv.get", {})
    assert talk.heard()[0]["id"] == asked.id
    message = {name: value for name, value in {"id": asked.id, **reply}.items() if name != "jsonrpc" or value}
    talk.raw(json.dumps(message).encode())
    assert asked.over
    assert asked.error is not None
    assert asked.error.code == "protocolViolation"
    assert talk.warned()
    if len(message) > 2:  # an id alone is a request without a method
        talk.raw(json.dumps(message).encode())
        assert talk.warned(), "no call is open any more"


def test_an_error_without_an_id_is_logged() -> None:
    talk = Talk()
    talk.say(id=None, error={"code": -32700, "message": "what?", "data": {"code": "parseError"}})
    assert "parseError: what?" in talk.warned()


def test_a_notification_of_another_json_rpc_is_refused() -> None:
    talk = Talk()
    for message in ({"method": "$/event"}, {"jsonrpc": "1.0", "method": "x", "params": {}}):
        assert talk.raw(json.dumps(message).encode()) is None
        (refusal,) = talk.heard()
        assert refusal["id"] is None
        assert refusal["error"]["data"]["code"] == "invalidRequest"


@pytest.mark.parametrize("frame", [b"\v", b"\f", b" \f ", b'\v{"jsonrpc":"2.0","method":"x"}'])
def test_other_white_space_is_not_json(frame: bytes) -> None:
    talk = Talk()
    assert talk.raw(frame) is None
    (refusal,) = talk.heard()
    assert refusal["id"] is None
    assert refusal["error"]["data"]["code"] == "parseError"


# --- caps ---


def refused(call: Any) -> PluginError:
    with pytest.raises(PluginError) as caught:
        call()
    assert caught.value.code == "resourceExhausted"
    assert caught.value.retryable
    return caught.value


def test_calls_in_flight_are_counted_until_the_host_answers() -> None:
    talk = Talk(pending_calls=2)
    first, second = talk.session.ask("a", {}), talk.session.ask("a", {})
    talk.heard()
    refused(lambda: talk.session.ask("a", {}))
    assert talk.heard() == []
    talk.session.abandon(first, None)
    assert talk.heard()[0]["method"] == "$/cancel"
    refused(lambda: talk.session.ask("a", {}))  # the host still works on the cancelled one
    talk.say(id=first.id, error={"code": -32004, "message": "cancelled"})
    assert talk.heard() == []
    talk.session.ask("a", {})
    talk.say(id=second.id, result=1)
    talk.session.ask("a", {})
    assert len(talk.heard()) == 2


def test_the_hosts_caps_do_not_raise_the_own() -> None:
    talk = Talk(pending_calls=100_000, open_streams=100_000)
    assert (talk.session.pending_calls, talk.session.open_streams) == (1000, 256)


def test_streams_are_counted_until_their_request_is_answered() -> None:
    talk = Talk(open_streams=2)
    upload = talk.say(id=2, method="sum")
    asked = talk.session.ask("a", {})
    talk.heard()
    talk.session.grant(upload, 1, 100)
    talk.session.grant(asked, 1, 100)
    talk.session.grant(asked, 1, 100)  # more for an open stream
    assert len(talk.heard()) == 3
    refused(lambda: talk.session.ask("a", {}, streams=True))
    assert talk.heard() == [], "it is not even asked"
    another = talk.say(id=3, method="sum")
    refused(lambda: talk.session.grant(another, 1, 100))
    talk.session.abandon(asked, None)
    refused(lambda: talk.session.grant(another, 1, 100))  # the host still works on the cancelled one
    talk.say(id=asked.id, result=None)
    talk.session.grant(another, 1, 100)
    third = talk.say(id=4, method="sum")
    refused(lambda: talk.session.grant(third, 1, 100))
    talk.session.reply(upload, None)
    talk.session.grant(third, 1, 100)
    talk.session.reply(third, None)
    reserved = talk.session.ask("a", {}, streams=True)
    refused(lambda: talk.session.ask("a", {}, streams=True))
    talk.session.drain(reserved)


# --- streams ---


def test_credit_ends_with_the_end() -> None:
    talk = Talk()
    request = talk.say(id=2, method="sum")
    talk.session.grant(request, 5, 1000)
    talk.heard()
    talk.say(method="$/end", params={"id": 2})
    cancel = talk.say(method="$/item", params={"id": 2, "item": 1})
    assert isinstance(cancel, Cancel)
    assert request.over
    assert any(message.get("error", {}).get("data", {}).get("code") == "protocolViolation" for message in talk.heard())


def test_only_its_sender_ends_an_upload() -> None:
    talk = Talk()
    asked = talk.session.ask("a", {})
    talk.session.grant(asked, 1, 100)
    talk.say(method="$/end", params={"id": asked.id})
    talk.say(method="$/item", params={"id": asked.id, "item": 1})
    assert [item for item, _ in asked.inbox] == [1]


def test_a_stream_that_nobody_reads_is_drained() -> None:
    talk = Talk()
    asked = talk.session.ask("a", {})
    talk.session.drain(asked)
    credit = talk.heard()[-1]["params"]
    for sent in range(1000):
        assert credit["items"] > sent
        talk.say(method="$/item", params={"id": asked.id, "item": "x" * 1000})
        for message in talk.heard():
            assert message["method"] == "$/credit"
            credit["items"] += message["params"]["items"]
    assert not asked.inbox


def test_a_reply_that_the_host_could_never_read_is_given_up() -> None:
    talk = Talk(frame_bytes=10)
    request = talk.say(id=2, method="a")
    assert isinstance(request, Request)
    talk.session.fail(request, PluginError("internal", "x" * 100))
    assert request.over
    assert 2 not in talk.session.requests
