"""Extism's own host for Python on the modules that our hosts are held to: output for output, error for error.

``schema/vectors/extism/cases.json`` says what ours do, ``differences.json`` beside it where this one does otherwise.
"""

from __future__ import annotations

import json
from typing import Any

import extism  # type: ignore[import-untyped]
import pytest

from host.places import ROOT, guest

VECTORS = ROOT / "schema/vectors/extism"
CASES: list[dict[str, Any]] = json.loads((VECTORS / "cases.json").read_text("utf-8"))["cases"]
DIFFERENCES: list[dict[str, Any]] = json.loads((VECTORS / "differences.json").read_text("utf-8"))["differences"]
PAGE = ROOT / "docs/hosting/extism.md"


def seen(case: str) -> dict[int, dict[str, Any]]:
    """Where this host does otherwise, by step; 0 is the load."""
    mine = [place for one in DIFFERENCES if one["host"] == "native" for place in one["seen"]]
    return {place.get("step", 0): place for place in mine if place["case"] == case}


def functions(case: dict[str, Any]) -> list[Any]:
    def offered(name: str, receives: str, returns: str) -> Any:
        handles = [extism.ValType.I64]

        @extism.host_fn(name=name, namespace="extism:host/user", signature=(handles, handles))  # type: ignore[untyped-decorator]
        def answer(plugin: Any, inputs: Any, outputs: Any) -> None:
            if plugin.input_string(inputs[0]) != receives:
                raise ValueError("unexpected")
            plugin.return_string(outputs[0], returns)

        return answer

    return [offered(name, **said) for name, said in case.get("functions", {}).items()]


# What a function of the host raises, this host prints.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_extism_s_own_host_does_the_same(case: dict[str, Any]) -> None:
    module = guest(f"extism/{case['case']}")
    other = seen(case["case"])
    manifest = {"wasm": [{"path": str(module)}], **case.get("manifest", {})}
    offered = functions(case)
    if "load" in case and "loads" not in other.get(0, {}):
        with pytest.raises(extism.Error):
            extism.Plugin(manifest, wasi=False, functions=offered)
        return
    plugin = extism.Plugin(manifest, wasi=False, functions=offered)
    for number, step in enumerate(case.get("steps", []), 1):
        given = b"x" * step["inputBytes"] if "inputBytes" in step else step.get("input", "").encode()
        try:
            found = {"output": bytes(plugin.call(step["call"], given)).decode()}
        except extism.Error as error:
            found = {"error": str(error)}
        expected = other.get(number, step)
        if "error" not in expected:
            assert found == {"output": expected["output"]}, step
            continue
        assert "error" in found, (step, found)
        # The guest's own text; what the host says of a trap or a limit are its own words.
        if expected is step and "message" in step["error"]:
            assert found["error"] == step["error"]["message"]


def test_the_page_shows_every_difference() -> None:
    names = {"native": "PyPI", "js": "npm"}
    page = PAGE.read_text("utf-8").splitlines()
    shown = [line for line in page if line.startswith(tuple(f"| {name} |" for name in names.values()))]
    assert shown == [f"| {names[one['host']]} | {one['what']} | {one['ours']} |" for one in DIFFERENCES]
    cases = {case["case"]: len(case.get("steps", [])) for case in CASES}
    for one in DIFFERENCES:
        for place in one["seen"]:
            assert cases[place["case"]] >= place.get("step", 0), place
