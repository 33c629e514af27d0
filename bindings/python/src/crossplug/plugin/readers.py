"""The threads that read frames and run plain handlers: leader and followers. Who read a call runs it himself.

Exactly one thread, the leader, reads. When it has a call of a plain handler it hands reading to a follower and runs the
handler: no queue, no hop. One thing makes the usual case cheaper still: a handler that was quick the last time is run
by the leader without handing over, when nothing else is in flight. A watch looks every :data:`TICK` whether the leader
is still in the same handler, and then makes a follower the leader; a handler that begins to wait does so at once.

Knows frames and threads, not what a frame says.
"""

from __future__ import annotations

from _thread import allocate_lock, get_ident, start_new_thread
from collections import deque
from time import perf_counter, sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from crossplug.plugin.serving import Serving
    from crossplug.protocol.exchange import Request

MOST_THREADS = 16
"""Plain handlers that run at the same time; further calls wait for one to end."""
QUICK = 0.0002
"""Seconds: a handler that takes less costs less than handing over reading."""
SLOW_CALLS = 3
"""Calls in a row that take longer, after which a handler counts as a slow one."""
TICK = 0.002
"""Seconds after which the watch looks at the leader: how long a ping waits at most, twice."""
QUIET_TICKS = 25
"""Ticks without a call after which the watch sleeps until the next call."""


class Readers:
    """Runs a conversation until its input ends."""

    def __init__(self, serving: Serving, next_frame: Callable[[], bytes | None]) -> None:
        self._serving = serving
        self._next_frame = next_frame
        self._lock = allocate_lock()  # guards what follows; held for a few lines only, never while calling out
        self._leader = 0  # number of the current leadership; whoever holds another number no longer leads
        self._led = 0
        self._followers: list[Any] = []  # the gates behind which they wait to read, or for the end
        self._threads = 1
        self._tasks: deque[Request] = deque()  # calls that wait because every thread is busy
        self._inline = 0  # number of the handler that the leader runs without having handed over; 0: it reads
        self._inline_thread = 0
        self._turns = 0
        self._watch: Any = None
        self._armed = False
        self.ended = False
        """The input is over."""
        self.on_end: Callable[[], object] | None = None
        """Called once, by the thread that met the end of the input, when every other thread knows."""
        serving.pause = self._pause

    def run(self) -> None:
        """Reads and runs in the current thread, and in others as need be, until the input ends."""
        self._led = self._leader = 1
        self._lead(1)

    # --- leader and followers ---

    def _lead(self, number: int) -> None:
        while True:
            if number:
                task = self._read(number)
                if self._over():
                    return
                if task is not None:
                    self._work(task)
            gate = allocate_lock()
            gate.acquire()
            with self._lock:
                if self.ended:
                    return
                queued = self._tasks.popleft() if self._tasks else None
                if queued is None:
                    self._followers.append(gate)
            if queued is not None:
                number = 0
                self._work(queued)
                continue
            gate.acquire()
            if self._over():
                return
            number = self._leader

    def _over(self) -> bool:
        return self.ended

    def _read(self, number: int) -> Request | None:
        """Reads until there is a task for this thread, which no longer leads then; None if it lost the lead."""
        while True:
            frame = self._next_frame()
            if frame is None:
                self._end()
                return None
            task = self._serving.receive(frame)
            if task is None:
                continue
            handler = task.attached
            if handler is not None and handler.quick and self._serving.in_flight() == 1:
                self._run_inline(task, number)
                if self._leader != number or self.ended:  # it may have met the end while the handler waited
                    return None
                continue
            with self._lock:
                if self._hand_over():
                    return task
                self._tasks.append(task)

    def _hand_over(self, even_beyond: bool = False) -> bool:
        """Makes another thread the leader; False where none is free, unless it may be one too many. Under the lock."""
        if not self._followers and self._threads >= MOST_THREADS + 1 and not even_beyond:
            return False
        self._led += 1
        self._leader = self._led
        if self._followers:
            self._followers.pop().release()
        else:
            self._threads += 1
            start_new_thread(self._lead, (self._leader,))
        return True

    def _work(self, task: Request) -> None:
        handler = task.attached
        began = perf_counter()
        self._serving.run(task)
        if handler is not None:
            # One slow call may be the machine's doing; several in a row are the handler's.
            handler.slow = handler.slow + 1 if perf_counter() - began > QUICK else 0
            handler.quick = handler.slow < SLOW_CALLS

    def _end(self) -> None:
        self.end()
        if self.on_end is not None:
            self.on_end()

    def end(self) -> None:
        """Takes nothing more, as at the end of the input."""
        self._serving.end_of_input()
        with self._lock:
            self.ended = True
            followers, self._followers = self._followers, []
        for gate in followers:
            gate.release()
        with self._lock:
            if not self._armed and self._watch is not None:
                self._armed = True
                self._watch.release()

    # --- a quick handler in the leader itself ---

    def _run_inline(self, task: Request, number: int) -> None:
        self._turns += 1
        self._inline_thread = get_ident()
        self._inline = self._turns
        if not self._armed:
            self._arm()
        self._work(task)
        with self._lock:
            if self._leader == number:
                self._inline = 0

    def _arm(self) -> None:
        with self._lock:
            if self._armed:
                return
            self._armed = True
            if self._watch is None:
                self._watch = allocate_lock()
                self._watch.acquire()
                start_new_thread(self._watch_over, ())
            else:
                self._watch.release()

    def _watch_over(self) -> None:
        quiet, seen = 0, 0
        while not self.ended:
            sleep(TICK)
            turn = self._inline
            if turn and turn == seen:
                with self._lock:
                    if self._inline == turn:
                        self._inline = 0
                        self._inline_thread = 0
                        self._hand_over()
            quiet = quiet + 1 if self._turns == seen else 0
            seen = self._turns
            if quiet < QUIET_TICKS:
                continue
            quiet = 0
            with self._lock:
                # The leader marks its turn before it looks whether the watch is armed: one of the two sees the other.
                self._armed = bool(self._inline)
            if not self._armed:
                self._watch.acquire()

    # --- waiting ---

    def _pause(self, gate: Any, timeout: float) -> bool:
        """Waits for a gate. The leader hands over reading first: what opens the gate need be no frame."""
        with self._lock:
            if self._inline and self._inline_thread == get_ident():
                self._inline = self._inline_thread = 0
                self._hand_over(even_beyond=True)
        return bool(gate.acquire(True, timeout))
