"""A call of a plugin in flight: its items, its upload, its result. Knows nothing of how calls travel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crossplug.codec.generic import Generic, I, R, U
from crossplug.errors import PluginError
from crossplug.host.errors import CallCancelledError, typed
from crossplug.host.loop import finish, finish_blocking

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from crossplug import _native
    from crossplug.host.speech import Speech
    from crossplug.plugin.method import Method


def params_of(speech: Speech, method: str | Method[Any, Any, Any, Any, Any], params: Any) -> bytes:
    """The payload of a method's params."""
    if isinstance(method, str):
        return speech.nothing if params is None else speech.write(params, None)
    return speech.nothing if method.params is None else speech.write(params, method.params)


def result_of(speech: Speech, method: str | Method[Any, Any, Any, Any, Any], payload: bytes) -> Any:
    """The result of a method from its payload."""
    if isinstance(method, str):
        return speech.read(payload, None, "")
    return None if method.result is None else speech.read(payload, method.result, f"call `{method.wire}`")


class Call(Generic[R, I, U]):
    """A call that streams. Iterate over it for its items (``for`` or ``async for``); then ask for the result.

    Items come as fast as they are taken, and no faster. Forgotten before its end, the call is cancelled; so it is at
    the end of a ``with`` or ``async with``.
    """

    __slots__ = ("_method", "_outcome", "_speech", "_stream")

    def __init__(self, stream: _native.Stream, speech: Speech, method: str | Method[Any, R, I, U, Any]) -> None:
        self._stream = stream
        self._speech = speech
        self._method = method
        self._outcome: bytes | PluginError | None = None

    def _wire(self) -> str:
        return self._method if isinstance(self._method, str) else self._method.wire

    def _raised(self, error: PluginError) -> PluginError:
        return error if isinstance(self._method, str) else typed(error, self._method.errors)

    # --- items ---

    def __iter__(self) -> Iterator[I]:
        return self

    def __next__(self) -> I:
        try:
            payload = finish_blocking(self._stream.next())
        except PluginError as error:
            raise self._raised(error) from None
        if payload is None:
            raise StopIteration
        return self._item(payload)

    def __aiter__(self) -> AsyncIterator[I]:
        return self

    async def __anext__(self) -> I:
        try:
            payload = await finish(self._stream.next())
        except PluginError as error:
            raise self._raised(error) from None
        if payload is None:
            raise StopAsyncIteration
        return self._item(payload)

    def _item(self, payload: bytes) -> I:
        codec = None if isinstance(self._method, str) else self._method.items
        item: I = self._speech.read(payload, codec, f"an item of `{self._wire()}`")
        return item

    # --- upload ---

    def send_blocking(self, item: U) -> None:
        """Streams an item to the plugin; blocks while it takes none."""
        finish_blocking(self._stream.send(self._upload(item)))

    async def send(self, item: U) -> None:
        """Streams an item to the plugin; waits while it takes none."""
        await finish(self._stream.send(self._upload(item)))

    def _upload(self, item: U) -> bytes:
        return self._speech.write(item, None if isinstance(self._method, str) else self._method.upload)

    def end(self) -> None:
        """No more items are sent."""
        self._stream.end()

    # --- the end ---

    def result_blocking(self) -> R:
        """Blocks until the plugin answers; items that nobody took are passed over. Raises what it answered with.

        A method that takes an upload answers after its :meth:`end`.
        """
        if self._outcome is None:
            try:
                self._outcome = finish_blocking(self._stream.result())
            except PluginError as error:
                self._outcome = self._raised(error)
        return self._answer()

    async def result(self) -> R:
        """Waits until the plugin answers; as :meth:`result_blocking`."""
        if self._outcome is None:
            try:
                self._outcome = await finish(self._stream.result())
            except PluginError as error:
                self._outcome = self._raised(error)
        return self._answer()

    def _answer(self) -> R:
        outcome = self._outcome
        if not isinstance(outcome, bytes):
            raise outcome or CallCancelledError(f"call `{self._wire()}`", "the call was given up")
        result: R = result_of(self._speech, self._method, outcome)
        return result

    def cancel(self) -> None:
        """Gives the call up; the plugin is told. Does nothing after the end."""
        self._stream.cancel()

    def __enter__(self) -> Call[R, I, U]:
        return self

    def __exit__(self, *_: object) -> None:
        self.cancel()

    async def __aenter__(self) -> Call[R, I, U]:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cancel()
