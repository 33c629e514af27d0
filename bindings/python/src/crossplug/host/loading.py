"""How a host loads plugins: by a manifest, a command or a module; each awaited or blocking. Knows no service."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from crossplug.codec.text import dump
from crossplug.errors import UsageError
from crossplug.host.loop import finish, finish_blocking
from crossplug.host.speech import checked
from crossplug.plugin.plugin import Plugin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from types import ModuleType

    from crossplug import _native
    from crossplug.host.plugin import LoadedPlugin
    from crossplug.host.speech import Encoding


class Loading(ABC):
    """The part of a :class:`~crossplug.Host` that loads."""

    @abstractmethod
    def _opened(self) -> _native.Host:
        """The native host; opens it."""

    @abstractmethod
    def _keep(self, native: _native.Plugin) -> LoadedPlugin:
        """A plugin that was loaded, which the host stops at its end."""

    async def load(
        self,
        path: str | os.PathLike[str],
        *,
        door: str | None = None,
        dialect: str | None = None,
        config: Mapping[str, Any] | None = None,
        grants: Iterable[str] = (),
        data_dir: str | os.PathLike[str] | None = None,
        start_timeout: float | None = None,
        encoding: Encoding | None = None,
        token: str | None = None,
    ) -> LoadedPlugin:
        """Loads the plugin of a manifest: ``path`` is its folder, with a ``plugin.json`` in it, or the file; or a
        WebAssembly module by itself, ``x.wasm``, which carries its manifest or has none.

        ``grants`` are given to it besides those of the host, spelled as the program ``crossplug`` takes them:
        ``kv.get``, ``kv.*``, ``kv:read``, ``emit=location:*``, ``env=TOKEN``. ``config`` stands over what the manifest
        and the host say, and ``encoding`` in place of the host's. ``token`` is what plugin and host know each other by
        where one of them listens on a socket: the plugin has it in its environment, as ``CROSSPLUG_TOKEN``. Raises a
        :class:`~crossplug.host.HostError`; nothing of the plugin is left then, nor after a cancellation.
        """
        operation = self._load(path, door, dialect, config, grants, data_dir, start_timeout, encoding, token)
        return self._keep(await finish(operation))

    def load_blocking(
        self,
        path: str | os.PathLike[str],
        *,
        door: str | None = None,
        dialect: str | None = None,
        config: Mapping[str, Any] | None = None,
        grants: Iterable[str] = (),
        data_dir: str | os.PathLike[str] | None = None,
        start_timeout: float | None = None,
        encoding: Encoding | None = None,
        token: str | None = None,
    ) -> LoadedPlugin:
        """The same on this thread."""
        operation = self._load(path, door, dialect, config, grants, data_dir, start_timeout, encoding, token)
        return self._keep(finish_blocking(operation))

    def _load(
        self,
        path: str | os.PathLike[str],
        door: str | None,
        dialect: str | None,
        config: Mapping[str, Any] | None,
        grants: Iterable[str],
        data_dir: str | os.PathLike[str] | None,
        start_timeout: float | None,
        encoding: Encoding | None,
        token: str | None,
    ) -> _native.Operation:
        return self._opened().load(
            path,
            door=door,
            dialect=dialect,
            config=None if config is None else dump(dict(config)),
            grants=list(grants),
            data_dir=data_dir,
            start_timeout=start_timeout,
            encoding=None if encoding is None else checked(encoding),
            token=token,
        )

    async def load_program(
        self,
        command: Sequence[str],
        *,
        name: str | None = None,
        folder: str | os.PathLike[str] = ".",
        dialect: str = "crossplug/1",
        config: Mapping[str, Any] | None = None,
        grants: Iterable[str] = (),
        data_dir: str | os.PathLike[str] | None = None,
        start_timeout: float | None = None,
        encoding: Encoding | None = None,
    ) -> LoadedPlugin:
        """Starts a program that is a plugin, without a manifest: ``command`` is looked up as a manifest's is, and runs
        in ``folder``. Since no manifest asks for anything, it may do whatever is granted.
        """
        operation = self._load_program(
            command, name, folder, dialect, config, grants, data_dir, start_timeout, encoding
        )
        return self._keep(await finish(operation))

    def load_program_blocking(
        self,
        command: Sequence[str],
        *,
        name: str | None = None,
        folder: str | os.PathLike[str] = ".",
        dialect: str = "crossplug/1",
        config: Mapping[str, Any] | None = None,
        grants: Iterable[str] = (),
        data_dir: str | os.PathLike[str] | None = None,
        start_timeout: float | None = None,
        encoding: Encoding | None = None,
    ) -> LoadedPlugin:
        """The same on this thread."""
        operation = self._load_program(
            command, name, folder, dialect, config, grants, data_dir, start_timeout, encoding
        )
        return self._keep(finish_blocking(operation))

    def _load_program(
        self,
        command: Sequence[str],
        name: str | None,
        folder: str | os.PathLike[str],
        dialect: str,
        config: Mapping[str, Any] | None,
        grants: Iterable[str],
        data_dir: str | os.PathLike[str] | None,
        start_timeout: float | None,
        encoding: Encoding | None,
    ) -> _native.Operation:
        if not command or isinstance(command, str):
            raise UsageError("the command is a list: a program and its arguments")
        return self._opened().load_program(
            name or os.path.basename(command[0]),
            list(command),
            os.path.abspath(folder),
            dialect=dialect,
            config=None if config is None else dump(dict(config)),
            grants=list(grants),
            data_dir=data_dir,
            start_timeout=start_timeout,
            encoding=None if encoding is None else checked(encoding),
        )

    async def load_module(
        self,
        source: str | ModuleType | Plugin | object,
        *,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
        grants: Iterable[str] = (),
        data_dir: str | os.PathLike[str] | None = None,
        start_timeout: float | None = None,
        encoding: Encoding | None = None,
    ) -> LoadedPlugin:
        """Loads a plugin of this very program, without a manifest: a :class:`crossplug.Plugin`, or the module that has
        it, or that module's name.

        It runs on threads of its own and is trusted code: nobody can end it. What it prints is the program's. Since no
        manifest asks for anything, it may do whatever is granted.
        """
        operation = self._load_module(source, name, config, grants, data_dir, start_timeout, encoding)
        return self._keep(await finish(operation))

    def load_module_blocking(
        self,
        source: str | ModuleType | Plugin | object,
        *,
        name: str | None = None,
        config: Mapping[str, Any] | None = None,
        grants: Iterable[str] = (),
        data_dir: str | os.PathLike[str] | None = None,
        start_timeout: float | None = None,
        encoding: Encoding | None = None,
    ) -> LoadedPlugin:
        """The same on this thread."""
        operation = self._load_module(source, name, config, grants, data_dir, start_timeout, encoding)
        return self._keep(finish_blocking(operation))

    def _load_module(
        self,
        source: Any,
        name: str | None,
        config: Mapping[str, Any] | None,
        grants: Iterable[str],
        data_dir: str | os.PathLike[str] | None,
        start_timeout: float | None,
        encoding: Encoding | None,
    ) -> _native.Operation:
        if isinstance(source, Plugin):
            called = str(source.manifest()["name"])
        else:
            called = source if isinstance(source, str) else getattr(source, "__name__", type(source).__name__)
        return self._opened().load_module(
            name or called,
            called if isinstance(source, str) else source,
            config=None if config is None else dump(dict(config)),
            grants=list(grants),
            data_dir=data_dir,
            start_timeout=start_timeout,
            encoding=None if encoding is None else checked(encoding),
        )
