"""elizaOS's names: plugins in its shape, by whatever door they come, and a runtime that takes them.

::

    from crossplug.elizaos import Runtime, load_rust_plugin

    plugin = load_rust_plugin("./my_rust_plugin.so")
    await runtime.register_plugin(plugin)

What is loaded needs no manifest beside it. ``python -m crossplug.elizaos my_python_plugin`` runs a module that has a
plugin in elizaOS's shape, or one of ours, as a program that any host of crossplug can start.
"""

from crossplug.elizaos.lazy import __getattr__ as __getattr__
from crossplug.elizaos.runtime import Runtime
from crossplug.elizaos.shape import Action, ElizaPlugin, Evaluator, Provider

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crossplug.elizaos.loaders import load_plugin as load_plugin
    from crossplug.elizaos.loaders import load_python_plugin as load_python_plugin
    from crossplug.elizaos.loaders import load_rust_plugin as load_rust_plugin
    from crossplug.elizaos.loaders import load_typescript_plugin as load_typescript_plugin
    from crossplug.elizaos.loaders import load_wasm_plugin as load_wasm_plugin

__all__ = [
    "Action",
    "ElizaPlugin",
    "Evaluator",
    "Provider",
    "Runtime",
    "load_plugin",
    "load_python_plugin",
    "load_rust_plugin",
    "load_typescript_plugin",
    "load_wasm_plugin",
]
