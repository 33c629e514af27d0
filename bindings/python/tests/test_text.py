"""The strict JSON text laws, held against a slow reader of this file's own on random texts."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from crossplug.codec.text import MAX_DEPTH, deeper_than, dump, parse
from crossplug.errors import DecodeError, EncodeError

BAD = {
    "notJson": [b"", b" ", b"nul", b"[1,]", b"{,}", b"01", b"+1", b"1.", b".5", b"NaN", b"-Infinity", b'"\t"', b"'a'",
                b"[1]x", b"\xef\xbb\xbf1", b'"\xff"', b"\x0b1", b'"\\x41"',
                b"{\"a\":1,}", b"\xed\xa0\x80", b"tru\x00e"],
    "duplicateKey": [b'{"a":1,"a":2}', b'[{"b":{"a":1,"\\u0061":1}}]'],
    "loneSurrogate": [b'"\\ud800"', b'"\\udc00\\ud800"', b'{"\\uD9ff":1}', b'"\\\\\\ud800x"', b'["\\ud83d\\\\ude00"]'],
    "notFinite": [b"1e400", b"-1e999", b"[1E+309]", b"9" * 400, b"1" + b"0" * 309, b"0.1e1000", b"9" * 5000,
                  b'{"pad":"' + b"x" * 5000 + b'","n":1e309}', b"9" * 250 + b"e99"],
    "tooDeep": [b"[" * 129 + b"]" * 129, b"[" * 200_000, b'{"a":' * 129 + b"1" + b"}" * 129],
}  # fmt: skip
GOOD = [b"[" * 128 + b"]" * 128, b"1e308", b"-0", b'"\\ud83d\\ude00"', b'"\\\\ud800"', b"9" * 308, b" [1] \r\n",
        b'"' + b"[" * 500 + b'"', b"[" + b"[]," * 500 + b"[]]", b'{"a":1,"A":2}', b"0e000", b"1e-999", b"1.5e+300",
        b'"\\"[[[[' + b"[" * 300 + b'"', '"é😀\u2028"'.encode()]  # fmt: skip


@pytest.mark.parametrize(("reason", "text"), [(reason, text) for reason, texts in BAD.items() for text in texts])
def test_refused(reason: str, text: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        parse(text)
    assert caught.value.reason == reason
    try:
        as_str = text.decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(DecodeError):
        parse(as_str)


@pytest.mark.parametrize("text", GOOD)
def test_taken(text: bytes) -> None:
    value = parse(text)
    assert value == json.loads(text)
    assert parse(dump(value)) == value


def test_a_lone_surrogate_in_a_str() -> None:
    with pytest.raises(DecodeError, match="loneSurrogate"):
        parse('"\ud800"')


@pytest.mark.parametrize("value", [float("nan"), {"a": float("inf")}, "\ud800", {"\udfff": 1}, object(), {1, 2}, b"x"])
def test_unwritable(value: Any) -> None:
    with pytest.raises(EncodeError):
        dump(value)


def test_what_contains_itself_is_unwritable() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(EncodeError, match="tooDeep"):
        dump(loop)


def depth_by_hand(text: str) -> int:
    depth = deepest = 0
    inside = escaped = False
    for char in text:
        if inside:
            inside = escaped or char != '"'
            escaped = not escaped and char == "\\"
        elif char == '"':
            inside, escaped = True, False
        elif char in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif char in "]}":
            depth -= 1
    return deepest


def random_value(rng: random.Random, depth: int) -> Any:
    kind = rng.randrange(8 if depth else 5)
    if kind == 0:
        return rng.choice([None, True, False])
    if kind == 1:
        return rng.randrange(-(10**18), 10**18)
    if kind == 2:
        return rng.uniform(-1e6, 1e6) * 10 ** rng.randrange(-300, 300)
    if kind <= 4:
        return "".join(rng.choice('a"\\/[]{}é😀\n\x00:,') for _ in range(rng.randrange(12)))
    if kind == 5:
        return {random_value(rng, 0).__str__(): random_value(rng, depth - 1) for _ in range(rng.randrange(5))}
    return [random_value(rng, depth - 1) for _ in range(rng.randrange(5))]


@pytest.mark.parametrize("seed", range(20))
def test_random_values(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(100):
        value = random_value(rng, 6)
        for text in (json.dumps(value), json.dumps(value, ensure_ascii=False), dump(value).decode()):
            assert parse(text) == value
            depth = depth_by_hand(text)
            for limit in {max(0, depth - 1), depth, depth + 1, MAX_DEPTH}:
                assert deeper_than(text.encode(), limit) == (depth > limit), (text, limit)
