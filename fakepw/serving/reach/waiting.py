"""Waiting for what another thread, or somebody elsewhere, is about to do."""

from __future__ import annotations

import time
from collections.abc import Callable

#: Seconds between two looks.
PAUSE = 0.005


def wait(seconds: float, for_what: Callable[[], bool]) -> None:
    """Wait until it is so, or the seconds are over."""
    end = time.monotonic() + seconds
    while not for_what() and time.monotonic() < end:
        time.sleep(PAUSE)
