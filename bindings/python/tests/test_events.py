"""Events of the host: one after the other, in order, seen with their name, stream and number, and delaying no call."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from crossplug import Context, Event, Plugin
from crossplug.interfaces import conformance as c
from crossplug.plugin import events
from crossplug.testing import TestHost
from test_streams import Wire


def test_handlers_see_name_stream_number_and_payload() -> None:
    plugin = Plugin("p")
    seen: list[Any] = []

    @plugin.event("note.changed")
    def untyped(ctx: Context, event: Event[Any]) -> None:
        seen.append((event.name, event.stream, event.seq, event.payload))
        ctx.log.info("seen")

    @plugin.event(c.ConformanceEvents.TEST_HAPPENED)
    async def typed(ctx: Context, event: Event[c.Happened]) -> None:
        seen.append((event.name, event.stream, event.seq, event.payload.number))
        ctx.log.info("seen")

    with TestHost(plugin) as host:
        host.emit("note.changed", {"id": 1}, stream="s")
        host.emit("note.changed", None)
        host.emit(c.ConformanceEvents.TEST_HAPPENED, c.Happened(number=7), stream="s")
        host.wait_for(lambda: len(host.logs) == 3)
    assert seen == [("note.changed", "s", 1, {"id": 1}), ("note.changed", None, 1, None), ("test.happened", "s", 2, 7)]


def test_a_coroutine_is_awaited_before_the_next_event() -> None:
    plugin = Plugin("p")
    order: list[str] = []
    inside = 0

    @plugin.event("e")
    async def slow(ctx: Context, event: Event[Any]) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1, "two at a time"
        await asyncio.sleep(0.002)
        order.append(f"coroutine {event.payload}")
        inside -= 1

    @plugin.event("e")
    def plain(ctx: Context, event: Event[Any]) -> None:
        order.append(f"plain {event.payload}")
        if event.payload == 9:
            ctx.log.info("done")

    with TestHost(plugin) as host:
        for number in range(10):
            host.emit("e", number, stream=str(number % 3))
        host.wait_for(lambda: host.logs)
        assert [line.message for line in host.logs] == ["done"]
    assert order == [f"{kind} {number}" for number in range(10) for kind in ("coroutine", "plain")]


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
def test_an_event_delays_no_call(kind: str) -> None:
    plugin = Plugin("p")
    release = threading.Event()

    def plain(ctx: Context, event: Event[Any]) -> None:
        assert release.wait(10)
        ctx.log.info("handled")

    async def coroutine(ctx: Context, event: Event[Any]) -> None:
        while not release.is_set():
            await asyncio.sleep(0.001)
        ctx.log.info("handled")

    plugin.event("e")(plain if kind == "plain" else coroutine)
    plugin.method("echo")(lambda ctx, params: params)

    @plugin.method("echo.async")
    async def echo(ctx: Context, params: Any) -> Any:
        return params

    with TestHost(plugin) as host:
        for number in range(3):
            host.emit("e", number)
        for number in range(40):
            assert host.call_blocking("echo", number) == number
            assert host.call_blocking("echo.async", number) == number
        assert not host.logs
        release.set()
        host.wait_for(lambda: len(host.logs) == 3)


def test_a_payload_that_does_not_fit_is_logged_and_the_next_event_comes() -> None:
    plugin = Plugin("p")

    @plugin.event(c.ConformanceEvents.TEST_HAPPENED)
    def happened(ctx: Context, event: Event[c.Happened]) -> None:
        ctx.log.info(f"got {event.payload.number}")

    with TestHost(plugin) as host:
        host.emit("test.happened", {"number": "x"})
        host.emit("test.happened", {"number": 2})
        host.wait_for(lambda: len(host.logs) == 2)
        assert host.logs[0].level == "error"
        assert "wrongKind at /number" in host.logs[0].message
        assert host.logs[1].message == "got 2"


def test_events_that_wait_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_WAITING", 5)
    plugin = Plugin("p")
    release = threading.Event()
    plugin.event("e")(lambda ctx, event: release.wait(10) and None)
    wire = Wire(plugin)
    for number in range(8):
        wire.send(method="$/event", params={"name": "e", "seq": number + 1, "payload": None})
    for _ in range(2):
        assert "was dropped" in wire.next()["params"]["message"]
    wire.silence()
    release.set()
    wire.plugin.close_input()
