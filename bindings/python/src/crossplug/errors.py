"""Every error of the package. Knows nothing of frames, sessions or handlers.

Two families, never mixed: what crosses the wire (:class:`PluginError` and the classes generated for each code), and
what happens here (:class:`DecodeError`, :class:`EncodeError`, …). All of them inherit from :class:`CrossplugError`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

__all__ = ["CrossplugError", "DecodeError", "EncodeError", "PluginError", "UsageError"]


class CrossplugError(Exception):
    """The base of every error that this package raises on purpose."""


class UsageError(CrossplugError):
    """The program uses the package in a way that cannot work; the message says how to mend it."""


class DecodeError(CrossplugError, ValueError):
    """A document does not fit.

    ``reason`` is one of the words of ``schema/README.md`` section 7 (``missingField``, ``wrongKind``, …),
    ``pointer`` the place in the document (RFC 6901, ``""`` for the whole), ``message`` one line for a person.

    >>> from crossplug.interfaces.agent import Validation
    >>> Validation.from_json('{"valid": 1}')
    Traceback (most recent call last):
    ...
    crossplug.errors.DecodeError: wrongKind at "/valid": expected true or false, found a number
    """

    def __init__(self, reason: str, message: str, pointer: str = "") -> None:
        super().__init__(reason, message, pointer)
        self.reason = reason
        self.message = message
        self.pointer = pointer

    def __str__(self) -> str:
        return f'{self.reason} at "{self.pointer}": {self.message}'


class EncodeError(CrossplugError, ValueError):
    """A value cannot be written. ``reason``, ``pointer`` and ``message`` as in :class:`DecodeError`."""

    def __init__(self, reason: str, message: str, pointer: str = "") -> None:
        super().__init__(reason, message, pointer)
        self.reason = reason
        self.message = message
        self.pointer = pointer

    def __str__(self) -> str:
        return f'{self.reason} at "{self.pointer}": {self.message}'


class PluginError(CrossplugError):
    """An error that crosses the wire, in either direction.

    ``code`` names it (``notFound``, ``quotaExceeded``), ``message`` is one line for a person, ``details`` any JSON
    value, and ``retryable`` says whether trying again may help.

    A handler raises one to answer with it; a call of a host's service raises the one that the host answered with.
    Codes of the protocol and of the interfaces have classes of their own (``NotFoundError``, …): prefer them.

    >>> raise PluginError("notFound", "no note has the id 7; list them with note.search")
    Traceback (most recent call last):
    ...
    crossplug.errors.PluginError: notFound: no note has the id 7; list them with note.search
    """

    CODE: ClassVar[str | None] = None
    """The code of a subclass; None for this class, which can carry any."""
    RETRYABLE: ClassVar[bool] = False
    """What ``retryable`` is where nobody says otherwise."""

    def __init__(self, code: str, message: str = "", *, details: Any = None, retryable: bool | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.details = details
        self.retryable = self.RETRYABLE if retryable is None else retryable

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code


class CodedError(PluginError):
    """The base of the generated classes: the code is the class's own."""

    def __init__(self, message: str = "", *, details: Any = None, retryable: bool | None = None) -> None:
        super().__init__(str(self.CODE), message, details=details, retryable=retryable)


def error_of(
    code: str,
    message: str,
    details: Any = None,
    retryable: bool | None = None,
    classes: dict[str, type[CodedError]] | None = None,
) -> PluginError:
    """The error for a code: of the class that ``classes`` or the protocol's own table has for it."""
    found = classes.get(code) if classes else None
    if found is None:
        from crossplug.interfaces.protocol_errors import CODES

        found = CODES.get(code)
    if found is None:
        return PluginError(code, message, details=details, retryable=retryable)
    return found(message, details=details, retryable=retryable)
