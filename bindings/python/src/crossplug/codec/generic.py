"""``Generic`` and ``overload`` for type checkers, and stand-ins at run time.

Importing ``typing`` would take 2.7 ms of a plugin's start, a fifth of what ``import json`` takes in all.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic as Generic
    from typing import TypeVar
    from typing import overload as overload

    T = TypeVar("T")
    P = TypeVar("P")
    R = TypeVar("R")
    I = TypeVar("I")  # noqa: E741 — items
    U = TypeVar("U")
    H = TypeVar("H")
else:

    class Generic:
        """Lets ``Generic[T]`` stand as a base."""

        __slots__ = ()

        def __class_getitem__(cls, _parameters: object) -> type:
            return cls

    def overload(function: object) -> object:
        """Marks a signature for type checkers."""
        return function

    T = P = R = I = U = H = None  # noqa: E741
