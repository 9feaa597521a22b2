"""The values that pass between a client and Patchwork, free of any wire format.

Python's own `int`, `float`, `Decimal`, `bool`, `str`, `None`, `list` and `dict` mean themselves;
`bytes` in a result is sent as base64 (servers.md 1.3).  The two kinds of parameter that Python has
no type for are below, and `Record`, `Array` and `Text`: a struct, an array and a text that are kept
for as long as the rows behind them stay the same, and with them what was written of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .brief import brief


@dataclass(frozen=True, slots=True, repr=False)
class Binary:
    """A base64 parameter: what it decodes to."""

    data: bytes

    def __repr__(self) -> str:
        return f"Binary({brief(self.data)})"


@dataclass(frozen=True, slots=True, repr=False)
class DateTime:
    """A dateTime.iso8601 parameter: its text, which servers never look into (servers.md 1.2)."""

    value: str

    def __repr__(self) -> str:
        return f"DateTime({brief(self.value)})"


class Record(dict[str, Any]):
    """A result struct, kept for a row until the row changes.

    `encoded` is for the encoder: the struct's bytes once it has written them, so that a list of
    ten thousand rows is written by joining them. `answer` is for whoever answers: all that was sent
    where the struct was the whole result.
    """

    __slots__ = ("answer", "encoded")

    encoded: bytes | None
    answer: Any

    def __init__(self, members: dict[str, Any]) -> None:
        super().__init__(members)
        self.encoded = self.answer = None


class Array(list[Any]):
    """A result array that never changes; `encoded` and `answer` are as in `Record`."""

    __slots__ = ("answer", "encoded")

    encoded: bytes | None
    answer: Any

    def __init__(self, items: Iterable[Any]) -> None:
        super().__init__(items)
        self.encoded = self.answer = None


class Text(str):
    """A result text, kept for a row until the row changes; `answer` is as in `Record`."""

    __slots__ = ("answer",)

    answer: Any

    def __init__(self, text: str) -> None:
        self.answer = None
