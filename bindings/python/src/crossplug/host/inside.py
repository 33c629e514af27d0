"""The module door: a plugin of this interpreter on a thread of its own, at the other end of a line to the host."""

from __future__ import annotations

import importlib
import os
import threading
from typing import TYPE_CHECKING, Any

from crossplug.host.modules import SERVE, Modules, plugin_of
from crossplug.plugin.handler import place_of
from crossplug.plugin.inside import Inside
from crossplug.plugin.manifest import read_manifest

if TYPE_CHECKING:
    from os import PathLike

    from crossplug._native import Line


def enter(
    source: Any, name: str, folder: str | PathLike[str] | None, file: str | PathLike[str] | None, line: Line
) -> None:
    """Starts a plugin and does not wait for it. ``source`` is the name of a module, a module, or a plugin; None: the
    manifest names the module ``name``, whose folder and file are the other two.
    """
    arguments = (source, name, folder and os.fspath(folder), file and os.fspath(file), line)
    threading.Thread(target=_live, args=arguments, name=f"crossplug-{name}", daemon=True).start()


def _live(source: Any, name: str, folder: str | None, file: str | None, line: Line) -> None:
    modules = None if folder is None else Modules(folder)
    why = None
    try:
        why = f"the plugin of the module `{name}` cannot be loaded"
        if modules is not None:
            source = modules.load(name)
        elif isinstance(source, str):
            source = importlib.import_module(source)
        plugin = plugin_of(source, name)
        manifest = None if file is None else read_manifest(file)
        why = "it broke down"
        why = _serve(plugin, manifest, line)
    except BaseException as error:  # `sys.exit` at the top of a module, too, is this plugin's affair alone
        at = place_of(error).get("at")
        why = f"{why}: {type(error).__name__}: {error}" + (f" ({at})" if at else "")
    finally:
        line.close(why)
        if modules is not None:
            modules.close()


def _serve(plugin: Any, manifest: dict[str, Any] | None, line: Line) -> str | None:
    serve = getattr(plugin, SERVE, None)
    if serve is not None:
        serve(line, manifest)
        return None
    inside = Inside(plugin, plugin.manifest() if manifest is None else manifest, line.read, line.write)
    inside.run()
    return "the host said what it could not read" if inside.code else None
