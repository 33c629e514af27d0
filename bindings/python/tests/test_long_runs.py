"""What must not stop, hang or grow a plugin that lives long: each case hung, was cut short or grew before."""

from __future__ import annotations

import time
from typing import Any

import pytest

from crossplug import Context, PluginError
from test_giving_up import wire
from test_process import Start, start

__all__ = ["start"]


def test_reading_goes_on_when_a_handler_computes_after_it_waited_for_its_host(start: Start) -> None:
    process = start(
        """
    @plugin.method("ask")
    def ask(ctx, params):
        if params == "long":
            ctx.call_blocking("kv.get")
            time.sleep(3)
    """
    )
    process.initialize()
    for number in range(5):  # a handler that is quick is run by whoever reads
        process.call(10 + number, "ask")
    process.send(id=20, method="ask", params="long")
    asked = process.next()
    time.sleep(0.3)  # longer than the watch stays awake
    process.send(id=asked["id"], result="v")
    time.sleep(0.1)
    assert process.call(21, "ping") is None  # before the answer to 20, which takes seconds


@pytest.mark.parametrize("raised", ["ValueError('half a \\ud800')", "PluginError('half\\ud800', 'a code')"])
def test_an_error_that_cannot_be_written_is_answered_all_the_same(start: Start, raised: str) -> None:
    process = start(f"@plugin.method('fail')\ndef fail(ctx, params):\n    raise {raised}")
    process.initialize()
    assert process.call(2, "fail")["data"]["code"] == "internal"


def test_a_host_that_errs_at_length_does_not_end_the_plugin(start: Start) -> None:
    process = start("")
    process.initialize(limits={"frameBytes": 9000})
    process.send(id="x" * 8900, result=1)
    assert process.call(2, "ping") is None
    process.send(id=3, method="nothing but a name " * 400)
    assert process.next()["error"]["data"]["code"] == "methodNotFound"


def test_progress_that_cannot_be_written_fails_no_call(start: Start) -> None:
    process = start("plugin.method('go')(lambda ctx, params: ctx.progress(float('nan'), 'half a \\ud800'))")
    process.initialize()
    process.send(id=2, method="go")
    assert process.next()["params"] == {"id": 2, "message": "half a \ufffd"}
    assert process.next()["result"] is None


@pytest.mark.parametrize("define", ["def", "async def"])
def test_an_event_handler_that_exits_ends_nothing_but_itself(start: Start, define: str) -> None:
    process = start(
        f"""
    seen = []
    @plugin.event("happened")
    {define} happened(ctx, event):
        seen.append(event.seq)
        sys.exit(3)
    @plugin.method("seen")
    async def tell(ctx, params): return seen
    """
    )
    process.initialize()
    for seq in (1, 2):
        process.send(method="$/event", params={"name": "happened", "seq": seq, "payload": None})
    assert process.call(2, "shutdown") is None
    assert process.end() == 0


def test_the_stop_hooks_run_once_where_two_threads_see_the_end(start: Start) -> None:
    process = start(
        """
    from crossplug.plugin import lifecycle
    lifecycle.LAST_GRACE = 0.2
    lifecycle.drain.__defaults__ = (0.2,)
    plugin.method("wait")(lambda ctx, params: time.sleep(params))
    @plugin.on_stop
    def stop(ctx):
        print("stop", file=sys.stderr, flush=True)
        time.sleep(0.3)
        print("stopped", file=sys.stderr, flush=True)
    """
    )
    process.initialize()
    process.send(id=2, method="wait", params=0.2)  # of the main thread, which is free again at the end
    process.send(id=3, method="wait", params=60)
    assert process.next()["id"] == 2
    assert process.end() == 0
    assert process.stderr.decode().split() == ["stop", "stopped"]


@pytest.mark.parametrize("way", ["upload", "items"])
def test_a_stream_that_the_end_of_input_cuts_is_not_taken_for_a_whole_one(start: Start, way: str) -> None:
    process = start(
        """
    @plugin.method("upload")
    def upload(ctx, params): return list(ctx.upload())
    @plugin.method("items")
    def items(ctx, params): ctx.items().send_blocking(1)
    """
    )
    process.initialize()
    process.send(id=2, method=way)
    if way == "upload":
        assert process.next()["method"] == "$/credit"
        process.send(method="$/item", params={"id": 2, "item": "a part"})
    assert process.end() == 0
    assert process.next()["error"]["data"]["code"] == "unavailable"


def test_waiting_again_and_again_leaves_nothing_behind() -> None:
    def handler(ctx: Context, params: Any) -> Any:
        for _ in range(5):
            assert not ctx.wait_cancelled_blocking(0.01)
        assert ctx._request is not None
        return len(ctx._request.wakers)

    host = wire(handler)
    host.send(id=5, method="ask")
    assert host.next()["result"] == 0


def test_a_stream_that_was_one_too_many_can_be_asked_again() -> None:
    def handler(ctx: Context, params: Any) -> Any:
        session, upload = ctx._serving.session, ctx.upload()
        session.open_streams, allowed = 0, session.open_streams
        with pytest.raises(PluginError, match="streams are open"):
            next(upload)
        session.open_streams = allowed
        return list(upload)

    host = wire(handler)
    host.send(id=5, method="ask")
    assert host.next()["method"] == "$/credit"
    host.send(method="$/item", params={"id": 5, "item": "x"})
    host.send(method="$/end", params={"id": 5})
    assert host.next()["result"] == ["x"]
