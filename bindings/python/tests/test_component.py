"""What a plugin is inside a component, without one: sessions through the guest, the loop that a host turns, dice."""

from __future__ import annotations

import asyncio
import importlib
import json
import queue
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from crossplug.plugin.component.guest import Guest
from crossplug.plugin.component.loop import HostLoop
from crossplug.plugin.component.outside import Clock, Dice
from player import LINE_TIME, SUBJECT, cases, is_of_a_process, play

SESSIONS = [
    path
    for path in cases()
    if path.parent.name == "crossplug-1" and not path.stem.startswith("msgpack") and not is_of_a_process(path)
]


class Entered:
    """The guest as a peer: entered when something is sent, and when it wants to be."""

    def __init__(self, guest: Guest) -> None:
        self.guest = guest
        self.begin = time.monotonic()
        self.lines: list[str] = []
        self.over = self.closed = False
        self.next: int | None = None

    def now(self) -> int:
        return int((time.monotonic() - self.begin) * 1e6)

    def _took(self, said: tuple[str, bool, int | None]) -> None:
        text, self.over, self.next = said
        self.lines += text.splitlines()

    def send(self, line: bytes) -> None:
        line = line.strip(b" \t\r\n")
        if line and not self.over:
            self._took(self.guest.push(line.decode(), self.now()))

    def close_input(self) -> None:
        self.closed = True
        if not self.over:
            self._took(self.guest.close(self.now()))

    def receive(self) -> Any:
        end = time.monotonic() + LINE_TIME
        while not self.lines:
            if self.over:
                return None
            if self.next is None or time.monotonic() > end:
                raise queue.Empty
            time.sleep(max(0.0, min(self.next / 1e6 - (time.monotonic() - self.begin), 0.1)))
            if self.now() >= self.next:
                self._took(self.guest.turn(self.now()))
        return json.loads(self.lines.pop(0))

    def exit_code(self) -> int:
        return int(not self.closed)

    def stop(self) -> None:
        pass


@pytest.fixture
def guest(monkeypatch: pytest.MonkeyPatch) -> Guest:
    """The conformance subject; prints go to the host's log for as long as the test runs."""
    monkeypatch.syspath_prepend(str(SUBJECT.parent))
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    made = Guest(Clock(), Dice())
    made.run(importlib.import_module("awaiting").plugin)
    made.ready(json.loads(SUBJECT.with_name("plugin.json").read_text()))
    return made


@pytest.mark.parametrize("path", SESSIONS, ids=[path.stem for path in SESSIONS])
def test_sessions(path: Path, guest: Guest) -> None:
    peer: Any = Entered(guest)
    play(path, peer)


def test_a_call_is_answered_at_once_or_later(guest: Guest) -> None:
    hello = {
        "protocol": {"version": "1.0"},
        "host": {"name": "tests", "version": "1.0.0"},
        "instanceId": "i",
        "config": {},
        "granted": {"services": ["test.answer"]},
    }
    guest.push(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}), 0)
    number = guest.methods().index
    assert guest.call(number("test.echo"), '{"text":"é"}', 2, None, 0) == ((True, '{"text":"é"}'), False)
    answer, _ = guest.call(number("test.echo"), "{", 3, None, 0)
    assert answer is not None
    assert '"parseError"' in answer[1]
    answer, _ = guest.call(999, "{}", 4, None, 0)
    assert answer is not None
    assert '"methodNotFound"' in answer[1]
    assert guest.call(number("test.ask"), '{"question":"?"}', 5, 1_000_000, 0) == (None, True)
    messages, over, _ = guest.turn(0)
    assert json.loads(messages)["method"] == "test.answer"
    messages, over, _ = guest.push('{"jsonrpc":"2.0","id":-1,"result":{"answer":"!"}}', 0)
    assert (json.loads(messages), over) == ({"jsonrpc": "2.0", "id": 5, "result": {"answer": "!"}}, False)


def test_what_would_block_says_what_to_await() -> None:
    from crossplug import Context, Plugin

    plugin = Plugin("blocking", version="1.0.0")

    @plugin.method("wait")
    def wait(ctx: Context, params: Any) -> None:
        ctx.wait_cancelled_blocking()

    made = Guest(Clock(), Dice())
    stdout, stderr = sys.stdout, sys.stderr
    try:
        made.run(plugin)
        made.ready(None)
        hello = (
            '{"protocol":{"version":"1.0"},"host":{"name":"t","version":"1"},"instanceId":"i","config":{},"granted":{}}'
        )
        made.push(f'{{"jsonrpc":"2.0","id":1,"method":"initialize","params":{hello}}}', 0)
        answer, _ = made.call(0, "{}", 2, None, 0)
    finally:
        sys.stdout, sys.stderr = stdout, stderr
    assert answer is not None
    assert "await its twin" in answer[1]


def test_the_loop_goes_by_its_hosts_clock() -> None:
    now = [100.0]
    said: list[Any] = []
    failed: list[str] = []
    loop = HostLoop(lambda: now[0], failed.append)  # type: ignore[abstract]

    async def sleeper(name: str, seconds: float) -> str:
        await asyncio.sleep(seconds)
        said.append(name)
        return name

    async def work() -> None:
        said.append(await asyncio.gather(sleeper("late", 2), sleeper("early", 1)))
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 5)
        except asyncio.TimeoutError:
            said.append("gave up")
        raise ValueError("nobody awaits this")

    task = loop.create_task(work())
    loop.turn()
    assert (said, loop.next()) == ([], 101.0)
    now[0] = 101.0
    loop.turn()
    assert (said, loop.next()) == (["early"], 102.0)
    now[0] = 102.5
    loop.turn()
    assert said == ["early", "late", ["late", "early"]]
    now[0] = 108.0
    loop.turn()
    assert said[-1] == "gave up"
    assert loop.next() is None
    del task
    assert "nobody awaits this" in failed[0]


def test_a_loop_that_always_has_something_to_do_lets_its_host_in() -> None:
    loop = HostLoop(lambda: 0.0, lambda what: None)  # type: ignore[abstract]

    def again() -> None:
        loop.call_soon(again)

    again()
    loop.turn()
    assert loop.next() == 0.0


def test_dice_fall_by_their_seed() -> None:
    first, second, other = Dice(), Dice(), Dice()
    first.begin(b"1" * 32)
    second.begin(b"1" * 32)
    other.begin(b"2" * 32)
    drawn = first.urandom(100)
    assert drawn == second.urandom(100) != other.urandom(100)
    assert first.urandom(100) != drawn
