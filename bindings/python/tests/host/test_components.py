"""WebAssembly components in a host in Python: plugins in TypeScript and Python, each from its bare file."""

from __future__ import annotations

import pytest

import crossplug
from crossplug.host import ServiceCall
from crossplug.interfaces.conformance import Ask, ConformanceMethods, Count
from host.places import guest


@pytest.mark.parametrize("language", ["typescript", "python"])
def test_a_component_answers_streams_and_asks(language: str) -> None:
    host = crossplug.Host("test", grants=["*"])

    @host.service("test.answer")
    def answer(call: ServiceCall, params: dict[str, str]) -> dict[str, str]:
        return {"answer": f"{params['question']}!"}

    with host:
        plugin = host.load_blocking(guest(f"subject-{language}"), config={"a": 1}, start_timeout=300)
        assert plugin.name == "conformance-subject"
        assert plugin.conformance.test_context_blocking().config["a"] == 1
        assert plugin.conformance.test_ask_blocking(Ask(question="?")).answer == "?!"
        with pytest.raises(crossplug.PluginError, match="crash on purpose"):
            plugin.conformance.test_crash_blocking()
        call = plugin.start(ConformanceMethods.TEST_COUNT, Count(to=100))
        assert list(call) == list(range(1, 101))
        assert call.result_blocking() == 5050
