"""Services, events and logs of a host in Python."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path

import pytest

import crossplug
from crossplug import PluginError, UsageError
from crossplug.host import CallCancelledError, ItemSender, LogLine, PluginEvent, ServiceCall
from crossplug.interfaces.conformance import (
    Answer,
    Ask,
    ConformanceEvents,
    ConformanceServiceHandler,
    ConformanceServices,
    Count,
    Emit,
    Happened,
    Print,
)
from crossplug.interfaces.protocol_errors import InternalError, NotFoundError, PermissionDeniedError

ALL = ("*", "emit=*", "subscribe=*")


class Services(ConformanceServiceHandler):
    """One service that is a coroutine, one that is not."""

    async def test_answer(self, call: ServiceCall, params: Ask) -> Answer:
        assert call.plugin is not None
        echo = await call.plugin.call("test.echo", {"text": params.question})
        return Answer(answer=f"{echo['text']}!")

    def test_list(self, call: ServiceCall, params: Count, items: ItemSender[int]) -> int:
        for number in range(1, params.to + 1):
            items.send_blocking(number)
        return sum(range(params.to + 1))


def test_services_that_call_back(subject: Path) -> None:
    async def main() -> None:
        async with crossplug.Host("test", Services(), grants=ALL) as host:
            plugin = await host.load(subject)
            assert (await plugin.conformance.test_ask(Ask(question="why"))).answer == "why!"
            asked = (plugin.conformance.test_ask(Ask(question=str(number))) for number in range(50))
            assert [one.answer for one in await asyncio.gather(*asked)] == [f"{number}!" for number in range(50)]
            assert await plugin.conformance.test_skim(Count(to=400)) == 80_200

    asyncio.run(main())


def test_plain_services_need_no_loop(subject: Path) -> None:
    host = crossplug.Host("test", grants=ALL)
    threads = set()

    @host.service(ConformanceServices.TEST_ANSWER)
    def answer(call: ServiceCall, params: Ask) -> Answer:
        threads.add(threading.get_ident())
        assert (call.name, call.plugin_name) == ("test.answer", "conformance-subject")
        assert call.plugin is not None
        return Answer(answer=str(call.plugin.call_blocking("test.echo", {"text": params.question})["text"]))

    with host:
        plugin = host.load_blocking(subject)
        for number in range(20):
            assert plugin.conformance.test_ask_blocking(Ask(question=str(number))).answer == str(number)
    assert threading.get_ident() not in threads


def test_services_by_name_and_their_errors(subject: Path, caplog: pytest.LogCaptureFixture) -> None:
    host = crossplug.Host("test", grants=ALL)

    @host.service("test.answer")
    def answer(call: ServiceCall, params: dict[str, str]) -> object:
        match params["question"]:
            case "known":
                raise NotFoundError("no answer", {"tried": 1})
            case "unknown":
                raise KeyError("oh")
            case "unwritable":
                return {"answer": {1, 2}}
            case _:
                return {"answer": "fine"}

    with host:
        plugin = host.load_blocking(subject)
        assert plugin.call_blocking("test.ask", {"question": "-"}) == {"answer": "fine"}
        for question, code in (("known", "notFound"), ("unknown", "internal"), ("unwritable", "internal")):
            with pytest.raises(PluginError) as raised:
                plugin.call_blocking("test.ask", {"question": question})
            assert raised.value.code == code, question
    assert [record.getMessage() for record in caplog.records if record.name == "crossplug.host"] == [
        "the service test.answer raised KeyError",
        "the service test.answer raised EncodeError",
    ]


def test_what_was_not_granted_is_refused(subject: Path) -> None:
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(subject)
        with pytest.raises(PermissionDeniedError):
            plugin.conformance.test_ask_blocking(Ask(question="-"))


def test_params_that_do_not_fit_and_services_left_out(python_subject: Path) -> None:
    class Nothing(ConformanceServiceHandler):
        """Leaves everything out."""

    with crossplug.Host("test", Nothing(), grants=ALL) as host:
        plugin = host.load_blocking(python_subject)
        with pytest.raises(PluginError, match=r"the host does not implement test\.answer"):
            plugin.conformance.test_ask_blocking(Ask(question="-"))


def test_a_service_is_cancelled_with_the_call_that_asked(python_subject: Path) -> None:
    async def main() -> None:
        began, ended = asyncio.Event(), asyncio.Event()
        host = crossplug.Host("test", grants=ALL)

        @host.service(ConformanceServices.TEST_ANSWER)
        async def answer(call: ServiceCall, params: Ask) -> Answer:
            began.set()
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                assert call.cancelled
                ended.set()
                raise
            return Answer(answer="")

        async with host:
            plugin = await host.load(python_subject)
            task = asyncio.create_task(plugin.conformance.test_ask(Ask(question="-")))
            await asyncio.wait_for(began.wait(), 10)
            task.cancel()
            await asyncio.wait_for(ended.wait(), 10)
            assert await plugin.call("test.nothing") is None

    asyncio.run(main())


def test_coroutines_need_a_loop(python_subject: Path) -> None:
    with pytest.raises(UsageError, match=r"test\.answer"), crossplug.Host("test", Services()):
        pytest.fail("it was opened")


def test_services_are_added_before(python_subject: Path) -> None:
    with crossplug.Host("test") as host, pytest.raises(UsageError):
        host.service("test.answer")(print)


def test_events_both_ways(subject: Path) -> None:
    async def main() -> None:
        host = crossplug.Host("test", grants=ALL)
        plain: list[PluginEvent[object]] = []
        typed: list[int] = []
        asked: list[str] = []
        host.on_event(plain.append)

        @host.event(ConformanceEvents.TEST_HAPPENED)
        async def happened(event: PluginEvent[Happened]) -> None:
            await asyncio.sleep(0)
            typed.append(event.payload.number)

        @host.service(ConformanceServices.TEST_ANSWER)
        async def answer(call: ServiceCall, params: Ask) -> Answer:
            asked.append(params.question)
            return Answer(answer="")

        async with host:
            plugin = await host.load(subject)
            await plugin.conformance.test_emit(Emit(times=5))
            plugin.emit(ConformanceEvents.TEST_HAPPENED, Happened(number=7), stream="s")
            plugin.emit("test.happened", {"number": 8})
            for _ in range(1000):
                if len(asked) == 2:
                    break
                await asyncio.sleep(0.01)
        assert [(event.seq, event.stream) for event in plain] == [(number, "test:stream") for number in range(1, 6)]
        assert len(typed) == 5
        assert asked == ["test.happened s 1 7", "test.happened - 1 8"]

    asyncio.run(main())


def test_logs_go_to_logging_or_to_a_callback(subject: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "crossplug")
    with crossplug.Host("test") as host:
        host.load_blocking(subject).conformance.test_log_blocking(Print(text="to logging"))
    record = next(record for record in caplog.records if record.getMessage() == "to logging")
    assert (record.name, record.levelno) == ("crossplug.plugin.conformance-subject", logging.INFO)
    assert record.fields == {"from": "subject"}  # type: ignore[attr-defined]

    lines: list[LogLine] = []
    with crossplug.Host("test", on_log=lines.append) as host:
        plugin = host.load_blocking(subject)
        plugin.conformance.test_log_blocking(Print(text="to a callback"))
        plugin.conformance.test_print_blocking(Print(text="printed\n"))
        process = plugin.process_id
    told = [(line.source, line.level, line.message) for line in lines]
    assert ("plugin", "info", "to a callback") in told
    # A module has no standard output, and a plugin in this process has the program's.
    assert any("printed" in message for _, _, message in told) == (process is not None)


def test_a_closed_loop_leaves_no_plugin_waiting(python_subject: Path) -> None:
    async def load() -> tuple[crossplug.Host, crossplug.host.LoadedPlugin]:
        host = crossplug.Host("test", Services(), grants=ALL)
        return host, await host.load(python_subject)

    host, plugin = asyncio.run(load())
    host.close_blocking()
    with pytest.raises((CallCancelledError, InternalError)):
        plugin.conformance.test_ask_blocking(Ask(question="-"))
