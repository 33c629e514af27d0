"""An author's function and how it is called: its arguments from a request, its answer to a result. Starts nothing."""

from __future__ import annotations

from crossplug.codec.loose import as_json
from crossplug.codec.record import Record
from crossplug.errors import DecodeError, EncodeError, PluginError, UsageError
from crossplug.interfaces.protocol_errors import (
    CancelledError,
    InternalError,
    InvalidParamsError,
    MethodNotFoundError,
    ResourceExhaustedError,
)
from crossplug.plugin.stream import ItemReceiver, ItemSender

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from crossplug.plugin.context import Context
    from crossplug.plugin.method import EventType, Method
    from crossplug.plugin.plugin import Plugin
    from crossplug.plugin.serving import Serving
    from crossplug.protocol.exchange import Request
    from crossplug.protocol.session import Session

_CO_COROUTINE = 0x80
"""The flag of a code object that ``async def`` made; ``inspect`` would take 3 ms to import."""


class Handler:
    """A handler of one method or event."""

    __slots__ = ("event", "function", "is_coroutine", "method", "quick", "slow", "wire")

    def __init__(
        self,
        wire: str,
        function: Callable[..., Any],
        method: Method[Any, Any, Any, Any, Any] | None = None,
        event: EventType[Any] | str | None = None,
    ) -> None:
        if not callable(function):
            raise UsageError(f"the handler of {wire!r} is a {type(function).__name__}, which cannot be called")
        self.wire = wire
        self.function = function
        self.method = method
        self.event = None if isinstance(event, str) else event
        code = getattr(function, "__code__", None)
        self.is_coroutine = code is not None and bool(code.co_flags & _CO_COROUTINE)
        self.quick = False
        """Whether its calls are over before another thread could have taken over reading; unknown before the first."""
        self.slow = 0
        """Calls in a row that were not."""

    def arguments(self, ctx: Context, serving: Serving, request: Request) -> tuple[Any, ...]:
        """What the function is called with. Raises :class:`DecodeError` for params that do not fit."""
        method = self.method
        if method is None:
            return ctx, as_json(request.params)
        made: tuple[Any, ...] = (ctx,)
        if method.params is not None:
            made += (method.params.read(request.params),)
        if method.items is not None:
            made += (ItemSender(serving, request, serving.session.writer(method.items)),)
        if method.upload is not None:
            made += (ItemReceiver(serving, request, method.upload.read),)
        return made

    def answer(self, result: Any, session: Session) -> Any:
        """The result as it goes into a message. Raises :class:`EncodeError` for one that its type does not allow."""
        method = self.method
        if method is None:
            return result.to_value() if isinstance(result, Record) else result
        return None if method.result is None else session.writer(method.result)(result)


def error_for(error: BaseException, cancelled: bool, debug: bool) -> PluginError:
    """What the caller is told about what a handler raised; with a stack trace only where the host wants one."""
    if isinstance(error, PluginError):
        return error
    if cancelled and type(error).__name__ in ("CancelledError", "TimeoutError"):
        return CancelledError("the call was cancelled")
    if isinstance(error, EncodeError) and error.reason == "tooLarge":
        return ResourceExhaustedError(f"the answer cannot be sent: {error.message}")
    if isinstance(error, EncodeError):
        return InternalError(f"the result cannot be sent: {error}", details=_trace(error, debug))
    return InternalError(f"{type(error).__name__}: {error}", details=_trace(error, debug))


def unfit(error: DecodeError) -> PluginError:
    """What the caller is told about params that do not fit."""
    return InvalidParamsError(str(error), details={"reason": error.reason, "pointer": error.pointer})


def no_handler(plugin: Plugin, request: Request) -> PluginError:
    """What the caller is told about a method without a handler. If an interface of the plugin has it, params are judged
    first.
    """
    for interface in plugin.interfaces.values():
        for method in interface.methods:
            if method.wire != request.method:
                continue
            try:
                if method.params is not None:
                    method.params.read(request.params)
            except DecodeError as error:
                return unfit(error)
            return MethodNotFoundError(f"`{request.method}` is not implemented")
    names = {method.wire for interface in plugin.interfaces.values() for method in interface.methods}
    known = ", ".join(sorted(names | plugin.handlers.keys())) or "none"
    return MethodNotFoundError(f"the plugin has no method `{request.method}`; it has {known}")


def place_of(error: BaseException) -> dict[str, str]:
    """Where an error was raised, as fields of the log line that tells of it: the author's innermost line."""
    at, found = error.__traceback__, None
    while at is not None:
        code = at.tb_frame.f_code
        if not str(at.tb_frame.f_globals.get("__name__", "")).startswith("crossplug."):
            found = f"{code.co_filename}:{at.tb_lineno}, in {code.co_name}"
        at = at.tb_next
    return {} if found is None else {"at": found}


def _trace(error: BaseException, debug: bool) -> dict[str, str] | None:
    if not debug:
        return None
    from traceback import format_exception

    return {"trace": "".join(format_exception(error))}
