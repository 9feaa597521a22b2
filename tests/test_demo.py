"""`make demo` shows what it says, ends as it says, and fails if anything fails."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).parents[1]


def on_port(number: int) -> list[str]:
    """The demo's command, with another port for its usual one: several run at once here."""
    code = f"import sys; sys.path.insert(0, 'demo'); import run; run.PORT = {number}; run.start()"
    return [sys.executable, "-c", code]


DEMO = on_port(0)


def environment(**more: str) -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if key != "DEMO_SECONDS"} | more


@contextmanager
def demo() -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """The demo while it runs, without a terminal, and what it prints.

    Ctrl-C is ignored, as in whatever a script starts with `&`: the demo must ask for it.
    """
    with subprocess.Popen(
        ["sh", "-c", 'trap "" INT; exec "$@"', "sh", *DEMO],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout
        finally:
            process.kill()


def read_until(text: str, stream: IO[str]) -> str:
    """The line that holds the text."""
    for line in stream:
        if text in line:
            return line
    raise AssertionError(f"it ended without saying {text!r}")


def test_it_runs_every_step_and_ends_by_itself() -> None:
    done = subprocess.run(
        DEMO, cwd=ROOT, env=environment(DEMO_SECONDS="0"), capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    commands = re.findall(r"^\$ pwclient ([\w-]+)", done.stdout, re.MULTILINE)
    assert set(commands) >= {"list", "info", "view", "update", "check-create"}
    assert "\n5       Accepted     [v2,1/3] url: add a parser\n" in done.stdout
    assert "\n- description   : no warnings\n" in done.stdout
    assert re.search(r"\n  PWCLIENTRC=\S+ \S*pwclient list\n", done.stdout)
    assert "--report html=build/demo.html\n" in done.stdout
    (report,) = re.findall(
        r"^The report for your browser: file://(\S+)$", done.stdout, re.MULTILINE
    )
    assert Path(report) == ROOT / "build/demo.html"
    assert Path(report).is_file()
    assert done.stdout.endswith("Stopped.\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_well(number: signal.Signals) -> None:
    with demo() as (process, output):
        url = read_until("The server is at", output).split()[-1]
        process.send_signal(number)
        assert output.read().endswith("Stopped.\n")
        assert process.wait(10) == 0
    host, _, port = url.removeprefix("http://").partition("/")[0].partition(":")
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0


def test_the_line_that_it_leaves_works_while_it_runs() -> None:
    with demo() as (process, output):
        line = read_until("PWCLIENTRC=", output)
        done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) == 2 + 12
        process.send_signal(signal.SIGINT)
        output.read()
        assert process.wait(10) == 0


def test_ctrl_c_under_make_is_no_error_and_ctrl_z_nothing(tmp_path: Path) -> None:
    makefile = tmp_path / "Makefile"
    makefile.write_text(f".PHONY: demo\ndemo:\n\t@{shlex.join(DEMO)}\n")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.environ.pop("DEMO_SECONDS", None)
        os.execvp("make", ["make", "-f", str(makefile), "demo"])
    seen = b""
    while b"Ctrl-C" not in seen:
        seen += os.read(terminal, 4096)
    for key in (b"\x1a", b"\x03"):
        time.sleep(0.1)
        os.write(terminal, key)
    try:
        while True:
            seen += os.read(terminal, 4096)
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, seen.decode()
    assert b"Stopped." in seen
    assert b"Error" not in seen


def test_a_demo_in_the_background_leaves_the_terminal_to_the_shell() -> None:
    code = (
        "import os, sys; sys.path.insert(0, 'demo'); import run\n"
        "with run.own_terminal(): print(os.tcgetpgrp(0) == os.getpgrp())"
    )
    shell, terminal = pty.fork()
    if shell == 0:
        os.chdir(ROOT)
        subprocess.run([sys.executable, "-c", code], process_group=0)
        os._exit(0)
    assert os.read(terminal, 100).strip() == b"False"
    os.waitpid(shell, 0)
    os.close(terminal)


def test_a_taken_port_is_no_obstacle() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            on_port(port),
            cwd=ROOT,
            env=environment(DEMO_SECONDS="0"),
            capture_output=True,
            text=True,
        )
    assert done.returncode == 0, done.stderr
    assert f"127.0.0.1:{port}" not in done.stdout


@pytest.mark.parametrize("text", ["soon", "-1", "inf"])
def test_seconds_that_are_no_number_are_refused_at_once(text: str) -> None:
    done = subprocess.run(
        [sys.executable, "demo/run.py"],
        cwd=ROOT,
        env=environment(DEMO_SECONDS=text),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == (
        f"demo: DEMO_SECONDS is a number of seconds, for example 0 or 60, not {text!r}\n"
    )


def test_a_step_that_shows_something_else_fails_it() -> None:
    code = (
        "import sys; sys.path.insert(0, 'demo'); import run; run.PORT = 0; "
        "run.STEPS = (run.Step('wrong', 'list -n 1', 'no patch is called this'),); "
        "sys.exit(run.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(DEMO_SECONDS="0"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "demo: this failed, with exit status 0" in done.stderr
