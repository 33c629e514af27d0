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
from crossplug.codec.loose import as_json
from crossplug.codec.msgpack import pack, unpack
from crossplug.host.inside import enter
from crossplug.plugin.manifest import manifest_of
from crossplug.protocol.frame import FrameReader, framed
from crossplug.testing.memory import MemoryPlugin

SESSIONS = Path(__file__).parents[3] / "schema" / "vectors" / "sessions"
SUBJECT = Path(__file__).parents[1] / "subject" / "plugin.py"
LINE_TIME = 10.0


def cases() -> list[Path]:
    return sorted(SESSIONS.glob("*/*.jsonl"))


def head_of(path: Path) -> dict[str, Any]:
    head: dict[str, Any] = json.loads(path.read_text().splitlines()[0])["case"]
    return head


def is_of_a_process(path: Path) -> bool:
    """Whether the case is about what only a process does: print, and end with a code."""
    return bool(head_of(path).get("process", False))


def is_for(path: Path, encoding: str) -> bool:
    """Whether the case is played in an encoding."""
    only = head_of(path).get("encoding") if dialect_of(path) == "crossplug/1" else "json"
    return only in (None, encoding)


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


def as_expected(expected: Any, got: Any) -> Any:
    """An integer of MessagePack as the decimal string that JSON has in its place, where such a one is expected."""
    if isinstance(expected, str) and type(got) is int:
        return str(got)
    if isinstance(expected, dict) and isinstance(got, dict):
        return {name: as_expected(expected.get(name), item) for name, item in got.items()}
    if isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        return [as_expected(*pair) for pair in zip(expected, got, strict=True)]
    return got


class Frames:
    """Cuts and reads what a plugin writes. A length begins with a zero byte, as no line does."""

    def __init__(self) -> None:
        self.data = b""

    def feed(self, data: bytes) -> None:
        self.data += data

    def next(self) -> dict[str, Any] | None:
        counted = self.data[:1] == b"\0"
        reader = FrameReader("length" if counted else "ndjson")
        reader.feed(self.data)
        frame = reader.next()
        if frame is None:
            return None
        self.data = self.data[len(frame) + (4 if counted else 1) :]
        found: dict[str, Any] = as_json(unpack(frame)) if counted else json.loads(frame)
        return found


class Memory:
    """A plugin in this process, without pipes."""

    def __init__(self, plugin: Plugin, dialect: str) -> None:
        self.plugin = MemoryPlugin(plugin, manifest_of(plugin), dialect)
        self.output = Frames()

    def send(self, data: bytes) -> None:
        self.plugin.write(data)

    def close_input(self) -> None:
        self.plugin.close_input()

    def receive(self) -> dict[str, Any] | None:
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


class Module:
    """A plugin that comes through a host's module door: found, loaded and run as by one, at the end of our own line."""

    def __init__(self, program: Path = SUBJECT) -> None:
        self.said: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.heard: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.output = Frames()
        self.why: str | None = None
        line: Any = self
        enter(None, program.stem, str(program.parent), str(program.with_name("plugin.json")), line)

    # The plugin's end.

    def read(self) -> bytes:
        return self.said.get()

    def write(self, data: bytes) -> None:
        self.heard.put(data)

    def close(self, why: str | None) -> None:
        self.why = why
        self.heard.put(None)

    # Ours.

    def send(self, data: bytes) -> None:
        self.said.put(data)

    def close_input(self) -> None:
        self.said.put(b"")

    def receive(self) -> dict[str, Any] | None:
        while (frame := self.output.next()) is None:
            data = self.heard.get(timeout=LINE_TIME)
            if data is None:
                return None
            self.output.feed(data)
        return frame

    def exit_code(self) -> int:
        return int(self.why is not None)

    def stop(self) -> None:
        self.close_input()


class Child:
    """A plugin as a process of its own."""

    def __init__(self, dialect: str, program: Path = SUBJECT) -> None:
        command = [sys.executable, str(program)]
        if dialect != "crossplug/1":
            command += ["--dialect", dialect]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self.stderr = bytearray()
        self.threads = [
            threading.Thread(target=self._read, daemon=True),
            threading.Thread(target=self._drain, daemon=True),
        ]
        for thread in self.threads:
            thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        output = Frames()
        while data := self.process.stdout.read1(65536):  # type: ignore[attr-defined]
            output.feed(data)
            while (message := output.next()) is not None:
                self.messages.put(message)
        self.messages.put(None)

    def _drain(self) -> None:
        assert self.process.stderr is not None
        while data := self.process.stderr.read1(65536):  # type: ignore[attr-defined]
            self.stderr += data

    def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def close_input(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def receive(self) -> dict[str, Any] | None:
        return self.messages.get(timeout=LINE_TIME)

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


def offering(encoding: str, message: Any) -> Any:
    """The message, with an offer of the encoding where it is an ``initialize`` that can hold one."""
    params = message.get("params") if isinstance(message, dict) and message.get("method") == "initialize" else None
    protocol = params.get("protocol") if isinstance(params, dict) else None
    if encoding != "json" and isinstance(protocol, dict):
        protocol.update(encodings=[encoding, "json"], framings=["length", "ndjson"])
    return message


def play(path: Path, peer: Memory | Module | Child, encoding: str = "json") -> None:
    """Raises AssertionError at the first line that the plugin did not keep to."""
    spoken = "json"
    lines = [json.loads(line) for line in path.read_text().split("\n") if line]
    steps = lines[1:]
    theirs = [step for step in steps if step.get("from") == "plugin" or "unordered" in step]
    wants_log = any("$/log" in json.dumps(step) for step in theirs)

    def send(step: Any) -> None:
        if "wire" in step:
            peer.send(bytes.fromhex(step["wire"]))
            return
        text = step["raw"] if "raw" in step else json.dumps(offering(encoding, step["message"]))
        if spoken == "json":
            peer.send(framed(text.encode(), "ndjson"))
            return
        try:
            frame = pack(json.loads(text))
        except ValueError:
            frame = text.encode()
        peer.send(framed(frame, "length"))

    def note_choice(message: dict[str, Any]) -> None:
        nonlocal spoken
        result = message.get("result")
        choice = result.get("protocol") if isinstance(result, dict) else None
        if isinstance(choice, dict):
            spoken = choice.get("encoding", "json")
            assert spoken == encoding, f"the plugin chooses {spoken}"

    def fits(expected: Any, got: Any) -> bool:
        return matches(expected, got if spoken == "json" else as_expected(expected, got))

    def next_message(expected: list[Any]) -> Any:
        wants_credit = any(isinstance(one, dict) and one.get("method") == "$/credit" for one in expected)
        while True:
            try:
                message = peer.receive()
            except queue.Empty:
                raise AssertionError(f"nothing came; expected {expected}") from None
            if message is None:
                raise AssertionError(f"the plugin ended; expected {expected}")
            note_choice(message)
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
                    send(step)
            elif "unordered" in step:
                left = [line["message"] for line in step["unordered"]]
                while left:
                    got = next_message(left)
                    found = next((one for one in left if fits(one, got)), None)
                    assert found is not None, f"got {got}, expected one of {left}"
                    left.remove(found)
            elif "exit" in step:
                while (message := peer.receive()) is not None:
                    assert message.get("method") == "$/log", f"got {message!r}, expected the end"
                assert peer.exit_code() == step["exit"]
            else:
                got = next_message([step["message"]])
                assert fits(step["message"], got), f"got {json.dumps(got)}, expected {json.dumps(step['message'])}"
        except AssertionError as error:
            stderr = bytes(getattr(peer, "stderr", b"")).decode(errors="replace")
            raise AssertionError(f"{path.name}:{number}: {error}\n{stderr}") from None
