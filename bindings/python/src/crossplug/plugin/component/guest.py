"""A plugin as its host enters it: takes a call or a message, runs what is ready, says what there is to say.

A call is the request that it would have been as a message; only its answer takes the short way.
``schema/crossplug.wit`` says what each function means.
"""

from __future__ import annotations

# Nothing can be imported once the component is made, so what the SDK imports late is imported here.
import codecs
import dataclasses  # noqa: F401
import json
import sys
import traceback  # noqa: F401
from math import ceil

import crossplug.interfaces.protocol  # noqa: F401
from crossplug.errors import UsageError
from crossplug.plugin.component.loop import Coroutines, HostLoop
from crossplug.plugin.component.outside import MICROSECONDS, Clock, Dice, seed_random, shut
from crossplug.plugin.events import EventTask
from crossplug.plugin.lifecycle import GRACE, LAST_GRACE, Starting, farewell
from crossplug.plugin.plugin import Plugin
from crossplug.plugin.prints import Prints
from crossplug.plugin.serving import Serving
from crossplug.protocol.dialect import by_name
from crossplug.protocol.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crossplug.protocol.exchange import Request

for _name in ("ascii", "latin-1", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "unicode-escape"):
    codecs.lookup(_name)  # imports it

UNREADABLE = b'{"jsonrpc":"2.0","id":null,'
"""The beginning of a reply to what is not JSON."""
RESULT = b'"result":'
ERROR = b'"error":'


class Outbox:
    """What the plugin says: it takes all bytes at once."""

    def __init__(self) -> None:
        self.said: list[bytes] = []
        self.taken = 0
        self.dead = False
        self.reply: bytes | None = None
        """The beginning of the reply that is to be kept apart."""
        self.answer: tuple[bool, str] | None = None
        """That reply: whether it is a result, and the rest of it."""

    def write(self, data: bytes) -> bytes:
        """Takes messages, each with a line feed behind it."""
        self.taken += len(data)
        if self.reply is None:
            self.said.append(data)
            return b""
        for line in data.split(b"\n"):
            head = next((head for head in (self.reply, UNREADABLE) if line.startswith(head)), None)
            if head is not None:
                rest = line[len(head) : -1]
                is_result = rest.startswith(RESULT)
                self.answer = is_result, rest[len(RESULT if is_result else ERROR) :].decode()
            elif line:
                self.said.append(line + b"\n")
        return b""

    def finish(self, data: bytes) -> None:
        """As :meth:`write`."""
        self.write(data)

    def take(self) -> str:
        """What was said since it was last asked."""
        said, self.said = self.said, []
        return b"".join(said).decode()


class Guest:
    """Answers the host for the plugin that its program gives to ``run``."""

    def __init__(self, clock: Clock, dice: Dice) -> None:
        self._clock = clock
        self._dice = dice
        self._plugin: Plugin | None = None
        self._told: float | None = None
        self._state = "open"
        """Then ``ending``, when nothing more comes; ``stopping``, while the stop hooks run; ``over``."""

    def run(self, plugin: Plugin | object, arguments: object = None) -> None:
        """Says which plugin the component is; ``run`` of a program speaks with its host at once."""
        self._plugin = plugin if isinstance(plugin, Plugin) else Plugin(type(plugin).__name__, plugin)

    def ready(self, manifest: dict[str, Any] | None) -> None:
        """The program has run. ``manifest`` is what ``plugin.json`` says; without one that of the code counts."""
        if self._plugin is None:
            raise UsageError("the program gives no plugin to `run`")
        self._outbox = Outbox()
        manifest = self._plugin.manifest() if manifest is None else manifest
        self._serving = serving = Serving(self._plugin, Session(by_name("crossplug/1")), manifest, self._outbox)
        self._loop = HostLoop(  # type: ignore[abstract]
            self._clock.monotonic, lambda what: serving.note("error", what)
        )
        serving.turned = True
        serving.coroutines = Coroutines(self._loop)  # type: ignore[assignment]
        names = dict.fromkeys(method.wire for known in self._plugin.interfaces.values() for method in known.methods)
        self._methods = [*names, *(name for name in self._plugin.handlers if name not in names)]
        serving.open()
        sys.stdout, sys.stderr = self._prints("stdout"), self._prints("stderr")

    def _prints(self, stream: str) -> Prints:
        def log(line: str) -> bool:
            self._serving.note("info", line, {"stream": stream})
            return True

        return Prints(1, log)

    # --- what the world says ---

    def begin(self, now: int, wall: int, seed: bytes) -> None:
        shut()
        self._clock.begin(now, wall)
        self._dice.begin(seed)
        seed_random(self._dice)

    def methods(self) -> list[str]:
        return self._methods

    def call(
        self, method: int, params: str, id: int, timeout: int | None, now: int
    ) -> tuple[tuple[bool, str] | None, bool]:
        """(whether it is a result, the text) or None for later; and whether there is news."""
        self._clock.set(now)
        name = self._methods[method] if method < len(self._methods) else f"of the number {method}"
        meta = "" if timeout is None else f',"meta":{{"timeoutMs":{ceil(timeout * 1000 / MICROSECONDS)}}}'
        head = f'{{"jsonrpc":"2.0","id":{id},'
        outbox = self._outbox
        outbox.reply, outbox.answer = head.encode(), None
        self._receive(f'{head}"method":{json.dumps(name)},"params":{params}{meta}}}'.encode())
        self._loop.turn()
        outbox.reply = None
        return outbox.answer, bool(outbox.said) or self._loop.next() != self._told

    def push(self, message: str, now: int) -> tuple[str, bool, int | None]:
        """Messages, whether it is over, and when to come again."""
        self._clock.set(now)
        frame, session = message.encode(), self._serving.session
        if len(frame) > session.most_bytes:
            with self._serving.lock:
                session.too_large()
            self._serving.flush()
            self._end()
        else:
            self._receive(frame)
        return self.turn(now)

    def turn(self, now: int) -> tuple[str, bool, int | None]:
        """As :meth:`push`."""
        self._clock.set(now)
        self._loop.turn()
        if self._state == "ending" and not self._serving.in_flight():
            self._stop()
            self._loop.turn()
        is_over = self._state == "over"
        self._told = at = None if is_over else self._loop.next()
        return self._outbox.take(), is_over, None if at is None else ceil(at * MICROSECONDS)

    def close(self, now: int) -> tuple[str, bool, int | None]:
        """As :meth:`push`."""
        self._clock.set(now)
        self._end()
        return self.turn(now)

    # --- what follows ---

    def _receive(self, frame: bytes) -> None:
        serving = self._serving
        task: Request | None = serving.receive(frame)
        if task is None:
            return
        if isinstance(task, (Starting, EventTask)):
            serving.loop().start(task.work(), None)
        else:
            serving.run(task)

    def _end(self) -> None:
        """Nothing more comes: what is in flight has a grace, then it is cancelled, then it is left."""
        if self._state != "open":
            return
        self._state = "ending"
        self._serving.end_of_input()
        self._loop.call_later(GRACE, self._serving.cancel_all)
        self._loop.call_later(GRACE + LAST_GRACE, self._stop)

    def _stop(self) -> None:
        if self._state == "ending":
            self._state = "stopping"
            self._serving.loop().start(self._farewell(), None)

    async def _farewell(self) -> None:
        try:
            await farewell(self._serving)
        finally:
            for prints in (sys.stdout, sys.stderr):
                if isinstance(prints, Prints):
                    prints.end()
            self._serving.flush()
            self._state = "over"
