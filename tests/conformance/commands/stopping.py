"""Runs that are told to stop at random moments: `python -m tests.conformance.commands.stopping`.

Each must end with status 3 and say that it was interrupted, and leave the patches that it wrote to
as they were. The tests have a short round.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass

from tests.hostile import servers

#: A run that ends so soon after the signal had already said all that it had to say.
LATE = 1.0
PASSWORD = "earl-grey"


@dataclass
class Try:
    """One run that was told to stop: after how many seconds, by what, and what became of it."""

    after: float
    number: signal.Signals
    status: int | None
    took: float
    said: str
    changed: bool

    @property
    def held(self) -> bool:
        """Whether it heeded the signal; None never, as a run that is over heeds none."""
        return self.status == 3 and "interrupted" in self.said and not self.changed

    @property
    def over(self) -> bool:
        """Whether it was at its end already."""
        return self.status in (0, 1) and self.took < LATE and not self.changed


WRITING = ("--writes", "7", "--create-checks")


def stopped(after: float, number: signal.Signals, *words: str) -> Try:
    """A run against a server of its own that gets the signal so many seconds after it began to
    ask."""
    with (
        servers.misbehaving(servers.honest) as server,
        tempfile.TemporaryDirectory() as folder,
    ):
        before = server.call("patch_get", 7)
        given = ["--username", "kim", "--journal", folder]
        command = [sys.executable, "-m", "conformance", "run", server.url, *given, *words]
        environment = os.environ | {"PW_CONFORMANCE_PASSWORD": PASSWORD}
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        ) as process:
            servers.until(lambda: bool(server.turns), 60)
            time.sleep(after)
            sent = time.monotonic()
            process.send_signal(number)
            try:
                said, _ = process.communicate(timeout=60)
            except subprocess.TimeoutExpired:
                process.kill()
                return Try(after, number, None, time.monotonic() - sent, "", False)
        took = time.monotonic() - sent
        changed = before != server.call("patch_get", 7)
        return Try(after, number, process.returncode, took, said, changed)


def main() -> None:
    """Many tries; what was not heeded is shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=500)
    parser.add_argument("--longest", type=float, default=8.0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # no shell may have it ignored
    chance, held, over = random.Random(asked.seed), 0, 0
    for count in range(1, asked.tries + 1):
        number = chance.choice([signal.SIGTERM, signal.SIGINT])
        found = stopped(chance.uniform(0, asked.longest), number, *WRITING)
        held += found.held
        over += found.over
        if not (found.held or found.over):
            print(f"NOT HEEDED: {found}", flush=True)
        if not count % 25:
            print(f"{count} tries: {held} heeded, {over} were over", flush=True)
    sys.exit(held + over != asked.tries)


if __name__ == "__main__":
    main()
