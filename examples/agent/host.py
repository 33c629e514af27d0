"""Calls the agent plugin in a folder, whatever it is written in, on a document: ``host.py FOLDER FILE [DOOR]``.

What ``host.rs`` does, in Python. The host's memory is made of the document's paragraphs; the plugin searches it through
the service ``memory.search``. Prints a line of JSON for each call.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from crossplug.host import Host, ServiceCall
from crossplug.interfaces.agent import (
    ActionInvoke,
    ActionValidate,
    AgentServices,
    Content,
    EvaluatorInvoke,
    EvaluatorValidate,
    Memory,
    MemoryList,
    MemorySearch,
    ProviderGet,
    State,
)


class Record(Protocol):
    """What a typed call gives."""

    def to_json(self) -> bytes: ...


def row(method: str, call: Callable[[], Record | None]) -> None:
    """Calls, and prints."""
    started = time.perf_counter()
    result = call()
    millis = (time.perf_counter() - started) * 1e3
    value = None if result is None else json.loads(result.to_json())
    print(json.dumps({"method": method, "result": value, "millis": millis}))


def main(folder: str, file: str, door: str | None = None) -> None:
    """Makes a host, loads the plugin, and calls each of its methods."""
    document = Path(file).read_text(encoding="utf-8")
    paragraphs = [Memory(content=Content(text=part)) for part in document.split("\n\n") if part.strip()]
    memory = Memory(content=Content(text=document))
    state = State(values={"topic": "plugin", "tone": "calm"})
    host = Host("example-agent-host", grants=["memory.search"])

    @host.service(AgentServices.MEMORY_SEARCH)
    def search(call: ServiceCall, params: MemorySearch) -> MemoryList:
        """Those that contain the text, letter case aside, the latest first."""
        text = str(params.text or "").lower()
        limit = params.limit if isinstance(params.limit, int) else 10
        found = [known for known in reversed(paragraphs) if text in str(known.content.text).lower()]
        return MemoryList(memories=found[:limit])

    with host:
        agent = host.load_blocking(folder, door=door, token=os.environ.get("CROSSPLUG_TOKEN")).agent
        row("provider.get", lambda: agent.provider_get_blocking(ProviderGet(provider="KEYWORDS", memory=memory)))
        row("action.validate", lambda: agent.action_validate_blocking(ActionValidate(action="RECALL", memory=memory)))
        row(
            "action.invoke",
            lambda: agent.action_invoke_blocking(ActionInvoke(action="RECALL", memory=memory, state=state)),
        )
        row(
            "evaluator.validate",
            lambda: agent.evaluator_validate_blocking(EvaluatorValidate(evaluator="TONE", memory=memory)),
        )
        row(
            "evaluator.invoke",
            lambda: agent.evaluator_invoke_blocking(EvaluatorInvoke(evaluator="TONE", memory=memory, state=state)),
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
