"""The token by which plugin and host know each other on a socket. Knows no socket."""

from __future__ import annotations

import os

from crossplug.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from crossplug.plugin.address import Address

TOKEN = "CROSSPLUG_TOKEN"  # noqa: S105 — the name of a variable
"""Where both sides find the secret."""


class Guard:
    """Stands at the beginning of a conversation."""

    def __init__(self, asked: str, shown: str, turn_away: Callable[[], object]) -> None:
        self._asked = asked
        self.shown = shown
        """What the plugin shows in its answer to ``initialize``; empty for nothing."""
        self.turn_away = turn_away
        """Called where the host was refused, behind the answer."""

    def admits(self, token: object) -> bool:
        """Whether a host may begin that shows this token."""
        import hmac

        shown = token if isinstance(token, str) else ""
        return not self._asked or hmac.compare_digest(self._asked.encode(), shown.encode())


def token_of(address: Address, listens: bool) -> str:
    """What the environment says; empty for nothing, where that will do."""
    token = os.environ.get(TOKEN, "")
    if not token and address.needs_token(listens):
        raise UsageError(
            f"over {address} nobody can see who is at the other end: put a secret that the host knows, too, into"
            f" {TOKEN}"
        )
    return token
