"""The module door: plugins in the process of their host. What the subject shows of calls, streams, services and events
it shows through this door, too; here is what only this door has: modules, trust, whose prints and threads they are.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

import crossplug
from crossplug import Context, Plugin
from crossplug.host import CallCancelledError, DeadlineError, DiedError, LogLine, Patience, StartError
from host.places import resident

QUICK: Patience = {"shutdown": 1.0, "end_of_input": 0.3}


def plugin_in(folder: Path, module: str = "plugin", **files: str) -> Path:
    """A plugin's folder. A file's name has `_in_` for `/`."""
    manifest = {"name": folder.name, "description": "", "version": "1.0.0", "language": "python"}
    folder.mkdir(exist_ok=True)
    (folder / "plugin.json").write_text(json.dumps({**manifest, "doors": {"module": {"python": module}}}))
    for name, text in files.items():
        file = folder / f"{name.replace('_in_', '/')}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return folder


HEAD = "from crossplug import Plugin\nplugin = Plugin('code', version='2.0.0')\n"


def test_the_manifest_is_the_hosts(tmp_path: Path) -> None:
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(plugin_in(tmp_path / "named", plugin=HEAD))
        assert plugin.manifest["name"] == "named"
        assert (plugin.process_id, plugin.dialect) == (None, "crossplug/1")
        ending = plugin.stop_blocking()
        assert (ending.error, ending.status) == (None, None)
        with pytest.raises(CallCancelledError):
            plugin.call_blocking("x")


SIBLINGS = """
import words
from words import WORD
import inner.deep, inner.deep as deep
from inner import deep as again
import plugin as itself
assert deep is again is inner.deep and itself.__name__ == __name__

@plugin.method("say")
def say(ctx, params):
    import late
    from words import WORD as lazily
    assert words.WORD == WORD == lazily
    return [WORD, late.LATE, deep.relative(), deep.absolute()]

@plugin.method("pickled")
def pickled(ctx, params):
    import pickle
    return pickle.loads(pickle.dumps(words.Record(7))).number

@plugin.method("count")
async def count(ctx, params):
    words.COUNT += 1
    return words.COUNT
"""
WORDS = """
from __future__ import annotations
from dataclasses import dataclass
from typing import ClassVar
@dataclass
class Record:
    number: int
    some: ClassVar[int] = 1
WORD = "%s"
COUNT = 0
"""


def siblings(folder: Path, word: str) -> Path:
    return plugin_in(
        folder,
        plugin=HEAD + SIBLINGS,
        words=WORDS % word,
        late=f"LATE = 'late {word}'",
        inner_in___init__="",
        inner_in_other=f"OTHER = 'other {word}'",
        inner_in_deep="from . import other\nimport words\ndef relative():\n    return other.OTHER\n"
        "def absolute():\n    from inner.other import OTHER\n    return words.WORD + OTHER\n",
    )


def test_each_load_has_modules_of_its_own(tmp_path: Path) -> None:
    before = set(sys.modules)
    with crossplug.Host("test") as host:
        one, two = (siblings(tmp_path / name, name) for name in ("one", "two"))
        plugins = [host.load_blocking(folder) for folder in (one, two, one)]
        for plugin, word in zip(plugins, ("one", "two", "one"), strict=True):
            told = plugin.call_blocking("say")
            assert told == [word, f"late {word}", f"other {word}", f"{word}other {word}"]
            assert plugin.call_blocking("pickled") == 7
            assert plugin.call_blocking("count") == 1
        assert not {"plugin", "words", "late", "inner"} & (set(sys.modules) - before)
        for plugin in plugins:
            plugin.stop_blocking()
    for _ in range(100):
        left = {name for name in set(sys.modules) - before if "_crossplug_plugin" in name}
        if not left:
            break
        time.sleep(0.01)
    assert not left


def test_a_module_that_is_not_in_the_folder_is_that_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "installed"
    plugin_in(installed, shared_plugin=HEAD + "@plugin.method('x')\ndef x(ctx, params):\n    return __name__\n")
    monkeypatch.syspath_prepend(str(installed))
    with crossplug.Host("test") as host:
        folder = plugin_in(tmp_path / "manifest", module="shared_plugin")
        assert host.load_blocking(folder).call_blocking("x") == "shared_plugin"
        assert host.load_module_blocking("shared_plugin").call_blocking("x") == "shared_plugin"
        module = sys.modules.pop("shared_plugin")
        named = host.load_module_blocking(module, name="mine")
        assert (named.name, named.manifest["name"]) == ("mine", "code")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_module_anywhere", "ModuleNotFoundError: No module named 'no_such_module_anywhere'"),
        ("raise ValueError('on purpose')", r"ValueError: on purpose \(.*plugin.py:1, in <module>\)"),
        ("plug = 1", "has no plugin; name it `plugin`"),
        ("plugin = 7", "int derives from no generated interface class"),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        (HEAD + "@plugin.on_start\ndef start(ctx):\n    raise RuntimeError('not today')", "not today"),
    ],
)
def test_what_cannot_be_loaded_says_why(text: str, said: str, tmp_path: Path) -> None:
    with crossplug.Host("test") as host:
        with pytest.raises(StartError, match=said):
            host.load_blocking(plugin_in(tmp_path / "broken", plugin=text))

        async def awaited() -> None:
            with pytest.raises(StartError, match=said):
                await host.load(tmp_path / "broken")

        asyncio.run(awaited())


def test_no_such_module(tmp_path: Path) -> None:
    with crossplug.Host("test") as host:
        with pytest.raises(StartError, match="no_such_plugin"):
            host.load_module_blocking("no_such_plugin")
        with pytest.raises(StartError, match="ModuleNotFoundError"):
            host.load_blocking(plugin_in(tmp_path / "empty"))


def test_a_start_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    folder = plugin_in(tmp_path / "slow", plugin=f"import time\ntime.sleep(1)\n{HEAD}")
    with crossplug.Host("test") as host:
        with pytest.raises(StartError, match="not ready"):
            host.load_blocking(folder, start_timeout=0.1)

        async def given_up() -> None:
            loading = asyncio.create_task(host.load(folder))
            await asyncio.sleep(0.05)
            loading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await loading

        asyncio.run(given_up())


def stubborn() -> Plugin:
    plugin = Plugin("stubborn")

    @plugin.method("heeds")
    def heeds(ctx: Context, params: Any) -> None:
        ctx.wait_cancelled_blocking()

    @plugin.method("heeds.too")
    async def heeds_too(ctx: Context, params: Any) -> None:
        await asyncio.sleep(60)

    @plugin.method("ignores")
    def ignores(ctx: Context, params: float) -> None:
        time.sleep(params)

    plugin.method("ok")(lambda ctx, params: params)
    return plugin


def test_a_late_call_that_heeds_its_cancellation_costs_nothing() -> None:
    with crossplug.Host("test", patience=QUICK) as host:
        plugin = host.load_module_blocking(stubborn())
        for method in ("heeds", "heeds.too"):
            with pytest.raises(DeadlineError):
                plugin.call_blocking(method, timeout=0.05)
        time.sleep(1.5)
        assert plugin.call_blocking("ok", 1) == 1


def test_a_call_that_does_not_come_back_makes_the_plugin_unusable() -> None:
    async def main() -> None:
        async with crossplug.Host("test", patience=QUICK) as host:
            plugin = await host.load_module(stubborn())
            waiting = asyncio.create_task(plugin.call("heeds"))
            with pytest.raises(DeadlineError):
                await plugin.call("ignores", 3, timeout=0.05)
            assert await plugin.call("ok", 1) == 1  # it has its time
            ending = await plugin.wait()
            assert isinstance(ending.error, DiedError)
            assert "unusable" in str(ending.error)
            with pytest.raises(DiedError, match="unusable"):
                await waiting
            with pytest.raises(DiedError, match="unusable"):
                await plugin.call("ok", 2)
            assert not plugin.is_alive

    asyncio.run(main())


def test_a_stop_does_not_wait_for_what_cannot_be_ended() -> None:
    lines: list[LogLine] = []
    with crossplug.Host("test", patience=QUICK, on_log=lines.append) as host:
        plugin = host.load_module_blocking(stubborn())
        raised: list[BaseException] = []

        def call() -> None:
            try:
                plugin.call_blocking("ignores", 4)
            except CallCancelledError as error:
                raised.append(error)

        busy = threading.Thread(target=call)
        busy.start()
        time.sleep(0.1)
        assert plugin.stop_blocking().error is None
        busy.join()
        assert raised
    assert any("cannot be ended" in line.message for line in lines)


def test_life_grants_and_configuration() -> None:
    told: list[Any] = []
    plugin = Plugin("alive")

    @plugin.on_start
    async def start(ctx: Context) -> None:
        told.append(("start", ctx.config, ctx.granted.services, ctx.host.name))

    @plugin.on_stop
    def stop(ctx: Context) -> None:
        told.append("stop")

    @plugin.method("ask")
    async def ask(ctx: Context, params: Any) -> Any:
        return await ctx.call("kv.get", {"key": params})

    host = crossplug.Host("test", grants=["kv.get"])
    host.service("kv.get")(lambda call, params: params["key"] * 2)
    with host:
        loaded = host.load_module_blocking(plugin, config={"a": 1}, grants=["emit=*"])
        assert loaded.call_blocking("ask", "ab") == "abab"
        loaded.stop_blocking()
    assert told == [("start", {"a": 1}, ["kv.get"], "test"), "stop"]


def test_prints_are_the_programs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lines: list[LogLine] = []
    text = HEAD + "print('at import')\n@plugin.method('say')\ndef say(ctx, params):\n    print('in a call')\n"
    with crossplug.Host("test", on_log=lines.append) as host:
        host.load_blocking(plugin_in(tmp_path / "talks", plugin=text)).call_blocking("say")
    assert capfd.readouterr().out == "at import\nin a call\n"
    assert not lines


def test_an_endless_computation_delays_no_other_call() -> None:
    plugin = stubborn()

    @plugin.method("computes")
    def computes(ctx: Context, params: Any) -> int:
        turns = 0
        while not ctx.cancelled:
            turns += 1
        return turns

    with crossplug.Host("test", patience=QUICK) as host:
        loaded = host.load_module_blocking(plugin)
        call = loaded.start("computes")
        assert [loaded.call_blocking("ok", number) for number in range(20)] == list(range(20))
        call.cancel()


def test_two_hundred_loads_leave_nothing(module_subject: Path) -> None:
    def tasks() -> int:
        folder = Path("/proc/self/task")
        return len(list(folder.iterdir())) if folder.exists() else threading.active_count()

    def load(times: int) -> None:
        for _ in range(times):
            plugin = host.load_blocking(module_subject)
            assert plugin.call_blocking("test.echo", {"text": "x"}) == {"text": "x"}
            plugin.conformance.test_double().cancel()  # a coroutine, so that there is a loop
            assert plugin.stop_blocking().error is None

    with crossplug.Host("test") as host:
        load(20)
        threads, before = tasks(), resident()
        load(200)
        for _ in range(200):
            if tasks() <= threads:
                break
            time.sleep(0.01)
        assert tasks() <= threads
        assert resident() - before < 16 << 20


@pytest.mark.parametrize("how", ["idle", "busy", "in a call"])
def test_an_interpreter_that_ends_does_so(how: str, module_subject: Path) -> None:
    code = """
import sys, threading, time, crossplug
plugin = crossplug.Host(patience={"shutdown": 0.2, "end_of_input": 0.2}).load_blocking(sys.argv[1])
plugin.call_blocking("test.nothing")
if sys.argv[2] == "busy":
    plugin.start("test.hang")
if sys.argv[2] == "in a call":
    threading.Thread(target=plugin.call_blocking, args=("test.hang",), daemon=True).start()
    time.sleep(0.1)
print("fine", flush=True)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    ended = subprocess.run(
        [sys.executable, "-c", code, str(module_subject), how],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (0, "fine\n"), ended.stderr
    assert "panicked" not in ended.stderr
    assert "Fatal" not in ended.stderr
