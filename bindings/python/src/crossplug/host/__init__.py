"""Hosts in Python: load plugins written in any language, and call them.

A host is used in an ``async with``, and everything of it is awaited::

    import asyncio
    import crossplug
    from crossplug.interfaces.agent import ActionInvoke, Content, Memory

    async def main() -> None:
        async with crossplug.Host("demo") as host:
            plugin = await host.load("plugins/greeter")
            params = ActionInvoke(action="GREET", memory=Memory(content=Content(text="world")))
            print((await plugin.agent.action_invoke(params)).text)

    asyncio.run(main())

or in a ``with``, without an event loop: every coroutine has a twin whose name ends in ``_blocking``.
"""

from crossplug.host.call import Call
from crossplug.host.errors import (
    CallCancelledError,
    DeadlineError,
    DeniedError,
    DiedError,
    HostError,
    IncompatibleError,
    LimitError,
    ManifestError,
    OperatingSystemError,
    PluginNotFoundError,
    ProtocolError,
    StartError,
    ToolMissingError,
    TrapError,
)
from crossplug.host.host import Host
from crossplug.host.plugin import LoadedPlugin
from crossplug.host.service import ServiceCall
from crossplug.host.speech import Encoding
from crossplug.host.stream import ItemReceiver, ItemSender
from crossplug.host.values import (
    Ending,
    InterfaceVersion,
    Limits,
    LogLine,
    Patience,
    PluginEvent,
    Progress,
    WasmPool,
)

__all__ = [
    "Call",
    "CallCancelledError",
    "DeadlineError",
    "DeniedError",
    "DiedError",
    "Encoding",
    "Ending",
    "Host",
    "HostError",
    "IncompatibleError",
    "InterfaceVersion",
    "ItemReceiver",
    "ItemSender",
    "LimitError",
    "Limits",
    "LoadedPlugin",
    "LogLine",
    "ManifestError",
    "OperatingSystemError",
    "Patience",
    "PluginEvent",
    "PluginNotFoundError",
    "Progress",
    "ProtocolError",
    "ServiceCall",
    "StartError",
    "ToolMissingError",
    "TrapError",
    "WasmPool",
]
