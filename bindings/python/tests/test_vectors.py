"""Plays schema/vectors/types in JSON and in MessagePack: verdict, reason, pointer and re-encoding of every document.

Prints the counts.
"""

from __future__ import annotations

import importlib
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from crossplug import DecodeError
from crossplug.codec.msgpack import pack

TYPES = Path(__file__).parents[3] / "schema" / "vectors" / "types"
TEXT_REASONS = {"duplicateKey", "loneSurrogate", "tooDeep", "notFinite", "notJson"}
FILES = sorted(TYPES.glob("*/*.json"))
PACKED: Counter[Path] = Counter()
"""The same for MessagePack, which has no case of the reasons about text."""
PLAYED: Counter[Path] = Counter()
"""Cases of each file that were held against our verdict; `test_count`, which runs last, compares them."""


def same(one: Any, other: Any) -> bool:
    """Equal as JSON values, numbers as 64-bit floats; true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return float(one) == float(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[name]) for name, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


def text_of(case: dict[str, Any]) -> str:
    return case["text"] if "text" in case else json.dumps(case["json"], ensure_ascii=False)


def refused(error: DecodeError, case: dict[str, Any], valid: bool) -> str | None:
    """What is wrong with a refusal."""
    if valid:
        return f"refused: {error}"
    if error.reason != case["reason"]:
        return f"refused with {error}, expected {case['reason']}"
    if error.reason not in TEXT_REASONS and error.pointer != case["pointer"]:
        return f"pointer {error.pointer!r}, expected {case['pointer']!r}"
    return None


def check(codec: Any, case: dict[str, Any], valid: bool) -> str | None:
    """What is wrong with our verdict on a case; None: nothing."""
    text = text_of(case)
    try:
        value = codec.from_json(text)
    except DecodeError as error:
        return refused(error, case, valid)
    if not valid:
        return f"taken as {value!r}, expected {case['reason']} at {case['pointer']!r}"
    expected = case["encodes"] if "encodes" in case else json.loads(text)
    written = codec.to_json(value)
    if not same(json.loads(written), expected):
        return f"written as {written.decode()}, expected {json.dumps(expected)}"
    if codec.to_json(codec.from_json(written)) != written:
        return f"{written.decode()} does not come back"
    return None


def check_packed(codec: Any, case: dict[str, Any], valid: bool) -> str | None:
    """The same for the document in MessagePack, packed by somebody who does not know its type."""
    document = json.loads(text_of(case))
    try:
        value = codec.from_msgpack(pack(document))
    except DecodeError as error:
        return refused(error, case, valid)
    if not valid:
        return f"taken as {value!r}, expected {case['reason']} at {case['pointer']!r}"
    again = codec.to_json(codec.from_msgpack(codec.to_msgpack(value)))
    if not same(json.loads(again), case.get("encodes", document)):
        return f"through MessagePack {again.decode()}"
    return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_type(path: Path) -> None:
    document = json.loads(path.read_text())
    module = importlib.import_module(f"crossplug.interfaces.{path.parent.name.replace('-', '_').replace('.', '_')}")
    codec = module.TYPES[document["type"]]
    wrong = []
    for valid in (True, False):
        for case in document["valid" if valid else "invalid"]:
            found = check(codec, case, valid)
            PLAYED[path] += 1
            if found is not None:
                wrong.append(f"{case['case']}: {found}")
            if valid or case["reason"] not in TEXT_REASONS:
                found = check_packed(codec, case, valid)
                PACKED[path] += 1
                if found is not None:
                    wrong.append(f"{case['case']} in MessagePack: {found}")
    assert not wrong, "\n".join(wrong)


def test_count(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nvectors types python {PLAYED.total()}\nvectors packed python {PACKED.total()}")
    documents = {path: json.loads(path.read_text()) for path in FILES}
    cases = {path: len(document["valid"]) + len(document["invalid"]) for path, document in documents.items()}
    assert sum(cases.values()) > 0, f"no vectors under {TYPES}; run `cargo xtask codegen`"
    left_out = [str(path.relative_to(TYPES)) for path, count in cases.items() if PLAYED[path] != count]
    assert not left_out, f"not played, or not all of it: {left_out}"
