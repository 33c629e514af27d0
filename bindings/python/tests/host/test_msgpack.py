"""A host that speaks MessagePack, with the subject of each SDK as a process: values come exactly as they were sent.

What hosts do whatever is spoken is in the interop cases, which are played here, too.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

import crossplug
from crossplug import EncodeError, PluginError, UsageError
from crossplug.host import ItemSender, LogLine, PluginEvent, ServiceCall
from crossplug.interfaces.conformance import (
    Answer,
    Ask,
    ConformanceClient,
    ConformanceEvents,
    ConformanceServiceHandler,
    Count,
    Echo,
    Emit,
    Fail,
    Happened,
    OutOfPaperError,
)
from host.places import ROOT
from interop.play import Subject, play

LEAST, MOST, HUGE = -(2**63), 2**63 - 1, 2**64 - 1
ALL = ("*", "emit=*", "subscribe=*")
MIXED = Echo(big=LEAST, huge=HUGE, bytes_=bytes(range(256)) * 300, list_=[0, LEAST, MOST], ratio=2.0, note=None)


class Services(ConformanceServiceHandler):
    async def test_answer(self, call: ServiceCall, params: Ask) -> Answer:
        assert call.plugin is not None
        assert call.plugin.encoding == "msgpack"
        echo = await ConformanceClient(call.plugin).test_echo(Echo(text=params.question, huge=HUGE))
        return Answer(answer=f"{echo.text}!{echo.huge}")

    async def test_list(self, call: ServiceCall, params: Count, items: ItemSender[int]) -> int:
        for number in range(params.to):
            await items.send(MOST - number)
        return LEAST


def test_typed_values_come_exactly(process_subject: Path) -> None:
    events: list[PluginEvent[Happened]] = []
    logs: list[LogLine] = []
    host = crossplug.Host("test", Services(), encoding="msgpack", grants=ALL, on_log=logs.append)
    host.event(ConformanceEvents.TEST_HAPPENED)(events.append)

    async def main() -> None:
        async with host:
            plugin = await host.load(process_subject)
            assert plugin.encoding == "msgpack"
            assert await plugin.conformance.test_echo(MIXED) == MIXED
            assert (await plugin.conformance.test_ask(Ask(question="why"))).answer == f"why!{HUGE}"
            assert await plugin.conformance.test_skim(Count(to=100)) == LEAST
            call = plugin.conformance.test_double()
            for number in (LEAST // 2, -1, 2**53, MOST // 2):
                await call.send(number)
            call.end()
            assert [item async for item in call] == [LEAST, -2, 2**54, MOST - 1]
            assert await call.result() == 4
            with pytest.raises(OutOfPaperError) as caught:
                await plugin.conformance.test_fail(Fail(code="outOfPaper", message="empty", details={"sheets": 3}))
            assert caught.value.details is not None
            assert caught.value.details.sheets == 3
            await plugin.conformance.test_emit(Emit(times=3))
            await plugin.call("test.log", {"text": "a line"})

    asyncio.run(main())
    assert [event.payload for event in events] == [Happened(number=number) for number in (1, 2, 3)]
    assert [line.fields for line in logs if line.message == "a line"] == [{"from": "subject"}]


def test_the_blocking_twin(process_subject: Path) -> None:
    with crossplug.Host("test", grants=ALL) as host:
        plugin = host.load_blocking(process_subject, encoding="msgpack")
        assert plugin.encoding == "msgpack"
        assert plugin.conformance.test_echo_blocking(MIXED) == MIXED
        call = plugin.conformance.test_double()
        call.send_blocking(MOST // 2)
        call.end()
        assert list(call) == [MOST - 1]
        assert call.result_blocking() == 1


def test_values_without_types(process_subject: Path) -> None:
    events: list[Any] = []
    questions: list[Any] = []
    host = crossplug.Host("test", encoding="msgpack", grants=ALL)
    host.on_event(lambda event: events.append(event.payload))

    @host.service("test.list")
    def numbers(call: ServiceCall, params: dict[str, int]) -> int:
        questions.append(params)
        items = call.items()
        for number in (HUGE // 4, 7):
            items.send_blocking(number)
        return LEAST

    with host:
        plugin = host.load_blocking(process_subject)
        sent = {"big": LEAST, "huge": HUGE, "bytes": b"\0\xff", "legacy": 2**53 - 1, "any": [1.5, None, {"x": "é"}]}
        assert plugin.call_blocking("test.echo", sent) == sent
        # What JSON would have said is taken, too, and comes back as it is.
        said = {"big": str(LEAST), "huge": "7", "bytes": "AP8="}
        came = plugin.call_blocking("test.echo", said)
        assert came == {"big": LEAST, "huge": 7, "bytes": b"\0\xff"}
        assert {type(came["big"]), type(came["huge"])} == {int}
        assert plugin.call_blocking("test.echo", Echo(big=MOST)) == {"big": MOST}
        assert plugin.call_blocking("test.echo", {"bytes": bytearray(3)}) == {"bytes": bytes(3)}
        with pytest.raises(PluginError, match="outOfRange") as unfit:
            plugin.call_blocking("test.echo", {"big": HUGE})
        assert unfit.value.details == {"reason": "outOfRange", "pointer": "/big"}
        with pytest.raises(PluginError, match="beyond2p53"):
            plugin.call_blocking("test.echo", {"any": HUGE})
        assert list(plugin.start("test.count", {"to": 2})) == [1, 2]
        assert plugin.call_blocking("test.skim", {"to": 2}) == LEAST
        assert questions == [{"to": 2}]
        plugin.call_blocking("test.emit", {"times": 1})
        endless: list[Any] = []
        endless.append(endless)
        for wrong, reason in ((endless, "tooDeep"), ({1: 2}, "wrongKind"), ("\ud800", "loneSurrogate")):
            with pytest.raises(EncodeError) as refused:
                plugin.call_blocking("test.echo", {"any": wrong})
            assert refused.value.reason == reason
    assert events == [{"number": 1}]


def test_bytes_without_a_type_go_as_base64_in_json(python_subject: Path) -> None:
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(python_subject)
        assert plugin.encoding == "json"
        assert plugin.call_blocking("test.echo", {"bytes": b"\0\xff"}) == {"bytes": "AP8="}


def test_who_does_not_speak_it_is_spoken_to_in_json(tmp_path: Path, python_subject: Path) -> None:
    reply = '{"protocol":{"version":"1.0"},"manifest":{"name":"plain","version":"1.0.0"},"interfaces":{}}'
    program = tmp_path / "plain.py"
    program.write_text(
        "import json, sys\n"
        "for line in sys.stdin:\n"
        f"    reply = {{'jsonrpc': '2.0', 'id': json.loads(line)['id'], 'result': json.loads({reply!r})}}\n"
        "    print(json.dumps(reply), flush=True)\n"
    )
    with crossplug.Host("test", encoding="msgpack") as host:
        plain = host.load_program_blocking([sys.executable, str(program)], name="plain")
        assert plain.encoding == "json"
        assert plain.call_blocking("any.thing")["manifest"]["name"] == "plain"
        # Nor does a foreign dialect, and a load's own wish counts before the host's.
        assert host.load_blocking(python_subject, dialect="elizaos-bridge/1").encoding == "json"
        assert host.load_blocking(python_subject, encoding="json").encoding == "json"


def test_doors_without_frames_speak_json(frameless_subject: Path) -> None:
    with crossplug.Host("test", encoding="msgpack") as host:
        plugin = host.load_blocking(frameless_subject)
        assert plugin.encoding == "json"
        assert plugin.conformance.test_echo_blocking(MIXED) == MIXED


def test_modules_of_this_program_speak_it(module_subject: Path) -> None:
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(module_subject, encoding="msgpack")
        assert plugin.encoding == "msgpack"
        assert plugin.conformance.test_echo_blocking(MIXED) == MIXED


def test_another_encoding_is_refused() -> None:
    wrong: Any = "xml"
    with pytest.raises(UsageError, match=r"'xml'.*'json' and 'msgpack'"):
        crossplug.Host("test", encoding=wrong)
    with crossplug.Host("test") as host, pytest.raises(UsageError, match="'xml'"):
        host.load_blocking("nowhere", encoding=wrong)


CASES = ROOT / "schema/vectors/interop"
# Loading again and again says nothing of an encoding, and takes the time of everything else.
PLAYED = sorted(case.name for case in CASES.glob("*.jsonl") if case.name != "reload.jsonl")


@pytest.mark.parametrize("case", PLAYED)
def test_interop(case: str, rust_subject: Path) -> None:
    lines = [json.loads(line) for line in (CASES / case).read_text("utf-8").rstrip("\n").split("\n")]
    asyncio.run(play(lines, Subject(rust_subject, None, "msgpack")))
