"""Fake services of the test kit: each call of the plugin is answered by a function of the test, on a thread of its own.

So a fake may take as long as it likes: the plugin goes on, and may give it up.
"""

from __future__ import annotations

import inspect
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

from crossplug.errors import DecodeError, PluginError
from crossplug.interfaces.protocol_errors import CancelledError, InternalError, PermissionDeniedError
from crossplug.plugin.handler import unfit
from crossplug.protocol.envelope import write_error
from crossplug.testing.call import WINDOW_BYTES, WINDOW_ITEMS

if TYPE_CHECKING:
    from crossplug.plugin.method import Method
    from crossplug.testing.host import TestHost

    Function = Callable[..., Any]


class Fake:
    """A function that stands for a service."""

    def __init__(self, service: str | Method[Any, Any, Any, Any, Any], function: Function) -> None:
        self.method = None if isinstance(service, str) else service
        self.wire = service if isinstance(service, str) else service.wire
        self.function = function
        parameters = inspect.signature(function).parameters.values()
        wanted = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
        self.takes_upload = len(wanted) > 1

    def call(self, params: Any, upload: Iterator[Any]) -> Any:
        """What the function gives. Raises :class:`DecodeError` for params that do not fit."""
        if self.method is not None and self.method.params is not None:
            params = self.method.params.from_value(params)
        return self.function(params, upload) if self.takes_upload else self.function(params)

    def item(self, item: Any) -> Any:
        """An item as a JSON value."""
        return item if self.method is None or self.method.items is None else self.method.items.to_value(item)

    def result(self, result: Any) -> Any:
        """The result as a JSON value."""
        if self.method is None:
            return result
        return None if self.method.result is None else self.method.result.to_value(result)


class FakeCall:
    """A call of the plugin that a fake answers."""

    def __init__(self, host: TestHost, id: int, wire: str, fake: Fake | None) -> None:
        self._host = host
        self._id = id
        self._wire = wire
        self._fake = fake
        self._changed: threading.Condition = host.changed
        self._may_send = [0, 0]
        self._uploaded: deque[Any] = deque()
        self._ended = False
        self._given_up = False

    def start(self, params: Any) -> None:
        """Begins to answer."""
        name = f"crossplug test kit, {self._wire}"
        threading.Thread(target=self._run, args=(params,), name=name, daemon=True).start()

    # --- what the plugin says; under the kit's condition ---

    def take(self, method: str, params: dict[str, Any]) -> None:
        """A notification about this call."""
        if method == "$/credit":
            self._may_send[0] += params["items"]
            self._may_send[1] += params["bytes"]
        elif method == "$/item":
            self._uploaded.append(params["item"])
        elif method == "$/end":
            self._ended = True
        elif method == "$/cancel":
            self._given_up = True

    # --- the answer ---

    def _run(self, params: Any) -> None:
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": self._id}
        try:
            reply["result"] = self._answer(params)
        except DecodeError as error:
            reply["error"] = write_error(unfit(error))
        except PluginError as error:
            reply["error"] = write_error(error)
        except Exception as error:
            told = InternalError(f"the fake of {self._wire} raised {type(error).__name__}: {error}")
            reply["error"] = write_error(told)
        self._host.served(self._id, reply)

    def _answer(self, params: Any) -> Any:
        if self._fake is None:
            raise PermissionDeniedError(f"the test kit has no service {self._wire!r}; give it in `services`")
        result = self._fake.call(params, self._upload())
        if hasattr(result, "__await__"):
            result = _finish(result)
        elif isinstance(result, Generator):
            result = self._stream(self._fake, result)
        return self._fake.result(result)

    def _stream(self, fake: Fake, items: Generator[Any, None, Any]) -> Any:
        while True:
            try:
                item = next(items)
            except StopIteration as end:
                return end.value
            with self._changed:
                self._changed.wait_for(lambda: self._given_up or min(self._may_send) > 0)
                if self._given_up:
                    items.close()
                    raise CancelledError("the plugin gave the call up")
                self._may_send[0] -= 1
                self._may_send[1] -= self._host.notify("$/item", {"id": self._id, "item": fake.item(item)})

    def _upload(self) -> Iterator[Any]:
        method = None if self._fake is None else self._fake.method
        self._host.notify("$/credit", {"id": self._id, "items": WINDOW_ITEMS, "bytes": WINDOW_BYTES})
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._uploaded or self._ended or self._given_up)
                if self._given_up:
                    raise CancelledError("the plugin gave the call up")
                if not self._uploaded:
                    return
                item = self._uploaded.popleft()
            self._host.notify("$/credit", {"id": self._id, "items": 1, "bytes": 1 << 14})
            yield item if method is None or method.upload is None else method.upload.from_value(item)


def _finish(result: Any) -> Any:
    import asyncio

    async def run() -> Any:
        return await result

    return asyncio.run(run())
