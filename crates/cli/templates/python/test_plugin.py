"""Calls the plugin without a host."""

import unittest

from crossplug.interfaces.agent import ActionInvoke, ActionNotFoundError, AgentClient, Content, Memory, ProviderGet
from crossplug.testing import TestHost

from plugin import Greeter

MEMORY = Memory(content=Content(text="good morning"))


class TestGreeter(unittest.TestCase):
    """The action and the provider."""

    def test_greets_as_it_is_configured(self) -> None:
        """The configuration says how, the log and the provider know of it."""
        with TestHost(Greeter(), config={"greeting": "Ahoy"}) as host:
            params = ActionInvoke(action="GREET", memory=MEMORY)
            result = AgentClient(host).action_invoke_blocking(params)
            self.assertEqual(result.text, "Ahoy! You said: good morning")
            self.assertEqual(host.logs[0].message, "greeting")
            asked = ProviderGet(provider="GREETINGS", memory=MEMORY)
            told = AgentClient(host).provider_get_blocking(asked)
            self.assertEqual(told.values, {"greetings": 1})

    def test_knows_no_other_action(self) -> None:
        """The error is the interface's own."""
        with TestHost(Greeter()) as host, self.assertRaises(ActionNotFoundError):
            AgentClient(host).action_invoke_blocking(ActionInvoke(action="DANCE", memory=MEMORY))


if __name__ == "__main__":
    unittest.main()
