"""Runs that are told to stop, at any moment; `stopping` has many more of them."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from conformance.kept import sources

from .stopping import WRITING, stopped


@pytest.mark.parametrize("turn", range(4))
def test_a_run_that_is_told_to_stop_stops_and_says_so(turn: int, tmp_path: Path) -> None:
    chance = random.Random()
    number = (signal.SIGTERM, signal.SIGINT)[turn % 2]
    bundle = tmp_path / "b.zip"
    gate = ("--before", "true", "--wait", "30", "--bundle", str(bundle)) if turn > 1 else ()
    found = stopped(chance.uniform(0, 4), number, *WRITING, *gate)
    assert found.held or found.over, found
    kept = list(tmp_path.iterdir())  # whole, or not at all if it came in the midst of it
    assert kept == [bundle] * len(kept)
    assert all(sources.stored(path).run.settings["wait"] == 30 for path in kept)


def test_a_run_of_several_workers_stops_too() -> None:
    found = stopped(3, signal.SIGTERM, "-n", "2", "--examples", "40")
    assert found.held or found.over, found
