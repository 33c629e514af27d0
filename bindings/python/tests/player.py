"""Plays session vectors (schema/README.md section 7) against any plugin that takes frames and gives frames."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from crossplug import Plugin
from crossplug.plugin.manifest import manifest_of
from crossplug.protocol.frame import FrameReader
from crossplug.testing.memory import MemoryPlugin

SESSIONS = Path(__file__).parents[3] / "schema" / "vectors" / "sessions"
SUBJECT = Path(__file__).parents[1] / "subject" / "plugin.py"
LINE_TIME = 10.0


def cases() -> list[Path]:
    return sorted(SESSIONS.glob("*/*.jsonl"))


def is_of_a_process(path: Path) -> bool:
    """Whether the case is about what only a process does: print, and end with a code."""
    head = json.loads(path.read_text().splitlines()[0])
    return bool(head["case"].get("process", False))


def dialect_of(path: Path) -> str:
    name, _, version = path.parent.name.rpartition("-")
    return f"{name}/{version}"


def matches(expected: Any, got: Any) -> bool:
    if expected == "$any":
        return True
    if isinstance(expected, dict):
        if not isinstance(got, dict):
            return False
        members = {name: value for name, value in expected.items() if name != "$rest"}
        if not expected.get("$rest") and got.keys() != members.keys():
            return False
        return all(name in got and matches(value, got[name]) for name, value in members.items())
    if isinstance(expected, list):
        return isinstance(got, list) and len(expected) == len(got) and all(map(matches, expected, got))
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    return bool(expected == got)


class Memory:
    """A plugin in this process, without pipes."""

    def __init__(self, plugin: Plugin, dialect: str) -> None:
        self.plugin = MemoryPlugin(plugin, manifest_of(plugin), dialect)
        self.output = FrameReader()

    def send(self, line: bytes) -> None:
        self.plugin.write(line + b"\n")

    def close_input(self) -> None:
        self.plugin.close_input()

    def receive(self) -> bytes | None:
        while (frame := self.output.next()) is None:
            data = self.plugin.output.get(timeout=LINE_TIME)
            if data is None:
                return None
            self.output.feed(data)
        return frame

    def exit_code(self) -> int:
        code = self.plugin.wait(LINE_TIME)
        assert code is not None
        return code

    def stop(self) -> None:
        self.plugin.close_input()
        self.plugin.serving.cancel_all()


class Child:
    """A plugin as a process of its own."""

    def __init__(self, dialect: str, program: Path = SUBJECT) -> None:
        command = [sys.executable, str(program)]
        if dialect != "crossplug/1":
            command += ["--dialect", dialect]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.stderr = bytearray()
        self.threads = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._drain, daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line.rstrip(b"\n"))
        self.lines.put(None)

    def _drain(self) -> None:
        assert self.process.stderr is not None
        while data := self.process.stderr.read1(65536):  # type: ignore[attr-defined]
            self.stderr += data

    def send(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def receive(self) -> bytes | None:
        return self.lines.get(timeout=LINE_TIME)

    def exit_code(self) -> int:
        return self.process.wait(LINE_TIME)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        for thread in self.threads:
            thread.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


def play(path: Path, peer: Memory | Child) -> None:
    """Raises AssertionError at the first line that the plugin did not keep to."""
    lines = [json.loads(line) for line in path.read_text().split("\n") if line]
    steps = lines[1:]
    theirs = [step for step in steps if step.get("from") == "plugin" or "unordered" in step]
    wants_log = any("$/log" in json.dumps(step) for step in theirs)

    def next_message(expected: list[Any]) -> Any:
        wants_credit = any(isinstance(one, dict) and one.get("method") == "$/credit" for one in expected)
        while True:
            try:
                frame = peer.receive()
            except queue.Empty:
                raise AssertionError(f"nothing came; expected {expected}") from None
            if frame is None:
                raise AssertionError(f"the plugin ended; expected {expected}")
            message = json.loads(frame)
            if message.get("method") == "$/log" and not wants_log:
                continue
            if message.get("method") == "$/credit" and not wants_credit:
                continue
            return message

    for number, step in enumerate(steps, 2):
        try:
            if step.get("from") == "host":
                if step.get("eof"):
                    peer.close_input()
                else:
                    peer.send(step["raw"].encode() if "raw" in step else json.dumps(step["message"]).encode())
            elif "unordered" in step:
                left = [line["message"] for line in step["unordered"]]
                while left:
                    got = next_message(left)
                    found = next((one for one in left if matches(one, got)), None)
                    assert found is not None, f"got {got}, expected one of {left}"
                    left.remove(found)
            elif "exit" in step:
                while (frame := peer.receive()) is not None:
                    assert json.loads(frame).get("method") == "$/log", f"got {frame!r}, expected the end"
                assert peer.exit_code() == step["exit"]
            else:
                got = next_message([step["message"]])
                assert matches(step["message"], got), f"got {json.dumps(got)}, expected {json.dumps(step['message'])}"
        except AssertionError as error:
            stderr = bytes(getattr(peer, "stderr", b"")).decode(errors="replace")
            raise AssertionError(f"{path.name}:{number}: {error}\n{stderr}") from None
