"""MessagePack byte by byte: schema/vectors/msgpack, for what only bytes can say; and what the packer itself refuses."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import pytest

from crossplug import DecodeError, EncodeError
from crossplug.codec.msgpack import pack, unpack
from test_vectors import TEXT_REASONS, same

FOLDER = Path(__file__).parents[3] / "schema" / "vectors" / "msgpack"
CASES = [
    (path.stem, group == "valid", case)
    for path in sorted(FOLDER.glob("*.json"))
    for group in ("valid", "invalid")
    for case in json.loads(path.read_text())[group]
]


def codec_of(name: str) -> Any:
    interface, _, kind = name.partition("/")
    return importlib.import_module(f"crossplug.interfaces.{interface}").TYPES[kind]


@pytest.mark.parametrize(
    ("valid", "case"), [case[1:] for case in CASES], ids=[f"{c[0]}: {c[2]['case']}" for c in CASES]
)
def test_document(valid: bool, case: dict[str, Any]) -> None:
    codec, document = codec_of(case["type"]), bytes.fromhex(case["hex"])
    if not valid:
        with pytest.raises(DecodeError) as caught:
            codec.from_msgpack(document)
        assert caught.value.reason == case["reason"]
        assert case["reason"] in {*TEXT_REASONS, "notMsgpack"} or caught.value.pointer == case["pointer"]
        return
    value = codec.from_msgpack(document)
    assert same(json.loads(codec.to_json(value)), case["encodes"])
    if "packs" in case:
        assert codec.to_msgpack(value).hex() == case["packs"]


def test_count(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nvectors msgpack python {len(CASES)}")
    assert CASES, f"no vectors under {FOLDER}"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"raw", "wrongKind"),
        ({1: 2}, "wrongKind"),
        (object(), "wrongKind"),
        (float("nan"), "notFinite"),
        (10**400, "notFinite"),
        ("\ud800", "loneSurrogate"),
        ({"\ud800": 1}, "loneSurrogate"),
    ],
)
def test_packer_refuses(value: object, reason: str) -> None:
    with pytest.raises(EncodeError) as caught:
        pack([value])
    assert caught.value.reason == reason


def test_packer_knows_depth() -> None:
    deep: list[Any] = []
    for _ in range(127):
        deep = [deep]
    assert unpack(pack(deep)) == deep
    with pytest.raises(EncodeError) as caught:
        pack([deep])
    assert caught.value.reason == "tooDeep"


def test_number_beyond_integers_is_a_float() -> None:
    assert unpack(pack([2**53, -(2**60)])) == [float(2**53), float(-(2**60))]
