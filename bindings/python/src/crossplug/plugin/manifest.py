"""A plugin's manifest: from the file that the host names, from ``plugin.json`` beside the program, or from the code."""

from __future__ import annotations

import os
import sys

from crossplug.codec.text import parse
from crossplug.errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crossplug.plugin.plugin import Plugin

VARIABLE = "CROSSPLUG_MANIFEST"
"""Of the environment: path of the manifest by which the host loaded the plugin."""


def manifest_of(plugin: Plugin) -> tuple[dict[str, Any], str | None]:
    """The manifest, and what is wrong with a file that could not be read."""
    path = os.environ.get(VARIABLE)
    if path is None:
        program = getattr(sys.modules.get("__main__"), "__file__", None)
        if program is None:
            return plugin.manifest(), None
        path = os.path.join(os.path.dirname(os.path.abspath(program)), "plugin.json")
        if not os.path.exists(path):
            return plugin.manifest(), None
    try:
        with open(path, "rb") as file:
            manifest = parse(file.read())
    except (OSError, DecodeError) as error:
        return plugin.manifest(), f"the manifest {path} cannot be read: {error}"
    if not isinstance(manifest, dict):
        return plugin.manifest(), f"the manifest {path} is not a JSON object"
    return manifest, None
