"""What ``crossplug`` exports and loads only when it is asked for. Knows names and nothing of what they mean."""

from __future__ import annotations


def __getattr__(name: str) -> object:
    """``crossplug.Host``: a plugin never pays for the host, whose module is native."""
    if name == "Host":
        from crossplug.host import Host

        return Host
    raise AttributeError(f"module 'crossplug' has no attribute {name!r}")
