"""Frozen, slotted, keyword-only records that cost little to import and to make. Knows no grammar of JSON.

A record is a dataclass to the outside (``dataclasses.fields``, ``replace``, ``asdict``, ``match``, ``copy`` and
``pickle`` work), but its class is written out by the generator instead of by ``@dataclass``: importing ``dataclasses``
alone takes 4.5 ms of a plugin's start, and decorating a class as much again for every ten classes. A frozen dataclass
of five fields takes 550 ns to make; a twin that is filled and turned takes 90 ns (both on one machine).
"""

from __future__ import annotations

from enum import Enum

from crossplug.codec.text import dump, parse
from crossplug.errors import DecodeError, EncodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any, ClassVar, Final, Literal

    from typing_extensions import Self


class Unset(Enum):
    """The type of :data:`UNSET`."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        """False, so that ``params.limit or 10`` reads as it should."""
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""A member that is absent, which is not the same as ``None``: JSON ``null``."""


def _refuse_assignment(self: Record, name: str, value: object = None) -> None:
    from dataclasses import FrozenInstanceError

    kind = type(self).__name__
    raise FrozenInstanceError(f"cannot change {name!r} of a {kind}; make a new one with dataclasses.replace")


class Record:
    """The base of every generated object type.

    >>> from crossplug.interfaces.agent import Validation
    >>> Validation(valid=True)
    Validation(valid=True)
    """

    __slots__: ClassVar[tuple[str, ...]] = ()
    __match_args__ = ()
    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Any]]

        def __init__(self, **members: Any) -> None: ...

    _twin: ClassVar[Any]

    @staticmethod
    def _read(value: Any) -> Any:
        raise TypeError("only generated classes can be read")

    @staticmethod
    def _write(value: Any) -> dict[str, Any]:
        raise TypeError("only generated classes can be written")

    def __init_subclass__(cls, *, twin: bool = False) -> None:
        if twin:
            return
        if cls.__base__ is not Record:
            raise TypeError("generated classes are final; put a record into a class of your own instead")
        # Python lets an object change to a class of the same base and the same slots: the twin is such a class without
        # the guard against assignment. A reader fills a twin and turns it into the record at the end.
        make: Any = type
        cls._twin = make(cls.__name__, (Record,), {"__slots__": cls.__slots__}, twin=True)
        cls.__setattr__ = _refuse_assignment  # type: ignore[method-assign, assignment]
        cls.__delattr__ = _refuse_assignment  # type: ignore[method-assign, assignment]

    @classmethod
    def from_json(cls, text: bytes | str) -> Self:
        """Reads a JSON text. Raises :class:`DecodeError` with reason, pointer and message."""
        made: Self = cls._read(parse(text))
        return made

    @classmethod
    def from_value(cls, value: Any) -> Self:
        """Reads a JSON value: what ``json.loads`` gives. Raises :class:`DecodeError`."""
        made: Self = cls._read(value)
        return made

    def to_json(self) -> bytes:
        """Writes a JSON text in UTF-8. Raises :class:`EncodeError` for a member that its type does not allow."""
        return dump(self.to_value())

    def to_value(self) -> dict[str, Any]:
        """Writes a JSON value: what ``json.dumps`` takes. Raises :class:`EncodeError`."""
        try:
            return self._write(self)
        except DecodeError as error:  # writers judge by the readers' rules
            raise EncodeError(error.reason, error.message, error.pointer) from None

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._twin.__slots__)

    def __hash__(self) -> int:
        return hash((type(self), *(getattr(self, name) for name in self._twin.__slots__)))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self._members())
        return f"{type(self).__qualname__}({shown})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), dict(self._members()))

    def __replace__(self, **changes: Any) -> Self:
        return type(self)(**{**dict(self._members()), **changes})

    def _members(self) -> Iterator[tuple[str, Any]]:
        for name in self._twin.__slots__:
            value = getattr(self, name)
            if value is not UNSET:
                yield name, value


def _rebuild(record: type[Record], members: dict[str, Any]) -> Record:
    return record(**members)


def _annotations(kind: type) -> Iterable[tuple[str, Any]]:
    return getattr(kind, "__annotations__", {}).items()


class _Fields:
    """``__dataclass_fields__``, made when ``dataclasses`` first asks for it."""

    def __get__(self, instance: Record | None, record: type[Record]) -> dict[str, Any]:
        import dataclasses

        defaults = record.__init__.__kwdefaults__ or {}
        # What an unknown arm of a union has is written down once, in what they all are.
        types = {name: kind for one in reversed(record.__mro__) for name, kind in _annotations(one)}
        made: Any = dataclasses.make_dataclass(
            record.__name__,
            [
                (name, types[name], dataclasses.field(default=defaults.get(name, dataclasses.MISSING)))
                for name in record._twin.__slots__
            ],
            kw_only=True,
        )
        return dict(made.__dataclass_fields__)


Record.__dataclass_fields__ = _Fields()  # type: ignore[assignment]
