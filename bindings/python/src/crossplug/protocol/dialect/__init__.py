"""Shapes of a message as bytes. Inside, a message is a JSON-RPC dict; a dialect says how the peer spells it."""

from crossplug.protocol.dialect.dialect import by_name

__all__ = ["by_name"]
