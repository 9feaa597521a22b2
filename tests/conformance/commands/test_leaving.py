"""What cannot be said is no verdict: standard output on a full disk, or a reader that has gone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.verdicts.verdicts import ExitCode

COMMANDS = [("list",), ("schema", "compare"), ("probe", "http://127.0.0.1:9/")]
FULL = Path("/dev/full")


def run(words: tuple[str, ...], out: int) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", *words],
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_a_full_disk_is_told_and_ends_with_no_verdict(words: tuple[str, ...]) -> None:
    with FULL.open("w") as full:
        status, said = run(words, full.fileno())
    assert (status, said) == (
        ExitCode.INCONCLUSIVE,
        "pw-conformance: cannot write: No space left on device\n",
    )


def test_a_reader_that_has_gone_changes_nothing() -> None:
    with subprocess.Popen(["true"], stdin=subprocess.PIPE) as gone:
        gone.wait()
        assert gone.stdin is not None
        assert run(("list",), gone.stdin.fileno()) == (0, "")
