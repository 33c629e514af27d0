"""Calls of a host in Python: awaited and blocking, typed and by name, many at once, late, given up; their errors."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import threading
import time
from pathlib import Path

import pytest

import crossplug
from crossplug import CrossplugError, PluginError
from crossplug.host import (
    CallCancelledError,
    DeadlineError,
    DeniedError,
    DiedError,
    HostError,
    PluginNotFoundError,
    Progress,
    ProtocolError,
)
from crossplug.interfaces.agent import ActionInvoke, Content, Memory
from crossplug.interfaces.conformance import ConformanceMethods, Count, Fail, OutOfPaperError, Paper, Print
from crossplug.interfaces.protocol_errors import InvalidParamsError, MethodNotFoundError

FAIL = Fail(code="outOfPaper", message="none left", details={"sheets": 3})


def test_awaited(subject: Path) -> None:
    async def main() -> None:
        async with crossplug.Host("test", config={"a": 1, "b": 2}) as host:
            plugin = await host.load(subject, config={"a": 3})
            assert plugin.name == "conformance-subject"
            assert plugin.dialect == "crossplug/1"
            assert plugin.interfaces["agent"].version == "1.0.0"
            assert plugin.manifest["name"] == "conformance-subject"
            assert await plugin.call("test.echo", {"text": "é"}) == {"text": "é"}
            assert await plugin.call("test.nothing") is None
            invoke = ActionInvoke(action="ECHO", memory=Memory(content=Content(text="hi")))
            assert (await plugin.agent.action_invoke(invoke)).text == "echo:hi"
            report = await plugin.conformance.test_context()
            assert report.config is not None
            assert (report.config["a"], report.config["b"]) == (3, 2)
            with pytest.raises(OutOfPaperError) as raised:
                await plugin.conformance.test_fail(FAIL)
            assert raised.value.details == Paper(sheets=3)
            assert raised.value.retryable
            assert await plugin.ping() < 10
        assert not plugin.is_alive
        with pytest.raises(CallCancelledError):
            await plugin.call("test.nothing")

    asyncio.run(main())


def test_blocking(subject: Path) -> None:
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(subject)
        assert plugin.call_blocking("test.echo", {"text": "é"}) == {"text": "é"}
        invoke = ActionInvoke(action="ECHO", memory=Memory(content=Content(text="hi")))
        assert plugin.agent.action_invoke_blocking(invoke).text == "echo:hi"
        with pytest.raises(OutOfPaperError) as raised:
            plugin.conformance.test_fail_blocking(FAIL)
        assert raised.value.details == Paper(sheets=3)
        with pytest.raises(PluginError) as untyped:
            plugin.call_blocking("test.fail", FAIL.to_value())
        assert (untyped.value.code, untyped.value.details) == ("outOfPaper", {"sheets": 3})
        assert plugin.ping_blocking() < 10
        is_process = plugin.process_id is not None
        assert plugin.stop_blocking().status == ("exit status: 0" if is_process else None)
        assert plugin.wait_blocking().error is None


def test_a_hundred_at_once(subject: Path) -> None:
    async def main() -> None:
        async with crossplug.Host("test") as host:
            plugin = await host.load(subject)
            calls = (plugin.call("test.echo", {"text": str(number)}) for number in range(100))
            assert [echo["text"] for echo in await asyncio.gather(*calls)] == [str(number) for number in range(100)]

    asyncio.run(main())


def test_progress(subject: Path) -> None:
    async def main() -> None:
        told: list[Progress] = []
        async with crossplug.Host("test") as host:
            plugin = await host.load(subject)
            await plugin.call(ConformanceMethods.TEST_COUNT, Count(to=0), on_progress=told.append)
            assert told == [Progress(1.0, "done")]
            plugin.call_blocking("test.count", {"to": 0}, on_progress=told.append)
            assert told == [Progress(1.0, "done")] * 2

    asyncio.run(main())


def test_late(subject: Path) -> None:
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(subject)
        with pytest.raises(TimeoutError) as raised:
            plugin.call_blocking("test.hang", timeout=0.05)
        assert isinstance(raised.value, DeadlineError)
        assert isinstance(raised.value, CrossplugError)
        assert raised.value.operation == "call `test.hang`"
        assert raised.value.kind == "Deadline"
        assert plugin.call_blocking("test.nothing", timeout=math.inf) is None
        for nonsense in (-1.0, math.nan):
            with pytest.raises(ValueError, match="seconds"):
                plugin.call_blocking("test.nothing", timeout=nonsense)

        async def awaited() -> None:
            with pytest.raises(DeadlineError):
                await plugin.call("test.hang", timeout=0.05)

        asyncio.run(awaited())


def test_a_cancelled_task_cancels_the_call(subject: Path) -> None:
    """The plugin takes no more calls than one at a time here, so the second call shows that the first has ended."""

    async def main() -> None:
        async with crossplug.Host("test", limits={"pending_calls": 1}) as host:
            plugin = await host.load(subject)
            for _ in range(3):
                task = asyncio.create_task(plugin.call("test.hang"))
                await asyncio.sleep(0.05)
                assert not task.done()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                for _ in range(1000):
                    try:
                        assert await plugin.call("test.nothing") is None
                        break
                    except (HostError, PluginError):
                        await asyncio.sleep(0.01)
                else:
                    pytest.fail("the plugin still works on a call that was cancelled")

    asyncio.run(main())


def test_ctrl_c_ends_a_blocking_call(python_subject: Path) -> None:
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(python_subject)
        timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            plugin.call_blocking("test.hang", timeout=60)
        timer.join()
        assert plugin.call_blocking("test.nothing") is None


def test_other_threads_run_while_one_waits(python_subject: Path) -> None:
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(python_subject)

        def wait() -> None:
            with pytest.raises(DeadlineError):
                plugin.call_blocking("test.hang", timeout=1)

        waiting = threading.Thread(target=wait)
        waiting.start()
        turns = 0
        while waiting.is_alive():
            plugin.call_blocking("test.nothing")
            turns += 1
        assert turns > 1


def test_a_plugin_that_dies(python_subject: Path) -> None:
    async def main() -> None:
        async with crossplug.Host("test") as host:
            plugin = await host.load(python_subject)
            hang = asyncio.create_task(plugin.call("test.hang"))
            await asyncio.sleep(0.05)
            assert plugin.process_id is not None
            os.kill(plugin.process_id, signal.SIGKILL)
            with pytest.raises(DiedError, match="SIGKILL"):
                await hang
            ending = await plugin.wait()
            assert isinstance(ending.error, DiedError)
            assert ending.status == "signal: 9 (SIGKILL)"
            with pytest.raises(DiedError):
                await plugin.call("test.nothing")

    asyncio.run(main())


def test_errors_of_calls(subject: Path) -> None:
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(subject)
        with pytest.raises(MethodNotFoundError):
            plugin.call_blocking("no.such")
        with pytest.raises(InvalidParamsError) as raised:
            plugin.call_blocking("test.count", {"to": "many"})
        assert raised.value.details["pointer"] == "/to"
        with pytest.raises(DeniedError, match="stop"):
            plugin.call_blocking("shutdown")
        with pytest.raises(crossplug.EncodeError):
            plugin.call_blocking("test.echo", {"ratio": math.nan})


def test_a_result_that_does_not_fit(tmp_path: Path) -> None:
    (tmp_path / "plugin.json").write_text(
        '{"name":"odd","description":"","version":"1.0.0","language":"python",'
        '"doors":{"process":{"command":["python3","-u","plugin.py"]}}}'
    )
    (tmp_path / "plugin.py").write_text(
        "import sys, json\n"
        "for line in sys.stdin:\n"
        "    said = json.loads(line)\n"
        "    result = {'protocol': {'version': '1.0'}, 'manifest': {'name': 'odd', 'description': '',"
        " 'version': '1.0.0', 'language': 'python'}, 'interfaces': {}} if said['method'] == 'initialize' else 'many'\n"
        "    print(json.dumps({'jsonrpc': '2.0', 'id': said['id'], 'result': result}), flush=True)\n"
    )
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(tmp_path)
        with pytest.raises(ProtocolError, match=r"call `test\.print`"):
            plugin.conformance.test_print_blocking(Print(text="x"))


def test_nothing_there(tmp_path: Path) -> None:
    with crossplug.Host("test") as host, pytest.raises(PluginNotFoundError, match=r"plugin\.json"):
        host.load_blocking(tmp_path)


def test_blocking_calls_are_quick(python_subject: Path) -> None:
    """Not how quick: only that nobody sleeps between a call and its answer."""
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(python_subject)
        began = time.monotonic()
        for _ in range(200):
            plugin.call_blocking("test.nothing")
        assert time.monotonic() - began < 200 * 0.05
