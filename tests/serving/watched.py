"""A server in a process of its own that can be watched: its memory, what it prints, who is served.

While others do their worst, somebody writes and reads without pause (`serving_others`).
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import threading
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from fakepw.double.journal.journal import MOST_BYTES

from .wire import Wire, post

#: For a test module that watches.
WATCHED = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="memory is read from /proc"
)

MB = 1024 * 1024
LOGIN = "Basic " + base64.b64encode(b"kim:secret").decode()
PATCH_LIST = xmlrpc.client.dumps((), "patch_list").encode()


class Subject:
    """The process, its port and its memory."""

    def __init__(self, process: subprocess.Popen[str], port: int, printed: IO[str]) -> None:
        self.process = process
        self.printed = printed
        self.port = port
        self.lines: list[str] = []

    def megabytes(self, which: str) -> float:
        """`VmRSS`: memory in use; `VmHWM`: the most since `forget_peak`."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith(f"{which}:"))
        return int(line.split()[1]) / 1024

    @contextmanager
    def growing_at_most(self, megabytes: float) -> Iterator[None]:
        """Fails if the process ever uses that much more than before, its journal apart.

        That fills with whatever is called meanwhile, up to a bound of its own.
        """
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")  # forget the peak
        before = self.megabytes("VmRSS")
        yield
        grown = self.megabytes("VmHWM") - before
        most = megabytes + MOST_BYTES / 1_000_000
        assert grown < most, f"the server grew by {grown:.0f} MB"

    def call(self, body: bytes, timeout: float = 30) -> Any:
        """The result of a call over a connection of its own."""
        with Wire(self.port, timeout) as wire:
            wire.send(post(body))
            answer = wire.answer()
            assert answer.status == 200
            return xmlrpc.client.loads(answer.body)[0][0]

    @contextmanager
    def serving_others(self) -> Iterator[None]:
        """Somebody else writes and reads meanwhile: every call must be answered, no write lost."""
        stop, failures, written = threading.Event(), [], [0]

        def keep_on() -> None:
            try:
                with Wire(self.port) as wire:
                    while not stop.is_set() or not written[0]:
                        text = f"write {written[0] + 1}"
                        wire.send(post(write(1, text), Authorization=LOGIN))
                        assert b"<boolean>1</boolean>" in wire.answer().body
                        written[0] += 1
                        wire.send(post(xmlrpc.client.dumps((1,), "patch_get").encode()))
                        assert text.encode() in wire.answer().body
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=keep_on)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(30)
        assert not failures, failures
        assert not thread.is_alive()
        kept = self.call(xmlrpc.client.dumps((1,), "patch_get").encode())["commit_ref"]
        assert kept == f"write {written[0]}"

    def end(self) -> list[str]:
        """Stop the server; the lines that it has printed."""
        self.process.communicate(timeout=20)
        assert self.process.returncode == 0
        self.printed.seek(0)
        return self.printed.read().splitlines()


def write(patch_id: int, text: str) -> bytes:
    return xmlrpc.client.dumps((patch_id, {"commit_ref": text}), "patch_set").encode()


@contextmanager
def subject(
    instance: str = "3.2-py3-postgresql", patches: int = 3000, mail: int = 0, **limits: Any
) -> Iterator[Subject]:
    options = json.dumps({"instance": instance, "limits": limits, "patches": patches, "mail": mail})
    printed = tempfile.TemporaryFile("w+")  # noqa: SIM115, a pipe that nobody reads would stop it
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.serving.subject", options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=printed,
        text=True,
        cwd=Path(__file__).parent.parent.parent,
    )
    try:
        assert process.stdout is not None
        server = Subject(process, int(process.stdout.readline()), printed)
        server.call(PATCH_LIST)  # so that what it keeps is no growth
        yield server
    finally:
        process.kill()
        process.communicate()
        printed.close()
