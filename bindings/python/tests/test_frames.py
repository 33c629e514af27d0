"""Plays schema/vectors/frames against the frame reader, and prints the count."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from crossplug.protocol.frame import FRAME_BYTES, FrameReader, FrameTooLargeError, framed

FRAMES = Path(__file__).parents[3] / "schema" / "vectors" / "frames"
FILES = sorted(FRAMES.glob("*.json"))


def chunks(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    at = 0
    for size in [*sizes, *islice(cycle(sizes[-1:]), len(data))]:
        if at >= len(data):
            return
        yield data[at : at + size]
        at += size


def play(case: dict[str, Any], sizes: list[int]) -> None:
    data = bytes.fromhex(case["hex"]) if "hex" in case else case["text"].encode()
    reader = FrameReader(case["framing"], case.get("limits", {}).get("frameBytes", FRAME_BYTES))
    frames: list[str] = []
    error = None
    for chunk in chunks(data * case.get("repeat", 1), sizes):
        reader.feed(chunk)
        try:
            while error is None and (frame := reader.next()) is not None:
                frames.append(frame.decode())
        except FrameTooLargeError:
            error = "tooLong"
        if error is not None:
            break
    if error is None and reader.rest().strip():
        error = "truncated"
    assert frames == case["frames"]
    assert error == case.get("error")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_frames(path: Path) -> None:
    case = json.loads(path.read_text())
    for sizes in [case["chunks"]] if "chunks" in case else [[1 << 30], [1]]:
        play(case, sizes)


@pytest.mark.parametrize("framing", ["ndjson", "length"])
def test_what_is_framed_comes_back(framing: str) -> None:
    frames = [b"{}", b"[" + b"1," * 100_000 + b"1]", b'"x"']
    reader = FrameReader(framing)
    for chunk in chunks(b"".join(framed(frame, framing) for frame in frames), [1, 2, 3, 65536]):
        reader.feed(chunk)
    assert [reader.next(), reader.next(), reader.next(), reader.next()] == [*frames, None]


@pytest.mark.parametrize("size", [1, 7, 30, 1000])
@pytest.mark.parametrize("framing", ["ndjson", "length"])
def test_nothing_is_read_after_a_frame_too_large(framing: str, size: int) -> None:
    reader = FrameReader(framing, 10)
    got: list[bytes] = []
    for chunk in chunks(framed(b"{}", framing) + framed(b"x" * 50, framing) + framed(b"{}", framing), [size]):
        reader.feed(chunk)
        try:
            while (frame := reader.next()) is not None:
                got.append(frame)
        except FrameTooLargeError:
            got.append(b"too large")
    assert got[:2] == [b"{}", b"too large"]
    assert set(got[2:]) <= {b"too large"}


@pytest.mark.parametrize("line", [b"", b" ", b"\t \r", b"\v", b"\f", b" \x1c"])
def test_only_the_white_space_of_json_is_no_message(line: bytes) -> None:
    reader = FrameReader()
    reader.feed(line + b"\n{}\n")
    assert reader.next() == (line if line.strip(b" \t\r\n") else b"{}")


def test_count(capsys: pytest.CaptureFixture[str]) -> None:
    assert FILES
    with capsys.disabled():
        print(f"\nvectors frames python {len(FILES)}")
