"""``elizaos-bridge/1``: one JSON object a line, named by ``type``, answered by ``id``. Translates to and from JSON-RPC.

Remembers of each request how it was asked, for the reply. Knows the names that the manifest declares; no handlers.
"""

from __future__ import annotations

from crossplug.codec.text import dump, parse
from crossplug.errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Message = dict[str, Any]

HOST_FRAME_BYTES = 1_000_000
"""Largest line that an elizaOS host takes."""
_GONE = frozenset(f"{what}NotFound" for what in ("method", "action", "provider", "evaluator", "service", "route"))
"""Codes that say that there is nothing of the name."""


def _present(value: Any) -> Any:
    """An object without its null members: null equals absent."""
    return {name: item for name, item in value.items() if item is not None} if type(value) is dict else value


def _memory(value: Any) -> Any:
    memory = _present(value)
    if type(memory) is dict and "content" in memory:
        memory["content"] = _present(memory["content"])
    return memory


_MEMBERS: dict[str, Callable[[Any], Any]] = {"memory": _memory, "state": _present}


class ElizaOs:
    """The plugin's side of a conversation."""

    name = "elizaos-bridge/1"
    frame_bytes = HOST_FRAME_BYTES
    has_log = False
    reaches_host = False
    native = False

    def __init__(self, debug: bool = False) -> None:
        self._debug = debug
        self._asked: dict[int | str, Message] = {}
        self._actions: frozenset[str] = frozenset()
        self._evaluators: frozenset[str] = frozenset()

    def settle(self, encoding: str) -> None:
        """There is nothing to choose."""

    def open(self, manifest: dict[str, Any]) -> list[bytes]:
        """``ready``, with the manifest."""
        self._actions, self._evaluators = _names(manifest, "actions"), _names(manifest, "evaluators")
        return [dump({"type": "ready", "manifest": manifest})]

    def unreadable(self, message: str) -> bytes:
        """An ``error`` for a line that nobody can be told apart from."""
        return dump({"type": "error", "id": "", "error": f"JSON parse error: {message}"})

    # --- what the host says ---

    def read(self, frame: bytes) -> Message:
        """The line as a JSON-RPC request."""
        message = parse(frame)
        if type(message) is not dict:
            raise DecodeError("wrongKind", "a message is an object")
        id, kind = message.get("id"), message.get("type")
        if not isinstance(id, (str, int)) or isinstance(id, bool):
            id = ""
        method, params = self._request(kind, message)
        self._asked[id] = message
        return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}

    def _request(self, kind: Any, message: Message) -> tuple[str, Any]:
        if kind == "plugin.init":
            return "initialize", self._initialize(message)
        if kind == "action.validate":
            name = message.get("action")
            if name not in self._actions and name in self._evaluators:
                return "evaluator.validate", {**_params(message, "memory", "state"), "evaluator": name}
            return kind, _params(message, "action", "memory", "state")
        if kind == "action.invoke":
            return kind, _params(message, "action", "memory", "state", "options")
        if kind == "provider.get":
            return kind, _params(message, "provider", "memory", "state")
        if kind == "evaluator.invoke":
            return kind, _params(message, "evaluator", "memory", "state")
        if kind in ("service.start", "service.stop"):
            return kind, {"serviceType": message["serviceType"] if "serviceType" in message else message.get("service")}
        if kind == "route.handle":
            request = message.get("request")
            flat = _present(message if request is None else request)
            params = {name: flat[name] for name in ("body", "params", "query", "headers") if name in flat}
            method = flat.get("method", "GET")
            return kind, {
                **params,
                "method": method.upper() if type(method) is str else method,
                "path": message.get("path"),
            }
        return f"{self.name}:{kind}", None  # a method that no plugin has

    def _initialize(self, message: Message) -> Message:
        return {
            "protocol": {"version": "1.0"},
            "host": {"name": "elizaos", "version": "0"},
            "instanceId": "elizaos",
            "config": message.get("config") or {},
            "granted": {},
            "debug": self._debug,
        }

    # --- what the plugin says ---

    def write(self, message: Message) -> bytes | None:
        """The reply in the spelling of its request; None for everything but replies."""
        if "method" in message:
            return None
        id = message["id"]
        asked = self._asked.pop(id, None)
        if asked is None:
            asked, id = {}, "" if id is None else id
        error = message.get("error")
        reply = self._refusal(asked, error) if error is not None else self._result(asked, message["result"])
        return dump({"type": reply.pop("type"), "id": id, **reply})

    def _result(self, asked: Message, result: Any) -> Message:
        kind = asked.get("type")
        if kind == "plugin.init":
            return {"type": "plugin.init.result", "success": True}
        if kind == "action.validate":
            return {"type": "validate.result", "valid": bool(result and result.get("valid"))}
        if kind == "provider.get":
            return {"type": "provider.result", "result": _provided(result)}
        if kind in ("service.start", "service.stop"):
            key, name = _service(asked)
            return {"type": _service_reply(key), "success": True, key: name}
        if kind == "route.handle":
            return {"type": _route_reply(asked), **(result or {})}
        return {"type": "action.result", "result": result}

    def _refusal(self, asked: Message, error: Message) -> Message:
        kind = asked.get("type")
        data = error.get("data") or {}
        if data.get("code") in _GONE:
            if kind == "action.validate":
                return {"type": "validate.result", "valid": False}
            if kind == "action.invoke":
                missing = {"success": False, "error": f"Action not found: {asked.get('action')}"}
                return {"type": "action.result", "result": missing}
            if kind == "provider.get":
                return {"type": "provider.result", "result": _provided(None)}
            if kind == "evaluator.invoke":
                return {"type": "action.result", "result": None}
            if kind in ("service.start", "service.stop"):
                key, name = _service(asked)
                return {"type": _service_reply(key), "success": False, "error": f"Service not found: {name}"}
            if kind == "route.handle":
                body = {"error": f"Route not found: {asked.get('path')}"}
                return {"type": _route_reply(asked), "status": 404, "body": body}
            if kind != "plugin.init":
                return {"type": "error", "error": f"Unknown request type: {kind}"}
        told: Message = {"type": "error", "error": error["message"]}
        if self._debug and data.get("details") is not None:
            told["details"] = data["details"]
        return told


def _names(manifest: dict[str, Any], members: str) -> frozenset[str]:
    found = manifest.get(members)
    entries = found if isinstance(found, list) else []
    return frozenset(str(entry.get("name")) for entry in entries if isinstance(entry, dict))


def _params(message: Message, *names: str) -> Message:
    made = {}
    for name in names:
        value = message.get(name)
        if value is not None:
            made[name] = _MEMBERS[name](value) if name in _MEMBERS else value
    return made


def _provided(result: Any) -> Message:
    found = result or {}
    return {name: found.get(name) for name in ("text", "values", "data")}


def _service(asked: Message) -> tuple[str, Any]:
    key = "serviceType" if "serviceType" in asked or "service" not in asked else "service"
    return key, asked.get(key)


def _service_reply(key: str) -> str:
    return "service.result" if key == "serviceType" else "service.response"


def _route_reply(asked: Message) -> str:
    members = ("method", "body", "params", "query", "headers")
    flat = asked.get("request") is None and any(name in asked for name in members)
    return "route.response" if flat else "route.result"
