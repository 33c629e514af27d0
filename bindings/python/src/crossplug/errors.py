"""Every error of the package. Knows nothing of frames, sessions or handlers.

Two families, never mixed: what crosses the wire (:class:`PluginError` and the classes generated for each code), and
what happens here (:class:`DecodeError`, :class:`EncodeError`, …). All of them inherit from :class:`CrossplugError`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from crossplug.codec.codec import Codec

__all__ = ["CodedError", "CrossplugError", "DecodeError", "EncodeError", "PluginError", "RefusedValue", "UsageError"]


class CrossplugError(Exception):
    """The base of every error that this package raises on purpose."""


class UsageError(CrossplugError):
    """The program uses the package in a way that cannot work; the message says how to mend it."""


class RefusedValue(CrossplugError, ValueError):  # noqa: N818 — it names a value, its subclasses are the errors
    """A value that the laws refuse: what :class:`DecodeError` and :class:`EncodeError` have in common.

    ``reason`` is one of the words of ``schema/README.md`` section 7 (``missingField``, ``wrongKind``, …),
    ``pointer`` the place in the document (RFC 6901, ``""`` for the whole), ``message`` one line for a person.
    """

    def __init__(self, reason: str, message: str, pointer: str = "") -> None:
        super().__init__(reason, message, pointer)
        self.reason = reason
        self.message = message
        self.pointer = pointer

    def __str__(self) -> str:
        return f"{self.reason} at {self.pointer or 'the document'}: {self.message}"


class DecodeError(RefusedValue):
    """A document does not fit its type, or is no document.

    >>> from crossplug.interfaces.agent import Validation
    >>> Validation.from_json('{"valid": 1}')
    Traceback (most recent call last):
    ...
    crossplug.errors.DecodeError: wrongKind at /valid: expected a boolean, found a number
    """


class EncodeError(RefusedValue):
    """A value cannot be written: a reader would refuse it."""


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

    DETAILS: ClassVar[Codec[Any] | None] = None
    """How ``details`` are read and written; None: they are a JSON value."""

    def __init__(self, message: str = "", details: Any = None, *, retryable: bool | None = None) -> None:
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
    if found.DETAILS is not None and details is not None:
        try:
            details = found.DETAILS.from_value(details)
        except DecodeError:
            # What is told in words still matters where the details do not fit.
            return PluginError(code, message, details=details, retryable=retryable)
    return found(message, details, retryable=retryable)


def details_of(error: PluginError) -> Any:
    """The details of an error as a JSON value. Raises :class:`EncodeError` for those that their type does not allow."""
    if isinstance(error, CodedError) and error.DETAILS is not None and error.details is not None:
        return error.DETAILS.to_value(error.details)
    return error.details
