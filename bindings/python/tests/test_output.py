"""A host that does not read what the plugin says: the plugin still reads, notices, and ends."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from test_process import INITIALIZE, SOURCES

LONG = 20.0


class Deaf:
    """A host that writes, and reads only when it is told to."""

    def __init__(self, program: Path) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(SOURCES)},
        )
        self.lines: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.send([{"id": 1, "method": "initialize", "params": INITIALIZE}])

    def send(self, messages: list[dict[str, Any]]) -> None:
        """Fails where the plugin does not read."""
        data = b"".join(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n" for message in messages)
        writer = threading.Thread(target=self._write, args=(data,), daemon=True)
        writer.start()
        writer.join(LONG)
        assert not writer.is_alive(), "the plugin waits for a host that does not read, and reads no more itself"

    def _write(self, data: bytes) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.write(data)
        self.popen.stdin.flush()

    def listen(self) -> None:
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def end(self) -> int:
        assert self.popen.stdin is not None
        self.popen.stdin.close()
        return self.popen.wait(LONG)


Start = Callable[[str], Deaf]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[Deaf] = []

    def begin(source: str) -> Deaf:
        program = tmp_path / "plugin.py"
        head = "import asyncio, os, pathlib\nfrom crossplug import *\nplugin = Plugin('p', version='1.0.0')\n"
        there = f"there = pathlib.Path({str(tmp_path / 'there')!r})\n"
        program.write_text(head + there + textwrap.dedent(source) + "\nrun(plugin)\n")
        started.append(Deaf(program))
        return started[-1]

    yield begin
    for host in started:
        host.popen.kill()
        host.popen.wait()
        for pipe in (host.popen.stdin, host.popen.stdout):
            assert pipe is not None
            pipe.close()


def until(path: Path) -> None:
    end = time.monotonic() + LONG
    while not path.exists():
        assert time.monotonic() < end, "it was not noticed"
        time.sleep(0.005)


HANG = """
    @plugin.method("hang")
    def hang(ctx, params):
        ctx.wait_cancelled_blocking()
        there.write_text("cancelled")

    @plugin.method("hang.async")
    async def hang_async(ctx, params):
        try:
            await asyncio.sleep(1000)
        finally:
            there.write_text("cancelled")

    @plugin.method("talk")
    def talk(ctx, params):
        for _ in range(params):
            ctx.log.info("x" * 1000)

    @plugin.method("talk.async")
    async def talk_async(ctx, params):
        talk(ctx, params)
"""
FLOOD: list[dict[str, Any]] = [{"id": 100 + number, "method": "ping"} for number in range(20_000)]


@pytest.mark.parametrize("method", ["hang", "hang.async"])
def test_a_plugin_whose_answers_nobody_reads_still_reads(start: Start, tmp_path: Path, method: str) -> None:
    host = start(HANG)
    host.send([{"id": 2, "method": method}])
    host.send(FLOOD)
    host.send([{"method": "$/cancel", "params": {"id": 2}}])
    until(tmp_path / "there")
    host.listen()
    ids = {message.get("id") for message in iter(lambda: host.lines.get(timeout=LONG), None) if is_last(host, message)}
    assert ids >= {1, 2, *(message["id"] for message in FLOOD)}


def is_last(host: Deaf, message: Any) -> bool:
    if message.get("id") == FLOOD[-1]["id"]:
        assert host.popen.stdin is not None
        host.popen.stdin.close()
    return True


@pytest.mark.parametrize("method", ["talk", "talk.async"])
def test_a_handler_that_talks_to_nobody_does_not_keep_the_plugin_from_reading(
    start: Start, tmp_path: Path, method: str
) -> None:
    host = start(HANG)
    host.send([{"id": 2, "method": "hang.async"}, {"id": 3, "method": "talk", "params": 1}])
    host.send([{"id": 4 + number, "method": method, "params": 3_000} for number in range(4)])
    host.send(FLOOD)
    host.send([{"method": "$/cancel", "params": {"id": 2}}])
    until(tmp_path / "there")


def test_what_was_said_last_arrives_though_the_host_reads_late(start: Start) -> None:
    host = start("plugin.method('big')(lambda ctx, params: 'x' * 1_000_000)")
    host.send([{"id": 2, "method": "big"}, {"id": 3, "method": "big"}])
    assert host.popen.stdin is not None
    host.popen.stdin.close()
    time.sleep(0.5)
    host.listen()
    replies = list(iter(lambda: host.lines.get(timeout=LONG), None))
    assert sorted(reply["id"] for reply in replies) == [1, 2, 3]
    assert host.popen.wait(LONG) == 0


def test_a_host_that_never_reads_does_not_keep_the_process(start: Start) -> None:
    host = start(
        """
        from crossplug.plugin import output
        output.PATIENCE = 0.3
        plugin.method('big')(lambda ctx, params: 'x' * 1_000_000)
        """
    )
    host.send([{"id": 2, "method": "big"}])
    assert host.end() == 0
