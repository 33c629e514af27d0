"""Where plugins come from that are modules of this interpreter: each load has its own copy of what lies in the plugin's
folder. Knows import, and no conversation.

A module of the folder is loaded under a private name, below a package that stands for the load; so are those that it
imports from its folder, by their plain names or relatively. Two plugins that both have a ``keywords.py`` do not meet,
and neither do two loads of one plugin. What the folder does not have is imported as ever, and shared with the program.
"""

from __future__ import annotations

import builtins
import importlib.util
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING, Any

from crossplug.errors import UsageError
from crossplug.plugin.plugin import Plugin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PREFIX = "_crossplug_plugin_"
SERVE = "__crossplug_serve__"
"""What an object has that is a plugin by itself, such as one in a native module: it is called with the line and the
manifest, and serves until the line ends."""

_loads: dict[str, Modules] = {}
_numbers = count(1)


class Modules:
    """The modules of one load."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._root = f"{PREFIX}{next(_numbers)}"
        self._own: dict[str, bool] = {}
        self.builtins = {**vars(builtins), "__import__": self._import}
        """What the modules have for builtins: their ``import`` looks into the folder first."""
        root = ModuleType(self._root)
        root.__path__ = [folder]
        _loads[self._root] = self
        sys.modules[self._root] = root

    def load(self, name: str) -> ModuleType:
        """The module of the folder, or else the one that anybody would import by that name."""
        if self._is_own(name.partition(".")[0]):
            return importlib.import_module(f"{self._root}.{name}")
        return importlib.import_module(name)

    def close(self) -> None:
        """Forgets the modules. Those who still hold one keep it."""
        _loads.pop(self._root, None)
        below = f"{self._root}."
        for name in [name for name in list(sys.modules) if name == self._root or name.startswith(below)]:
            del sys.modules[name]

    def _is_own(self, name: str) -> bool:
        """Whether the folder has a module or package of the name, as it would have for a program in it."""
        known = self._own.get(name)
        if known is None:
            spec = None
            if name not in sys.builtin_module_names and name != "crossplug":
                spec = PathFinder.find_spec(f"{self._root}.{name}", [self._folder])
            # A folder without an `__init__.py` is a package only where nobody else has one of the name.
            known = spec is not None and (spec.loader is not None or importlib.util.find_spec(name) is None)
            self._own[name] = known
        return known

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        first = name.partition(".")[0]
        if level or not self._is_own(first):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        if fromlist:
            return builtins.__import__(f"{self._root}.{name}", globals, locals, fromlist, 0)
        importlib.import_module(f"{self._root}.{name}")
        return sys.modules[f"{self._root}.{first}"]


class _Source(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        modules = _loads.get(module.__name__.partition(".")[0])
        if modules is not None:
            module.__dict__["__builtins__"] = modules.builtins
        super().exec_module(module)


class _Finder(MetaPathFinder):
    """Finds what lies below the package of a load."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is None or not fullname.startswith(PREFIX):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Source(spec.loader.name, spec.loader.path)
        return spec


sys.meta_path.insert(0, _Finder())


def plugin_of(found: Any, name: str) -> Any:
    """The plugin in a module, or the one that an object is: a :class:`crossplug.Plugin`, or what has :data:`SERVE`."""
    while isinstance(found, ModuleType) and not hasattr(found, SERVE):
        inside = [getattr(found, member) for member in ("plugin", "default") if hasattr(found, member)]
        if not inside:
            raise UsageError(
                f'the module `{name}` has no plugin; name it `plugin`, as in `plugin = Plugin("{name}", …)`'
            )
        found = inside[0]
    if isinstance(found, Plugin) or hasattr(found, SERVE):
        return found
    if isinstance(found, type):
        found = found()
    return Plugin(type(found).__name__, found)
