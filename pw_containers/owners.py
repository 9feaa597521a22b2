"""Whose a container is: a label that tells for certain when its owner is gone.

The label names a process beyond doubt: the boot of the kernel that it runs on, its namespaces, its
number there and the moment at which it started. Whether that process lives can only be told within
the same boot and namespaces; a container of any other's stays.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

#: The label that every container of ours carries.
LABEL = "pw-containers.owner"
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_NAMESPACES = ("pid", "time")  # in which numbers and moments are counted


def owner() -> str:
    """This process, as the label says it: place, number, moment."""
    number = os.getpid()
    return f"{_here()} {number} {_started(number) or 'unknown'}"


def left_over(label: str) -> bool:
    """Whether that owner is gone for certain."""
    found = re.fullmatch(r"(\S+) (\d{1,9}) (\d+)", label, re.ASCII)
    if found is None or found[1] != _here():
        return False
    number = int(found[2])
    return not _is_there(number) or _started(number) not in (None, found[3])


def _here() -> str:
    """The boot and the namespaces of this process; nothing where the kernel does not tell."""
    with contextlib.suppress(OSError):
        names = [os.readlink(f"/proc/self/ns/{name}") for name in _NAMESPACES]
        return "/".join([_BOOT.read_text().strip(), *names])
    return ""


def _is_there(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # somebody else's
    return True


def _started(number: int) -> str | None:
    """When a process started, in ticks since the boot; None if that is not to be seen."""
    with contextlib.suppress(OSError, IndexError):
        # the second field is the name, in brackets, and may hold anything
        return Path(f"/proc/{number}/stat").read_text("latin-1").rpartition(")")[2].split()[19]
    return None
