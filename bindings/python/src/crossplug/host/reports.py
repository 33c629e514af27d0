"""What a host does with the log lines and events of its plugins. It is called on the host's threads, in order."""

from __future__ import annotations

import inspect
import json
import logging
from typing import TYPE_CHECKING, Any

from crossplug.errors import DecodeError
from crossplug.host.loop import run_from_outside
from crossplug.host.speech import speech_of
from crossplug.host.values import LogLine, PluginEvent

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from crossplug.plugin.method import EventType

LEVELS = {"trace": 5, "debug": logging.DEBUG, "info": logging.INFO, "warn": logging.WARNING, "error": logging.ERROR}
"""Levels of plugins as :mod:`logging` counts them."""

_log = logging.getLogger("crossplug.host")


def to_logging(line: LogLine) -> None:
    """Hands a line to the logger ``crossplug.plugin.<name>``, with ``plugin``, ``source`` and ``fields`` as extras."""
    logger, level = logging.getLogger(f"crossplug.plugin.{line.plugin}"), LEVELS.get(line.level, logging.INFO)
    if logger.isEnabledFor(level):
        extra = {"plugin": line.plugin, "source": line.source, "fields": line.fields}
        logger.log(level, "%s", line.message, extra=extra)


class Reports:
    """The callbacks of a host."""

    def __init__(self, on_log: Callable[[LogLine], object]) -> None:
        self._on_log = on_log
        self._handlers: list[tuple[EventType[Any] | None, Callable[..., Any]]] = []
        self.loop: asyncio.AbstractEventLoop | None = None
        """What coroutines run on."""

    def add(self, event: EventType[Any] | None, handler: Callable[..., Any]) -> None:
        """A handler of one event, or of all."""
        self._handlers.append((event, handler))

    @property
    def hears_events(self) -> bool:
        """Whether anybody does."""
        return bool(self._handlers)

    def coroutines(self) -> list[str]:
        """Handlers that need a loop."""
        return [handler.__name__ for _, handler in self._handlers if inspect.iscoroutinefunction(handler)]

    def log(self, plugin: str, source: str, level: str, message: str, fields: bytes | None) -> None:
        """A line, as the native host tells it."""
        known = {} if fields is None else json.loads(fields)
        self._on_log(LogLine(plugin, source, level, message, known if isinstance(known, dict) else {"fields": known}))

    def event(self, plugin: str, name: str, stream: str | None, seq: int, payload: bytes, encoding: str) -> None:
        """An event, as the native host tells it. The next one is not told before this one was handled."""
        speech = speech_of(encoding)
        for typed, handler in self._handlers:
            if typed is not None and typed.wire != name:
                continue
            try:
                if typed is None:
                    known = speech.value(payload)
                else:
                    known = None if typed.payload is None else typed.payload.read(speech.parsed(payload))
                self._handle(handler, PluginEvent(plugin, name, stream, seq, known))
            except DecodeError as error:
                _log.error("the payload of the event %s of %s does not fit: %s", name, plugin, error)
            except Exception as error:
                _log.error("a handler of the event %s of %s failed", name, plugin, exc_info=error)

    def _handle(self, handler: Callable[..., Any], event: PluginEvent[Any]) -> None:
        result = handler(event)
        if inspect.iscoroutine(result):
            if self.loop is None:
                result.close()
                raise RuntimeError("a coroutine handles an event, and the host has no event loop")
            # The thread waits, so that events stay in order and those that nobody takes stay bounded.
            run_from_outside(self.loop, result)
