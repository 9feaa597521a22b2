"""A signal that came is never forgotten, wherever its exception falls."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import warnings
import weakref
from collections.abc import Callable

import pytest

from conformance.deciding.engine import Session
from conformance.target import signals
from conformance.target.exchange import Answer, call
from conformance.target.world import World
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
