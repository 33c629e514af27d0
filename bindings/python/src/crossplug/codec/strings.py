"""What a string must look like: lengths, patterns, formats (law 8 and the grammars of schema/README.md).

Grammars are compiled when they are first asked, since compiling one takes longer than reading a whole message.
"""

from __future__ import annotations

import re

from crossplug.codec.refusals import wrong
from crossplug.errors import DecodeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_TIME = r"T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]{1,9})?(?:Z|[+-]([0-9]{2}):([0-9]{2}))"
_N = "[0-9]{1,9}"
_CLOCK = rf"T(?=[0-9])(?:{_N}H)?(?:{_N}M)?(?:{_N}(?:\.[0-9]{{1,9}})?S)?"
_GRAMMARS = {
    "date": _DATE,
    "date-time": _DATE + _TIME,
    "duration": rf"P(?:{_N}W|{_N}D(?:{_CLOCK})?|{_CLOCK})",
    "uuid": "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+",
}
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def _is_day(year: int, month: int, day: int) -> bool:
    if not 1 <= month <= 12:
        return False
    leap = month == 2 and year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= day <= _DAYS[month - 1] + leap


def _format_check(name: str) -> Callable[[str], Any]:
    match = re.compile(_GRAMMARS[name]).fullmatch
    if name == "date":

        def is_date(text: str) -> bool:
            found = match(text)
            return found is not None and _is_day(int(found[1]), int(found[2]), int(found[3]))

        return is_date
    if name == "date-time":

        def is_date_time(text: str) -> bool:
            found = match(text)
            if found is None or not _is_day(int(found[1]), int(found[2]), int(found[3])):
                return False
            in_range = int(found[4]) <= 23 and int(found[5]) <= 59 and int(found[6]) <= 59
            return in_range and int(found[7] or 0) <= 23 and int(found[8] or 0) <= 59

        return is_date_time
    return match


def _portable(pattern: str) -> str:
    # Inside a class, Python reserves doubled marks for set operations; escaped they mean the same everywhere.
    made, at, inside = [], 0, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            made.append(pattern[at : at + 2])
            at += 2
            continue
        if inside:
            if char == "]":
                inside = False
            elif char in "[&~|":
                char = "\\" + char
        elif char == "[":
            inside = True
            if pattern[at + 1 : at + 2] == "^":
                char, at = "[^", at + 1
        made.append(char)
        at += 1
    return "".join(made)


class StringRule:
    """Judges strings; all its parts hold together.

    >>> StringRule(pattern="[a-z]+", max_length=3).read("abc")
    'abc'
    """

    __slots__ = ("_compiled", "_format", "_is", "_matches", "_max", "_min", "_pattern")

    def __init__(
        self,
        *,
        format: str | None = None,
        pattern: str | None = None,
        min_length: int | None = None,
        max_length: int | None = None,
    ) -> None:
        self._format = format
        self._pattern = pattern
        self._min = min_length or 0
        self._max = max_length
        self._compiled = False
        self._is: Callable[[str], Any] | None = None
        self._matches: Callable[[str], Any] | None = None

    def _compile(self) -> None:
        if self._format is not None:
            self._is = _format_check(self._format)
        if self._pattern is not None:
            self._matches = re.compile(_portable(self._pattern)).fullmatch
        self._compiled = True

    def read(self, value: Any) -> str:
        """Gives the string back, or raises :class:`DecodeError`."""
        if not isinstance(value, str):
            raise wrong("a string", value)
        if len(value) < self._min or (self._max is not None and len(value) > self._max):
            most = "" if self._max is None else f" and at most {self._max}"
            raise DecodeError("badLength", f"{len(value)} characters; at least {self._min}{most} are allowed")
        if not self._compiled:
            self._compile()
        if self._is is not None and not self._is(value):
            raise DecodeError("badFormat", f"{value[:80]!r} is not a {self._format}")
        if self._matches is not None and not self._matches(value):
            raise DecodeError("badPattern", f"{value[:80]!r} does not match {self._pattern}")
        return value
