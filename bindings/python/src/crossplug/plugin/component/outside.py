"""What a component has in place of an operating system: the host's clock and seed, and no files.

:func:`install` comes before every other import of a component: whoever takes a function of :mod:`time` by its name must
take one of these. Imports nothing of the SDK, and nothing that looks at a clock.
"""

from __future__ import annotations

import builtins
import errno
import hashlib
import io
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MICROSECONDS = 1_000_000
"""Of a second."""
BLOCKS = "would stop the whole plugin, which has one thread and is woken by its host; await asyncio.sleep"


class Clock:
    """The host's time."""

    def __init__(self) -> None:
        self._now = 0
        self._wall_at_zero = 0

    def begin(self, now: int, wall: int) -> None:
        """The host's time, and what a clock on the wall shows then; both in microseconds."""
        self._now, self._wall_at_zero = now, wall - now

    def set(self, now: int) -> None:
        """The host's time, in microseconds. One that goes back is not followed."""
        self._now = max(self._now, now)

    def monotonic_ns(self) -> int:
        """Nanoseconds on a clock that never goes back."""
        return self._now * 1000

    def monotonic(self) -> float:
        """The same in seconds."""
        return self._now / MICROSECONDS

    def time_ns(self) -> int:
        """Nanoseconds since 1970."""
        return (self._wall_at_zero + self._now) * 1000

    def time(self) -> float:
        """The same in seconds."""
        return (self._wall_at_zero + self._now) / MICROSECONDS


class Dice:
    """Bytes that nobody can guess who does not know the host's seed."""

    def __init__(self) -> None:
        self._seed = b""
        self._drawn = 0

    def begin(self, seed: bytes) -> None:
        """From now on of this seed."""
        self._seed, self._drawn = seed, 0

    def urandom(self, size: int, /) -> bytes:
        """So many bytes: each block is the hash of the seed and its number."""
        made = bytearray()
        while len(made) < size:
            self._drawn += 1
            made += hashlib.sha256(self._seed + self._drawn.to_bytes(8, "little")).digest()
        return bytes(made[:size])


def install(clock: Clock, dice: Dice) -> None:
    """Puts the host's clock and seed in the place of the operating system's."""
    for name in ("time", "time_ns", "monotonic", "monotonic_ns"):
        setattr(time, name, getattr(clock, name))
    time.perf_counter = time.process_time = clock.monotonic
    time.perf_counter_ns = time.process_time_ns = clock.monotonic_ns
    time.sleep = _sleep  # type: ignore[assignment]
    for name in ("gmtime", "localtime", "ctime"):
        setattr(time, name, _at_now(getattr(time, name), clock))
    formatted, shown = time.strftime, time.asctime
    time.strftime = lambda form, when=None, /: formatted(form, time.localtime() if when is None else when)
    time.asctime = lambda when=None, /: shown(time.localtime() if when is None else when)
    os.urandom = dice.urandom
    # The twin in C asks the operating system for the time by itself; the one in Python asks the functions above.
    sys.modules["_datetime"] = None  # type: ignore[assignment]


def shut() -> None:
    """The component is made. From now on whoever wants a file or another module gets an error, and not a trap."""
    builtins.open = io.open = _no_file  # type: ignore[assignment]
    for name in ("open", "stat", "lstat", "listdir", "scandir"):
        setattr(os, name, _no_file)
    os.isatty = lambda fd: False
    lines: Any = sys.modules.get("linecache")
    if lines is not None:
        lines.updatecache = lambda filename, module_globals=None: []
    sys.meta_path[:] = [finder for finder in sys.meta_path if getattr(finder, "__name__", "") != "PathFinder"]


def _no_file(path: object = None, *_: object, **__: object) -> Any:
    raise OSError(errno.ENOSYS, "a component has no files", path)


def seed_random(dice: Dice) -> None:
    """Gives :mod:`random` a beginning of its own, where somebody has imported it."""
    random: Any = sys.modules.get("random")
    if random is not None:
        random._urandom = dice.urandom
        random.seed(dice.urandom(32))


def _sleep(seconds: float, /) -> None:
    raise RuntimeError(f"time.sleep {BLOCKS}")


def _at_now(function: Callable[..., Any], clock: Clock) -> Callable[..., Any]:
    def at(seconds: float | None = None, /) -> Any:
        return function(clock.time() if seconds is None else seconds)

    return at
