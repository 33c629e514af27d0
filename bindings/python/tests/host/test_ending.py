"""What is left of a host: nothing, whatever ends it. And who may use one: any thread, any loop, no fork."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import crossplug
from crossplug import CrossplugError, UsageError, _native
from crossplug.host.errors import KINDS, DeadlineError, HostError

FDS = Path("/proc/self/fd")


def _gone(process: int) -> bool:
    for _ in range(1000):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        if Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def test_every_kind_has_a_class() -> None:
    assert {*KINDS, "Plugin"} == set(_native.ERROR_KINDS)
    for kind, error in KINDS.items():
        assert issubclass(error, HostError)
        assert issubclass(error, CrossplugError)
        assert error("x", "y").kind == kind
    assert isinstance(DeadlineError("x"), TimeoutError)


@pytest.mark.skipif(not FDS.exists(), reason="no /proc here")
def test_no_descriptor_and_no_process_is_left(python_subject: Path) -> None:
    processes: list[int] = []

    def blocking() -> None:
        with crossplug.Host("test") as host:
            plugins = [host.load_blocking(python_subject) for _ in range(3)]
            for plugin in plugins:
                plugin.call_blocking("test.nothing")
                processes.append(plugin.process_id or 0)

    async def awaited() -> None:
        async with crossplug.Host("test") as host:
            plugins = await asyncio.gather(*(host.load(python_subject) for _ in range(3)))
            await asyncio.gather(*(plugin.call("test.nothing") for plugin in plugins))
            processes.extend(plugin.process_id or 0 for plugin in plugins)

    def open_descriptors() -> int:
        gc.collect()
        return len(list(FDS.iterdir()))

    blocking()
    asyncio.run(awaited())
    before = open_descriptors()
    for _ in range(3):
        blocking()
        asyncio.run(awaited())
    assert open_descriptors() <= before
    assert all(_gone(process) for process in processes)


def test_threads_and_two_loops(subject: Path) -> None:
    wrong: list[BaseException] = []
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(subject)

        async def awaited() -> None:
            calls = (plugin.call("test.echo", {"text": str(number)}) for number in range(25))
            assert [echo["text"] for echo in await asyncio.gather(*calls)] == [str(number) for number in range(25)]

        def blocking() -> None:
            for number in range(25):
                assert plugin.call_blocking("test.echo", {"text": str(number)}) == {"text": str(number)}

        def run(work: object) -> None:
            try:
                blocking() if work is blocking else asyncio.run(awaited())
            except BaseException as error:
                wrong.append(error)

        threads = [threading.Thread(target=run, args=(work,)) for work in (blocking, awaited) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def _program(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )


LEAVES = {
    "blocking": "plugin = crossplug.Host().load_blocking(sys.argv[1])\nprint(plugin.process_id, flush=True)",
    "asyncio": (
        "async def main():\n"
        "    plugin = await crossplug.Host().load(sys.argv[1])\n"
        "    asyncio.create_task(plugin.call('test.hang'))\n"
        "    await asyncio.sleep(0)\n"
        "    print(plugin.process_id, flush=True)\n"
        "asyncio.run(main())"
    ),
    "in a call of a thread": (
        "plugin = crossplug.Host().load_blocking(sys.argv[1])\n"
        "threading.Thread(target=plugin.call_blocking, args=('test.hang',), daemon=True).start()\n"
        "time.sleep(0.2)\n"
        "print(plugin.process_id, flush=True)"
    ),
    "by an exception": (
        "plugin = crossplug.Host().load_blocking(sys.argv[1])\n"
        "print(plugin.process_id, flush=True)\n"
        "raise SystemExit(3)"
    ),
}


@pytest.mark.parametrize("how", list(LEAVES))
def test_an_interpreter_that_ends_takes_its_plugins_along(how: str, python_subject: Path) -> None:
    ended = _program(f"import asyncio, sys, threading, time, crossplug\n{LEAVES[how]}", python_subject)
    assert ended.returncode == (3 if "exception" in how else 0), ended.stderr
    assert "panicked" not in ended.stderr
    assert _gone(int(ended.stdout))


def test_a_fork_may_not_use_the_host_and_harms_nobody(python_subject: Path) -> None:
    code = """
import os, sys, crossplug
host = crossplug.Host()
plugin = host.load_blocking(sys.argv[1])
child = os.fork()
if child == 0:
    try:
        plugin.call_blocking("test.nothing")
    except crossplug.UsageError as error:
        assert "fork" in str(error), error
        del plugin, host
        with crossplug.Host() as own:
            own.load_blocking(sys.argv[1]).call_blocking("test.nothing")
        sys.exit(7)
_, status = os.waitpid(child, 0)
assert os.waitstatus_to_exitcode(status) == 7, status
plugin.call_blocking("test.nothing")
print("fine")
"""
    ended = _program(code, python_subject)
    assert (ended.returncode, ended.stdout) == (0, "fine\n"), ended.stderr


def test_a_load_that_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "plugin.json").write_text(
        '{"name":"slow","description":"","version":"1.0.0","language":"python",'
        '"doors":{"process":{"command":["python3","-u","plugin.py"]}}}'
    )
    (tmp_path / "plugin.py").write_text("import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)\n")

    async def main() -> int:
        async with crossplug.Host("test") as host:
            loading = asyncio.create_task(host.load(tmp_path))
            for _ in range(1000):
                if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
                    break
                await asyncio.sleep(0.01)
            loading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await loading
        return int((tmp_path / "pid").read_text())

    assert _gone(asyncio.run(main()))


def test_a_closed_host_loads_nothing(python_subject: Path) -> None:
    host = crossplug.Host("test")
    with host:
        pass
    with pytest.raises(UsageError, match="closed"):
        host.load_blocking(python_subject)
