"""A signal that came is never forgotten: Ctrl-C and SIGTERM end a run, whatever it is doing.

Their handler raises KeyboardInterrupt, as Python's own does for Ctrl-C. That exception is lost
where it falls into a destructor, a weak reference's callback or a hook of the garbage collector, of
which Hypothesis has one. So the handler also leaves a note, and whoever begins something, a request
or a test, looks at it (`check`).
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

NUMBERS = (signal.SIGINT, signal.SIGTERM)


class Stop(KeyboardInterrupt):
    """A signal came. Not KeyboardInterrupt itself: CPython remembers one that passed through
    `exec`, though it was caught, and would end the process by that signal after all."""


class _Note:
    """What came, and whether it is to be put off; of the process, as signals are."""

    def __init__(self) -> None:
        self.came = 0
        self.held: list[Callable[[], None]] = []
        self.within = 0


_note = _Note()


def _handle(number: int, frame: FrameType | None) -> None:
    _note.came += 1
    if _note.within:
        signal.alarm(_note.within)
    if _note.held:
        _note.held[-1]()
    else:
        raise Stop  # which pytest takes for the end, and SystemExit for a failure


def came() -> bool:
    """Whether a signal came since `heeded` began."""
    return _note.came > 0


def check() -> None:
    """Raise KeyboardInterrupt if a signal came, even if its own was lost, unless it is put off."""
    if _note.came and not _note.held:
        raise Stop


@contextmanager
def heeded(within: int = 0) -> Iterator[None]:
    """Ctrl-C and SIGTERM raise KeyboardInterrupt and are noted. May be nested; in other threads
    than the first it changes nothing, for signals never come there.

    `within` so many seconds after one came the process ends, by SIGALRM and whatever it is doing,
    if it did not before; 0 leaves it the time that it takes.
    """
    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGTERM) is _handle:
        yield
        return
    _note.came = 0
    # What is ignored from the start is so for a reason: a shell's background job, nohup.
    wanted = [n for n in NUMBERS if signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, _handle) for number in wanted}
    _note.within = within
    try:
        yield
    finally:
        if within:
            signal.alarm(0)
        _note.within = 0
        for number, handler in before.items():
            signal.signal(number, handler)
        _note.came = 0


@contextmanager
def held(noticed: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Signals that come meanwhile raise only afterwards; `noticed` is called when one does.

    One that came before does not disturb either: this is for what must be done at any rate. Other
    threads than the first are never disturbed, and put off nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    with heeded():
        before = _note.came
        _note.held.append(noticed)
        try:
            yield
        finally:
            _note.held.pop()
            if _note.came > before:
                check()
