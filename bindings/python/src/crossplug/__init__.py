"""crossplug: plugins written in one language for hosts written in another.

A plugin is a :class:`Plugin` with handlers, started by :func:`run`::

    from crossplug import Context, Plugin, run

    plugin = Plugin("greeter", version="1.0.0")

    @plugin.method("greet")
    def greet(ctx: Context, params: dict) -> dict:
        return {"text": f"Hello, {params['name']}!"}

    if __name__ == "__main__":
        run(plugin)

Generated modules (``crossplug.interfaces.agent`` and those that ``crossplug codegen`` makes) bring typed params and
results; :mod:`crossplug.testing` calls a plugin without a host. A program that loads plugins is a :class:`Host`; see
:mod:`crossplug.host`.
"""

from crossplug.codec.record import UNSET, Unset
from crossplug.errors import CrossplugError, DecodeError, EncodeError, PluginError, UsageError
from crossplug.lazy import __getattr__ as __getattr__
from crossplug.plugin.context import Context
from crossplug.plugin.plugin import Plugin
from crossplug.plugin.process import run
from crossplug.plugin.stream import ItemReceiver, ItemSender
from crossplug.protocol.exchange import Event

TYPE_CHECKING = False
if TYPE_CHECKING:
    from crossplug.host import Host as Host

__all__ = [
    "UNSET",
    "Context",
    "CrossplugError",
    "DecodeError",
    "EncodeError",
    "Event",
    "Host",
    "ItemReceiver",
    "ItemSender",
    "Plugin",
    "PluginError",
    "Unset",
    "UsageError",
    "run",
]
