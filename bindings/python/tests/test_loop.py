"""The thread that runs coroutines: there is one, whoever asks for it first."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from crossplug import Context, Plugin
from crossplug.plugin import loop
from crossplug.testing import TestHost

CALLS = 8


def test_one_loop_however_many_threads_want_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[loop.LoopThread] = []

    class Slow(loop.LoopThread):
        def __init__(self, serving: Any) -> None:
            made.append(self)
            time.sleep(0.1)
            super().__init__(serving)

    monkeypatch.setattr(loop, "LoopThread", Slow)
    plugin = Plugin("p")
    together = threading.Barrier(CALLS, timeout=10)

    async def later(params: Any) -> Any:
        return params

    @plugin.method("wrapped")
    def wrapped(ctx: Context, params: Any) -> Any:
        together.wait()
        return later(params)

    with TestHost(plugin) as host:
        calls = [host.start("wrapped", number) for number in range(CALLS)]
        assert [call.result_blocking() for call in calls] == list(range(CALLS))
    assert len(made) == 1
