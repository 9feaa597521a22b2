"""Strict mode: what is told of calls that a real server answers as if nothing were wrong.

The wire never changes. What is told comes from the code that answers (`patchwork.remarks`).
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct

from ..patchwork.words.remarks import KINDS, Remark
from ..telling.wording import near, quoted

#: Off, on (warnings), or "error" (failures); or one of the last two in text, and the kinds of
#: remarks that are none: "error ignore=order,counts".
Strict = bool | str
#: What the modes are called outside of Python.
MODES: dict[str, bool | str] = {"on": True, "true": True, "1": True, "error": "error"}
MODES |= {"off": False, "false": False, "0": False}
#: Remarks that are kept: the latest.
MOST = 1000


class FakepwWarning(UserWarning):
    """A call that a real Patchwork would have answered with less than what it seemed to ask."""


class Noticed(Struct, frozen=True):
    """A remark on a call: counted from 1 since the double was made, the call in brief, a sentence,
    and whether the test that made it fails in any strict mode; what it is about; and whether it is
    only worth knowing, so that nobody is warned of it and nothing fails."""

    number: int
    call: str
    text: str
    fails: bool
    kind: str = ""
    quiet: bool = False

    def __str__(self) -> str:
        return f"{self.call}: {self.text}"

    def fails_in(self, mode: Strict) -> bool:
        """Whether a test of that mode fails for it."""
        return not self.quiet and (is_error(mode) or (bool(mode) and self.fails))


def strict_of(given: Any) -> Strict:
    """A mode as somebody gives it, in its plainest form. Raises ValueError with what is allowed."""
    if given is None or isinstance(given, bool):
        return bool(given)
    word, *rest = given.split() if isinstance(given, str) and given.strip() else [""]
    names = rest[0].removeprefix("ignore=").split(",") if rest else []
    if word not in MODES or len(rest) > 1 or not all(each.startswith("ignore=") for each in rest):
        text = "strict is true, false or 'error', not {}; `on` and `error` may go on with ignore="
        raise ValueError(text.format(quoted(given)) + f" and kinds of remarks: {', '.join(KINDS)}")
    for name in names:
        if name not in KINDS:
            text = f"strict: there is no kind of remarks {quoted(name)}{near(name, KINDS)}"
            raise ValueError(f"{text}; there are: {', '.join(KINDS)}")
    mode = MODES[word]
    if not names or not mode:
        return mode
    ordered = ",".join(kind for kind in KINDS if kind in names)
    return f"{'error' if mode == 'error' else 'on'} ignore={ordered}"


def mode_text(mode: Strict) -> str:
    """A mode as options and variables have it."""
    return {True: "on", False: "off"}[mode] if isinstance(mode, bool) else mode


def is_error(mode: Strict) -> bool:
    """Whether a mode fails tests for whatever is remarked."""
    return isinstance(mode, str) and mode.startswith("error")


def heeded(remarks: Sequence[Remark], mode: Strict) -> Sequence[Remark]:
    """The remarks of kinds that a mode does not ignore."""
    ignored = _ignored(mode) if isinstance(mode, str) else ()
    return [each for each in remarks if each.kind not in ignored] if ignored else remarks


@lru_cache(maxsize=64)
def _ignored(mode: str) -> tuple[str, ...]:
    return tuple(mode.partition("ignore=")[2].split(","))


class Notices:
    """What was noticed since the last reset; `count` goes on counting over resets.

    Each of the `listeners` is told of every remark as it is made.
    """

    def __init__(self) -> None:
        self.count = 0
        self.listeners: list[Callable[[Noticed], None]] = []
        self._kept: deque[Noticed] = deque(maxlen=MOST)

    def note(self, call: str, remarks: Iterable[Remark]) -> None:
        """Keep the remarks on a call."""
        for remark in remarks:
            self.count += 1
            noticed = Noticed(
                self.count, call, remark.text, remark.fails, remark.kind, remark.quiet
            )
            self._kept.append(noticed)
            for listener in self.listeners:
                listener(noticed)

    def since(self, number: int = 0) -> list[Noticed]:
        """Those after so many."""
        return [each for each in self._kept if each.number > number]

    def clear(self) -> None:
        """Forget all."""
        self._kept.clear()

    def failures(self, mode: Strict) -> list[str]:
        """What fails a test in this mode, a line for each."""
        return summed(each for each in self._kept if each.fails_in(mode))


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
