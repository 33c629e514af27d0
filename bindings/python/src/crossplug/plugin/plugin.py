"""``Plugin``: what an author says the plugin is and does. Knows no connection."""

from __future__ import annotations

from crossplug.codec.generic import overload
from crossplug.errors import UsageError
from crossplug.plugin.handler import Handler
from crossplug.plugin.method import EventType, Interface, Method

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from typing import Any, TypeVar

    from crossplug.codec.generic import H, P
    from crossplug.plugin.context import Context
    from crossplug.protocol.exchange import Event

    F = TypeVar("F", bound=Callable[..., Any])
    EventHandler = Callable[[Context, Event[P]], Awaitable[None] | None]
    Hook = Callable[[Context], Awaitable[None] | None]


class Plugin:
    """A plugin: handlers of methods and events, and what the manifest says where no ``plugin.json`` does.

    Handlers are functions with a decorator, or methods of objects that implement a generated interface class. Each may
    be ``async def`` or plain; plain ones run in threads, a few at a time.

    >>> plugin = Plugin("greeter", version="1.0.0")
    >>> @plugin.method("greet")
    ... def greet(ctx, params):
    ...     return {"text": f"Hello, {params['name']}!"}
    """

    def __init__(
        self,
        name: str = "plugin",
        *implementations: object,
        version: str = "0.0.0",
        description: str = "",
        interfaces: Iterable[Interface] = (),
        manifest: Mapping[str, Any] | None = None,
    ) -> None:
        """``implementations`` are objects whose classes derive from generated interface classes, ``interfaces`` those
        that handlers named by strings implement, ``manifest`` further members of the manifest.
        """
        self.handlers: dict[str, Handler] = {}
        """By wire name."""
        self.event_handlers: dict[str, list[Handler]] = {}
        """By wire name."""
        self.interfaces: dict[str, Interface] = {interface.name: interface for interface in interfaces}
        """What it implements, by name."""
        self.start_hooks: list[Callable[..., Any]] = []
        self.stop_hooks: list[Callable[..., Any]] = []
        self._manifest = {"name": name, "version": version, "description": description, "language": "python"}
        self._manifest.update(manifest or {})
        for implementation in implementations:
            self.implement(implementation)

    # --- handlers ---

    @overload
    def method(self, method: str) -> Callable[[F], F]: ...
    @overload
    def method(self, method: Method[Any, Any, Any, Any, H]) -> Callable[[H], H]: ...
    def method(self, method: Any) -> Any:
        """Decorates the handler of a method.

        With a typed constant (``AgentMethods.ACTION_INVOKE``) the handler takes and gives typed values, and the plugin
        declares the interface; with a wire name it takes and gives JSON values.
        """

        def register(function: Any) -> Any:
            if isinstance(method, Method):
                self._add(Handler(method.wire, function, method))
                self._declare(method.interface)
            else:
                self._add(Handler(method, function))
            return function

        return register

    @overload
    def event(self, event: str) -> Callable[[F], F]: ...
    @overload
    def event(self, event: EventType[P]) -> Callable[[EventHandler[P]], EventHandler[P]]: ...
    def event(self, event: Any) -> Any:
        """Decorates a handler of an event of the host; there may be several for one event.

        It gets an :class:`Event`, with a typed payload where the event is a typed constant. Events are handled one
        after the other, in the order in which they came, and delay no call; a coroutine is awaited before the next
        begins.
        """

        def register(function: Any) -> Any:
            self._on(event, function)
            return function

        return register

    def on_start(self, hook: Hook) -> Hook:
        """Decorates a function that is called with a :class:`Context` before ``initialize`` is answered, so before any
        call. What it raises is the answer: the host does not load the plugin then. Services can be called only later.
        """
        self.start_hooks.append(hook)
        return hook

    def on_stop(self, hook: Hook) -> Hook:
        """Decorates a function that is called with a :class:`Context` after the last answer; not where the plugin never
        started.
        """
        self.stop_hooks.append(hook)
        return hook

    def implement(self, implementation: object) -> None:
        """Registers the methods that an object overrides of the generated interface classes it derives from."""
        found = False
        for base in type(implementation).__mro__:
            interface = vars(base).get("INTERFACE")
            if not isinstance(interface, Interface):
                continue
            found = True
            self.interfaces[interface.name] = interface
            for method in interface.methods:
                if getattr(type(implementation), method.name) is not getattr(base, method.name):
                    self._add(Handler(method.wire, getattr(implementation, method.name), method))
            for event in interface.events:
                if getattr(type(implementation), event.name, None) is not getattr(base, event.name, None):
                    self._on(event, getattr(implementation, event.name))
        if not found:
            raise UsageError(
                f"{type(implementation).__name__} derives from no generated interface class, such as "
                "crossplug.interfaces.agent.Agent"
            )

    def _on(self, event: str | EventType[Any], function: Any) -> None:
        wire = event.wire if isinstance(event, EventType) else event
        self.event_handlers.setdefault(wire, []).append(Handler(wire, function, event=event))
        if isinstance(event, EventType):
            self._declare(event.interface)

    def _add(self, handler: Handler) -> None:
        if handler.wire in self.handlers:
            raise UsageError(f"two handlers for the method {handler.wire!r}; a method has one")
        self.handlers[handler.wire] = handler

    def _declare(self, interface: Interface | None) -> None:
        if interface is not None:
            self.interfaces[interface.name] = interface

    # --- what it says it is ---

    def manifest(self) -> dict[str, Any]:
        """The manifest as the code gives it; ``plugin.json`` beside the program goes before it."""
        made: dict[str, Any] = dict(self._manifest)
        if self.interfaces and "interfaces" not in made:
            made["interfaces"] = {name: found.version.split(".")[0] for name, found in self.interfaces.items()}
        return made
