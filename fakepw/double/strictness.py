"""Strict mode: what is told of calls that a real server answers as if nothing were wrong.

The wire never changes. What is told comes from the code that answers (`patchwork.remarks`).
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any, Literal

from msgspec import Struct

from ..patchwork.words.remarks import Remark
from ..wording import quoted

#: Off, on (warnings), or "error" (failures).
Strict = bool | Literal["error"]
#: Remarks that are kept: the latest.
MOST = 1000


class FakepwWarning(UserWarning):
    """A call that a real Patchwork would have answered with less than what it seemed to ask."""


class Noticed(Struct, frozen=True):
    """A remark on a call: counted from 1 since the double was made, the call in brief, a sentence,
    and whether the test that made it fails in any strict mode."""

    number: int
    call: str
    text: str
    fails: bool

    def __str__(self) -> str:
        return f"{self.call}: {self.text}"


def strict_of(given: Any) -> Strict:
    """A mode as somebody gives it. Raises ValueError with what is allowed."""
    if given is None:
        return False
    if isinstance(given, bool) or given == "error":
        return "error" if given == "error" else bool(given)
    raise ValueError(f"strict is true, false or 'error', not {quoted(given)}")


class Notices:
    """What was noticed since the last reset; `count` goes on counting over resets.

    Each of the `listeners` is told of every remark as it is made: the call, and what of it.
    """

    def __init__(self) -> None:
        self.count = 0
        self.listeners: list[Callable[[str, str], None]] = []
        self._kept: deque[Noticed] = deque(maxlen=MOST)

    def note(self, call: str, remarks: Iterable[Remark]) -> None:
        """Keep the remarks on a call."""
        for remark in remarks:
            self.count += 1
            self._kept.append(Noticed(self.count, call, remark.text, remark.fails))
            for listener in self.listeners:
                listener(call, remark.text)

    def since(self, number: int = 0) -> list[Noticed]:
        """Those after so many."""
        return [each for each in self._kept if each.number > number]

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()

    def failures(self, mode: Strict) -> list[str]:
        """What fails a test in this mode, a line for each."""
        return summed(each for each in self._kept if mode == "error" or (mode and each.fails))


def summed(noticed: Iterable[Noticed]) -> list[str]:
    """Remarks as lines; what was noticed several times is told once, and how often."""
    counts = Counter(map(str, noticed))
    return [f"{line} ({count} times)" if count > 1 else line for line, count in counts.items()]


def issue(noticed: Iterable[Noticed], path: str, line: int) -> None:
    """Issue a warning for each, all of them, then raise the first that a filter made an error."""
    error: Warning | None = None
    for text in summed(noticed):
        try:
            warnings.warn_explicit(text, FakepwWarning, path, line)
        except FakepwWarning as raised:
            error = error or raised
    if error is not None:
        raise error


def caller() -> tuple[str, int]:
    """The line from which fakepw was called: its file and its number."""
    frame = sys._getframe(1)
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == "fakepw":
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
