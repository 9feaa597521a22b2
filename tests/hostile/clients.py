"""Clients that misbehave, a few lines each.

Each takes the port of a server, does its worst and gives the connection as it leaves it; a `crowd`
is many of one kind at once.

    with crowd(never_reads, server.port, 1000):
        ...
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ..serving.wire import CALL, Wire, post

Client = Callable[..., Wire]


@contextmanager
def crowd(client: Client, port: int, count: int, **how: Any) -> Iterator[list[Wire]]:
    """So many clients of one kind, until the block ends."""
    wires = []
    try:
        for _ in range(count):
            wires.append(client(port, **how))
        yield wires
    finally:
        for wire in wires:
            wire.close()


def never_reads(port: int, asked: bytes = CALL, times: int = 1) -> Wire:
    """Asks, and takes nothing of the answer."""
    wire = Wire(port, receive=4096)
    wire.send(post(asked) * times)
    return wire


def asks_on_and_never_reads(port: int, asked: bytes = CALL) -> Wire:
    """Asks until nothing more is taken from it."""
    wire = Wire(port, timeout=0.2, receive=4096)
    with suppress(TimeoutError, ConnectionError):
        while True:
            wire.send(post(asked) * 1000)
    return wire


def stops_half_way(port: int, part: bytes = post()[:-1]) -> Wire:
    """Sends half a request and no more."""
    wire = Wire(port)
    wire.send(part)
    return wire


def trickles(port: int, data: bytes = post(), pause: float = 0.01) -> Wire:
    """Sends a byte at a time."""
    wire = Wire(port)
    for byte in data:
        wire.send(bytes([byte]))
        time.sleep(pause)
    return wire


def idles(port: int) -> Wire:
    """Connects, and says nothing."""
    return Wire(port)


def vanishes_in_mid_answer(port: int, asked: bytes = CALL) -> Wire:
    """Asks, takes a little of the answer, and is gone without a word."""
    wire = never_reads(port, asked)
    wire.socket.recv(100)
    wire.reset()
    return wire


def vanishes_before_its_answer(port: int, asked: bytes = CALL) -> Wire:
    """Asks, and is gone."""
    wire = Wire(port)
    wire.send(post(asked))
    wire.reset()
    return wire


def pipelines(port: int, count: int, asked: bytes = CALL) -> Wire:
    """Asks so many times before it reads the first answer."""
    wire = Wire(port, timeout=60)
    wire.socket.setblocking(True)
    wire.send(post(asked) * count)
    return wire


def sends_a_head_without_end(port: int, line: bytes = b"X-Long: x\r\n") -> Wire:
    """Sends headers until it is told to stop."""
    wire = Wire(port)
    with suppress(ConnectionError):
        wire.send(b"POST /xmlrpc/ HTTP/1.1\r\n")
        for _ in range(1000):
            wire.send(line * 100)
    return wire


def sends_chunks_without_end(port: int, chunk: bytes = b"1;" + b"x" * 100 + b"\r\nx\r\n") -> Wire:
    """Sends a body of tiny chunks, each with an extension, and never the last."""
    wire = Wire(port, timeout=0.5)
    with suppress(ConnectionError, TimeoutError):
        wire.send(b"POST /xmlrpc/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(100):
            wire.send(chunk * 100)
    return wire


def sends_rubbish(port: int, seed: int = 0, size: int = 1000) -> Wire:
    """Sends bytes that mean nothing."""
    wire = Wire(port)
    with suppress(ConnectionError):
        wire.send(random.Random(seed).randbytes(size))
    return wire


#: A request that a proxy in front could take for one and the server for another, or for two: what
#: stands behind it must never be answered as a request of its own.
_HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
_CHUNKED = b"0\r\n\r\n" + _HIDDEN


def _shape(*lines: bytes, body: bytes = _CHUNKED, line: bytes = b"POST / HTTP/1.1") -> bytes:
    return b"\r\n".join([line, b"Host: a", *lines, b"", b""]) + body


SMUGGLED = {
    "length and chunked": _shape(b"Content-Length: 3", b"Transfer-Encoding: chunked"),
    "chunked and length": _shape(b"Transfer-Encoding: chunked", b"Content-Length: 3"),
    "two lengths": _shape(b"Content-Length: 0", b"Content-Length: 43", body=_HIDDEN),
    "two lengths in one": _shape(b"Content-Length: 0, 43", body=_HIDDEN),
    "a signed length": _shape(b"Content-Length: +0", body=_HIDDEN),
    "a negative length": _shape(b"Content-Length: -1", body=_HIDDEN),
    "a hexadecimal length": _shape(b"Content-Length: 0x0", body=_HIDDEN),
    "a length with a letter": _shape(b"Content-Length: 0a", body=_HIDDEN),
    "a length beyond 64 bits": _shape(b"Content-Length: 18446744073709551616", body=_HIDDEN),
    "an empty length": _shape(b"Content-Length:", body=_HIDDEN),
    "a name with a blank behind": _shape(b"Content-Length : 0", body=_HIDDEN),
    "a name with a tab": _shape(b"Transfer-Encoding\t: chunked"),
    "a folded header": _shape(b"X: y", b" Transfer-Encoding: chunked", b"Content-Length : 5"),
    "a coding behind chunked": _shape(b"Transfer-Encoding: chunked, identity"),
    "an unknown coding": _shape(b"Transfer-Encoding: xchunked"),
    "a quoted coding": _shape(b'Transfer-Encoding: "chunked"'),
    "a coding with a tab": _shape(b"Transfer-Encoding: \x0bchunked"),
    "a bare LF in a header": _shape(b"X: y\nTransfer-Encoding: chunked"),
    "a bare CR in a header": _shape(b"X: y\rTransfer-Encoding: chunked"),
    "a NUL in a header": _shape(b"X: \x00", body=_HIDDEN),
    "a header without a colon": _shape(b"Transfer-Encoding chunked"),
    "a chunk with a signed size": _shape(
        b"Transfer-Encoding: chunked", body=b"+0\r\n\r\n" + _HIDDEN
    ),
    "a chunk with a size of 0x": _shape(
        b"Transfer-Encoding: chunked", body=b"0x0\r\n\r\n" + _HIDDEN
    ),
    "a chunk that is longer than it says": _shape(
        b"Transfer-Encoding: chunked", body=b"1\r\nab\r\n0\r\n\r\n" + _HIDDEN
    ),
    "chunks in HTTP/1.0 with a length": _shape(
        b"Transfer-Encoding: chunked", b"Content-Length: 43", line=b"POST / HTTP/1.0"
    ),
    "a second request line": b"GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n" + _HIDDEN,
}
