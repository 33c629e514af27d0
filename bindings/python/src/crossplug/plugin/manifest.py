"""A plugin's manifest: from the file that the host names, from ``plugin.json`` beside the program, or from the code."""

from __future__ import annotations

import os
import sys

from crossplug.codec.text import parse
from crossplug.errors import DecodeError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crossplug.plugin.plugin import Plugin

VARIABLE = "CROSSPLUG_MANIFEST"
"""Of the environment: path of the manifest by which the host loaded the plugin."""


def manifest_of(plugin: Plugin) -> dict[str, Any]:
    """The manifest.

    Raises:
        UsageError: for a file that cannot be read, or is no manifest.
    """
    path = os.environ.get(VARIABLE)
    if path is None:
        program = getattr(sys.modules.get("__main__"), "__file__", None)
        if program is None:
            return plugin.manifest()
        path = os.path.join(os.path.dirname(os.path.abspath(program)), "plugin.json")
        if not os.path.exists(path):
            return plugin.manifest()
    return read_manifest(path)


def read_manifest(path: str) -> dict[str, Any]:
    """The manifest in a file.

    Raises:
        UsageError: for a file that cannot be read, or is no manifest.
    """
    try:
        with open(path, "rb") as file:
            manifest = parse(file.read())
    except (OSError, DecodeError) as error:
        raise UsageError(f"the manifest {path} cannot be read: {error}") from error
    if not isinstance(manifest, dict):
        raise UsageError(f"the manifest {path} is not a JSON object")
    return manifest
