"""Services of a host: the functions of the program that plugins call, and the calls that reach them.

Plain functions run on threads of the host, so they may block; coroutines run on the event loop of the host.
"""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any

from crossplug.codec.text import dump
from crossplug.errors import DecodeError, PluginError, UsageError, details_of
from crossplug.host.speech import speech_of
from crossplug.host.stream import ItemReceiver, ItemSender
from crossplug.plugin.handler import error_for, unfit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from crossplug import _native
    from crossplug.host.plugin import LoadedPlugin
    from crossplug.plugin.method import Method

_log = logging.getLogger("crossplug.host")


class ServiceCall:
    """What a service is given besides its params: who asks, until when, and the way back."""

    __slots__ = ("_native",)

    def __init__(self, native: _native.ServiceCall) -> None:
        self._native = native

    @property
    def name(self) -> str:
        """Of the service: ``kv.get``."""
        return self._native.method

    @property
    def plugin_name(self) -> str:
        """Name of the plugin that asks."""
        return self._native.plugin_name

    @property
    def plugin(self) -> LoadedPlugin | None:
        """The plugin that asks, to call it in turn; None while it is being initialised or after its end."""
        from crossplug.host.plugin import LoadedPlugin

        native = self._native.plugin()
        return None if native is None else LoadedPlugin(native)

    @property
    def remaining(self) -> float | None:
        """Seconds until the plugin stops waiting; None: it did not say."""
        return self._native.remaining

    @property
    def traceparent(self) -> str | None:
        """W3C Trace Context, for calls that the service makes."""
        return self._native.traceparent

    @property
    def cancelled(self) -> bool:
        """Whether the plugin has given the call up. A coroutine is cancelled by asyncio instead of having to ask."""
        return self._native.cancelled

    def progress(self, fraction: float | None = None, message: str | None = None) -> None:
        """Tells the plugin how far the call is: ``fraction`` from 0 to 1, ``message`` for a person."""
        self._native.progress(fraction, message)

    def items(self) -> ItemSender[Any]:
        """The sender of values to the plugin, for a service that was named by a string."""
        return ItemSender(self._native, None)

    def upload(self) -> ItemReceiver[Any]:
        """The values that the plugin streams, for a service that was named by a string."""
        return ItemReceiver(self._native, None)


class Service:
    """One service and the function that answers it."""

    __slots__ = ("function", "is_coroutine", "method", "wire")

    def __init__(self, service: str | Method[Any, Any, Any, Any, Any], function: Callable[..., Any]) -> None:
        if not callable(function):
            raise UsageError(f"the service {service!r} is a {type(function).__name__}, which cannot be called")
        self.method = None if isinstance(service, str) else service
        self.wire = service if isinstance(service, str) else service.wire
        self.function = function
        self.is_coroutine = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
            getattr(function, "__call__", None)  # noqa: B004 — an object whose call is a coroutine
        )

    def arguments(self, native: _native.ServiceCall) -> tuple[Any, ...]:
        """What the function is called with. Raises :class:`DecodeError` for params that do not fit."""
        method, call, speech = self.method, ServiceCall(native), speech_of(native.encoding)
        if method is None:
            return call, speech.value(native.params)
        made: tuple[Any, ...] = (call,)
        if method.params is not None:
            made += (method.params.read(speech.parsed(native.params)),)
        if method.items is not None:
            made += (ItemSender(native, method.items),)
        if method.upload is not None:
            made += (ItemReceiver(native, method.upload),)
        return made

    def result(self, native: _native.ServiceCall, value: Any) -> bytes:
        """The payload of what the function gave."""
        speech = speech_of(native.encoding)
        if self.method is None:
            return speech.write(value, None)
        return speech.null if self.method.result is None else speech.write(value, self.method.result)


class Services:
    """All services of a host."""

    def __init__(self) -> None:
        self._services: dict[str, Service] = {}

    def add(self, service: Service) -> None:
        """Later functions of a name take the place of earlier ones."""
        self._services[service.wire] = service

    def implement(self, implementation: object) -> None:
        """Adds the services of an object whose class derives from a generated ``…ServiceHandler``."""
        interface = getattr(implementation, "INTERFACE", None)
        services: Iterable[Method[Any, Any, Any, Any, Any]] = getattr(interface, "services", ())
        found = [(service, getattr(implementation, service.name, None)) for service in services]
        if not found or any(function is None for _, function in found):
            what = type(implementation).__name__
            raise UsageError(f"{what} implements no services; derive it from a generated …ServiceHandler")
        for service, function in found:
            if function is not None:
                self.add(Service(service, function))

    def offers(self) -> list[tuple[str, str | None, bool]]:
        """Name, permission and whether it is a coroutine, as the native host takes them."""
        return [
            (one.wire, None if one.method is None else one.method.permission, one.is_coroutine)
            for one in self._services.values()
        ]

    def coroutines(self) -> list[str]:
        """Names of those that need a loop."""
        return [one.wire for one in self._services.values() if one.is_coroutine]

    def serve(self, native: _native.ServiceCall) -> None:
        """Answers a call by a plain function, on this thread."""
        service = self._services[native.method]
        try:
            result = service.function(*_arguments(service, native))
            if inspect.isawaitable(result):
                raise UsageError(f"the service {service.wire} gave an awaitable; make it an `async def`")
            native.answer(service.result(native, result))
        except BaseException as error:
            _fail(service, native, error)
            if not isinstance(error, Exception):
                raise

    async def answer(self, native: _native.ServiceCall) -> None:
        """Answers a call by a coroutine, on this loop."""
        service = self._services[native.method]
        try:
            native.answer(service.result(native, await service.function(*_arguments(service, native))))
        except BaseException as error:
            _fail(service, native, error)
            if not isinstance(error, Exception):
                raise


def _arguments(service: Service, native: _native.ServiceCall) -> tuple[Any, ...]:
    try:
        return service.arguments(native)
    except DecodeError as error:
        raise unfit(error) from None


def _fail(service: Service, native: _native.ServiceCall, error: BaseException) -> None:
    told = error_for(error, native.cancelled, False)
    if told is not error and not native.cancelled:
        # The plugin hears the words; who mends the host needs the place.
        _log.error("the service %s raised %s", service.wire, type(error).__name__, exc_info=error)
    try:
        details = details_of(told)
        native.fail(told.code, told.message, None if details is None else dump(details), told.retryable)
    except Exception as unwritable:
        native.fail(PluginError("internal").code, f"{told}; its details cannot be written: {unwritable}")
