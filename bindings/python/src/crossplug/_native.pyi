"""The native half of `crossplug.host`: crossplug-host in Rust. Private; `bindings/python/native` is its source."""

from collections.abc import Callable
from os import PathLike
from typing import Any, final

ERROR_KINDS: list[str]
"""Every kind of error that the native host has."""

@final
class Bell:
    """Tells an event loop what happened on other threads."""

    def __new__(cls) -> Bell: ...
    def fileno(self) -> int: ...
    def take(self) -> tuple[list[int], list[ServiceCall], list[int]]:
        """Tokens of operations to poll again, service calls to answer, ids of service calls given up."""

    def close(self) -> None: ...

@final
class Operation:
    """Something under way; forgotten, it is given up."""

    def poll(self, bell: Bell, token: int) -> tuple[Any] | None:
        """None: not over, and the bell tells when to look again."""

    def wait(self) -> Any: ...
    def cancel(self) -> None: ...

@final
class Host:
    """What a program offers to plugins, and how it loads them."""

    def __new__(
        cls,
        *,
        name: str | None = None,
        version: str | None = None,
        timeout: float | None = None,
        start_timeout: float | None = None,
        debug: bool = False,
        encoding: str | None = None,
        data_root: str | PathLike[str] | None = None,
        grants: list[str] = ...,
        config: bytes | None = None,
        limits: dict[str, int] | None = None,
        patience: dict[str, float] | None = None,
        wasm_pool: dict[str, int] | None = None,
        services: list[tuple[str, str | None, bool]] = ...,
        serve: Callable[[ServiceCall], None] | None = None,
        bell: Bell | None = None,
        on_log: Callable[[str, str, str, str, bytes | None], None] | None = None,
        on_event: Callable[[str, str, str | None, int, bytes, str], None] | None = None,
    ) -> Host: ...
    def load(
        self,
        path: str | PathLike[str],
        *,
        door: str | None = None,
        dialect: str | None = None,
        config: bytes | None = None,
        grants: list[str] = ...,
        data_dir: str | PathLike[str] | None = None,
        start_timeout: float | None = None,
        encoding: str | None = None,
        token: str | None = None,
    ) -> Operation:
        """Gives a `Plugin`."""

    def load_program(
        self,
        name: str,
        command: list[str],
        folder: str | PathLike[str],
        *,
        dialect: str | None = None,
        config: bytes | None = None,
        grants: list[str] = ...,
        data_dir: str | PathLike[str] | None = None,
        start_timeout: float | None = None,
        encoding: str | None = None,
    ) -> Operation:
        """Gives a `Plugin`."""

    def load_module(
        self,
        name: str,
        source: object | None = None,
        *,
        config: bytes | None = None,
        grants: list[str] = ...,
        data_dir: str | PathLike[str] | None = None,
        start_timeout: float | None = None,
        encoding: str | None = None,
    ) -> Operation:
        """Gives a `Plugin`."""

@final
class Line:
    """A plugin's end of a line to the host around it; with the last of them the plugin has ended."""

    def read(self) -> bytes:
        """Waits for messages; none at the end."""

    def write(self, data: bytes) -> None: ...
    def close(self, why: str | None = None) -> None: ...

@final
class Plugin:
    """A loaded plugin; with the last of its objects it is stopped."""

    def call(
        self,
        method: str,
        params: bytes,
        timeout: float | None = None,
        traceparent: str | None = None,
        on_progress: Callable[[float | None, str | None], object] | None = None,
    ) -> Operation:
        """Gives the result as bytes."""

    def call_raw(self, export: str, input: bytes, timeout: float | None = None) -> Operation:
        """Gives bytes."""

    def stream(
        self,
        method: str,
        params: bytes,
        timeout: float | None = None,
        traceparent: str | None = None,
        on_progress: Callable[[float | None, str | None], object] | None = None,
    ) -> Stream: ...
    def emit(self, name: str, payload: bytes, stream: str | None = None) -> None: ...
    def ping(self) -> Operation:
        """Gives seconds."""

    def stop(self) -> Operation:
        """Gives `(error, status)`."""

    def wait(self) -> Operation:
        """Gives `(error, status)`."""

    @property
    def is_alive(self) -> bool: ...
    @property
    def name(self) -> str: ...
    @property
    def instance_id(self) -> str: ...
    @property
    def dialect(self) -> str: ...
    @property
    def encoding(self) -> str:
        """Of all payloads."""

    @property
    def process(self) -> int | None: ...
    @property
    def manifest(self) -> bytes: ...
    @property
    def interfaces(self) -> dict[str, tuple[str, str | None]]: ...

@final
class Stream:
    """A call that streams; forgotten, it is given up."""

    def next(self) -> Operation:
        """Gives an item as bytes, None after the last."""

    def result(self) -> Operation:
        """Gives the result as bytes."""

    def send(self, item: bytes) -> Operation: ...
    def end(self) -> None: ...
    def cancel(self) -> None: ...

@final
class ServiceCall:
    """A call of a plugin; the first answer counts."""

    @property
    def id(self) -> int: ...
    @property
    def method(self) -> str: ...
    @property
    def params(self) -> bytes: ...
    @property
    def encoding(self) -> str:
        """Of all payloads."""

    @property
    def plugin_name(self) -> str: ...
    @property
    def traceparent(self) -> str | None: ...
    @property
    def remaining(self) -> float | None: ...
    @property
    def cancelled(self) -> bool: ...
    def plugin(self) -> Plugin | None: ...
    def progress(self, fraction: float | None = None, message: str | None = None) -> None: ...
    def send(self, item: bytes) -> Operation: ...
    def next(self) -> Operation:
        """Gives an item as bytes, None after the last."""

    def answer(self, result: bytes) -> None: ...
    def fail(self, code: str, message: str, details: bytes | None = None, retryable: bool = False) -> None: ...
