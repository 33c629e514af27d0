"""A loaded plugin in elizaOS's shape: lists of actions, providers and evaluators with functions.

Knows the interface ``agent`` and no door. Messages and states may be JSON objects, records of
:mod:`crossplug.interfaces.agent`, or whatever else can say itself as JSON.
"""

from __future__ import annotations

import dataclasses
import inspect
from typing import TYPE_CHECKING, Any

from crossplug.interfaces.agent import ActionResult, ProviderResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crossplug.host.plugin import LoadedPlugin


class _Part:
    """One entry of the manifest, with the plugin behind it."""

    def __init__(self, plugin: LoadedPlugin, entry: Mapping[str, Any]) -> None:
        self._plugin = plugin
        self.name: str = entry["name"]
        self.description: str = entry.get("description") or ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} of {self._plugin.name}>"


class Action(_Part):
    """Something that the plugin does."""

    def __init__(self, plugin: LoadedPlugin, entry: Mapping[str, Any]) -> None:
        super().__init__(plugin, entry)
        self.similes: list[str] = list(entry.get("similes") or ())
        self.examples: list[Any] = list(entry.get("examples") or ())

    async def validate(self, runtime: Any, message: Any, state: Any = None, options: Any = None) -> bool:
        """Whether it applies to a message."""
        params = _params(action=self.name, memory=message, state=state)
        return bool((await self._plugin.call("action.validate", params))["valid"])

    async def handler(
        self,
        runtime: Any,
        message: Any,
        state: Any = None,
        options: Any = None,
        callback: Any = None,
        responses: Any = None,
    ) -> ActionResult:
        """Does it. ``callback`` is called with the text as content, where there is one."""
        params = _params(action=self.name, memory=message, state=state, options=options)
        result = ActionResult.from_value(await self._plugin.call("action.invoke", params))
        if callback is not None and result.text:
            told = callback({"text": result.text})
            if inspect.isawaitable(told):
                await told
        return result


class Provider(_Part):
    """Something that the plugin knows."""

    def __init__(self, plugin: LoadedPlugin, entry: Mapping[str, Any]) -> None:
        super().__init__(plugin, entry)
        self.dynamic = bool(entry.get("dynamic"))
        self.position: int | None = entry.get("position")
        self.private = bool(entry.get("private"))

    async def get(self, runtime: Any, message: Any, state: Any = None) -> ProviderResult:
        """What it says about a message."""
        params = _params(provider=self.name, memory=message, state=state)
        return ProviderResult.from_value(await self._plugin.call("provider.get", params))


class Evaluator(_Part):
    """Something that the plugin makes of what was said."""

    def __init__(self, plugin: LoadedPlugin, entry: Mapping[str, Any]) -> None:
        super().__init__(plugin, entry)
        self.similes: list[str] = list(entry.get("similes") or ())
        self.always_run = bool(entry.get("alwaysRun"))

    async def validate(self, runtime: Any, message: Any, state: Any = None, options: Any = None) -> bool:
        """Whether it applies to a message."""
        params = _params(evaluator=self.name, memory=message, state=state)
        return bool((await self._plugin.call("evaluator.validate", params))["valid"])

    async def handler(
        self,
        runtime: Any,
        message: Any,
        state: Any = None,
        options: Any = None,
        callback: Any = None,
        responses: Any = None,
    ) -> ActionResult | None:
        """Evaluates; None where it has nothing to say."""
        params = _params(evaluator=self.name, memory=message, state=state)
        result = await self._plugin.call("evaluator.invoke", params)
        return None if result is None else ActionResult.from_value(result)


class ElizaPlugin:
    """A loaded plugin in elizaOS's shape. ``loaded`` is the same in crossplug's own."""

    def __init__(self, loaded: LoadedPlugin) -> None:
        manifest = loaded.manifest
        self.loaded = loaded
        self.name: str = manifest["name"]
        self.description: str = manifest.get("description") or ""
        self.config: dict[str, Any] = dict(manifest.get("config") or {})
        self.dependencies: list[Any] = list(manifest.get("dependencies") or ())
        self.actions = [Action(loaded, entry) for entry in manifest.get("actions") or ()]
        self.providers = [Provider(loaded, entry) for entry in manifest.get("providers") or ()]
        self.evaluators = [Evaluator(loaded, entry) for entry in manifest.get("evaluators") or ()]

    async def init(self, config: Mapping[str, Any] | None = None, runtime: Any = None) -> None:
        """Nothing: a plugin is initialised when it is loaded, with the ``config`` that it is given then."""

    async def stop(self) -> None:
        """Stops it."""
        await self.loaded.stop()

    def __repr__(self) -> str:
        return f"<ElizaPlugin {self.name}>"


def _params(**members: Any) -> dict[str, Any]:
    return {name: json_of(value) for name, value in members.items() if value is not None}


def json_of(value: Any) -> Any:
    """A value as JSON has it: what is not JSON already says so itself."""
    for how in ("to_value", "to_dict"):
        if hasattr(value, how):
            return getattr(value, how)()
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        found = dataclasses.asdict(value)
        return {name: member for name, member in found.items() if member is not None}
    return value
