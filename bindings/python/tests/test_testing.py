"""The test host, and through it everything that a handler is given."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import Any

import pytest

from crossplug import Context, Event, ItemReceiver, ItemSender, Plugin, PluginError, UsageError
from crossplug.interfaces import conformance as c
from crossplug.interfaces.agent import (
    ActionInvoke,
    ActionResult,
    AgentMethods,
    AgentServices,
    Content,
    Memory,
    MemoryList,
    MemorySearch,
)
from crossplug.interfaces.protocol_errors import (
    CancelledError,
    DeadlineExceededError,
    InternalError,
    InvalidParamsError,
    MethodNotFoundError,
    NotFoundError,
    PermissionDeniedError,
)
from crossplug.testing import Emitted, LogLine, Progress, ServiceCall, TestHost


def invoke(text: str = "hi") -> ActionInvoke:
    return ActionInvoke(action="X", memory=Memory(content=Content(text=text)))


def test_typed_and_untyped_handlers_plain_and_async() -> None:
    plugin = Plugin("p")

    @plugin.method(AgentMethods.ACTION_INVOKE)
    def typed(ctx: Context, params: ActionInvoke) -> ActionResult:
        return ActionResult(success=True, text=f"{params.memory.content.text} {ctx.config['x']}")

    @plugin.method("raw")
    async def raw(ctx: Context, params: Any) -> Any:
        await asyncio.sleep(0)
        return {"got": params}

    with TestHost(plugin, config={"x": 1}) as host:
        result = host.call_blocking(AgentMethods.ACTION_INVOKE, invoke())
        assert result == ActionResult(success=True, text="hi 1")
        assert host.call_blocking("action.invoke", invoke().to_value()) == {"success": True, "text": "hi 1"}
        assert host.call_blocking("raw", {"a": [1]}) == {"got": {"a": [1]}}
        assert host.call_blocking("raw") == {"got": {}}
        with pytest.raises(MethodNotFoundError, match=r"action\.invoke, .*raw"):
            host.call_blocking("nope")
        with pytest.raises(InvalidParamsError) as caught:
            host.call_blocking("action.invoke", {"action": "X", "memory": {"content": {"text": 5}}})
        assert caught.value.details == {"reason": "wrongKind", "pointer": "/memory/content/text"}


def test_from_asyncio() -> None:
    plugin = Plugin("p")

    @plugin.method("double")
    async def double(ctx: Context, params: int) -> int:
        ctx.progress(0.5, "half")
        return 2 * params

    async def main() -> None:
        async with TestHost(plugin) as host:
            calls = [host.start("double", number) for number in range(20)]
            assert [await call.result() for call in calls] == [2 * number for number in range(20)]
            assert calls[0].progress == [Progress(0.5, "half")]

    asyncio.run(main())


class Notes(c.Conformance):
    def test_echo(self, ctx: Context, params: c.Echo) -> c.Echo:
        return params

    async def test_fail(self, ctx: Context, params: c.Fail) -> None:
        raise c.OutOfPaperError(params.message, details=c.Paper(sheets=3))

    def test_count(self, ctx: Context, params: c.Count, items: ItemSender[int]) -> int:
        for number in range(params.to):
            items.send_blocking(number)
        return params.to

    async def test_sum(self, ctx: Context, upload: ItemReceiver[int]) -> int:
        total = 0
        async for number in upload:
            total += number
        return total


def test_an_object_implements_an_interface() -> None:
    assert set(Plugin("p", Notes()).handlers) == {"test.echo", "test.fail", "test.count", "test.sum"}
    with TestHost(Notes()) as host:
        assert host.call_blocking(c.ConformanceMethods.TEST_ECHO, c.Echo(big=5)) == c.Echo(big=5)
        with pytest.raises(MethodNotFoundError):
            host.call_blocking(c.ConformanceMethods.TEST_NOTHING)
        with pytest.raises(c.OutOfPaperError) as caught:
            host.call_blocking(c.ConformanceMethods.TEST_FAIL, c.Fail(code="x", message="empty"))
        assert caught.value.details == c.Paper(sheets=3)
        assert caught.value.retryable


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_streams(size: int) -> None:
    with TestHost(Notes()) as host:
        call = host.start(c.ConformanceMethods.TEST_COUNT, c.Count(to=size))
        assert list(call) == list(range(size))
        assert call.result_blocking() == size
        upload = host.start(c.ConformanceMethods.TEST_SUM, upload=range(size))
        assert upload.result_blocking() == sum(range(size))


def test_no_item_without_credit() -> None:
    with TestHost(Notes(), timeout=5) as host:
        call = host.start(c.ConformanceMethods.TEST_COUNT, c.Count(to=3), credit=2)
        assert [next(call), next(call)] == [0, 1]
        time.sleep(0.05)
        assert not call._items
        call.grant(1)
        assert next(call) == 2
        assert call.result_blocking() == 3


def test_services_typed_untyped_blocking_async() -> None:
    plugin = Plugin("p")

    @plugin.method("search")
    def search(ctx: Context, params: Any) -> Any:
        found = AgentServices(ctx).memory_search_blocking(MemorySearch(text=params))
        return [memory.content.text for memory in found.memories]

    @plugin.method("get")
    async def get(ctx: Context, params: Any) -> Any:
        return await ctx.call("kv.get", {"key": params}, timeout=5)

    async def fake(params: Any) -> Any:
        if params["key"] == "none":
            raise NotFoundError("no such key", details={"key": "none"})
        return params["key"].upper()

    def memories(params: MemorySearch) -> MemoryList:
        return MemoryList(memories=[Memory(content=Content(text=f"{params.text}!"))])

    with TestHost(plugin, services={AgentServices.MEMORY_SEARCH: memories, "kv.get": fake}) as host:
        assert host.call_blocking("search", "a") == ["a!"]
        assert host.call_blocking("get", "a") == "A"
        with pytest.raises(NotFoundError) as caught:
            host.call_blocking("get", "none")
        assert caught.value.details == {"key": "none"}
        assert host.service_calls[1] == ("kv.get", {"key": "a"})
    with TestHost(plugin) as host, pytest.raises(PermissionDeniedError):
        host.call_blocking("search", "a")


def test_a_service_that_does_not_answer_in_time() -> None:
    plugin = Plugin("p")

    @plugin.method("plain")
    def plain(ctx: Context, params: Any) -> Any:
        return ctx.call_blocking("slow", timeout=0.05)

    @plugin.method("async")
    async def coroutine(ctx: Context, params: Any) -> Any:
        return await ctx.call("slow", timeout=0.05)

    plugin.method("quick")(lambda ctx, params: ctx.call_blocking("quick"))

    services: dict[Any, Any] = {"slow": lambda params: time.sleep(0.3), "quick": lambda params: "at once"}
    with TestHost(plugin, services=services) as host:
        for name in ("plain", "async"):
            call = host.start(name)
            assert host.call_blocking("quick") == "at once", "a slow fake holds up no other"
            with pytest.raises(DeadlineExceededError, match="slow"):
                call.result_blocking()


def test_fakes_that_stream() -> None:
    plugin = Plugin("p")

    @plugin.method("typed")
    async def typed(ctx: Context, params: Any) -> Any:
        call = c.ConformanceServices(ctx).test_list(c.Count(to=params))
        return [str(item) async for item in call] + [str(await call.result())]

    @plugin.method("both")
    def both(ctx: Context, params: Any) -> Any:
        call = ctx.start("shout")
        for text in params:
            call.send_blocking(text)
        call.end()
        return [*call, call.result_blocking()]

    @plugin.method("enough")
    def enough(ctx: Context, params: Any) -> Any:
        call = ctx.start("endless")
        first = next(iter(call))
        call.cancel()
        return first

    closed: list[bool] = []

    def count(params: c.Count) -> Any:
        yield from range(1, params.to + 1)
        return sum(range(1, params.to + 1))

    def shout(params: Any, upload: Any) -> Any:
        heard = 0
        for text in upload:
            heard += 1
            yield text.upper()
        return heard

    def endless(params: Any) -> Any:
        try:
            while True:
                yield "more"
        finally:
            closed.append(True)

    services: dict[Any, Any] = {c.ConformanceServices.TEST_LIST: count, "shout": shout, "endless": endless}
    with TestHost(plugin, services=services) as host:
        assert host.call_blocking("typed", 200)[-2:] == ["200", "20100"]
        assert host.call_blocking("both", ["a", "b"]) == ["A", "B", 2]
        assert host.call_blocking("enough") == "more"
        host.wait_for(lambda: closed, "the end of a fake that nobody listens to")


def test_config_and_grants_are_those_of_a_host() -> None:
    manifest = {"name": "p", "version": "1.0.0", "description": "", "config": {"color": "red", "size": 1}}
    plugin = Plugin("p", manifest=manifest)
    plugin.method("config")(lambda ctx, params: ctx.config)
    plugin.method("emit")(lambda ctx, params: ctx.granted.emit)
    with TestHost(plugin, config={"size": 2}) as host:
        assert host.call_blocking("config") == {"color": "red", "size": 2}
        assert host.call_blocking("emit") == ["*"]


def test_logs_and_events() -> None:
    plugin = Plugin("p")

    @plugin.method("talk")
    def talk(ctx: Context, params: Any) -> None:
        ctx.log.info("one", n=1)
        ctx.log.warn("two", bad=object())
        ctx.emit("noted", {"a": 1}, stream="s")
        ctx.emit("noted", {"a": 2}, stream="s")
        c.ConformanceEvents(ctx).test_happened(c.Happened(number=1))

    with TestHost(plugin) as host:
        host.call_blocking("talk")
        assert host.logs[0] == ("info", "one", {"n": 1})
        assert "left out" in host.logs[1].message
        assert host.events == [
            ("noted", "s", 1, {"a": 1}),
            ("noted", "s", 2, {"a": 2}),
            ("test.happened", None, 1, {"number": 1}),
        ]


def test_events_of_the_host_come_in_order() -> None:
    plugin = Plugin("p")
    seen: list[int] = []

    @plugin.event(c.ConformanceEvents.TEST_HAPPENED)
    def happened(ctx: Context, event: Event[c.Happened]) -> None:
        number = event.payload.number
        time.sleep(0.001 * (number % 3))
        seen.append(number)
        if number == 5:
            raise ValueError("five")

    with TestHost(plugin) as host:
        for number in range(20):
            host.emit(c.ConformanceEvents.TEST_HAPPENED, c.Happened(number=number))
        host.wait_for(lambda: host.logs)
        deadline = time.monotonic() + 5
        while len(seen) < 20 and time.monotonic() < deadline:
            time.sleep(0.001)
        assert seen == list(range(20))
        assert "ValueError: five" in host.logs[0].message


def test_cancel() -> None:
    plugin = Plugin("p")
    told: list[str] = []

    @plugin.method("plain")
    def plain(ctx: Context, params: Any) -> None:
        ctx.on_cancel(lambda: told.append("plain"))
        assert ctx.wait_cancelled_blocking(timeout=10)
        assert ctx.cancelled
        ctx.raise_if_cancelled()

    @plugin.method("async")
    async def coroutine(ctx: Context, params: Any) -> None:
        try:
            await asyncio.sleep(10)
        finally:
            told.append("async")

    with TestHost(plugin) as host:
        for name in ("plain", "async"):
            call = host.start(name)
            time.sleep(0.05)
            call.cancel()
            with pytest.raises(CancelledError):
                call.result_blocking()
    assert told == ["plain", "async"]


@pytest.mark.parametrize("debug", [False, True])
def test_exceptions(debug: bool) -> None:
    plugin = Plugin("p")

    @plugin.method("raise")
    def fail(ctx: Context, params: Any) -> None:
        raise ZeroDivisionError("on purpose")

    @plugin.method("exit")
    async def leave(ctx: Context, params: Any) -> None:
        raise SystemExit(3)

    @plugin.method("unwritable")
    def unwritable(ctx: Context, params: Any) -> Any:
        return {"a": object()}

    with TestHost(plugin, debug=debug) as host:
        with pytest.raises(InternalError, match="ZeroDivisionError: on purpose") as caught:
            host.call_blocking("raise")
        assert ("on purpose" in str((caught.value.details or {}).get("trace"))) == debug
        assert isinstance(caught.value.__cause__, ZeroDivisionError)
        with pytest.raises(InternalError, match="SystemExit"):
            host.call_blocking("exit")
        with pytest.raises(InternalError, match="cannot be sent"):
            host.call_blocking("unwritable")


def test_blocking_on_the_event_loop_is_refused() -> None:
    plugin = Plugin("p")

    @plugin.method("wrong")
    async def wrong(ctx: Context, params: Any) -> None:
        with pytest.raises(UsageError, match="block the event loop"):
            ctx.call_blocking("kv.get")

    with TestHost(plugin, services={"kv.get": lambda params: None}) as host:
        host.call_blocking("wrong")


def test_hooks() -> None:
    plugin = Plugin("p")
    order: list[str] = []

    @plugin.on_start
    async def start(ctx: Context) -> None:
        order.append(f"start {ctx.config}")

    @plugin.on_stop
    def stop(ctx: Context) -> None:
        order.append("stop")

    with TestHost(plugin, config={"a": 1}):
        assert order == ["start {'a': 1}"]
    assert order[1:] == ["stop"]

    @plugin.on_start
    def refuse(ctx: Context) -> None:
        raise PluginError("failedPrecondition", "no key")

    with pytest.raises(PluginError, match="no key"), TestHost(plugin):
        pytest.fail("started")


def test_deadline() -> None:
    plugin = Plugin("p")

    @plugin.method("left")
    def left(ctx: Context, params: Any) -> Any:
        return ctx.remaining

    with TestHost(plugin) as host:
        assert host.call_blocking("left") is None
        assert 0 < host.call_blocking("left", timeout=60) <= 60


def test_a_deadline_that_is_over_cancels_the_handler() -> None:
    plugin = Plugin("p")
    cancelled = threading.Event()

    @plugin.method("hang")
    async def hang(ctx: Context, params: Any) -> None:
        try:
            await asyncio.sleep(100)
        finally:
            cancelled.set()

    with TestHost(plugin) as host:
        with pytest.raises(DeadlineExceededError, match="hang gave no answer in time"):
            host.call_blocking("hang", timeout=0.05)
        assert cancelled.wait(10)


def test_typed_clients() -> None:
    with TestHost(Notes()) as host:
        client = c.ConformanceClient(host)
        assert client.test_echo_blocking(c.Echo(big=5)) == c.Echo(big=5)
        call = client.test_count(c.Count(to=3))
        assert list(call) == [0, 1, 2]
        assert call.result_blocking() == 3
        with pytest.raises(c.OutOfPaperError):
            client.test_fail_blocking(c.Fail(code="x", message="empty"))

    async def main() -> None:
        async with TestHost(Notes()) as host:
            assert await c.ConformanceClient(host).test_echo(c.Echo(big=6)) == c.Echo(big=6)

    asyncio.run(main())


def test_records_are_named() -> None:
    plugin = Plugin("p")

    @plugin.method("talk")
    def talk(ctx: Context, params: Any) -> Any:
        ctx.log.warn("low", left=3)
        ctx.emit("noted", {"a": 1}, stream="s")
        ctx.progress(0.5, "half")
        return [ctx.call_blocking("kv.get", {"key": "k"}), ctx.host.name, ctx.granted.services]

    with TestHost(plugin, services={"kv.get": lambda params: "v"}) as host:
        call = host.start("talk")
        assert call.result_blocking() == ["v", "crossplug-testing", ["kv.get"]]
        assert call.progress == [Progress(fraction=0.5, message="half")]
        assert host.logs == [LogLine(level="warn", message="low", fields={"left": 3})]
        assert host.events == [Emitted(name="noted", stream="s", seq=1, payload={"a": 1})]
        assert host.service_calls == [ServiceCall(service="kv.get", params={"key": "k"})]


def test_what_never_started_is_not_stopped() -> None:
    plugin = Plugin("p")
    stopped: list[int] = []

    @plugin.on_start
    def start(ctx: Context) -> None:
        raise PluginError("failedPrecondition", "no key")

    plugin.on_stop(lambda ctx: stopped.append(1))
    with pytest.raises(PluginError, match="no key"), TestHost(plugin):
        pytest.fail("started")
    assert not stopped


def test_mistakes_are_named_at_once() -> None:
    plugin = Plugin("p")
    plugin.method("a")(lambda ctx, params: None)
    with pytest.raises(UsageError, match="two handlers"):
        plugin.method("a")(lambda ctx, params: None)
    with pytest.raises(UsageError, match="derives from no generated"):
        Plugin("p", object())
    with pytest.raises(UsageError, match="cannot be called"):
        plugin.method("b")(5)  # type: ignore[type-var]
