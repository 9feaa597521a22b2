"""What was let go goes back to the system: glibc keeps it, which after recordings is hundreds of
megabytes in each process that tests."""

from __future__ import annotations

import ctypes

_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)


def give_back() -> None:
    """Give back what nothing holds any more."""
    if _TRIM is not None:
        _TRIM(0)
