"""Readers and writers of arrays and maps. Knows nothing of what is in them but a function for one item."""

from __future__ import annotations

from crossplug.codec.loose import Met, read_any
from crossplug.codec.refusals import unwritable, wrong
from crossplug.codec.scalars import anything
from crossplug.errors import RefusedValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, NoReturn


def read_list(value: Any, read: Callable[[Any], Any]) -> list[Any]:
    """An array; ``read`` reads each item."""
    if type(value) is not list:
        raise wrong("an array", value)
    return value if read is read_any and not Met.foreign else _items(value, read)


def write_list(value: Any, write: Callable[[Any], Any]) -> list[Any]:
    """A list or tuple; ``write`` writes each item."""
    if not isinstance(value, (list, tuple)):
        raise unwritable("a list", value)
    return list(value) if write is anything else _items(value, write)


def _items(items: Any, convert: Callable[[Any], Any]) -> list[Any]:
    try:
        return [convert(item) for item in items]
    except RefusedValue as error:
        _find(enumerate(items), convert, error)


def read_map(value: Any, read: Callable[[Any], Any]) -> dict[str, Any]:
    """An object with values of one type; ``read`` reads each value."""
    if type(value) is not dict:
        raise wrong("an object", value)
    return value if read is read_any and not Met.foreign else _values(value, read)


def write_map(value: Any, write: Callable[[Any], Any]) -> dict[str, Any]:
    """A dict with strings for keys; ``write`` writes each value."""
    if not isinstance(value, dict):
        raise unwritable("a dict", value)
    for name in value:
        if type(name) is not str and not isinstance(name, str):
            raise unwritable("a dict with strings for keys", name)
    return dict(value) if write is anything else _values(value, write)


def _values(values: dict[str, Any], convert: Callable[[Any], Any]) -> dict[str, Any]:
    try:
        return {name: convert(item) for name, item in values.items()}
    except RefusedValue as error:
        _find(((escaped(name), item) for name, item in values.items()), convert, error)


def _find(items: Iterable[tuple[Any, Any]], convert: Callable[[Any], Any], error: RefusedValue) -> NoReturn:
    # The way without an error keeps no count; the way with one goes through the items again.
    for place, item in items:
        try:
            convert(item)
        except RefusedValue as found:
            found.pointer = f"/{place}{found.pointer}"
            raise found from None
    raise error


def escaped(name: str) -> str:
    """A member's name as a part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
