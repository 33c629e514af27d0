"""What becomes of a service's call when nobody waits for the call that it serves: no thread may stay behind."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from crossplug import Context, Plugin, PluginError
from crossplug.plugin.method import Method
from crossplug.plugin.readers import MOST_THREADS
from test_streams import Wire

NEVER: Method[Any, Any, Any, Any, Any] = Method("never", "never", timeout=60.0)


def result(ctx: Context, params: Any) -> Any:
    return ctx.call_blocking("never")


def result_with_timeout(ctx: Context, params: Any) -> Any:
    return ctx.call_blocking("never", timeout=60)


def items(ctx: Context, params: Any) -> Any:
    return list(ctx.start("never"))


def upload(ctx: Context, params: Any) -> Any:
    return ctx.start("never").send_blocking(1)


def typed(ctx: Context, params: Any) -> Any:
    return ctx.call_blocking(NEVER)


async def result_async(ctx: Context, params: Any) -> Any:
    return await ctx.call("never")


async def items_async(ctx: Context, params: Any) -> Any:
    return [item async for item in ctx.start("never")]


async def upload_async(ctx: Context, params: Any) -> Any:
    await ctx.start("never").send(1)


async def in_a_thread(ctx: Context, params: Any) -> Any:
    return await asyncio.to_thread(ctx.call_blocking, "never")


WITHOUT_TIMEOUT = [result, items, upload, typed, result_async, items_async, upload_async, in_a_thread]


def wire(handler: Callable[..., Any]) -> Wire:
    plugin = Plugin("p")
    plugin.method("ask")(handler)
    plugin.method("ok")(lambda ctx, params: params)
    return Wire(plugin)


def until_reply(host: Wire, id: int) -> tuple[Any, list[Any]]:
    """The reply to a request, and the ids that `$/cancel` named before it or right after it."""
    reply, cancelled = None, []
    while reply is None or not cancelled:
        message = host.next()
        if message.get("method") == "$/cancel":
            cancelled.append(message["params"]["id"])
        elif message.get("id") == id:
            reply = message
        else:
            assert message.get("method") in ("never", "$/credit"), message
    return reply, cancelled


@pytest.mark.parametrize("handler", [*WITHOUT_TIMEOUT, result_with_timeout], ids=lambda handler: handler.__name__)
def test_a_cancel_reaches_the_call_of_a_service(handler: Callable[..., Any]) -> None:
    host = wire(handler)
    host.send(id=5, method="ask")
    asked = host.next()
    assert asked["method"] == "never"
    host.send(method="$/cancel", params={"id": 5})
    reply, cancelled = until_reply(host, 5)
    assert reply["error"]["data"]["code"] == "cancelled"
    assert cancelled == [asked["id"]]
    host.send(id=asked["id"], result=None)  # late, and dropped without a word
    host.silence()


@pytest.mark.parametrize("handler", WITHOUT_TIMEOUT, ids=lambda handler: handler.__name__)
def test_a_call_of_a_service_takes_over_the_deadline(handler: Callable[..., Any]) -> None:
    host = wire(handler)
    host.send(id=5, method="ask", meta={"timeoutMs": 200})
    asked = host.next()
    assert 0 < asked["meta"]["timeoutMs"] <= 200
    reply, cancelled = until_reply(host, 5)
    assert reply["error"]["data"]["code"] == "deadlineExceeded"
    assert cancelled == [asked["id"]]


def test_threads_come_back() -> None:
    host = wire(result)
    for number in range(MOST_THREADS + 4):
        host.send(id=10 + number, method="ask")
    for number in range(MOST_THREADS + 4):
        host.send(method="$/cancel", params={"id": 10 + number})
    replies: set[int] = set()
    while len(replies) < MOST_THREADS + 4:
        message = host.next()
        if "error" in message:
            assert message["error"]["data"]["code"] == "cancelled"
            replies.add(message["id"])
    host.send(id=99, method="ok", params=7)
    while (message := host.next()).get("id") != 99:
        assert message["method"] == "$/cancel"
    assert message["result"] == 7


def test_after_a_cancel_only_a_call_with_a_timeout_is_made() -> None:
    def handler(ctx: Context, params: Any) -> Any:
        assert ctx.wait_cancelled_blocking(10)
        with pytest.raises(PluginError, match="cancelled"):
            ctx.call_blocking("never")
        return ctx.call_blocking("clean", timeout=10)

    host = wire(handler)
    host.send(id=5, method="ask")
    host.send(method="$/cancel", params={"id": 5})
    asked = host.next()
    assert asked["method"] == "clean"
    host.send(id=asked["id"], result="cleaned")
    assert host.next()["result"] == "cleaned"


def test_a_cancel_right_behind_its_request_is_answered() -> None:
    """The coroutine may not have begun by then."""

    async def handler(ctx: Context, params: Any) -> None:
        await asyncio.sleep(60)

    host = wire(handler)
    for number in range(5, 105):
        request = {"jsonrpc": "2.0", "id": number, "method": "ask"}
        cancel = {"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": number}}
        host.plugin.write(b"".join(json.dumps(message).encode() + b"\n" for message in (request, cancel)))
    answered = {message["id"]: message["error"]["data"]["code"] for message in (host.next() for _ in range(100))}
    assert answered == dict.fromkeys(range(5, 105), "cancelled")


def test_a_call_that_another_thread_gives_up_needs_no_frame_to_be_over() -> None:
    """In a handler that the reading thread itself runs, which nothing but a frame could have woken there."""

    def handler(ctx: Context, params: Any) -> Any:
        if params == "quick":
            return None
        call = ctx.start("never")
        threading.Timer(0.05, call.cancel).start()
        with pytest.raises(PluginError, match="cancelled"):
            call.result_blocking()
        return "given up"

    host = wire(handler)
    for number in range(5, 10):
        host.send(id=number, method="ask", params="quick")
        assert host.next()["id"] == number
    host.send(id=10, method="ask", params="slow")
    asked = host.next()
    messages = [host.next(), host.next(), host.next()]
    assert {"jsonrpc": "2.0", "id": 10, "result": "given up"} in messages, messages
    cancel = {"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": asked["id"]}}
    assert cancel in messages
    assert [message.get("method") for message in messages].count("$/credit") == 1


def test_without_time_left_no_service_is_called() -> None:
    def handler(ctx: Context, params: Any) -> Any:
        while ctx.remaining:
            threading.Event().wait(0.01)
        return ctx.call_blocking("never")

    host = wire(handler)
    host.send(id=5, method="ask", meta={"timeoutMs": 20})
    assert host.next()["error"]["data"]["code"] == "deadlineExceeded"


def test_replies_leave_nothing_behind() -> None:
    def handler(ctx: Context, params: Any) -> Any:
        for _ in range(3):
            ctx.call_blocking("kv")
        assert ctx._request is not None
        return len(ctx._request.asked)

    host = wire(handler)
    host.send(id=5, method="ask")
    for _ in range(3):
        host.send(id=host.next()["id"], result=None)
    assert host.next()["result"] == 0
