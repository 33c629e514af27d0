"""The loaders, which bring the native host along: whoever asks for one pays for it, and a plugin's program does not."""

from __future__ import annotations

import importlib


def __getattr__(name: str) -> object:
    """``crossplug.elizaos.load_wasm_plugin`` and its like."""
    if name.startswith("load_"):
        loaders = importlib.import_module("crossplug.elizaos.loaders")
        if hasattr(loaders, name):
            return getattr(loaders, name)
    raise AttributeError(f"module 'crossplug.elizaos' has no attribute {name!r}")
