"""`fakepw health`: status 0 or 1 and one line, whatever is there or not."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner

import fakepw
from fakepw.serving.commands.health import health

TOKEN = "correct-horse"
#: Under its name there is the command.
module = sys.modules["fakepw.serving.commands.health"]


@pytest.fixture(scope="module")
def double() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("tiny") as double:
        yield double


@pytest.fixture(scope="module")
def locked() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("tiny", control=TOKEN) as double:
        yield double


@pytest.fixture(scope="module")
def switched_off() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("tiny", control=False, faults=["*: drop optional"]) as double:
        yield double


def asked(*args: str, **environment: str) -> tuple[int, str]:
    """The exit status, and what was said, which is one line."""
    variables = {f"FAKEPW_{name}": value for name, value in environment.items()}
    for name in ("HOST", "PORT", "TLS", "TLS_CERT", "CONTROL"):
        variables.setdefault(f"FAKEPW_{name}", "")
    result = CliRunner().invoke(health, list(args), env=variables)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.output.count("\n") == 1
    return result.exit_code, result.output.strip()


def test_what_serves_is_well(double: fakepw.LiveServer) -> None:
    line = f"ok: http://127.0.0.1:{double.port}/ answers as 3.2-py3-postgresql: 2 patches"
    for url in (double.url, double.base_url, double.control_url, f"http://localhost:{double.port}"):
        assert asked(url) == (0, line.replace("127.0.0.1", url.split("/")[2].split(":")[0]))
    assert asked(PORT=str(double.port)) == (0, line)
    assert asked(PORT=str(double.port), HOST="0.0.0.0", CONTROL="on") == (0, line)
    assert len(double.calls) == 0


def test_the_api_may_be_off_or_elsewhere() -> None:
    with fakepw.serve("tiny", enabled=False, settings={"FORCE_SCRIPT_NAME": "/pw"}) as double:
        status, line = asked(double.url)
    assert (status, line.endswith(": 2 patches, XML-RPC disabled")) == (0, True)


def test_where_it_cannot_be_steered_it_is_well_if_it_is_there(
    switched_off: fakepw.LiveServer,
) -> None:
    status, line = asked(PORT=str(switched_off.port), CONTROL="off")
    assert (status, "takes connections; its control API is off" in line) == (0, True)
    assert len(switched_off.calls) == 0
    switched_off.reset()
    for rule in switched_off.rules:
        switched_off._do("remove", rule.id)
    status, line = asked(switched_off.url)
    assert (status, "answers; its control API is off" in line) == (0, True)


def test_a_token_is_used_where_it_is_known(locked: fakepw.LiveServer) -> None:
    for args, variables in (((), {"CONTROL": TOKEN}), (("--token", TOKEN), {})):
        status, line = asked(*args, **{"PORT": str(locked.port), **variables})
        assert (status, "answers as" in line) == (0, True)
    assert asked(locked.url)[0] == 0  # it is there; who asks just knows no token
    status, line = asked(locked.url, "--token", "wrong-battery")
    assert (status, "answered 401: this server is steered with its token" in line) == (1, True)
    assert "wrong-battery" not in line


@pytest.mark.parametrize(
    ("args", "variables", "says"),
    [
        (["http://127.0.0.1:1/"], {}, "http://127.0.0.1:1/ does not answer: connection refused"),
        ([], {"PORT": "1"}, "http://127.0.0.1:1/ does not answer: connection refused"),
        ([], {"PORT": "0"}, "has no port to ask at: FAKEPW_PORT is '0', not 1 to 65535; give its"),
        ([], {"PORT": "x"}, "FAKEPW_PORT is 'x'"),
        (["nowhere"], {}, "nowhere is no URL of a double: http://HOST:PORT/"),
        (["http://[::1/"], {}, "is no URL of a double"),
        (["http://127.0.0.1:1/a b"], {}, "is no URL of a double"),
        (["http://x..y:1/"], {}, "does not answer: "),
        (["http://127.0.0.1:1/", "--token", "a\r\nb"], {}, "cannot be asked with what is no token"),
        (["https://127.0.0.1:1/", "--ca-file", "/nowhere"], {}, "does not answer: "),
    ],
)
def test_who_is_not_there_is_not_well(args: list[str], variables: dict[str, str], says: str):
    status, line = asked(*args, **variables)
    assert status == 1
    assert says in line


@contextmanager
def something(*parts: bytes, pause: float = 0.0, most: int = 2) -> Iterator[str]:
    """Something that answers each of the first connections with these bytes, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            for _ in range(most):
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                with peer:
                    try:
                        peer.recv(65536)
                        for part in parts:
                            peer.sendall(part)
                            time.sleep(pause)
                    except OSError:
                        pass

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nServer: other\r\n\r\n"


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ([HEAD + b"<html>"], "answered 200"),
        ([HEAD + b'{"status": 7}'], "answered 200"),
        ([HEAD + b"[" * 30_000], "answered 200"),
        ([HEAD + b'{"status": "ok", "instance": "a\\u001b[2J\\nb"}'], "answers as a [2J b: None"),
        ([HEAD.replace(b"200", b"404") + b'{"error": "a\\nb"}'], "answered 404: a b"),
        ([HEAD.replace(b"200 OK", b"503 no")], "answered 503"),
        ([b"SSH-2.0-OpenSSH\r\n"], "answers with what is no HTTP; does it speak https?"),
        ([b""], "hangs up without an answer; does it speak https?"),
        ([b"x" * 65536] * 4, "answers with what is no HTTP"),
    ],
)
def test_something_else_is_not_well(parts: list[bytes], says: str) -> None:
    with something(*parts) as url:
        status, line = asked(url)
    assert status == (line.startswith("ok: ") is False)
    assert says in line


def test_who_answers_drop_by_drop_is_not_waited_for() -> None:
    start = time.monotonic()
    with something(*[b"x"] * 20, pause=0.05, most=1) as url:
        status, line = asked(url, "--timeout", "0.2")
        assert time.monotonic() - start < 10
    assert (status, line.endswith("does not answer: it takes too long")) == (1, True)


def test_it_imports_next_to_nothing() -> None:
    """It runs every few seconds, beside the tests that the server is for."""
    code = (
        "import sys; from fakepw.cli import main\n"
        "try: main(['health', 'http://127.0.0.1:1/'])\n"
        "except SystemExit: pass\n"
        "print({'asyncio', 'ssl', 'http.client', 'msgspec', 'httptools'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("set()\n", 0)


def test_a_world_is_well_by_itself(double: fakepw.LiveServer) -> None:
    with double.world({"patches": [{"name": "only"}]}, instance="2.0-py2-sqlite") as world:
        for url in (world.url, world.base_url, world.control_url):
            status, line = asked(url)
            assert (status, line.endswith("answers as 2.0-py2-sqlite: 1 patches")) == (0, True)
    status, line = asked(world.url)
    assert (status, "there is no world" in line) == (1, True)


@pytest.mark.parametrize(("age", "looks"), [(0.0, 1), (99.0, 5)])
def test_a_container_that_is_young_is_looked_at_once_and_an_older_one_for_a_while(
    double: fakepw.LiveServer, monkeypatch: pytest.MonkeyPatch, age: float, looks: int
) -> None:
    seen: list[Any] = []
    look = module._state

    def _state(asked: Any, *how: Any) -> str:
        seen.append(asked)
        return str(look(asked, *how))

    monkeypatch.setattr(module, "_state", _state)
    monkeypatch.setattr(module, "_age", lambda: age)
    monkeypatch.setattr(module, "LATER", 0.04)
    status, said = asked("--watch=0.2", double.url)
    assert (status, said[:3]) == (0, "ok:")
    assert 1 <= len(seen) <= looks  # a slow machine has fewer
    assert (len(seen) > 1) == (age > 0)


def test_one_that_is_watched_may_begin_late_and_is_ill_when_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_age", lambda: 99.0)
    monkeypatch.setattr(module, "LATER", 0.01)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    served = []
    late = threading.Timer(0.2, lambda: served.append(fakepw.serve("tiny", port=port)))
    late.start()
    status, said = asked("--watch=99", PORT=str(port))
    late.join()
    assert (status, said[:3]) == (0, "ok:")  # and so it is told at once
    threading.Timer(0.2, served[0].stop).start()
    status, said = asked("--watch=99", "--timeout=0.3", PORT=str(port))
    assert (status, "does not answer" in said) == (1, True)


def test_the_age_of_a_container_is_that_of_its_first_process() -> None:
    with open("/proc/uptime") as uptime:
        assert 0 < module._age() <= float(uptime.read().split()[0]) + 1
