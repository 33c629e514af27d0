"""An agent's runtime as far as plugins see one: what was registered, and who is asked. Knows plugins by their shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossplug.errors import UsageError
from crossplug.interfaces.agent import ActionNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self


class Runtime:
    """Takes plugins in elizaOS's shape, those that were loaded and those that are objects of this program alike."""

    def __init__(self, config: Mapping[str, Any] | None = None) -> None:
        self.config = dict(config or {})
        self.plugins: list[Any] = []
        self.actions: list[Any] = []
        self.providers: list[Any] = []
        self.evaluators: list[Any] = []

    async def register_plugin(self, plugin: Any) -> None:
        """Initialises a plugin and adds what it has. A name that is there already is refused: nothing is added then."""
        parts = ("actions", "providers", "evaluators")
        found = {part: list(getattr(plugin, part, None) or ()) for part in parts}
        for part, new in found.items():
            names = {one.name for one in getattr(self, part)}
            twice = [one.name for one in new if one.name in names]
            if twice:
                raise UsageError(f"the plugin {plugin.name} has {part} that are registered already: {', '.join(twice)}")
        init = getattr(plugin, "init", None)
        if init is not None:
            await init(self.config, self)
        for part, new in found.items():
            getattr(self, part).extend(new)
        self.plugins.append(plugin)

    async def compose_state(self, message: Any) -> dict[str, Any]:
        """What the providers know about a message: their texts, and their values under one roof."""
        texts: list[str] = []
        state: dict[str, Any] = {"values": {}, "data": {}}
        for provider in sorted(self.providers, key=lambda provider: provider.position or 0):
            told = await provider.get(self, message, None)
            if told.text:
                texts.append(told.text)
            state["values"].update(told.values or {})
            state["data"].update(told.data or {})
        return {**state, "text": "\n".join(texts)}

    async def process_action(self, name: str, message: Any, state: Any = None, options: Any = None) -> Any:
        """The result of the action of that name or simile; None where it does not apply to the message."""
        for action in self.actions:
            if name == action.name or name in action.similes:
                if not await action.validate(self, message, state):
                    return None
                return await action.handler(self, message, state, options, None, None)
        raise ActionNotFoundError(f"Action not found: {name}")

    async def evaluate(self, message: Any, state: Any = None) -> dict[str, Any]:
        """What the evaluators that apply make of a message, by their names."""
        results = {}
        for evaluator in self.evaluators:
            if evaluator.always_run or await evaluator.validate(self, message, state):
                results[evaluator.name] = await evaluator.handler(self, message, state, None, None, None)
        return results

    async def stop(self) -> None:
        """Stops the plugins that can be stopped, the last one first."""
        for plugin in reversed(self.plugins):
            stop = getattr(plugin, "stop", None)
            if stop is not None:
                await stop()
        for part in (self.plugins, self.actions, self.providers, self.evaluators):
            part.clear()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
