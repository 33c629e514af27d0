"""What goes wrong on the host's side: a class for every kind that the native host knows. Knows no call and no plugin.

What a *plugin* answered is no error of these: it is a :class:`crossplug.PluginError`, or the class generated for its
code.
"""

from __future__ import annotations

from typing import Any, ClassVar

from crossplug.codec.text import parse
from crossplug.errors import CrossplugError, PluginError, error_of

__all__ = [
    "CallCancelledError",
    "DeadlineError",
    "DeniedError",
    "DiedError",
    "HostError",
    "IncompatibleError",
    "LimitError",
    "ManifestError",
    "OperatingSystemError",
    "PluginNotFoundError",
    "ProtocolError",
    "StartError",
    "ToolMissingError",
    "TrapError",
]


class HostError(CrossplugError):
    """The base of what goes wrong on the host's side.

    ``operation`` says what was being done (``call `note.create```), ``context`` what happened, where, and what to do
    next, and ``kind`` is the name that the program ``crossplug`` and the other languages have for it.

    >>> raise DeadlineError("call `note.create`", "the plugin did not answer in time; allow more with a timeout")
    Traceback (most recent call last):
    ...
    crossplug.host.errors.DeadlineError: call `note.create`: the plugin did not answer in time; …
    """

    KIND: ClassVar[str] = ""

    def __init__(self, operation: str, context: str = "") -> None:
        super().__init__(operation, context)
        self.operation = operation
        self.context = context

    @property
    def kind(self) -> str:
        """As the program ``crossplug`` and the other languages name it: ``Deadline``."""
        return self.KIND

    def __str__(self) -> str:
        return f"{self.operation}: {self.context}" if self.context else f"{self.operation}: {self.KIND}"


class PluginNotFoundError(HostError):
    """There is nothing at the path, or no plugin, door or dialect of the name. Correct the name."""

    KIND = "NotFound"


class ManifestError(HostError):
    """The manifest cannot be read or breaks a rule. Mend the file at the place that the message names."""

    KIND = "Manifest"


class IncompatibleError(HostError):
    """Plugin and host share no protocol version, feature or door. Bring one of them up to date."""

    KIND = "Incompatible"


class DeniedError(HostError):
    """It was not granted, or is the protocol's own. Grant it when loading, or do without."""

    KIND = "Denied"


class ToolMissingError(HostError):
    """A program that the plugin needs is not on the PATH. Install it."""

    KIND = "ToolMissing"


class StartError(HostError):
    """The plugin did not come up. Its last lines of stderr are in the message."""

    KIND = "Start"


class ProtocolError(HostError):
    """The plugin broke the protocol and was stopped, or what it gave does not fit its type. Report it to its author."""

    KIND = "Protocol"


class DiedError(HostError):
    """The plugin ended, or was not there any more when the call came. Load it again."""

    KIND = "Died"


class DeadlineError(HostError, TimeoutError):
    """The answer did not come in time. The plugin lives on and was told to stop working on it."""

    KIND = "Deadline"


class CallCancelledError(HostError):
    """The call was given up, or its plugin is being stopped at the host's own wish."""

    KIND = "Cancelled"


class LimitError(HostError):
    """A cap was reached: size of a message, depth, calls in flight, bytes that wait. Send less, or raise the cap."""

    KIND = "Limit"


class TrapError(HostError):
    """A sandboxed plugin trapped. Its instance is gone; the next call gets a new one."""

    KIND = "Trap"


class OperatingSystemError(HostError):
    """The operating system refused something; the message says what."""

    KIND = "Io"


KINDS: dict[str, type[HostError]] = {
    error.KIND: error
    for error in (
        PluginNotFoundError,
        ManifestError,
        IncompatibleError,
        DeniedError,
        ToolMissingError,
        StartError,
        ProtocolError,
        DiedError,
        DeadlineError,
        CallCancelledError,
        LimitError,
        TrapError,
        OperatingSystemError,
    )
}
"""The class of each kind; ``Plugin`` has none, since it is a :class:`PluginError`."""


def from_native(
    kind: str, operation: str, context: str, plugin: tuple[str, str, bytes | None, bool] | None
) -> CrossplugError:
    """The exception of an error of the native host. ``plugin``: code, message, details as JSON, retryable."""
    if plugin is not None:
        code, message, details, retryable = plugin
        value: Any = None if details is None else parse(details)
        return error_of(code, message, value, retryable)
    return KINDS[kind](operation, context)


def typed(error: PluginError, classes: Any) -> PluginError:
    """The same error, of the class that an interface has for its code."""
    if type(error) is not PluginError or error.code not in classes:
        return error
    return error_of(error.code, error.message, error.details, error.retryable, dict(classes))
