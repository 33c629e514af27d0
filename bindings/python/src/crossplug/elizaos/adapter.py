"""A plugin in elizaOS's shape as one of ours: its actions, providers and evaluators behind the interface ``agent``.

Memories and states reach its functions as JSON objects, as elizaOS's own bridge hands them over; there is no runtime.
"""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from crossplug.elizaos.shape import json_of
from crossplug.interfaces.agent import (
    ActionInvoke,
    ActionNotFoundError,
    ActionResult,
    ActionValidate,
    Agent,
    EvaluatorInvoke,
    EvaluatorNotFoundError,
    EvaluatorValidate,
    ProviderGet,
    ProviderNotFoundError,
    ProviderResult,
    UnknownName,
    Validation,
)
from crossplug.plugin.plugin import Plugin

if TYPE_CHECKING:
    from crossplug.plugin.context import Context

PARTS = {
    "actions": ("name", "description", "similes", "examples"),
    "providers": ("name", "description", "dynamic", "position", "private"),
    "evaluators": ("name", "description", "similes", "alwaysRun"),
}
"""What the manifest says of each part."""


def is_shaped(found: Any) -> bool:
    """Whether it looks like a plugin of elizaOS."""
    return bool(_member(found, "name")) and any(_member(found, part) is not None for part in PARTS)


def adapted(found: Any) -> Plugin:
    """The plugin as one of ours."""
    manifest: dict[str, Any] = {"config": json_of(_member(found, "config") or {})}
    for part, members in PARTS.items():
        entries = [_entry(one, members) for one in _member(found, part) or ()]
        if entries:
            manifest[part] = entries
    plugin = Plugin(
        str(_member(found, "name")),
        _Adapted(found),
        version=str(_member(found, "version") or "1.0.0"),
        description=str(_member(found, "description") or ""),
        manifest=manifest,
    )
    init = _member(found, "init")
    if init is not None:

        async def start(ctx: Context) -> None:
            await _settled(init(ctx.config, None))

        plugin.on_start(start)
    return plugin


class _Adapted(Agent):
    def __init__(self, found: Any) -> None:
        self._parts = {part: {_member(one, "name"): one for one in _member(found, part) or ()} for part in PARTS}

    async def action_validate(self, ctx: Context, params: ActionValidate) -> Validation:
        action = self._named("actions", params.action, ActionNotFoundError, "Action")
        return await _validated(action, params)

    async def action_invoke(self, ctx: Context, params: ActionInvoke) -> ActionResult:
        action = self._named("actions", params.action, ActionNotFoundError, "Action")
        options = params.options or {}
        told = await _settled(_member(action, "handler")(None, *_about(params), options, None, None))
        return _result(told) or ActionResult(success=True)

    async def provider_get(self, ctx: Context, params: ProviderGet) -> ProviderResult:
        provider = self._named("providers", params.provider, ProviderNotFoundError, "Provider")
        told = json_of(await _settled(_member(provider, "get")(None, *_about(params)))) or {}
        return ProviderResult.from_value({name: value for name, value in told.items() if value is not None})

    async def evaluator_validate(self, ctx: Context, params: EvaluatorValidate) -> Validation:
        evaluator = self._named("evaluators", params.evaluator, EvaluatorNotFoundError, "Evaluator")
        return await _validated(evaluator, params)

    async def evaluator_invoke(self, ctx: Context, params: EvaluatorInvoke) -> ActionResult | None:
        evaluator = self._named("evaluators", params.evaluator, EvaluatorNotFoundError, "Evaluator")
        return _result(await _settled(_member(evaluator, "handler")(None, *_about(params), {}, None, None)))

    def _named(self, part: str, name: str, error: Any, what: str) -> Any:
        found = self._parts[part].get(name)
        if found is None:
            raise error(f"{what} not found: {name}", UnknownName(name=name, known=sorted(self._parts[part])))
        return found


async def _validated(part: Any, params: Any) -> Validation:
    validate = _member(part, "validate")
    return Validation(valid=True if validate is None else bool(await _settled(validate(None, *_about(params)))))


def _about(params: Any) -> tuple[Any, Any]:
    return params.memory.to_value(), params.state.to_value() if params.state else None


def _result(told: Any) -> ActionResult | None:
    if told is None or isinstance(told, bool):
        return None if told is None else ActionResult(success=told)
    value = json_of(told)
    return ActionResult.from_value(
        {"success": True, **{name: member for name, member in value.items() if member is not None}}
    )


def _entry(one: Any, members: tuple[str, ...]) -> dict[str, Any]:
    entry = {}
    for name in members:
        value = _member(one, name)
        if value is None and name == "alwaysRun":
            value = _member(one, "always_run")
        if value is not None:
            entry[name] = json_of(value)
    return entry


def _member(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, dict) else getattr(found, name, None)


async def _settled(told: Any) -> Any:
    return await told if isawaitable(told) else told
