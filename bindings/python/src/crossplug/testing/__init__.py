"""Calls a plugin in this process, without a host: for its author's tests, with pytest or anything else.

from crossplug.testing import Kit

def test_greets():
    with Kit(plugin, services={"kv.get": lambda params: {"value": "Ada"}}) as kit:
        assert kit.call_blocking("greet", {"id": 1}) == {"text": "Hello, Ada!"}
        assert kit.logs[0].message == "greeting"

async def test_greets_too():
    async with Kit(plugin) as kit:
        assert await kit.call("greet", {"name": "Ada"}) == {"text": "Hello, Ada!"}
"""

from crossplug.testing.call import Call, Progress
from crossplug.testing.kit import Emitted, Kit, LogLine

__all__ = ["Call", "Emitted", "Kit", "LogLine", "Progress"]
