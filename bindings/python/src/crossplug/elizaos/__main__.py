"""Runs a module's plugin as a program: ``python -m crossplug.elizaos my_python_plugin [--dialect NAME]``."""

from __future__ import annotations

import importlib
import os
import sys

from crossplug.elizaos.adapter import adapted, is_shaped
from crossplug.plugin.process import WRONG_USAGE, run


def main(arguments: list[str]) -> None:
    """Imports the module, from the working directory as well, and serves what it calls ``plugin`` or ``default``."""
    if not arguments or arguments[0].startswith("-"):
        print("usage: python -m crossplug.elizaos MODULE [--dialect NAME]", file=sys.stderr)
        raise SystemExit(WRONG_USAGE)
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    module = importlib.import_module(arguments[0])
    found = getattr(module, "plugin", None) or getattr(module, "default", None)
    if found is None:
        print(f"the module {arguments[0]} has neither `plugin` nor `default`", file=sys.stderr)
        raise SystemExit(WRONG_USAGE)
    run(adapted(found) if is_shaped(found) else found, arguments[1:])


if __name__ == "__main__":
    main(sys.argv[1:])
