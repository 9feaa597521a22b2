"""What a run takes of memory is bounded, however much a server says."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest

from tests.hostile import servers

#: How much a run may take beyond what it takes of an honest server, in bytes.
BOUND = 256 * 1024 * 1024
MEASURED = """
import resource, sys
from conformance.__main__ import main
try:
    main()
finally:
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print("peak", used, file=sys.stderr)
"""


def peak(url: str) -> int:
    """The most that a run of a part of the suite holds at once, in bytes."""
    given = [
        "run",
        url,
        "--examples",
        "1",
        "--select",
        "VER",
        "--select",
        "SIG",
        "--max-time",
        "30",
    ]
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *given],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode in (0, 1, 3), done.stdout + done.stderr
    return int(done.stderr.rpartition("peak ")[2])


@cache
def usual() -> int:
    """What it takes of an honest server."""
    with servers.misbehaving(servers.honest) as server:
        return peak(server.url)


def seven_megabytes_of_text(turn: servers.Turn) -> Iterator[bytes]:
    """A large answer to each call that lists, and no two alike."""
    yield servers.written(200, servers.value(f"<string>{turn.number}{'a' * 7_000_000}</string>"))


def a_megabyte_of_values(turn: servers.Turn) -> Iterator[bytes]:
    items = f"<value><int>{turn.number}</int></value>" * 40_000
    yield servers.written(200, servers.value(f"<array><data>{items}</data></array>"))


@pytest.mark.parametrize(
    "manner",
    [seven_megabytes_of_text, a_megabyte_of_values, servers.sixty_megabytes],
    ids=lambda m: m.__name__,
)
def test_large_answers_are_judged_and_dropped(manner: servers.Manner) -> None:
    with servers.misbehaving(servers.after_discovery(manner)) as server:
        assert peak(server.url) - usual() < BOUND
