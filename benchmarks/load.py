"""Load from keep-alive connections, and single calls whose time is taken.

The load comes from Debian's `wrk` if it is installed, otherwise from several Python processes.
"""

from __future__ import annotations

import json
import re
import selectors
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import xmlrpc.client
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple, Protocol

CONNECTIONS = 16
CLIENTS = 2  # Python processes, where there is no wrk


def call(method: str, *params: Any) -> bytes:
    """The body of a call."""
    return xmlrpc.client.dumps(params, method).encode()


def generator(seconds: float) -> str:
    """What makes a load of that many seconds, in words."""
    if seconds < 1:
        return f"this very process, {CONNECTIONS} keep-alive connections"
    if shutil.which("wrk"):
        return f"wrk (C), {CONNECTIONS} keep-alive connections"
    return f"{CLIENTS} Python processes, {CONNECTIONS} keep-alive connections in all; no wrk here"


def requests_per_second(port: int, bodies: Sequence[bytes], seconds: float) -> float:
    """How many calls a second a server answers, given the calls to make in turn.

    Raises RuntimeError if it answers any but 200.
    """
    if seconds < 1:  # wrk counts in whole seconds, and processes take long to start
        return _client(port, bodies, seconds, CONNECTIONS)
    if shutil.which("wrk"):
        return _wrk(port, bodies, seconds)[1]
    return _python(port, bodies, seconds)


_SCRIPT = """\
wrk.method = "POST"
wrk.headers["Content-Type"] = "text/xml"
local bodies, requests, n = {%s}, {}, 0
wrk.body = bodies[1]
if #bodies > 1 then
  init = function()
    for i, body in ipairs(bodies) do requests[i] = wrk.format(nil, nil, nil, body) end
  end
  request = function() n = n %% #requests + 1; return requests[n] end
end
"""


def _wrk(port: int, bodies: Sequence[bytes], seconds: float) -> tuple[int, float]:
    """How many calls were answered, and how many a second."""
    quoted = ("".join(f"\\{byte:03d}" for byte in body) for body in bodies)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(_SCRIPT % ",".join(f'"{body}"' for body in quoted))
        file.flush()
        url = f"http://127.0.0.1:{port}/xmlrpc/"
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{round(seconds)}s", "--timeout", "30s"]
        command = ["wrk", *options, "-s", file.name, url]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise RuntimeError(output)
    found = re.search(r"(\d+) requests in .*Requests/sec:\s+([\d.]+)", output, re.DOTALL)
    if found is None:
        raise RuntimeError(output)
    return int(found[1]), float(found[2])


def _python(port: int, bodies: Sequence[bytes], seconds: float) -> float:
    with tempfile.NamedTemporaryFile() as file:
        file.write(json.dumps([body.decode() for body in bodies]).encode())
        file.flush()
        each = str(CONNECTIONS // CLIENTS)
        command = [
            sys.executable,
            "-m",
            "benchmarks.load",
            str(port),
            file.name,
            str(seconds),
            each,
        ]
        clients = [
            subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(CLIENTS)
        ]
        outputs = [client.communicate()[0] for client in clients]
    if any(client.returncode for client in clients):
        raise RuntimeError("a client failed")
    return sum(map(float, outputs))


class Process(Protocol):
    """A server in a process of its own."""

    @property
    def port(self) -> int: ...
    @property
    def pid(self) -> int: ...


class Rate(NamedTuple):
    """How many calls a server answers: a second, and a second of its processor's time.

    What else the machine is busy with matters much less to the other.
    """

    a_second: float
    a_processor_second: float


def rate(
    server: Process, bodies: Sequence[bytes], seconds: float, login: bytes | None = None
) -> Rate:
    """How many calls a server answers under a load, given the calls to make in turn."""
    busy = _processor_seconds(server.pid)
    if seconds < 1 or login is not None or not shutil.which("wrk"):
        done, elapsed = _driven(server.port, bodies, seconds, CONNECTIONS, login)
        found = done / elapsed
    else:
        done, found = _wrk(server.port, bodies, seconds)
    return Rate(found, done / (_processor_seconds(server.pid) - busy))


def calls_per_processor_second(
    server: Process, bodies: Sequence[bytes], seconds: float, login: bytes | None = None
) -> float:
    """The same, where the processor's time is all that counts."""
    return rate(server, bodies, seconds, login).a_processor_second


def _processor_seconds(pid: int) -> float:
    """What a process, all of its threads, has had of processors, in seconds."""
    return time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid makes of it on Linux


def request(body: bytes, login: bytes | None = None) -> bytes:
    """A whole request, as wrk sends it; `login` is Basic credentials."""
    head = f"POST /xmlrpc/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    who = b"" if login is None else b"Authorization: Basic %b\r\n" % login
    return head.encode() + who + b"Content-Type: text/xml\r\n\r\n" + body


class Caller:
    """One keep-alive connection that calls again and again."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = memoryview(bytearray(1 << 20))

    def answer(self, body: bytes, login: bytes | None = None) -> bytes:
        """The answer to a call, head and body; old releases send it in chunks."""
        self.socket.sendall(request(body, login))
        got = bytearray()
        while b"\r\n\r\n" not in got:
            got += self.some()
        start = got.index(b"\r\n\r\n") + 4
        found = re.search(rb"(?i)content-length: (\d+)", got[:start])
        while len(got) < start + int(found[1]) if found else not got.endswith(b"\r\n0\r\n\r\n"):
            got += self.some()
        return bytes(got)

    def some(self) -> bytes:
        """Whatever has arrived of an answer, at least one byte."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise ConnectionError("the server hung up")
        return data

    def seconds(self, body: bytes, size: int) -> float:
        """The time that a call takes whose answer is `size` bytes, head and body."""
        start = time.perf_counter()
        self.socket.sendall(request(body))
        while size > 0:
            size -= self.socket.recv_into(self._buffer)
        return time.perf_counter() - start

    def close(self) -> None:
        self.socket.close()


def _client(port: int, bodies: Sequence[bytes], seconds: float, connections: int) -> float:
    """Calls a second from this process."""
    done, elapsed = _driven(port, bodies, seconds, connections)
    return done / elapsed


def _driven(
    port: int,
    bodies: Sequence[bytes],
    seconds: float,
    connections: int,
    login: bytes | None = None,
) -> tuple[int, float]:
    """Calls from this process, and the seconds that they took."""
    callers = [Caller(port) for _ in range(connections)]
    calls = [(request(body, login), len(callers[0].answer(body, login))) for body in bodies]
    turn = cycle(calls)
    missing = dict.fromkeys(range(connections), 0)
    done, start = 0, time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for number, caller in enumerate(callers):
            selector.register(caller.socket, selectors.EVENT_READ, number)
            sent, missing[number] = next(turn)
            caller.socket.sendall(sent)
        while time.perf_counter() - start < seconds or not done:
            for key, _ in selector.select():
                caller = callers[key.data]
                missing[key.data] -= len(caller.some())
                if missing[key.data] <= 0:
                    done += 1
                    sent, missing[key.data] = next(turn)
                    caller.socket.sendall(sent)
        elapsed = time.perf_counter() - start
    for number, caller in enumerate(callers):
        while missing[number] > 0:
            missing[number] -= len(caller.some())
        caller.close()
    return done, elapsed


if __name__ == "__main__":
    port, file, seconds, connections = sys.argv[1:]
    bodies = [body.encode() for body in json.loads(Path(file).read_bytes())]
    print(_client(int(port), bodies, float(seconds), int(connections)))
