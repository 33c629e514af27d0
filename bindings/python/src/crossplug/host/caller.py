"""Whoever calls plugins, as generated clients see it: a loaded plugin, or the test kit. Shapes for type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from crossplug.codec.generic import I, P, R, U
    from crossplug.plugin.method import Method

Result = TypeVar("Result", covariant=True)
Item = TypeVar("Item", covariant=True)
Upload = TypeVar("Upload", contravariant=True)


class CallInFlight(Protocol[Result, Item, Upload]):
    """A call that streams: iterate over it for its items, then ask for the result."""

    def __iter__(self) -> Iterator[Item]: ...
    def __aiter__(self) -> AsyncIterator[Item]: ...
    def send_blocking(self, item: Upload) -> None:
        """Streams an item to the plugin; blocks while it takes none."""

    async def send(self, item: Upload) -> None:
        """The same, awaited."""

    def end(self) -> None:
        """No more items are sent."""

    def cancel(self) -> None:
        """Gives the call up."""

    def result_blocking(self) -> Result:
        """Blocks until the plugin answers."""
        ...

    async def result(self) -> Result:
        """The same, awaited."""
        ...


class Caller(Protocol):
    """Calls the methods of a plugin."""

    async def call(
        self, method: Method[P, R, Any, Any, Any], params: P | None = None, *, timeout: float | None = None
    ) -> R:
        """Calls a method and gives its result."""
        ...

    def call_blocking(
        self, method: Method[P, R, Any, Any, Any], params: P | None = None, *, timeout: float | None = None
    ) -> R:
        """The same, blocking."""
        ...

    def start(
        self, method: Method[P, R, I, U, Any], params: P | None = None, *, timeout: float | None = None
    ) -> CallInFlight[R, I, U]:
        """Sends a call and gives it in flight."""
        ...
