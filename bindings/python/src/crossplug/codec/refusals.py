"""The errors that readers and writers raise, worded alike. Knows kinds of JSON values, no types."""

from __future__ import annotations

from crossplug.errors import DecodeError, EncodeError


def kind_of(value: object) -> str:
    """What a person calls the JSON kind of a value: ``a number``, ``null``, …"""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, (list, tuple)):
        return "an array"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, bytes):
        return "bytes"
    return f"a Python {type(value).__name__}"


def spelled(value: object) -> str:
    """A boolean, a number or a string as JSON spells it, more or less: for a person."""
    return str(value).lower() if isinstance(value, bool) else f'"{value}"' if isinstance(value, str) else str(value)


def wrong(expected: str, value: object) -> DecodeError:
    """A value of another kind."""
    return DecodeError("wrongKind", f"expected {expected}, found {kind_of(value)}")


def null() -> DecodeError:
    """Null in an optional member that is not nullable."""
    return DecodeError("nullForAbsent", "null; leave the member out instead")


def missing(wire: str) -> DecodeError:
    """An object without a required member."""
    return DecodeError("missingField", f"`{wire}` is required")


def out_of_range(value: int, low: int, high: int) -> DecodeError:
    """An integer that its format does not hold."""
    shown = str(value) if -(10**40) < value < 10**40 else "a number of more than 40 digits"
    return DecodeError("outOfRange", f"{shown} is not within {low} to {high}")


def unwritable(expected: str, value: object) -> EncodeError:
    """A Python value that is not what its type says."""
    return EncodeError("wrongKind", f"expected {expected}, found a Python {type(value).__name__}")
