"""The members of a JSON-RPC envelope: what is an id, an error, a timeout. Knows one message at a time."""

from __future__ import annotations

from crossplug.codec.loose import as_json
from crossplug.codec.scalars import SAFE
from crossplug.errors import PluginError, details_of, error_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from crossplug.errors import CodedError

LONGEST_ID = 200
"""Characters of an id that is a string."""
INTERFACE_NUMBER = -32100
"""JSON-RPC's number for every code that an interface declares."""


def read_id(value: Any) -> int | str | None:
    """An integer or a short string; None where the value is no id."""
    if type(value) is int:
        return value if -SAFE <= value <= SAFE else None
    if type(value) is str:
        return value if len(value) <= LONGEST_ID else None
    if type(value) is float and value.is_integer() and -SAFE <= value <= SAFE:
        return int(value)
    return None


def read_count(value: Any, high: int) -> int | None:
    """An integer from 0 to ``high``; None where the value is none."""
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value <= high else None


def read_meta(meta: Any) -> dict[str, Any] | None:
    """``meta`` of a request, with ``timeoutMs`` as an integer; None where it is not of its type."""
    if type(meta) is not dict:
        return None
    if "timeoutMs" in meta:
        timeout = read_count(meta["timeoutMs"], SAFE)
        if timeout is None:
            return None
        meta["timeoutMs"] = timeout
    if "traceparent" in meta and type(meta["traceparent"]) is not str:
        return None
    return meta


def write_error(error: PluginError) -> dict[str, Any]:
    """The ``error`` of a reply."""
    from crossplug.interfaces.protocol_errors import NUMBERS

    data: dict[str, Any] = {"code": error.code}
    details = details_of(error)
    if details is not None:
        data["details"] = details
    if error.retryable:
        data["retryable"] = True
    return {"code": NUMBERS.get(error.code, INTERFACE_NUMBER), "message": clean(error.message), "data": data}


def clean(text: str) -> str:
    r"""Text that every reader takes: an exception's text may hold half of a surrogate pair, which no message may.

    >>> clean("café \ud800")
    'café �'
    """
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def read_error(value: Any, classes: dict[str, type[CodedError]] | None = None) -> PluginError | None:
    """The error of a reply, of the class that ``classes`` has for its code; None where it is not of its type.

    A peer without an SDK of ours may leave out ``data``, or have something else there.
    """
    if type(value) is not dict or type(value.get("message")) is not str:
        return None
    number = value.get("code")
    if type(number) is float and number.is_integer():
        number = int(number)
    if type(number) is not int:
        return None
    data = value.get("data")
    code = details = retryable = None
    if type(data) is dict and type(data.get("retryable", False)) is bool:
        code, details, retryable = data.get("code"), as_json(data.get("details")), data.get("retryable", False)
    if type(code) is not str:
        from crossplug.interfaces.protocol_errors import NUMBERS

        code = next((name for name, known in NUMBERS.items() if known == number), "internal")
        details = retryable = None
    return error_of(code, value["message"], details, bool(retryable), classes)
