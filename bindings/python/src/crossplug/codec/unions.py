"""What enums and unions need besides their tables: refusals, tags, and the places that keep what is unknown."""

from __future__ import annotations

from crossplug.codec.record import Record, Unset
from crossplug.codec.refusals import kind_of, unwritable, wrong
from crossplug.errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, ClassVar


class LongText(int):
    """A 64-bit integer of a union that also has smaller integers: the mark says that it was a string on the wire."""

    __slots__ = ()


class Unknown(Record):
    """The base of what an open union keeps an object in whose tag the document does not name."""

    __slots__ = ("value",)

    TAG: ClassVar[str] = ""
    """What the document calls the tag."""
    value: dict[str, Any]
    """The object as it came; it is written back as it is."""

    def __init__(self, *, value: dict[str, Any]) -> None:
        object.__setattr__(self, "value", value)

    def __init_subclass__(cls) -> None:
        """Nothing to prepare: nothing is added to the layout."""

    @property
    def tag(self) -> Any:
        """The tag as it came."""
        return self.value.get(self.TAG)

    @staticmethod
    def _write(value: Any) -> dict[str, Any]:
        found: dict[str, Any] = value.value
        return found


def read_enum(value: Any, table: Mapping[str, Any]) -> Any:
    """A member of a closed enum, which was not found at once."""
    if type(value) is not str:
        raise wrong("a string", value)
    raise DecodeError("closedEnum", f"{value[:80]!r} is none of {', '.join(map(repr, table))}")


def write_enum(value: Any, table: Mapping[str, Any]) -> str:
    """What is no member itself but may be the string of one."""
    if not isinstance(value, str):
        raise unwritable(f"one of {', '.join(map(repr, table))}", value)
    found = table.get(value)
    return str(read_enum(str.__str__(value), table) if found is None else found.value)


def tag_key(tag: Any) -> Any:
    """What a tag that may be other than a string is looked up by: with its kind, since ``True == 1``."""
    kind = type(tag)
    if kind is float and tag.is_integer():
        return (int, int(tag))
    return (kind, tag) if kind in (str, int, bool) else None


def no_arm(tag: Any, name: str, pointer: str, tags: Mapping[Any, Any]) -> DecodeError:
    """The error for a tag that names no arm. An open union keeps those with the reason ``unknownTag``."""
    if isinstance(tag, Unset):
        return DecodeError("missingTag", f"the member {name!r}, which tells the arms apart, is missing")
    known = [key[1] if isinstance(key, tuple) else key for key in tags]
    kinds = {kind_of(one) for one in known}
    if kind_of(tag) not in kinds:
        return DecodeError("wrongKind", f"expected {' or '.join(sorted(kinds))}, found {kind_of(tag)}", pointer)
    return DecodeError("unknownTag", f"{tag!r} is none of {', '.join(map(repr, known))}", pointer)
