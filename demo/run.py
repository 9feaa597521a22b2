"""`make demo`: a fakepw server, and the real pwclient at work on it.

Runs each command, shows it with its output, and fails if one does not do what it should.  Then
leaves the server running until Ctrl-C, or for DEMO_SECONDS seconds if that is set.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

BIN = Path(sys.executable).parent
REPORT = Path(__file__).parents[1] / "build" / "demo.html"
PORT = 8000
COMMIT = "5f1e1bb0c0ffee5f1e1bb0c0ffee5f1e1bb0c0ff"


@dataclass(frozen=True)
class Step:
    """One pwclient command: why it is run, and what its user must see."""

    title: str
    command: str
    shows: str
    lines: int = 12


STEPS = (
    Step("What waits for kim, the maintainer?", "list -s 'Under Review'", "url: add a parser"),
    Step("What is patch 5?", "info 5", "Under Review", lines=20),
    Step("The mail itself, with the tags of two replies", "view 5", "Tested-by: Raj Patel", 30),
    Step("Accept it", f"update -s Accepted -c {COMMIT} 5", ""),
    Step("Is it accepted?", "list -s Accepted", "url: add a parser"),
    Step(
        "A CI job reports on patch 12",
        "check-create -c build -s success -u https://ci.example.org/12 -d 'no warnings' 12",
        "",
    ),
    Step("What did CI say of it?", "check-get 12", "no warnings", lines=16),
)


def main() -> int:
    """Run the demo. 0 if every command did what it should, 2 if DEMO_SECONDS is none."""
    try:
        stay = seconds()
    except ValueError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="fakepw-demo-") as folder, server() as serving:
        config = Path(folder, "pwclientrc")
        config.write_text(
            f"[options]\ndefault = kettle\n\n[kettle]\nbackend = xmlrpc\nurl = {serving['url']}\n"
            "username = kim\npassword = earl-grey\n"
        )
        print(f"fakepw serves its demo fixture at {serving['url']} as {serving['instance']}.")
        print("The client is pwclient from PyPI, as it comes.")
        for step in STEPS:
            if not run(step, config):
                return 1
        if not validate(serving["url"]):
            return 1
        print(bold("\nAll of it went as on a real Patchwork. Your turn, in another terminal:\n"))
        print(f"  PWCLIENTRC={config} {shown(BIN / 'pwclient')} list\n")
        print(f"The server is at {serving['url']}")
        wait(stay)
    return 0


def validate(url: str) -> bool:
    """Put the server through the conformance suite. Whether it is conformant."""
    REPORT.parent.mkdir(exist_ok=True)
    program, report = str(shown(BIN / "pw-conformance")), f"html={shown(REPORT)}"
    command = [program, "run", url, "--report", report]
    print(f"\n# Is it a Patchwork?\n{bold('$ ' + shlex.join(command))}", flush=True)
    done = subprocess.run(command, timeout=300)
    print(f"The report for your browser: {REPORT.as_uri()}")
    return done.returncode == 0


@contextmanager
def server() -> Iterator[dict[str, Any]]:
    """`fakepw serve`: what it says of itself once it serves. It is stopped at the end.

    In a process group of its own, so that Ctrl-C reaches this program alone.
    """
    command = [str(BIN / "fakepw"), "serve", "demo", "--json", "--port", str(free_port())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, process_group=0) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                sys.exit(f"demo: fakepw serve ended with {process.wait()}")
            yield json.loads(line)
        finally:
            process.send_signal(signal.SIGTERM)
            if process.wait(10) != 0:
                sys.exit(f"demo: fakepw serve ended with {process.returncode}")


def free_port() -> int:
    """The usual port, or 0 (any) if somebody listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return 0
    return PORT


def run(step: Step, config: Path) -> bool:
    """Run a step and show it. Whether its user saw what the step says."""
    environment = {k: v for k, v in os.environ.items() if k.lower() not in ("http_proxy", "pager")}
    environment |= {"PWCLIENTRC": str(config), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [BIN / "pwclient", *shlex.split(step.command)],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    print(f"\n# {step.title}\n{bold(f'$ pwclient {step.command}')}")
    lines = done.stdout.rstrip().splitlines()
    print("\n".join(lines[: step.lines]) or "(nothing, as it should)")
    if len(lines) > step.lines:
        print(f"… {len(lines) - step.lines} more lines")
    if done.returncode == 0 and not done.stderr and step.shows in done.stdout:
        return True
    print(f"demo: this failed, with exit status {done.returncode}", file=sys.stderr)
    print(done.stderr, file=sys.stderr)
    return False


def seconds() -> float | None:
    """How long DEMO_SECONDS says that the server stays; None for until Ctrl-C.

    Raises ValueError, with a sentence, if it says anything else.
    """
    text = os.environ.get("DEMO_SECONDS", "")
    if text and not re.fullmatch(r"[0-9]{1,9}([.][0-9]+)?", text):
        raise ValueError(f"DEMO_SECONDS is a number of seconds, for example 0 or 60, not {text!r}")
    return float(text) if text else None


def wait(stay: float | None) -> None:
    """For some seconds, or until Ctrl-C or SIGTERM, which raise KeyboardInterrupt."""
    if stay is not None:
        time.sleep(stay)
        return
    print("It stays until you press Ctrl-C.")
    signal.pause()


@contextmanager
def own_terminal() -> Iterator[None]:
    """Have Ctrl-C come here and not to make, which would call it an error.

    Nothing is taken from a shell that started this in the background. Ctrl-Z does nothing, for
    the shell, which waits for make, would not notice it.
    """
    if not (sys.stdin and sys.stdin.isatty() and os.tcgetpgrp(0) == os.getpgrp()):
        yield
        return
    before = os.getpgrp()
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    signal.signal(signal.SIGTSTP, signal.SIG_IGN)
    os.setpgid(0, 0)
    os.tcsetpgrp(0, os.getpgrp())
    try:
        yield
    finally:
        os.tcsetpgrp(0, before)


def bold(text: str) -> str:
    return f"\033[1m{text}\033[0m" if sys.stdout.isatty() else text


def shown(path: Path) -> Path:
    """A path as one would type it here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def start() -> NoReturn:
    """Run the demo as a program, which Ctrl-C and SIGTERM end well."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    with own_terminal():
        try:
            code = main()
        except KeyboardInterrupt:
            code = 0
        if code == 0:
            print("Stopped.")
    sys.exit(code)


if __name__ == "__main__":
    start()
