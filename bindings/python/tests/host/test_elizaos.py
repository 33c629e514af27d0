"""elizaOS's names: loaders that need no manifest, the shape that they give, a runtime that takes it."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
import sys
import types
from pathlib import Path
from typing import Any

import pytest

import crossplug
from crossplug import Plugin, UsageError
from crossplug.elizaos import (
    ElizaPlugin,
    Runtime,
    load_plugin,
    load_python_plugin,
    load_rust_plugin,
    load_typescript_plugin,
    load_wasm_plugin,
)
from crossplug.host import PluginNotFoundError
from crossplug.interfaces.agent import ActionNotFoundError, Content, Memory
from host.places import ROOT, guest

MESSAGE = {"content": {"text": "hi"}}
JAVASCRIPT = ROOT / "bindings/typescript/subject/dist/plugin.js"

SHAPED = """
from dataclasses import dataclass, field

@dataclass
class Thing:
    name: str
    description: str = ""
    validate: object = None
    handler: object = None
    get: object = None
    similes: list = field(default_factory=list)

@dataclass
class Result:
    success: bool
    text: str | None = None
    error: str | None = None

@dataclass
class Told:
    name: str
    actions: list
    providers: list
    evaluators: list
    description: str = "A plugin in elizaOS's shape."
    config: dict | None = None
    init: object = None

started = []

async def init(config, runtime):
    started.append(config)

async def applies(runtime, message, state):
    return message["content"]["text"] == "hi"

async def act(runtime, message, state, options, callback, responses):
    return Result(True, text=f"{message['content']['text']} {options or {}}")

def know(runtime, message, state):
    return {"text": "known", "values": {"n": 1}, "data": None}

async def judge(runtime, message, state, options, callback, responses):
    return None

plugin = Told(
    "shaped",
    [Thing("GREET", "Greets.", applies, act, similes=["HELLO"])],
    [Thing("FACTS", get=know)],
    [Thing("MOOD", "Judges.", applies, judge)],
    init=init,
)
"""


async def speaks(plugin: ElizaPlugin) -> None:
    """What every conformance subject says, in whatever language it was written."""
    runtime = Runtime()
    await runtime.register_plugin(plugin)
    assert [action.name for action in runtime.actions] == ["ECHO"]
    assert runtime.actions[0].similes == ["s"]
    assert await plugin.actions[0].validate(runtime, MESSAGE)
    heard: list[Any] = []
    result = await plugin.actions[0].handler(runtime, MESSAGE, {"text": "t"}, {"o": 1}, heard.append)
    assert (result.success, result.text) == (True, "echo:hi")
    assert result.data == {"options": {"o": 1}, "state": {"text": "t"}}
    assert heard == [{"text": "echo:hi"}]
    memory = Memory(content=Content(text="hi"))
    provided = await plugin.providers[0].get(runtime, memory)
    assert (provided.text, provided.values) == ("provided:hi", {"n": 1})
    assert (plugin.providers[0].position, plugin.evaluators[0].always_run) == (3, True)
    assert (await runtime.compose_state(MESSAGE))["text"] == "provided:hi"
    assert (await runtime.process_action("s", MESSAGE)).text == "echo:hi"
    assert (await runtime.evaluate(MESSAGE))["EVAL"].text == "evaluated:hi"
    with pytest.raises(ActionNotFoundError):
        await runtime.process_action("NOPE", MESSAGE)
    with pytest.raises(UsageError, match="ECHO"):
        await runtime.register_plugin(plugin)
    await runtime.stop()
    assert not plugin.loaded.is_alive


def test_a_bare_module_of_webassembly() -> None:
    asyncio.run(speaks(load_wasm_plugin(str(guest("subject")))))


def test_a_bare_file_of_javascript(tmp_path: Path) -> None:
    if not JAVASCRIPT.exists() or shutil.which("node") is None:
        assert not os.environ.get("CI"), "the subject in TypeScript is not built"
        pytest.skip("the subject in TypeScript is not built")
    asyncio.run(speaks(load_typescript_plugin(JAVASCRIPT)))
    asyncio.run(speaks(load_typescript_plugin(guest("subject"))))
    with pytest.raises(PluginNotFoundError):
        load_typescript_plugin(tmp_path / "none.js")
    with pytest.raises(UsageError, match=r"\.js"):
        load_typescript_plugin("plugin.ts")


def test_a_manifest() -> None:
    asyncio.run(speaks(load_plugin(ROOT / "bindings/python/subject")))


@pytest.fixture
def shaped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "my_shaped_plugin.py").write_text(SHAPED)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "my_shaped_plugin", raising=False)
    return "my_shaped_plugin"


async def greets(plugin: ElizaPlugin) -> None:
    async with Runtime() as runtime:
        await runtime.register_plugin(plugin)
        assert plugin.name == "shaped"
        assert (await runtime.process_action("HELLO", MESSAGE, None, {"a": 1})).text == "hi {'a': 1}"
        assert await runtime.process_action("GREET", {"content": {"text": "bye"}}) is None
        assert await runtime.compose_state(MESSAGE) == {"values": {"n": 1}, "data": {}, "text": "known"}
        assert await runtime.evaluate(MESSAGE) == {"MOOD": None}


def test_a_module_of_python_in_elizaos_shape(shaped: str) -> None:
    asyncio.run(greets(load_python_plugin(shaped, config={"key": "value"})))
    assert sys.modules[shaped].started == [{"key": "value"}]


def test_the_same_as_a_program_that_any_host_can_start(shaped: str, tmp_path: Path) -> None:
    with crossplug.Host("test") as host:
        command = [sys.executable, "-m", "crossplug.elizaos", shaped]
        plugin = host.load_program_blocking(command, folder=tmp_path)
        assert plugin.manifest["actions"][0]["similes"] == ["HELLO"]
        asyncio.run(greets(ElizaPlugin(plugin)))


def test_a_module_of_ours_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("some_plugin_of_ours")
    module.plugin = Plugin("ours", manifest={"actions": [{"name": "A", "description": "."}]})  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "some_plugin_of_ours", module)
    with crossplug.Host("test") as host:
        plugin = load_python_plugin("some_plugin_of_ours", host=host)
        assert [action.name for action in plugin.actions] == ["A"]


def test_a_plugin_of_this_program_is_registered_as_it_is() -> None:
    @dataclasses.dataclass
    class Own:
        name: str = "own"
        actions: tuple[Any, ...] = ()

    async def main() -> None:
        runtime = Runtime()
        await runtime.register_plugin(Own())
        assert [plugin.name for plugin in runtime.plugins] == ["own"]
        await runtime.stop()

    asyncio.run(main())


def test_what_is_no_plugin(tmp_path: Path) -> None:
    (tmp_path / "x.so").write_bytes(b"\x7fELF nothing")
    with pytest.raises(PluginNotFoundError, match="no module of Python and no native plugin"):
        load_rust_plugin(tmp_path / "x.so")
    with pytest.raises(PluginNotFoundError, match="cannot be read"):
        load_rust_plugin("./none.so")
