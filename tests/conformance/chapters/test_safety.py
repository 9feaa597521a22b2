"""A run without --writes changes nothing, tells nothing, and keeps to its budget.

Everything that is sent passes a proxy that keeps it.
"""

from __future__ import annotations

import base64
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

import fakepw
from conformance.commands.plugin import Deciding
from conformance.deciding.decisions import Decision
from conformance.deciding.engine import Session
from conformance.target.exchange import Answer, call
from conformance.target.knowing.world import World
from conformance.verdicts.verdicts import Deviation
from tests import recordings

from ..deciding.scripted import Scripted as Echoing

PASSWORD = "maintpass"
TOKEN = base64.b64encode(f"maint:{PASSWORD}".encode()).decode()


class Proxy:
    """Passes connections on to a port and keeps what clients say, and when."""

    def __init__(self, port: int) -> None:
        self.port, self.said, self.times = port, [], []  # type: ignore[var-annotated]
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/xmlrpc/"
        self.threads: list[threading.Thread] = []
        self.start(self.accept)

    def start(self, function: object, *given: object) -> None:
        thread = threading.Thread(target=function, args=given, daemon=True)  # type: ignore[arg-type]
        thread.start()
        self.threads.append(thread)

    def accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.port))
            kept = bytearray()
            self.said.append(kept)
            self.start(self.pump, client, server, kept)
            self.start(self.pump, server, client, None)

    def pump(self, source: socket.socket, sink: socket.socket, kept: bytearray | None) -> None:
        with source:
            try:
                while data := source.recv(65536):
                    if kept is not None:
                        kept += data
                        self.times.append(time.monotonic())
                    sink.sendall(data)
            except OSError:
                pass
            finally:
                with suppress(OSError):
                    sink.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.listener.close()

    @property
    def requests(self) -> list[bytes]:
        """Each request that was sent, head and body."""
        methods = rb"(?=(?:POST|GET|HEAD|PUT|DELETE|PATCH|OPTIONS|post) \S+ HTTP/1\.[01]\r\n)"
        return [part for kept in self.said for part in re.split(methods, bytes(kept)) if part]


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    fixture = recordings.FOLDER / "datasets" / "b.json"
    with fakepw.serve(fixture, instance="3.2-py3-postgresql") as server:
        before = server.state()
        passing = Proxy(int(re.search(r":(\d+)/", server.url)[1]))  # type: ignore[index]
        yield passing
        passing.close()
        assert server.state() == before, "the run changed something"


def logins(requests: list[bytes]) -> list[bytes]:
    """Every `user:password` that was sent."""
    found = (re.search(rb"Authorization: Basic +([A-Za-z0-9+/=]{8,})\s*\r", r) for r in requests)
    texts = [base64.b64decode(match[1] + b"==") for match in found if match]
    return [text for text in texts if b":" in text]


def test_a_run_is_safe(proxy: Proxy, tmp_path: Path) -> None:
    reports = {kind: tmp_path / kind for kind in ("json", "junit", "html", "markdown", "badge")}
    words = [f"--report={kind}={file}" for kind, file in reports.items()]
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "run", proxy.url, "--username", "maint", "-n",
         "4", "--max-requests", "900", "--rate", "150", "--examples", "2", "--failures",
         str(tmp_path / "failures"), *words],
        capture_output=True, text=True, check=False, timeout=200,
        env={**os.environ, "PW_CONFORMANCE_PASSWORD": PASSWORD},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr

    sent = proxy.requests
    written = [r for r in sent if re.search(rb"<methodName>\s*(patch_set|check_create)\s*<", r)]
    assert written
    for request in written:
        ids = re.findall(rb"<(?:int|i4|i8)>(-?\d+)</", request)
        assert not ids or ids[0] == b"-1", request
    wrong = [login for login in logins(sent) if login != f"maint:{PASSWORD}".encode()]
    assert 1 <= len(wrong) <= 2, wrong

    assert len(sent) <= 900
    window = sorted(proxy.times)
    assert len(window) / max(window[-1] - window[0], 0.1) <= 150 * 1.5

    files = [p for p in tmp_path.rglob("*") if p.is_file()]
    told = "".join(p.read_bytes().decode("utf-8", "replace") for p in files)
    assert files
    for secret in (PASSWORD, TOKEN):
        assert secret not in told + done.stdout + done.stderr


def test_the_budget_holds_over_four_workers(proxy: Proxy) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "run", proxy.url, "-n", "4",
         "--max-requests", "120"],
        capture_output=True, text=True, check=False, timeout=200,
    )  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    assert len(proxy.requests) <= 120
    assert "inconclusive" in done.stdout


@pytest.mark.parametrize("workers", ["1", "3"])
def test_a_mistyped_password_is_sent_once(proxy: Proxy, workers: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "conformance", "run", proxy.url, "--username", "maint",
         "-n", workers, "--examples", "1", "--select", "AUTH", "--select", "SIG"],
        capture_output=True, text=True, check=False, timeout=200,
        env={**os.environ, "PW_CONFORMANCE_PASSWORD": "mistyped"},
    )  # fmt: skip
    assert done.returncode == 3, done.stdout + done.stderr
    assert "is the password of maint right, and the account active?" in done.stdout
    assert "the login does not work: the user name or the password is wrong" in done.stdout
    tried = logins(proxy.requests)
    assert tried.count(b"maint:mistyped") == 1
    assert len(tried) <= 2, tried
    assert "mistyped" not in done.stdout + done.stderr


def test_what_a_server_echoes_is_not_told() -> None:
    """A server that repeats the password in a fault, in clear and in base64."""
    echo = Answer(200, (), f"<a>{PASSWORD} {TOKEN}</a>".encode())
    looking = Session(Echoing(lambda request: echo), World(), lambda world: world)
    decision = Decision(
        "PW-VER-001",
        lambda world, exchange: Deviation("silence", exchange.answer.body.decode()),
        lambda world: [call("nosuch")],
    )
    item = SimpleNamespace(user_properties=[])
    deciding = Deciding(looking, item, [PASSWORD])  # type: ignore[arg-type]
    with pytest.raises(pytest.fail.Exception) as caught:
        deciding.decide(decision)
    told = str(caught.value) + str(item.user_properties)
    told += base64.b64decode(item.user_properties[0][1]["evidence"][0]["response"]).decode()
    assert "[redacted]" in told
    assert PASSWORD not in told
    assert TOKEN not in told
