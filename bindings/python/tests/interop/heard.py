"""A host that hears a plugin while a case is played, and answers as ``schema/README.md`` section 7 says."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any

import crossplug
from crossplug.errors import PluginError
from interop.judge import Mismatch, same, short

if TYPE_CHECKING:
    from crossplug.host import LogLine, PluginEvent, ServiceCall

PATIENCE = 20.0
"""Seconds that a plugin may take for what a case waits for."""


class Heard:
    """Everything that no step has asked for yet."""

    def __init__(self) -> None:
        self.lists: dict[str, deque[Any]] = {"asked": deque(), "events": deque(), "logs": deque()}
        self.host = crossplug.Host("interop", grants=["*", "emit=*"], on_log=self._log)
        self.host.on_event(self._event)
        self.host.service("test.answer")(self._answer)
        self.host.service("test.list")(self._list)

    def _log(self, line: LogLine) -> None:
        self.lists["logs"].append({"level": line.level, "message": line.message, "fields": line.fields})

    def _event(self, event: PluginEvent[Any]) -> None:
        seen = {"name": event.name, "seq": event.seq, "payload": event.payload}
        if event.stream is not None:
            seen["stream"] = event.stream
        self.lists["events"].append(seen)

    async def _answer(self, call: ServiceCall, params: dict[str, str]) -> dict[str, str]:
        question = params["question"]
        self.lists["asked"].append(question)
        if question.startswith("fail: "):
            raise PluginError(question.removeprefix("fail: "), "as asked", details={"q": 1})
        if question.startswith("echo: "):
            assert call.plugin is not None
            question = (await call.plugin.call("test.echo", {"text": question.removeprefix("echo: ")}))["text"]
        return {"answer": f"{question}!"}

    async def _list(self, call: ServiceCall, params: dict[str, int]) -> str:
        items = call.items()
        for number in range(1, params["to"] + 1):
            await items.send(str(number))
        return str(sum(range(1, params["to"] + 1)))

    async def next(self, kind: str, expected: list[Any]) -> None:
        """Waits for what the case expects next of a kind; logs that are not expected are passed over."""
        until = asyncio.get_running_loop().time() + PATIENCE
        for one in expected:
            while True:
                while not self.lists[kind]:
                    if asyncio.get_running_loop().time() > until:
                        raise Mismatch(f"nothing came where {short(one)} was expected ({kind})")
                    await asyncio.sleep(0.005)
                got = self.lists[kind].popleft()
                try:
                    same(one, got)
                    break
                except Mismatch:
                    if kind != "logs":
                        raise
