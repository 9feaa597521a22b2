"""A signal that came is never forgotten, wherever its exception falls."""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import signal
import subprocess
import sys
import threading
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import pytest

from conformance.deciding.engine import Session
from conformance.target import signals
from conformance.target.exchange import Answer, call
from conformance.target.knowing.world import World
from conformance.target.sending import budget
from tests.conformance.deciding.scripted import Scripted


def looking() -> Session:
    return Session(Scripted(lambda request: Answer(200)), World(), lambda world: world)


class _Dying:
    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


def in_a_destructor() -> None:
    _Dying()


def in_a_weak_reference() -> None:
    class Thing:
        pass

    thing = Thing()
    reference = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGTERM))
    del thing
    assert reference() is None


def in_the_garbage_collector() -> None:
    def hook(phase: str, info: dict[str, int]) -> None:
        if phase == "start":
            os.kill(os.getpid(), signal.SIGINT)

    gc.callbacks.append(hook)
    try:
        gc.collect()
    finally:
        gc.callbacks.remove(hook)


def in_what_catches_everything() -> None:
    with contextlib.suppress(BaseException):
        signal.raise_signal(signal.SIGTERM)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "lose",
    [in_a_destructor, in_a_weak_reference, in_the_garbage_collector, in_what_catches_everything],
)
def test_what_was_lost_is_raised_by_whatever_begins_next(lose: Callable[[], None]) -> None:
    with signals.heeded():
        with warnings.catch_warnings():
            lose()
        assert signals.came()
        with pytest.raises(KeyboardInterrupt):
            looking().send(call("pw_rpc_version"))
    assert not signals.came()


@pytest.mark.parametrize("number", signals.NUMBERS)
def test_what_must_be_done_is_done_first(number: signal.Signals) -> None:
    done: list[str] = []
    before = signal.getsignal(number)

    def put_back() -> None:
        with signals.held(lambda: done.append("noticed")):
            signal.raise_signal(number)
            signals.check()
            done.append("put back")

    with signals.heeded(), pytest.raises(KeyboardInterrupt):
        put_back()
    with pytest.raises(KeyboardInterrupt):  # where nobody else heeds them, too
        put_back()
    assert done == ["noticed", "put back"] * 2
    assert signal.getsignal(number) is before


def test_one_that_came_before_lets_it_be_done_too() -> None:
    with signals.heeded():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGTERM)
        with signals.held():
            signals.check()
        with pytest.raises(KeyboardInterrupt):
            signals.check()


class Everywhere:
    """Has a signal come at the so-manieth instruction of the suite's own code."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, frame: FrameType, event: str, argument: object) -> Everywhere | None:
        if Path(frame.f_code.co_filename).name not in ("budget.py", "contextlib.py"):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode":
            self.left -= 1
            if self.left == 0:
                signal.raise_signal(signal.SIGTERM)
        return self


def test_a_signal_at_any_moment_of_a_count_leaves_nothing_locked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where somebody keeps its exception, and with that all frames it came through."""
    monkeypatch.setattr(budget, "PATIENCE", 0)
    counted = budget.Budget(tmp_path / "budget")
    kept, before = [], sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 looks for it where tracing begins
    for at in itertools.count(1):
        everywhere = Everywhere(at)
        with signals.heeded():
            sys.settrace(everywhere)
            try:
                counted.take()
            except KeyboardInterrupt as stopped:
                kept.append(stopped)
            finally:
                sys.settrace(before)
        assert budget.Budget(tmp_path / "budget").spent >= 0
        if everywhere.left > 0:
            break
    assert len(kept) > 50


def test_who_does_not_end_is_ended() -> None:
    """By the kernel, which no lock nor library can keep from it."""
    code = (
        "import signal, threading\n"
        "from conformance.target import signals\n"
        "with signals.heeded(within=1), signals.held():\n"
        "    signal.raise_signal(signal.SIGTERM)\n"
        "    threading.Event().wait()"
    )
    done = subprocess.run([sys.executable, "-c", code], timeout=60, check=False)
    assert done.returncode == -signal.SIGALRM


def test_a_thread_puts_nothing_off() -> None:
    """Signals come to the first thread alone, whatever another one does meanwhile."""
    entered, go_on = threading.Event(), threading.Event()

    def work() -> None:
        with signals.held():
            entered.set()
            go_on.wait()

    thread = threading.Thread(target=work)
    with signals.heeded():
        thread.start()
        entered.wait()
        try:
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGTERM)
        finally:
            go_on.set()
            thread.join()
