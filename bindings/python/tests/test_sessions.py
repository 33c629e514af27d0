"""Plays schema/vectors/sessions against the conformance subject, in memory and as a child, and prints the count."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from player import SUBJECT, Child, Memory, cases, dialect_of, is_of_a_process, play

CASES = cases()
IDS = [f"{path.parent.name}/{path.stem}" for path in CASES]
WITHOUT_PROCESS = [path for path in CASES if not is_of_a_process(path)]
IN_MEMORY: set[Path] = set()
AS_CHILD: set[Path] = set()
"""Sessions that were played to their end; `test_count`, which runs last, compares them with those on disk."""


@pytest.fixture(scope="module")
def subject() -> Any:
    spec = importlib.util.spec_from_file_location("conformance_subject", SUBJECT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.plugin


@pytest.mark.parametrize("path", WITHOUT_PROCESS, ids=[f"{path.parent.name}/{path.stem}" for path in WITHOUT_PROCESS])
def test_in_memory(path: Path, subject: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSPLUG_MANIFEST", str(SUBJECT.with_name("plugin.json")))
    peer = Memory(subject, dialect_of(path))
    try:
        play(path, peer)
        IN_MEMORY.add(path)
    finally:
        peer.stop()


@pytest.mark.parametrize("path", CASES, ids=IDS)
def test_as_child(path: Path) -> None:
    peer = Child(dialect_of(path))
    try:
        play(path, peer)
        AS_CHILD.add(path)
    finally:
        peer.stop()


def test_count(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nvectors sessions python {len(AS_CHILD)}")
    assert CASES
    left_out = [path.name for path in CASES if path not in AS_CHILD]
    left_out += [path.name for path in WITHOUT_PROCESS if path not in IN_MEMORY]
    assert not left_out, f"not played to the end: {left_out}"
