"""Calls a plugin in this process, without a host: for its author's tests, with pytest or anything else.

from crossplug.testing import TestHost

def test_greets():
    with TestHost(plugin, services={"kv.get": lambda params: {"value": "Ada"}}) as host:
        assert host.call_blocking("greet", {"id": 1}) == {"text": "Hello, Ada!"}
        assert host.logs[0].message == "greeting"

async def test_greets_too():
    async with TestHost(plugin) as host:
        assert await host.call("greet", {"name": "Ada"}) == {"text": "Hello, Ada!"}
"""

from crossplug.testing.call import Call
from crossplug.testing.host import TestHost
from crossplug.testing.records import Emitted, LogLine, Progress, ServiceCall

__all__ = ["Call", "Emitted", "LogLine", "Progress", "ServiceCall", "TestHost"]
