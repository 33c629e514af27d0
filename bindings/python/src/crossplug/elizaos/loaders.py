"""elizaOS's loaders: a bare file or a module's name in, a plugin in its shape out. Nothing has to lie beside it.

Each takes ``config`` for the plugin, ``grants`` as hosts spell them, and a ``host`` in place of the one that all of
them share, which offers no services and grants nothing.
"""

from __future__ import annotations

import importlib
import os
import re
import sys
from importlib.machinery import ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from threading import Lock
from typing import TYPE_CHECKING, Any

from crossplug.elizaos.adapter import adapted, is_shaped
from crossplug.elizaos.shape import ElizaPlugin
from crossplug.errors import UsageError
from crossplug.host.errors import PluginNotFoundError
from crossplug.host.host import Host
from crossplug.host.modules import SERVE
from crossplug.plugin.plugin import Plugin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType


LIBRARIES = (".so", ".dylib", ".dll", ".pyd")
_SCRIPTS = (".js", ".mjs", ".cjs")
_INIT = re.compile(rb"\0_?PyInit_(\w+)\0")
"""What a library exports that is a module of Python: its name."""

_shared: Host | None = None
_lock = Lock()


def load_rust_plugin(
    source: str | os.PathLike[str],
    *,
    config: Mapping[str, Any] | None = None,
    grants: Iterable[str] = (),
    host: Host | None = None,
) -> ElizaPlugin:
    """A plugin written in Rust: a library that is a module of Python (``maturin build``) or exports crossplug's native
    interface, or the name of an installed module.
    """
    path, own = os.fspath(source), _host(host)
    if not path.endswith(LIBRARIES):
        return ElizaPlugin(own.load_module_blocking(path, config=config, grants=grants))
    exported = _read(path)
    if b"\0crossplug_plugin\0" in exported:
        return ElizaPlugin(own.load_blocking(path, config=config, grants=grants))
    named = _INIT.search(exported)
    if named is None:
        raise PluginNotFoundError(
            f"load `{path}`", "the library is no module of Python and no native plugin; build it with `maturin build`"
        )
    module = _extension(named[1].decode(), os.path.abspath(path))
    return ElizaPlugin(own.load_module_blocking(module, config=config, grants=grants))


def load_wasm_plugin(
    source: str | os.PathLike[str],
    *,
    config: Mapping[str, Any] | None = None,
    grants: Iterable[str] = (),
    host: Host | None = None,
) -> ElizaPlugin:
    """A plugin that is a WebAssembly module, whatever it was written in."""
    return ElizaPlugin(_host(host).load_blocking(source, config=config, grants=grants))


def load_python_plugin(
    source: str,
    *,
    config: Mapping[str, Any] | None = None,
    grants: Iterable[str] = (),
    host: Host | None = None,
) -> ElizaPlugin:
    """A plugin that is a module of Python, by its name: one of elizaOS or of crossplug. It runs in this process."""
    found: Any = importlib.import_module(source)
    while not hasattr(found, SERVE) and not isinstance(found, Plugin):
        inside = getattr(found, "plugin", None) or getattr(found, "default", None)
        if inside is None:
            break
        found = inside
    if not isinstance(found, Plugin) and is_shaped(found):
        found = adapted(found)
    loaded = _host(host).load_module_blocking(found, name=source, config=config, grants=grants)
    return ElizaPlugin(loaded)


def load_typescript_plugin(
    source: str | os.PathLike[str],
    *,
    config: Mapping[str, Any] | None = None,
    grants: Iterable[str] = (),
    host: Host | None = None,
    node: str = "node",
) -> ElizaPlugin:
    """A plugin in TypeScript: the JavaScript file of its program, which Node runs, or its WebAssembly module."""
    path = os.fspath(source)
    if path.endswith(".wasm"):
        return load_wasm_plugin(path, config=config, grants=grants, host=host)
    if not path.endswith(_SCRIPTS):
        raise UsageError(f"`{path}` is neither a JavaScript file ({', '.join(_SCRIPTS)}) nor a WebAssembly module")
    if not os.path.isfile(path):
        raise PluginNotFoundError(f"load `{path}`", "there is no such file")
    name = os.path.splitext(os.path.basename(path))[0]
    file = os.path.abspath(path)
    loaded = _host(host).load_program_blocking(
        [node, file], name=name, folder=os.path.dirname(file), config=config, grants=grants
    )
    return ElizaPlugin(loaded)


def load_plugin(
    source: str | os.PathLike[str],
    *,
    config: Mapping[str, Any] | None = None,
    grants: Iterable[str] = (),
    host: Host | None = None,
) -> ElizaPlugin:
    """A plugin by its manifest, in a folder or a file: elizaOS's own are understood."""
    return ElizaPlugin(_host(host).load_blocking(source, config=config, grants=grants))


def _host(given: Host | None) -> Host:
    global _shared
    if given is not None:
        return given
    with _lock:
        if _shared is None or _shared.is_closed or not _shared.is_of_this_process:
            _shared = Host("elizaos")
        return _shared


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise PluginNotFoundError(f"load `{path}`", f"it cannot be read: {error.strerror}") from None


def _extension(name: str, path: str) -> ModuleType:
    """The module in a library, wherever the library lies. A module of this kind is loaded once in a process."""
    known = sys.modules.get(name)
    if known is not None and os.path.abspath(getattr(known, "__file__", None) or "") == path:
        return known
    spec = spec_from_file_location(name, path, loader=ExtensionFileLoader(name, path))
    if spec is None or spec.loader is None:
        raise PluginNotFoundError(f"load `{path}`", "it cannot be imported")
    try:
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
    except ImportError as error:
        raise PluginNotFoundError(f"load `{path}`", f"it cannot be imported: {error}") from error
    sys.modules.setdefault(name, module)
    return module
