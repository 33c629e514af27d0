"""Plays schema/vectors/sessions against the conformance subject: in memory, through a host's module door, as a child.
Prints the count.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from player import SUBJECT, Child, Memory, Module, cases, dialect_of, is_for, is_of_a_process, play

ENCODINGS = ("json", "msgpack")
CASES = [(path, encoding) for encoding in ENCODINGS for path in cases() if is_for(path, encoding)]
WITHOUT_PROCESS = [(path, encoding) for path, encoding in CASES if not is_of_a_process(path)]
IN_A_HOST = [(path, encoding) for path, encoding in WITHOUT_PROCESS if dialect_of(path) == "crossplug/1"]
IN_MEMORY: set[tuple[Path, str]] = set()
AS_CHILD: set[tuple[Path, str]] = set()
"""Sessions that were played to their end; `test_count`, which runs last, compares them with those on disk."""


def names(found: list[tuple[Path, str]]) -> list[str]:
    return [f"{path.parent.name}/{path.stem}-{encoding}" for path, encoding in found]


@pytest.fixture(scope="module")
def subject() -> Any:
    spec = importlib.util.spec_from_file_location("conformance_subject", SUBJECT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.plugin


@pytest.mark.parametrize(("path", "encoding"), WITHOUT_PROCESS, ids=names(WITHOUT_PROCESS))
def test_in_memory(path: Path, encoding: str, subject: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSPLUG_MANIFEST", str(SUBJECT.with_name("plugin.json")))
    peer = Memory(subject, dialect_of(path))
    try:
        play(path, peer, encoding)
        IN_MEMORY.add((path, encoding))
    finally:
        peer.stop()


@pytest.mark.parametrize(("path", "encoding"), IN_A_HOST, ids=names(IN_A_HOST))
def test_as_module(path: Path, encoding: str) -> None:
    peer = Module()
    try:
        play(path, peer, encoding)
    finally:
        peer.stop()


@pytest.mark.parametrize(("path", "encoding"), CASES, ids=names(CASES))
def test_as_child(path: Path, encoding: str) -> None:
    peer = Child(dialect_of(path))
    try:
        play(path, peer, encoding)
        AS_CHILD.add((path, encoding))
    finally:
        peer.stop()


def test_count(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        for encoding, corpus in zip(ENCODINGS, ("sessions", "sessions-msgpack"), strict=True):
            print(f"\nvectors {corpus} python {sum(one[1] == encoding for one in AS_CHILD)}")
    assert CASES
    left_out = names([one for one in CASES if one not in AS_CHILD])
    left_out += names([one for one in WITHOUT_PROCESS if one not in IN_MEMORY])
    assert not left_out, f"not played to the end: {left_out}"
