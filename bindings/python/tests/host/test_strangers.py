"""Examples in languages without an SDK of ours: WebAssembly modules in C, Zig and AssemblyScript."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import crossplug
from crossplug import PluginError
from crossplug.interfaces.agent import ActionInvoke, ActionNotFoundError, Content, Memory, ProviderGet
from host.places import ROOT


def example(name: str) -> Path:
    """An example that `cargo xtask` has built."""
    folder = ROOT / "target/plugins" / name
    if not (folder / "plugin.json").exists():
        what = f"build {name} first: cargo xtask test --only 'module'"
        assert not os.environ.get("CI"), what
        pytest.skip(what)
    return folder


@pytest.mark.parametrize("name", ["shout-c", "shout-zig"])
def test_c_and_zig_shout_alike(name: str) -> None:
    with crossplug.Host("test") as host:
        plugin = host.load_blocking(example(name))
        for said, loud in [('é\n"x"', 'é\n"X"'), ("", ""), ("x" * (1 << 20), "X" * (1 << 20))]:
            assert plugin.call_blocking("text.shout", {"text": said}) == {"text": loud}
        with pytest.raises(PluginError) as unfit:
            plugin.call_blocking("text.shout", {})
        assert unfit.value.code == "invalidParams"


def test_an_agent_in_assemblyscript_is_called_with_types() -> None:
    def memory(text: str) -> Memory:
        return Memory(content=Content(text=text))

    with crossplug.Host("test") as host:
        plugin = host.load_blocking(example("agent-assemblyscript"))
        for number in range(500):
            whom = f'wörld "{number}"\n'
            result = plugin.agent.action_invoke_blocking(ActionInvoke(action="GREET", memory=memory(whom)))
            assert result.text == f"Hello, {whom}!"
        length = plugin.agent.provider_get_blocking(ProviderGet(provider="LENGTH", memory=memory("abc")))
        assert length.text == "3 units of UTF-16"
        with pytest.raises(ActionNotFoundError):
            plugin.agent.action_invoke_blocking(ActionInvoke(action="NO", memory=memory("")))
