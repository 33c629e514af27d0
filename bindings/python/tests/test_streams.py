"""Streams between a handler and a service of the host, and of handlers that are named by strings, by raw messages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from crossplug import Context, Plugin
from crossplug.codec.codec import Codec
from crossplug.interfaces.protocol_errors import ResourceExhaustedError
from crossplug.plugin.method import Method
from crossplug.testing import TestHost
from crossplug.testing.memory import MemoryPlugin

ANY: Codec[Any] = Codec("any", lambda value: value, lambda value: value)
INITIALIZE = {
    "protocol": {"version": "1.0"},
    "host": {"name": "t", "version": "1"},
    "instanceId": "i",
    "config": {},
    "granted": {},
}


class Wire:
    """A host that says exactly what a test says."""

    def __init__(self, plugin: Plugin) -> None:
        self.plugin = MemoryPlugin(plugin, plugin.manifest())
        self.waiting: list[Any] = []
        self.send(id=1, method="initialize", params=INITIALIZE)
        assert self.next()["id"] == 1

    def send(self, **message: Any) -> None:
        self.plugin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def next(self) -> Any:
        while not self.waiting:
            data = self.plugin.output.get(timeout=10)
            assert data is not None
            self.waiting += map(json.loads, data.splitlines())
        return self.waiting.pop(0)

    def silence(self) -> None:
        """Nothing but the answer to a ping comes."""
        self.send(id=900, method="ping")
        assert self.next() == {"jsonrpc": "2.0", "id": 900, "result": None}


def plain(ctx: Context, params: Any) -> Any:
    call = ctx.start("squares", {"name": "n"}, timeout=10)
    for number in range(3):
        call.send_blocking(number)
    call.end()
    return [*call, call.result_blocking()]


async def coroutine(ctx: Context, params: Any) -> Any:
    call = ctx.start("squares", {"name": "n"}, timeout=10)
    for number in range(3):
        await call.send(number)
    call.end()
    return [*[item async for item in call], await call.result()]


@pytest.mark.parametrize("handler", [plain, coroutine])
def test_a_service_with_streams_both_ways(handler: Callable[..., Any]) -> None:
    plugin = Plugin("p")
    plugin.method("go")(handler)
    wire = Wire(plugin)
    wire.send(id=2, method="go")
    asked = wire.next()
    assert (asked["method"], asked["params"], asked["meta"]) == ("squares", {"name": "n"}, {"timeoutMs": 10_000})
    wire.silence()  # no credit, no item
    wire.send(method="$/credit", params={"id": asked["id"], "items": 2, "bytes": 1000})
    assert [wire.next()["params"]["item"], wire.next()["params"]["item"]] == [0, 1]
    wire.silence()
    wire.send(method="$/credit", params={"id": asked["id"], "items": 5, "bytes": 1000})
    assert wire.next()["params"]["item"] == 2
    assert wire.next() == {"jsonrpc": "2.0", "method": "$/end", "params": {"id": asked["id"]}}
    credit = wire.next()
    assert credit["method"] == "$/credit"
    assert credit["params"]["items"] > 0
    for item in (0, 1, 4):
        wire.send(method="$/item", params={"id": asked["id"], "item": item})
    wire.send(id=asked["id"], result="done")
    assert wire.next() == {"jsonrpc": "2.0", "id": 2, "result": [0, 1, 4, "done"]}
    wire.plugin.close_input()


def test_an_item_of_the_host_without_credit_is_logged_and_left() -> None:
    plugin = Plugin("p")
    plugin.method("go")(lambda ctx, params: ctx.call_blocking("squares"))
    wire = Wire(plugin)
    wire.send(id=2, method="go")
    asked = wire.next()
    wire.send(method="$/item", params={"id": asked["id"], "item": 1})
    log = wire.next()
    assert log["method"] == "$/log"
    assert "without credit" in log["params"]["message"]
    wire.send(id=asked["id"], result="fine")
    assert wire.next() == {"jsonrpc": "2.0", "id": 2, "result": "fine"}
    wire.plugin.close_input()


async def result_only_async(ctx: Context, params: Any) -> Any:
    return await ctx.start("squares").result()


async def result_after_one_async(ctx: Context, params: Any) -> Any:
    call = ctx.start("squares", timeout=20)
    async for _ in call:
        break
    return await call.result()


def result_after_one(ctx: Context, params: Any) -> Any:
    call = ctx.start("squares", timeout=20)
    next(iter(call))
    return call.result_blocking()


SQUARES: Method[Any, Any, Any, None, Any] = Method("squares", "squares", items=ANY, result=ANY)


def result_of_a_typed_one(ctx: Context, params: Any) -> Any:
    return ctx.call_blocking(SQUARES)


@pytest.mark.parametrize(
    "handler",
    [
        lambda ctx, params: ctx.start("squares").result_blocking(),
        result_only_async,
        result_after_one,
        result_after_one_async,
        result_of_a_typed_one,
    ],
)
def test_a_result_comes_though_nobody_reads_the_items(handler: Callable[..., Any]) -> None:
    plugin = Plugin("p")
    plugin.method("go")(handler)
    wire = Wire(plugin)
    wire.send(id=2, method="go")
    asked, credit, sent = wire.next(), 0, 0
    while sent < 1000:
        if sent == credit:
            message = wire.next()
            assert message["method"] == "$/credit"
            credit += message["params"]["items"]
        wire.send(method="$/item", params={"id": asked["id"], "item": sent})
        sent += 1
    wire.send(id=asked["id"], result="all")
    while "id" not in (message := wire.next()):
        assert message["method"] == "$/credit"
    assert message == {"jsonrpc": "2.0", "id": 2, "result": "all"}
    wire.plugin.close_input()


def test_too_many_streams_fail_here_and_not_at_the_host() -> None:
    plugin = Plugin("p")

    @plugin.method("go")
    def go(ctx: Context, params: Any) -> Any:
        calls = [ctx.start("squares") for _ in range(256)]
        with pytest.raises(ResourceExhaustedError, match="256 streams") as caught:
            ctx.start("squares")
        for call in calls:
            call.cancel()
        return caught.value.retryable

    wire = Wire(plugin)
    wire.send(id=2, method="go")
    asked = 0
    while (message := wire.next()).get("id") != 2:
        asked += message["method"] == "squares"
    assert message == {"jsonrpc": "2.0", "id": 2, "result": True}
    assert asked == 256
    wire.plugin.close_input()


def test_handlers_named_by_strings_stream_json_values() -> None:
    plugin = Plugin("p")

    @plugin.method("double")
    def double(ctx: Context, params: Any) -> Any:
        items, count = ctx.items(), 0
        for item in ctx.upload():
            items.send_blocking([item, item])
            count += 1
        return count

    with TestHost(plugin) as host:
        call = host.start("double", upload=["a", {"b": 1}])
        assert list(call) == [["a", "a"], [{"b": 1}, {"b": 1}]]
        assert call.result_blocking() == 2


def test_a_cancelled_call_frees_a_handler_that_waits_for_credit() -> None:
    plugin = Plugin("p")

    @plugin.method("endless")
    async def endless(ctx: Context, params: Any) -> None:
        while True:
            await ctx.items().send("x")

    @plugin.method("endless.plain")
    def endless_plain(ctx: Context, params: Any) -> None:
        while True:
            ctx.items().send_blocking("x")

    with TestHost(plugin) as host:
        for name in ("endless", "endless.plain"):
            call = host.start(name, credit=3)
            assert [next(call), next(call), next(call)] == ["x", "x", "x"]
            call.cancel()
            with pytest.raises(Exception, match="cancelled"):
                call.result_blocking()
