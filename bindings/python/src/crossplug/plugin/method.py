"""What generated modules say about an interface: its methods, services, events and errors, with their codecs.

Descriptors only: nothing here runs a handler or knows a connection.
"""

from __future__ import annotations

from crossplug.codec.generic import Generic, H, I, P, R, U

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from crossplug.codec import Codec
    from crossplug.errors import CodedError


class Method(Generic[P, R, I, U, H]):
    """A method (host to plugin) or a service (plugin to host) of an interface.

    The type parameters are its params, result, items, upload, and the type of a handler for it.
    """

    __slots__ = ("errors", "interface", "items", "name", "params", "permission", "result", "timeout", "upload", "wire")

    def __init__(
        self,
        wire: str,
        name: str,
        *,
        params: Codec[P] | None = None,
        result: Codec[R] | None = None,
        items: Codec[I] | None = None,
        upload: Codec[U] | None = None,
        errors: Mapping[str, type[CodedError]] | None = None,
        timeout: float | None = None,
        permission: str | None = None,
    ) -> None:
        self.wire = wire
        """On the wire: ``action.invoke``."""
        self.name = name
        """Of the Python method: ``action_invoke``."""
        self.interface: Interface | None = None
        """The interface that it belongs to; the interface itself sets it."""
        self.params = params
        """None where it takes nothing."""
        self.result = result
        """None where it gives nothing."""
        self.items = items
        """What the responder streams to the caller; None where it streams nothing."""
        self.upload = upload
        """What the caller streams to the responder; None where it streams nothing."""
        self.errors = errors or {}
        """Class of each error code of the interface."""
        self.timeout = timeout
        """Seconds that a caller waits where it says nothing else; None: for ever."""
        self.permission = permission
        """What a plugin needs to call the service: ``kv:read``; None: a grant of its name."""

    def __repr__(self) -> str:
        return f"<{self.wire}>"


class EventType(Generic[P]):
    """An event of an interface; the type parameter is its payload."""

    __slots__ = ("interface", "name", "payload", "wire")

    def __init__(self, wire: str, name: str, payload: Codec[P] | None = None) -> None:
        self.wire = wire
        """On the wire: ``note.changed``."""
        self.name = name
        """Of the Python method that handles it: ``on_note_changed``."""
        self.interface: Interface | None = None
        """The interface that it belongs to; the interface itself sets it."""
        self.payload = payload
        """None where it carries nothing."""

    def __repr__(self) -> str:
        return f"<event {self.wire}>"


def not_implemented(wire: str) -> Exception:
    """What a method that an author did not override raises."""
    from crossplug.interfaces.protocol_errors import MethodNotFoundError

    return MethodNotFoundError(f"the plugin does not implement {wire}")


def not_offered(wire: str) -> Exception:
    """What a service that a host did not override raises."""
    from crossplug.interfaces.protocol_errors import MethodNotFoundError

    return MethodNotFoundError(f"the host does not implement {wire}")


class Interface:
    """An interface and the hash of the document that the module was generated from."""

    __slots__ = ("errors", "events", "hash", "methods", "name", "services", "version")

    def __init__(
        self,
        name: str,
        version: str,
        hash: str,
        *,
        methods: tuple[Method[Any, Any, Any, Any, Any], ...] = (),
        services: tuple[Method[Any, Any, Any, Any, Any], ...] = (),
        events: tuple[EventType[Any], ...] = (),
        errors: Mapping[str, type[CodedError]] | None = None,
    ) -> None:
        self.name = name
        self.version = version
        """Semantic version of the document."""
        self.hash = hash
        """SHA-256, lower-case hex, of the document without descriptions."""
        self.methods = methods
        """Host to plugin."""
        self.services = services
        """Plugin to host."""
        self.events = events
        """One-way, either direction."""
        self.errors = errors or {}
        """Class of each error code."""
        for method in (*methods, *services):
            method.interface = self
        for event in events:
            event.interface = self

    def __repr__(self) -> str:
        return f"<interface {self.name} {self.version}>"
