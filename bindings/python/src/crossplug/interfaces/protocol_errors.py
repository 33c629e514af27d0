"""The protocol's own error codes: a class and a number for each."""

from __future__ import annotations

from crossplug.errors import CodedError


class ParseError(CodedError):
    """The code ``parseError``."""

    CODE = "parseError"


class InvalidRequestError(CodedError):
    """The code ``invalidRequest``."""

    CODE = "invalidRequest"


class MethodNotFoundError(CodedError):
    """The code ``methodNotFound``."""

    CODE = "methodNotFound"


class InvalidParamsError(CodedError):
    """The code ``invalidParams``."""

    CODE = "invalidParams"


class InternalError(CodedError):
    """The code ``internal``."""

    CODE = "internal"


class PermissionDeniedError(CodedError):
    """The code ``permissionDenied``."""

    CODE = "permissionDenied"


class NotFoundError(CodedError):
    """The code ``notFound``."""

    CODE = "notFound"


class DeadlineExceededError(CodedError):
    """The code ``deadlineExceeded``."""

    CODE = "deadlineExceeded"


class CancelledError(CodedError):
    """The code ``cancelled``."""

    CODE = "cancelled"


class UnavailableError(CodedError):
    """The code ``unavailable``."""

    CODE = "unavailable"


class ResourceExhaustedError(CodedError):
    """The code ``resourceExhausted``."""

    CODE = "resourceExhausted"


class FailedPreconditionError(CodedError):
    """The code ``failedPrecondition``."""

    CODE = "failedPrecondition"


class ProtocolViolationError(CodedError):
    """The code ``protocolViolation``."""

    CODE = "protocolViolation"


CODES: dict[str, type[CodedError]] = {
    "parseError": ParseError,
    "invalidRequest": InvalidRequestError,
    "methodNotFound": MethodNotFoundError,
    "invalidParams": InvalidParamsError,
    "internal": InternalError,
    "permissionDenied": PermissionDeniedError,
    "notFound": NotFoundError,
    "deadlineExceeded": DeadlineExceededError,
    "cancelled": CancelledError,
    "unavailable": UnavailableError,
    "resourceExhausted": ResourceExhaustedError,
    "failedPrecondition": FailedPreconditionError,
    "protocolViolation": ProtocolViolationError,
}
"""The class of each code."""

NUMBERS: dict[str, int] = {
    "parseError": -32700,
    "invalidRequest": -32600,
    "methodNotFound": -32601,
    "invalidParams": -32602,
    "internal": -32603,
    "permissionDenied": -32001,
    "notFound": -32002,
    "deadlineExceeded": -32003,
    "cancelled": -32004,
    "unavailable": -32005,
    "resourceExhausted": -32006,
    "failedPrecondition": -32007,
    "protocolViolation": -32008,
}
"""JSON-RPC's number of each code."""
