"""Runs that are told to stop, at any moment; `stopping` has many more of them."""

from __future__ import annotations

import random
import signal

import pytest

from .stopping import WRITING, stopped


@pytest.mark.parametrize("turn", range(4))
def test_a_run_that_is_told_to_stop_stops_and_says_so(turn: int) -> None:
    chance = random.Random()
    number = (signal.SIGTERM, signal.SIGINT)[turn % 2]
    found = stopped(chance.uniform(0, 4), number, *WRITING)
    assert found.held or found.over, found


def test_a_run_of_several_workers_stops_too() -> None:
    found = stopped(3, signal.SIGTERM, "-n", "2", "--examples", "40")
    assert found.held or found.over, found
