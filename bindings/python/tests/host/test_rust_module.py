"""A plugin in Rust as a module of Python: built as its author would, installed, loaded through the module door; and
called without any host.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import crossplug
from crossplug import PluginError
from crossplug.elizaos import Runtime, load_rust_plugin
from crossplug.interfaces.agent import ActionInvoke, Content, EvaluatorInvoke, Memory, ProviderGet
from host.places import ROOT

MEMORY = Memory(content=Content(text="Why do plugins need a protocol? What do plugins share?"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the wheel was installed. Built without optimisation, as nobody measures it here."""
    folder = tmp_path_factory.mktemp("wheels")
    maturin = ["maturin", "build", "--quiet", "--profile", "dev", "--interpreter", sys.executable, "--out", str(folder)]
    environment = {**os.environ, "CARGO_TARGET_DIR": str(ROOT / "target"), "VIRTUAL_ENV": sys.prefix}
    crate = ROOT / "examples/agent"
    subprocess.run([sys.executable, "-m", *maturin], cwd=crate, env=environment, check=True)
    (wheel,) = folder.glob("companion-*.whl")
    pip = ["pip", "install", "--quiet", "--no-index", "--no-deps", "--target", str(folder / "site"), str(wheel)]
    subprocess.run([sys.executable, "-m", *pip], check=True)
    return folder / "site"


@pytest.fixture(scope="module")
def module(site: Path) -> Iterator[ModuleType]:
    sys.path.insert(0, str(site))
    yield importlib.import_module("companion")
    sys.path.remove(str(site))


def test_through_the_module_door(module: ModuleType) -> None:
    host = crossplug.Host("test", grants=["memory.search"])
    asked: list[Any] = []

    @host.service("memory.search")
    async def search(call: crossplug.host.ServiceCall, params: Any) -> Any:
        asked.append(params)
        return {"memories": [{"content": {"text": "Plugins were mentioned before."}}]}

    async def main() -> None:
        async with host:
            plugin = await host.load_module(module, config={"limit": 2}, encoding="msgpack")
            assert (plugin.name, plugin.process_id) == ("companion", None)
            assert plugin.encoding == "json", "its messages are handed over one by one"
            assert plugin.manifest["language"] == "rust"
            recalled = await plugin.agent.action_invoke(ActionInvoke(action="RECALL", memory=MEMORY))
            assert recalled.text == "1 memories about plugins: plugins were mentioned before"
            assert asked == [{"text": "plugins", "limit": 2}]
            provided = await plugin.agent.provider_get(ProviderGet(provider="KEYWORDS", memory=MEMORY))
            assert provided.text == "Keywords: plugins (2), need (1)"
            with pytest.raises(PluginError, match="Evaluator not found"):
                await plugin.agent.evaluator_invoke(EvaluatorInvoke(evaluator="MOOD", memory=MEMORY))
            many = (plugin.agent.provider_get(ProviderGet(provider="KEYWORDS", memory=MEMORY)) for _ in range(50))
            assert {told.text for told in await asyncio.gather(*many)} == {provided.text}
            again = await host.load_module(module)
            assert (await again.stop()).error is None
            assert (await plugin.stop()).error is None

    asyncio.run(main())


def test_by_elizaos_name(module: ModuleType) -> None:
    plugin = load_rust_plugin("companion")
    assert plugin.loaded.manifest == module.plugin.manifest

    async def main() -> None:
        async with Runtime() as runtime:
            await runtime.register_plugin(plugin)

    asyncio.run(main())


def test_by_its_file(site: Path, module: ModuleType, tmp_path: Path) -> None:
    """It exports both: what any host loads, and the module. A library that is a module alone is loaded as one."""
    (library,) = site.rglob("companion*.so")
    text = library.read_bytes()
    assert text.count(b"\0crossplug_plugin\0") == 1
    alone = tmp_path / "libcompanion.so"
    alone.write_bytes(text.replace(b"\0crossplug_plugin\0", b"\0nobody_knows_it\0\0"))
    for path in (library, alone, alone):
        plugin = load_rust_plugin(path)
        provided = plugin.loaded.agent.provider_get_blocking(ProviderGet(provider="KEYWORDS", memory=MEMORY))
        assert provided.text == "Keywords: plugins (2), need (1), protocol (1)"
        assert plugin.loaded.stop_blocking().error is None


def test_without_a_host(module: ModuleType) -> None:
    memory = MEMORY.to_value()
    with module.plugin.open({"limit": 1}) as opened:
        told = opened.call("provider.get", {"provider": "KEYWORDS", "memory": memory})
        assert told["text"] == "Keywords: plugins (2)"
        with pytest.raises(module.PluginError, match="Action not found") as unknown:
            opened.call("action.invoke", {"action": "NOPE", "memory": memory})
        assert (unknown.value.code, unknown.value.retryable) == ("actionNotFound", False)
        assert unknown.value.details == {"name": "NOPE", "known": ["RECALL"]}
        with pytest.raises(module.PluginError) as refused:  # it would have to search, and nobody offers that
            opened.call("action.invoke", {"action": "RECALL", "memory": memory}, timeout=5)
        assert refused.value.code == "permissionDenied"
        with pytest.raises(module.PluginError) as unfit:
            opened.call("provider.get")
        assert unfit.value.code == "invalidParams"
    with pytest.raises(module.PluginError, match="closed"):
        opened.call("provider.get", {"provider": "KEYWORDS", "memory": memory})


def test_needs_nothing_of_the_package(site: Path) -> None:
    code = (
        "import sys, companion\n"
        "assert repr(companion.plugin) == '<Plugin example-agent>', companion.plugin\n"
        "opened = companion.plugin.open()\n"
        "memory = {'content': {'text': 'plugins need plugins'}}\n"
        "print(opened.call('provider.get', {'provider': 'KEYWORDS', 'memory': memory})['values'])\n"
        "assert 'crossplug' not in sys.modules\n"
    )
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, cwd=site, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == "{'keywords': ['plugins', 'need']}\n"
