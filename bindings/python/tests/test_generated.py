"""What `crossplug codegen` makes of a user's documents: it passes the strict type checker, the linter, and runs."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from crossplug import Context, DecodeError, Plugin, PluginError
from crossplug.testing import TestHost

ROOT = Path(__file__).parents[3]
DOCUMENTS = sorted(
    path
    for folder in (ROOT / "crates/idl/tests/documents", Path(__file__).parent / "documents")
    for path in folder.glob("*.json")
)
PROGRAM = Path(os.environ.get("CROSSPLUG_PROGRAM", ROOT / "target/debug/crossplug"))


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not PROGRAM.exists():
        reason = f"{PROGRAM} is missing; run `cargo build -p crossplug-cli`"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    out = tmp_path_factory.mktemp("generated")
    command = [str(PROGRAM), "codegen", *map(str, DOCUMENTS), "--lang", "python", "--out", str(out)]
    made = subprocess.run([*command, "--role", "types,plugin,host"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    assert len(list(out.glob("*.py"))) == len(DOCUMENTS)
    return out


def load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"generated_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_passes_mypy_strict(generated: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--python-version", "3.10", "--cache-dir", str(generated), "."]
    checked = subprocess.run(command, cwd=generated, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_passes_ruff(generated: Path) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "."]
    checked = subprocess.run(command, cwd=generated, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def table(module: ModuleType, name: str) -> Any:
    """What the module says about itself; a definition of the same name pushes it aside."""
    while isinstance(getattr(module, name), type):
        name += "_"
    return getattr(module, name)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_runs(generated: Path, document: Path) -> None:
    """Every module can be imported, describes its document, and answers for methods that nobody wrote."""
    written = json.loads(document.read_text())
    modules = [load(path) for path in sorted(generated.glob("*.py"))]
    module = next(one for one in modules if table(one, "INTERFACE").name == written["name"])
    interface = table(module, "INTERFACE")
    assert set(table(module, "TYPES")) == set(written.get("$defs", {}))
    assert [method.wire for method in interface.methods] == list(written.get("methods", {}))
    assert [service.wire for service in interface.services] == list(written.get("services", {}))
    assert [event.wire for event in interface.events] == list(written.get("events", {}))
    errors = table(module, "ERRORS")
    assert set(errors) == set(written.get("errors", {}))
    assert len({error.__name__ for error in errors.values()}) == len(errors)
    assert all(vars(module)[error.__name__] is error and code == error.CODE for code, error in errors.items())
    classes = [one for one in vars(module).values() if isinstance(one, type)]
    base: Any = next(one for one in classes if vars(one).get("INTERFACE") is interface)
    plugin = Plugin("p", type("Nothing", (base,), {})())
    with TestHost(plugin) as host:
        for method in interface.methods:
            with pytest.raises(PluginError) as caught:
                host.call_blocking(method.wire, {})
            assert caught.value.code == ("methodNotFound" if takes_nothing(method) else "invalidParams")


def takes_nothing(method: Any) -> bool:
    try:
        return method.params is None or method.params.from_value({}) is not None
    except DecodeError:
        return False


def test_an_author_who_mistypes_a_handler_is_told(tmp_path: Path) -> None:
    program = tmp_path / "plugin.py"
    program.write_text(
        """
from crossplug import Context, Plugin
from crossplug.interfaces.agent import ActionInvoke, ActionResult, Agent, AgentMethods, ProviderGet, Validation

plugin = Plugin("p")

@plugin.method(AgentMethods.ACTION_INVOKE)
def good(ctx: Context, params: ActionInvoke) -> ActionResult:
    return ActionResult(success=True, text=params.memory.content.text or "")

@plugin.method(AgentMethods.ACTION_INVOKE)
async def good_too(ctx: Context, params: ActionInvoke) -> ActionResult:
    return ActionResult(success=True)

@plugin.method(AgentMethods.ACTION_INVOKE)
def wrong_params(ctx: Context, params: ProviderGet) -> ActionResult:
    return ActionResult(success=True)

class Wrong(Agent):
    def action_validate(self, ctx: Context, params: ProviderGet) -> Validation:
        return Validation(valid="yes")

def use(params: ActionInvoke) -> int:
    params.action = "x"
    return len(params.memory.content.text)
"""
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), str(program)]
    told = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path).stdout
    lines = {int(line.split(":")[1]) for line in told.splitlines() if ": error:" in line}
    assert lines == {15, 20, 21, 24, 25}, told


def test_context_is_what_generated_code_takes(generated: Path) -> None:
    for path in generated.glob("*.py"):
        for one in vars(load(path)).values():
            if isinstance(one, type) and one.__name__.endswith("Services"):
                assert one(Context.__new__(Context)) is not None
