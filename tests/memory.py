"""What tests hold of memory: what was read for a module's tests goes with them, and back to the
system."""

from __future__ import annotations

import ctypes
import gc
import resource
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar

#: What each process of a run may take, in MB.
BOUND = 500

_Reads = TypeVar("_Reads", bound=Callable[..., Any])
_FORGET: list[Callable[[], None]] = []

_LIBC = ctypes.CDLL(None)
_TRIM = getattr(_LIBC, "malloc_trim", None)
_SET = getattr(_LIBC, "mallopt", None)
_MMAP_THRESHOLD = -3  # malloc.h
#: Each block from here on goes back to the system as soon as it is let go. Left to itself, glibc
#: puts this up to the largest that ever was (32 MB at most), and answers of megabytes, by which
#: many a client and server are tried, leave holes in the heap that nothing fills.
_LARGE = 128 * 1024
if _SET is not None:
    _SET(_MMAP_THRESHOLD, _LARGE)


def kept(function: _Reads) -> _Reads:
    """Like functools.cache, until the last test of the module that runs is through."""
    cached: Any = cache(function)
    forgotten(cached.cache_clear)
    held: _Reads = cached
    return held


def forgotten(forget: Callable[[], None]) -> None:
    """Have this called as often as the last test of a module is through."""
    _FORGET.append(forget)


def leave() -> None:
    """Let go of what was kept for the tests of a module."""
    for forget in _FORGET:
        forget()
    gc.collect()  # syntax trees and the like hold one another
    give_back()


def settle() -> None:
    """What there is once all tests are found stays to the end: it is not looked through again for
    what can go, so that what can is found sooner, and at little cost."""
    leave()
    gc.freeze()


def give_back() -> None:
    """Give back to the system what nothing holds any more, which glibc keeps."""
    if _TRIM is not None:
        _TRIM(0)


def most() -> int:
    """What this process took at most, in MB."""
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used // (1024 * 1024 if sys.platform == "darwin" else 1024)


def closing_line(most: Mapping[str, int]) -> str:
    """What to say of the workers' memory, given the most that each took."""
    each = ", ".join(f"{worker} {megabytes} MB" for worker, megabytes in sorted(most.items()))
    more = f": more than {BOUND} MB is too much" if max(most.values()) > BOUND else ""
    return f"memory at most: {each}{more}"
