"""How far something has come: a bar at a terminal, a line without rich, nothing elsewhere."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

ARGUMENTS = ["generate", "--patches", "600", "-o"]
RUN = "from fakepw.cli import main; main(sys.argv[1:])"


def at_a_terminal(code: str, folder: Path, **environment: str) -> bytes:
    """What a program writes to its terminal."""
    command = [sys.executable, "-c", f"import sys\n{code}", *ARGUMENTS, str(folder / "f.json")]
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ, **environment}
    ) as process:
        os.close(theirs)
        said = b""
        try:
            while piece := os.read(ours, 65536):
                said += piece
        except OSError:  # which is how a terminal ends
            pass
        os.close(ours)
        assert process.wait(30) == 0
    return said


def test_with_rich_it_is_a_bar_that_is_taken_away(tmp_path: Path) -> None:
    said = at_a_terminal(RUN, tmp_path, TERM="xterm")
    assert "━".encode() in said
    assert said.endswith(b"\x1b[1A\x1b[2K")  # nothing of it is left


@pytest.mark.parametrize("hidden", ["rich", "rich.console"])
def test_without_rich_it_is_a_line_that_counts(hidden: str, tmp_path: Path) -> None:
    said = at_a_terminal(f"sys.modules[{hidden!r}] = None; {RUN}", tmp_path)
    assert b"\r\x1b[Kwriting: 256 of 600" in said
    assert said.endswith(b"\r\x1b[K")
    assert len(said) < 1000


def test_where_there_is_no_terminal_it_is_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fakepw", *ARGUMENTS, str(tmp_path / "f.json")]
    done = subprocess.run(command, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"", b"")
