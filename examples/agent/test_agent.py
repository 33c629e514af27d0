"""The author's own test: the plugin in this process, with a fake memory, without a host."""

from __future__ import annotations

import pytest

from crossplug.interfaces.agent import (
    ActionInvoke,
    AgentClient,
    Content,
    EvaluatorInvoke,
    EvaluatorNotFoundError,
    EvaluatorValidate,
    Memory,
)
from crossplug.testing import TestHost
from plugin import plugin

MEMORY = Memory(content=Content(text="Why do plugins need a protocol? What do plugins share?"))


def test_recalls_what_the_host_remembers() -> None:
    asked = []

    def search(params: dict[str, object]) -> dict[str, object]:
        asked.append(params)
        return {"memories": [{"content": {"text": "Plugins were mentioned before."}}]}

    with TestHost(plugin, services={"memory.search": search}, config={"limit": 2}) as host:
        result = AgentClient(host).action_invoke_blocking(ActionInvoke(action="RECALL", memory=MEMORY))
    assert asked == [{"text": "plugins", "limit": 2}]
    assert result.text == "1 memories about plugins: plugins were mentioned before"
    assert result.values == {"topic": "plugins"}


def test_judges_the_tone() -> None:
    with TestHost(plugin) as host:
        agent = AgentClient(host)
        assert agent.evaluator_validate_blocking(EvaluatorValidate(evaluator="TONE", memory=MEMORY)).valid
        result = agent.evaluator_invoke_blocking(EvaluatorInvoke(evaluator="TONE", memory=MEMORY))
        assert result is not None
        assert result.text == "curious"
        with pytest.raises(EvaluatorNotFoundError):
            agent.evaluator_invoke_blocking(EvaluatorInvoke(evaluator="MOOD", memory=MEMORY))
