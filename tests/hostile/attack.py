"""The long round of attacks: millions of broken requests, and what they brought about.

    python -m tests.hostile.attack [--minutes 60] [--requests 10_000_000] [--over-sockets 1_000_000]

First through `respond` in a process for each processor; then over sockets, with rules, scenarios
and worlds made and taken away meanwhile; then guided by coverage, where atheris is installed (it
looks for requests that reach code which none reached before).  The first two take a half and three
tenths of the time at most, the last one what is left.  It ends with 1 if anything was
raised, if the server did not live, or if it printed what is no line about a client.
"""

from __future__ import annotations

import argparse
import base64
import importlib.util
import json
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

import fakepw
from fakepw.protocol.messages import Request, Response

from ..serving.watched import Subject, subject
from ..serving.wire import CALL, post
from .mutating import Mutator

#: Different Pythons, Djangos and databases, and so different code.
INSTANCES = fakepw.RECORDED
#: Requests after which the rows are as they were: what writes leave behind must not grow.
RESET = 1000
#: Seconds that one answer may take.
SLOW = 5.0


@dataclass
class Found:
    """What a part of the attack found."""

    tried: int = 0
    slowest: float = 0.0
    slowest_request: str = ""
    megabytes: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, other: Found) -> None:
        self.tried += other.tried
        if other.slowest > self.slowest:
            self.slowest, self.slowest_request = other.slowest, other.slowest_request
        self.megabytes = max(self.megabytes, other.megabytes)
        self.statuses += other.statuses
        self.wrong += other.wrong

    def took(self, seconds: float, request: Request | bytes) -> None:
        if seconds > self.slowest:
            data = request if isinstance(request, bytes) else as_bytes(request)
            self.slowest, self.slowest_request = seconds, shown(data)

    def told(self, what: str, seconds: float) -> str:
        """The figures, as the README has them."""
        counts = sorted(self.statuses.items())
        statuses = ", ".join(f"{count} of {status}" for status, count in counts)
        return (
            f"{what}: {self.tried} requests in {seconds:.0f} s, slowest {self.slowest:.3f} s, "
            f"peak {self.megabytes:.0f} MB ({statuses})"
        )


def shown(request: bytes) -> str:
    """A request in a form in which it can be sent again."""
    return base64.b64encode(request[:3000]).decode()


def as_bytes(request: Request) -> bytes:
    lines = [b"%b %b HTTP/1.1" % (request.method, request.target)]
    lines += [b"%b: %b" % pair for pair in request.headers]
    return b"\r\n".join([*lines, b"", b""]) + request.body


# Through `respond`.


def through_respond(seed: int, requests: int, seconds: float) -> Found:
    """Broken requests of one seed, on all instances in turn."""
    found, mutator, known = Found(), Mutator(seed), set[int]()
    dataset = fakepw.load("demo")
    patchworks = [fakepw.Patchwork(dataset, name) for name in INSTANCES]
    end = time.monotonic() + seconds
    while found.tried < requests and time.monotonic() < end:
        patchwork = patchworks[(found.tried // RESET) % len(patchworks)]
        for _ in range(min(RESET, requests - found.tried)):
            request = mutator.request()
            response = answered(request, patchwork, found)
            if response is not None:
                kind = hash((response.status, b"".join(response.body[:4])[:400]))
                if kind not in known and len(known) < 100_000:
                    known.add(kind)
                    mutator.keep(request.body)
        patchwork.reset()
    found.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def answered(request: Request, patchwork: fakepw.Patchwork, found: Found) -> Response | None:
    """The answer to a request, and what there is to say of it."""
    start = time.perf_counter()
    try:
        response = fakepw.respond(request, patchwork)
    except BaseException as error:
        lines = "".join(traceback.format_exception(error)[-3:])
        found.wrong.append(f"{patchwork.instance.name}: {shown(as_bytes(request))}\n{lines}")
        return None
    taken = time.perf_counter() - start
    found.tried += 1
    found.statuses[response.status] += 1
    found.took(taken, request)
    if taken > SLOW:
        what = f"{taken:.1f} s for {shown(as_bytes(request))}"
        found.wrong.append(f"{patchwork.instance.name}: {what}")
    return response


def all_through_respond(requests: int, seconds: float, seed: int) -> Found:
    workers, found = os.cpu_count() or 1, Found()
    with ProcessPoolExecutor(workers) as pool:
        share = -(-requests // workers)
        parts = [
            pool.submit(through_respond, seed + number, share, seconds) for number in range(workers)
        ]
        for part in parts:
            found.add(part.result())
    return found


# Guided by coverage.


def guided(seconds: float) -> Found | None:
    """What atheris finds; None where it is not installed."""
    if importlib.util.find_spec("atheris") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        corpus, figures = Path(folder, "corpus"), Path(folder, "figures.json")
        corpus.mkdir()
        mutator = Mutator(0)
        for number in range(500):
            Path(corpus, str(number)).write_bytes(bytes([number % 256]) + mutator.body())
        command = [sys.executable, "-m", "tests.hostile.guided", str(figures), str(corpus)]
        command += [f"-max_total_time={max(1, int(seconds))}", f"-artifact_prefix={folder}/"]
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # else the command would go on
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        said = json.loads(figures.read_text())
        found = Found(said["tried"], said["slowest"], said["request"], said["megabytes"])
        found.statuses.update({int(status): count for status, count in said["statuses"].items()})
        if done.returncode:
            found.wrong.append(done.stderr[-3000:])
        return found


# Over sockets.


def over_sockets(
    port: int, seed: int, requests: int, seconds: float, controls: bool = False
) -> Found:
    """Broken requests, a few on each connection, read to the end of that; `controls` among them
    change what the server does."""
    found, mutator = Found(), Mutator(seed, controls)
    end = time.monotonic() + seconds
    chance = random.Random(seed)
    while found.tried < requests and time.monotonic() < end:
        sent = [mutator.wire() for _ in range(chance.choice((1, 1, 1, 2, 10)))]
        start = time.perf_counter()
        try:
            got = exchanged(port, b"".join(sent))
        except TimeoutError:
            found.wrong.append(f"no end of the answers to {shown(b''.join(sent))}")
            continue
        except ConnectionError:
            got = b""
        found.tried += len(sent)
        found.took(time.perf_counter() - start, b"".join(sent))
        for line in got.split(b"HTTP/1.")[1:]:
            if line[2:5].isdigit():
                found.statuses[int(line[2:5])] += 1
    return found


def exchanged(port: int, data: bytes) -> bytes:
    """All that a server answers until it hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(1 << 16), b""))


def all_over_sockets(requests: int, seconds: float, seed: int) -> Found:
    found = Found()
    workers = max(1, (os.cpu_count() or 2) - 1)  # the server takes one
    with subject(patches=200) as server:
        with ProcessPoolExecutor(workers) as pool:
            share = -(-requests // workers)
            parts = [
                pool.submit(over_sockets, server.port, seed + number, share, seconds, True)
                for number in range(workers)
            ]
            for part in parts:
                found.add(part.result())
        found.wrong += aftermath(server)
        found.megabytes = server.megabytes("VmHWM")
        found.wrong += printed(server)
    return found


_RESET = b"POST /_fakepw/reset HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n"
_RESET += b"Content-Type: application/json\r\n\r\n"


def aftermath(server: Subject) -> list[str]:
    """What is wrong with the server after it."""
    exchanged(server.port, _RESET)
    answer = exchanged(server.port, post(CALL))
    return [] if b"<int>3</int>" in answer else [f"it no longer answers: {answer[:300]!r}"]


def printed(server: Subject) -> list[str]:
    """The lines that say that something failed, or that are none about a client."""
    about = (" was answered ", " went away in ", " was cut off: ", " were turned away: ")
    return [line for line in server.end() if not any(each in line for each in about)]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0, help="at most, in all")
    parser.add_argument("--requests", type=int, default=10_000_000, help="through respond, at most")
    parser.add_argument("--over-sockets", type=int, default=1_000_000, help="at most")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    seconds, began = options.minutes * 60, time.monotonic()
    parts: list[tuple[str, Callable[[], Found | None]]] = [
        (
            "through respond",
            lambda: all_through_respond(options.requests, seconds * 0.5, options.seed),
        ),
        (
            "over sockets",
            lambda: all_over_sockets(options.over_sockets, seconds * 0.3, options.seed),
        ),
        ("guided by coverage", lambda: guided(seconds - (time.monotonic() - began))),
    ]
    wrong: list[str] = []
    for what, part in parts:
        start = time.monotonic()
        found = part()
        if found is None:
            print(f"{what}: left out, as atheris is not installed", flush=True)
            continue
        print(found.told(what, time.monotonic() - start), flush=True)
        print(f"  the slowest: {found.slowest_request[:300]}", flush=True)
        wrong += found.wrong
    for each in chain(wrong[:20], [f"… and {len(wrong) - 20} more"] if len(wrong) > 20 else []):
        print(f"WRONG: {each}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
