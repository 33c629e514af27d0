"""Streams of a host in Python: items that come, items that go, and what ends them."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

import crossplug
from crossplug.host import CallCancelledError, DeadlineError
from crossplug.interfaces.conformance import ConformanceMethods, Count


def test_items(subject: Path) -> None:
    async def awaited(plugin: crossplug.host.LoadedPlugin) -> None:
        call = plugin.conformance.test_count(Count(to=1000))
        assert [number async for number in call] == list(range(1, 1001))
        assert await call.result() == 500_500
        assert await call.result() == 500_500

    with crossplug.Host("test") as host:
        plugin = host.load_blocking(subject)
        call = plugin.conformance.test_count(Count(to=1000))
        assert sum(call) == 500_500
        assert call.result_blocking() == 500_500
        untyped = plugin.start("test.count", {"to": 2})
        assert list(untyped) == ["1", "2"]
        asyncio.run(awaited(plugin))
        # Items that nobody takes are passed over.
        assert plugin.conformance.test_count(Count(to=700)).result_blocking() == 245_350


def test_uploads(subject: Path) -> None:
    async def awaited(plugin: crossplug.host.LoadedPlugin) -> None:
        call = plugin.conformance.test_double()

        async def feed() -> None:
            for number in range(500):
                await call.send(number)
            call.end()

        feeding = asyncio.create_task(feed())
        assert [number async for number in call] == [2 * number for number in range(500)]
        await feeding
        assert await call.result() == 500

    with crossplug.Host("test") as host:
        plugin = host.load_blocking(subject)
        added = plugin.conformance.test_sum()
        for number in range(500):
            added.send_blocking(number)
        added.end()
        assert added.result_blocking() == 124_750
        with pytest.raises(CallCancelledError):
            added.send_blocking(1)
        asyncio.run(awaited(plugin))


def test_both_ways_on_two_threads(subject: Path) -> None:
    with crossplug.Host("test") as host:
        call = host.load_blocking(subject).conformance.test_double()

        def feed() -> None:
            for number in range(500):
                call.send_blocking(number)
            call.end()

        feeding = threading.Thread(target=feed)
        feeding.start()
        assert list(call) == [2 * number for number in range(500)]
        feeding.join()


def test_a_stream_that_is_given_up(subject: Path) -> None:
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(subject)
        with plugin.start(ConformanceMethods.TEST_COUNT, Count(to=1_000_000)) as call:
            assert next(iter(call)) == 1
        with pytest.raises(CallCancelledError):
            next(iter(call))
        late = plugin.start("test.hang", timeout=0.05)
        with pytest.raises(DeadlineError):
            late.result_blocking()
        with pytest.raises(DeadlineError):
            late.result_blocking()


def test_a_stream_that_another_thread_gives_up(python_subject: Path) -> None:
    with crossplug.Host("test") as host:
        call = host.load_blocking(python_subject).start("test.hang")
        threading.Timer(0.1, call.cancel).start()
        with pytest.raises(CallCancelledError):
            call.result_blocking()
