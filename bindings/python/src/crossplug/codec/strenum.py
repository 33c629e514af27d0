"""Sets of strings: closed ones are ``Enum``, open ones are ``str``. Knows nothing of JSON."""

from __future__ import annotations

from enum import Enum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar


class ClosedEnum(str, Enum):
    """The base of closed enums. A member is its string: ``Color.RED == "red"`` and ``str(Color.RED) == "red"``."""

    __str__ = str.__str__
    __format__ = str.__format__  # type: ignore[assignment]

    @classmethod
    def table(cls) -> dict[str, Any]:
        """The members by what the wire says."""
        return {str(member.value): member for member in cls}


class OpenEnum(str):
    """The base of open enums: any string, with the known values as constants of the class.

    >>> from crossplug.interfaces.protocol import Encoding
    >>> Encoding("json") == Encoding.JSON, Encoding("cbor").known
    (True, False)
    """

    __slots__ = ()
    _known: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"

    @property
    def known(self) -> bool:
        """Whether the document names the value."""
        return self in self._known

    @classmethod
    def known_values(cls) -> frozenset[str]:
        """The values that the document names."""
        return cls._known
