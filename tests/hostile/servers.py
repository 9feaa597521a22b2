"""Servers that misbehave: an honest Patchwork, and between it and the wire a *manner*.

A manner is a generator function: it is given a `Turn`, one request that came, and yields the bytes
that are sent for it. `turn.honest()` carries the request out and has the honest answer to be bent.
What it never asks for is never carried out.

    with misbehaving(one_byte_a_second) as server:
        run(server.url)
    assert len(server.turns) < 10
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import socket
import ssl
import threading
import time
import xmlrpc.client
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import fakepw

#: What a manner takes the place of the headers of an answer by.
Headers = Iterable[tuple[str, str]]


class Hangup(Exception):
    """Raised by a manner: the connection is closed at once."""


@dataclass
class Answer:
    """An honest answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Turn:
    """One request that came; `number` counts those of the server from 1, `place` those of the
    connection."""

    number: int
    place: int
    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    server: Misbehaving = field(repr=False)

    @property
    def writes(self) -> bool:
        """Whether it asks for a change, with credentials."""
        asks = b"patch_set" in self.body or b"check_create" in self.body
        return asks and "authorization" in self.headers

    @property
    def discovers(self) -> bool:
        """Whether it is among the first that any run sends."""
        return self.number <= 3

    @property
    def authorization(self) -> str:
        """What was sent for credentials; '' if nothing was."""
        return self.headers.get("authorization", "")

    def carried_out(self) -> Answer:
        """The honest answer, once the request was carried out."""
        return self.server.carry_out(self)

    def honest(self, body: bytes | None = None, **changed: Any) -> bytes:
        """The honest answer's bytes; with another body, `status` or `headers` if asked for."""
        answer = self.carried_out()
        headers = changed.get("headers", answer.headers)
        return written(
            changed.get("status", answer.status), answer.body if body is None else body, headers
        )

    def hang(self) -> None:
        """Say nothing until the server is stopped."""
        self.server.stopping.wait()
        raise Hangup

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        if self.server.stopping.wait(seconds):
            raise Hangup


Manner = Callable[[Turn], Iterator[bytes]]


def written(status: int = 200, body: bytes = b"", headers: Headers = ()) -> bytes:
    """An answer's bytes, with a Content-Length that is right."""
    return _head(status, len(body), headers) + body


def _head(status: int, length: int, headers: Headers) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever"]
    lines += [f"{n}: {v}" for n, v in headers if n.lower() != "content-length"]
    lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace")


def value(xml: str) -> bytes:
    """The body of an answer that holds this value."""
    return (
        "<?xml version='1.0'?>\n<methodResponse><params><param>"
        f"<value>{xml}</value></param></params></methodResponse>"
    ).encode()


def fault(text: str) -> bytes:
    """The body of an answer that is a fault; `text` goes in as it is."""
    return (
        "<?xml version='1.0'?>\n<methodResponse><fault><value><struct>"
        "<member><name>faultCode</name><value><int>1</int></value></member>"
        f"<member><name>faultString</name><value><string>{text}</string></value></member>"
        "</struct></value></fault></methodResponse>"
    ).encode()


class Misbehaving:
    """A server on a free port of this machine that answers in a manner of its own."""

    def __init__(
        self,
        manner: Manner,
        fixture: Any = "demo",
        instance: str = "3.2-py3-postgresql",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.manner, self.tls = manner, tls
        self.patchwork = fakepw.Patchwork(fakepw.load(fixture), instance)
        self.turns: list[Turn] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        """Where it is."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def carry_out(self, turn: Turn) -> Answer:
        """What the honest Patchwork says to a request."""
        names = [(n.encode("latin-1"), v.encode("latin-1")) for n, v in turn.headers.items()]
        request = fakepw.Request(
            turn.method.encode("latin-1"), turn.target.encode("latin-1"), names, turn.body
        )
        with self._lock:
            found = fakepw.respond(request, self.patchwork)
        return Answer(found.status, list(found.headers), b"".join(found.body))

    def call(self, method: str, *params: Any, login: str = "kim:earl-grey") -> Any:
        """What somebody else asks the honest Patchwork for, without the wire."""
        token = base64.b64encode(login.encode()).decode()
        body = xmlrpc.client.dumps(params, method).encode()
        headers = {"content-length": str(len(body)), "authorization": f"Basic {token}"}
        answer = self.carry_out(Turn(0, 0, "POST", "/xmlrpc/", headers, body, self))
        return xmlrpc.client.loads(answer.body)[0][0]

    def start(self) -> None:
        """Accept connections from now on."""
        self._spawn(self._accept)

    def stop(self) -> None:
        """Close everything; what hangs or waits ends."""
        self.stopping.set()
        with contextlib.suppress(OSError):  # it wakes up the thread that accepts
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        self._listener.close()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _spawn(self, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._spawn(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        try:
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            self._open.add(sock)
            with sock.makefile("rb") as file:
                place = 0
                while (turn := self._read(file, place := place + 1)) is not None:
                    for data in self.manner(turn):
                        sock.sendall(data)
        except (Hangup, OSError, ValueError):
            pass
        finally:
            self._open.discard(sock)
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _read(self, file: Any, place: int) -> Turn | None:
        first = file.readline(65536).decode("latin-1").split()
        if len(first) != 3:
            return None
        headers = {}
        while (line := file.readline(65536).decode("latin-1").strip()) != "":
            name, _, said = line.partition(":")
            headers[name.strip().lower()] = said.strip()
        body = file.read(int(headers.get("content-length", 0)))
        with self._lock:
            turn = Turn(len(self.turns) + 1, place, first[0], first[1], headers, body, self)
            self.turns.append(turn)
        return turn


@contextmanager
def misbehaving(
    manner: Manner,
    fixture: Any = "demo",
    instance: str = "3.2-py3-postgresql",
    tls: ssl.SSLContext | None = None,
) -> Iterator[Misbehaving]:
    """A server that answers in that manner, as long as the block lasts."""
    server = Misbehaving(manner, fixture, instance, tls)
    server.start()
    try:
        yield server
    finally:
        server.stop()


# Manners that take other manners: when, or how often.


def honest(turn: Turn) -> Iterator[bytes]:
    """As a real server does."""
    yield turn.honest()


def after_discovery(manner: Manner, requests: int = 60) -> Manner:
    """Honest while it is being discovered, and then no more."""
    return lambda turn: (manner if turn.number > requests else honest)(turn)


def to_calls(method: str, manner: Manner) -> Manner:
    """That manner where this method is called, honest otherwise."""
    name = f"<methodName>{method}</methodName>".encode()
    return lambda turn: (manner if name in turn.body else honest)(turn)


def to_writes(manner: Manner) -> Manner:
    """That manner where something is written, honest otherwise."""
    return lambda turn: (manner if turn.writes else honest)(turn)


# Time: it begins, and never comes to an end.


def silent(turn: Turn) -> Iterator[bytes]:
    """Takes the request and never answers."""
    turn.hang()
    yield b""


def hangs_after_discovery(turn: Turn) -> Iterator[bytes]:
    """Answers what discovery asks, and nothing from then on."""
    return after_discovery(silent)(turn)


def one_byte_a_second(turn: Turn) -> Iterator[bytes]:
    """Begins with the status line, a byte at a time."""
    for byte in turn.honest():
        yield bytes([byte])
        turn.wait(1)


def slow_header(turn: Turn) -> Iterator[bytes]:
    """A header that grows by a byte a second."""
    yield b"HTTP/1.1 200 OK\r\nX-Slow: "
    while True:
        turn.wait(1)
        yield b"a"


def slow_body(turn: Turn) -> Iterator[bytes]:
    """A body that comes a byte a second."""
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    while True:
        yield b"<"
        turn.wait(1)


def slow_chunk_extension(turn: Turn) -> Iterator[bytes]:
    """A chunk whose extension grows by a byte a second."""
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;"
    while True:
        yield b"x"
        turn.wait(1)


def endless_continue(turn: Turn) -> Iterator[bytes]:
    """`100 Continue` again and again."""
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n" * 100
        turn.wait(0.01)


def endless_headers(turn: Turn) -> Iterator[bytes]:
    """Header after header."""
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X-More: and more\r\n" * 1000


def endless_header(turn: Turn) -> Iterator[bytes]:
    """One header line without an end."""
    yield b"HTTP/1.1 200 OK\r\nX-Long: "
    while True:
        yield b"a" * 65536


def endless_status_line(turn: Turn) -> Iterator[bytes]:
    """A reason phrase without an end."""
    yield b"HTTP/1.1 200 "
    while True:
        yield b"OK" * 32768


def endless_body(turn: Turn) -> Iterator[bytes]:
    """A body without a length and without an end."""
    yield b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<methodResponse>"
    while True:
        yield b" " * (1 << 20)


def endless_chunks(turn: Turn) -> Iterator[bytes]:
    """Chunk after chunk."""
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"10000\r\n" + b" " * 65536 + b"\r\n"


def endless_trailers(turn: Turn) -> Iterator[bytes]:
    """A body that ends, and trailers that do not."""
    body = turn.carried_out().body
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    yield b"%x\r\n%s\r\n0\r\n" % (len(body), body)
    while True:
        yield b"X-Trailer: and more\r\n"
        turn.wait(0.01)


# Size and shape of what it says.


def sixty_megabytes(turn: Turn) -> Iterator[bytes]:
    """A large answer to each call."""
    before, after = value("<string>*</string>").split(b"*")
    piece, count = b"a" * 1_000_000, 60
    yield _head(200, len(before) + count * len(piece) + len(after), ()) + before
    yield from [piece] * count
    yield after


def angle_brackets(turn: Turn) -> Iterator[bytes]:
    """A page of a megabyte of `<`."""
    yield written(200, b"<" * 1_000_000, [("Content-Type", "text/html")])


@cache
def _bomb() -> bytes:
    """A hundred megabytes of a string, packed piece by piece."""
    before, after = value("<string>*</string>").split(b"*")
    packed = io.BytesIO()
    with gzip.open(packed, "wb", 1) as file:
        file.write(before)
        for _ in range(100):
            file.write(b"a" * 1_000_000)
        file.write(after)
    return packed.getvalue()


def gzip_bomb(turn: Turn) -> Iterator[bytes]:
    """A small body that says it unpacks to a large one."""
    yield written(200, _bomb(), [("Content-Encoding", "gzip")])


def gzipped_badly(turn: Turn) -> Iterator[bytes]:
    """A body that says it is packed, and is broken within."""
    packed = bytearray(gzip.compress(turn.honest().partition(b"\r\n\r\n")[2], 1))
    packed[10:20] = b"\xff" * 10
    yield written(200, bytes(packed), [("Content-Encoding", "gzip")])


def billion_laughs(turn: Turn) -> Iterator[bytes]:
    """Entities that grow."""
    entities = "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "ha" * 10}">' for n in range(10)
    )
    yield written(
        200,
        f"<?xml version='1.0'?><!DOCTYPE x [{entities}]><methodResponse><params><param><value>"
        "<string>&e9;</string></value></param></params></methodResponse>".encode(),
    )


def foreign_entity(path: Path | str) -> Manner:
    """An entity that stands for a file of whoever reads it."""

    def manner(turn: Turn) -> Iterator[bytes]:
        yield written(
            200,
            f"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY e SYSTEM 'file://{path}'>]>"
            "<methodResponse><params><param><value><string>&e;</string></value></param></params>"
            "</methodResponse>".encode(),
        )

    return manner


def deep(depth: int = 900) -> Manner:
    """Arrays inside arrays."""

    def manner(turn: Turn) -> Iterator[bytes]:
        opening, closing = "<array><data><value>" * depth, "</value></data></array>" * depth
        yield written(200, value(f"{opening}<int>1</int>{closing}"))

    return manner


# What it says of the length, and what it does with connections.


def says_more(turn: Turn) -> Iterator[bytes]:
    """A Content-Length that the body never comes to."""
    body = turn.carried_out().body
    yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body) + 10, body)
    raise Hangup


def says_less(turn: Turn) -> Iterator[bytes]:
    """A Content-Length that the body goes beyond."""
    body = turn.carried_out().body
    yield b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (max(0, len(body) - 10), body)


def says_two_lengths(turn: Turn) -> Iterator[bytes]:
    """Two lengths that differ."""
    body = turn.carried_out().body
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: %d\r\n\r\n%s" % (
        len(body),
        body,
    )


def says_a_negative_length(turn: Turn) -> Iterator[bytes]:
    """A length below nothing."""
    yield b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n" + turn.carried_out().body
    raise Hangup


def closes_without_a_word(turn: Turn) -> Iterator[bytes]:
    """Answers and closes, as uWSGI does, without `Connection: close`."""
    yield turn.honest()
    raise Hangup


def cuts_kept_connections(turn: Turn) -> Iterator[bytes]:
    """Answers the first request of a connection, and hangs up at the second."""
    if turn.place > 1:
        raise Hangup
    yield turn.honest()


def hangs_up(turn: Turn) -> Iterator[bytes]:
    """Closes instead of answering."""
    raise Hangup
    yield b""


def loses_answers(turn: Turn) -> Iterator[bytes]:
    """Carries the request out, and hangs up instead of answering."""
    turn.carried_out()
    raise Hangup
    yield b""


def answers_twice(turn: Turn) -> Iterator[bytes]:
    """A second answer behind the first, for whoever asks next on that connection."""
    yield turn.honest()
    yield written(200, value("<string>for somebody else</string>"))


def speaks_no_http(turn: Turn) -> Iterator[bytes]:
    """Something else altogether."""
    yield b"220 mail.example.org ESMTP ready\r\n" * 3
    raise Hangup


# What it says in headers.


def with_headers(*headers: tuple[str, str], status: int | None = None) -> Manner:
    """Honest, with further headers, which may hold anything."""

    def manner(turn: Turn) -> Iterator[bytes]:
        answer = turn.carried_out()
        more = [*answer.headers, *headers]
        yield turn.honest(headers=more, status=answer.status if status is None else status)

    return manner


#: Retry-After as no clock has it.
MOMENTS = (
    "Fri, 31 Dec 99999999999999999999 23:59:59 GMT",
    "Mon, 01 Jan 0001 00:00:00 -2359",
    "²",
    "٣",
    "9" * 400,
    "-1",
    "nan",
    "inf",
    "1e400",
    "",
    "Thu, 01 Jan 1970 00:00:00 +99999999999",
)


def retry_after(moment: str, status: int = 503) -> Manner:
    """Asks to be asked again, at some moment."""
    return with_headers(("Retry-After", moment), status=status)


def redirects(location: str, status: int = 302) -> Manner:
    """Sends everyone elsewhere; `{port}` stands for its own port."""

    def manner(turn: Turn) -> Iterator[bytes]:
        where = location.replace("{port}", str(turn.server.port))
        yield written(status, b"", [("Location", where)])

    return manner


#: Thirteen kinds of redirects, none of which leads to the API that was asked for.
LOCATIONS = (
    "http://elsewhere.example/xmlrpc/",
    "https://127.0.0.1:{port}/xmlrpc/",
    "//elsewhere.example/xmlrpc/",
    "http://127.0.0.1:1/xmlrpc/",
    "http://kim:secret@127.0.0.1:{port}/xmlrpc/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/xmlrpc/",
    "javascript:alert(1)",
    "/xmlrpc/",
    "/other/xmlrpc/",
    "http://[::1",
    "http://127.0.0.1:99999/xmlrpc/",
    "",
)


# What it says of those who ask.


def echoing(transform: Callable[[str], bytes]) -> Manner:
    """Puts what it was sent for credentials into a fault; `transform` says how, given the value of
    the Authorization header, and makes the fault's text, as it is in XML."""

    def manner(turn: Turn) -> Iterator[bytes]:
        if not turn.authorization:
            yield turn.honest()
            return
        said = transform(turn.authorization)
        yield written(200, fault("\0").replace(b"\0", said))

    return manner


def says(text: str) -> Manner:
    """A fault of this text to every call."""

    def manner(turn: Turn) -> Iterator[bytes]:
        yield written(200, fault(text))

    return manner


def somebody_else_writes(at: int, number: int, values: dict[str, Any]) -> Manner:
    """Honest, but right after the write of that count somebody else writes to that patch."""
    count = 0
    lock = threading.Lock()

    def manner(turn: Turn) -> Iterator[bytes]:
        nonlocal count
        answer = turn.honest()
        if turn.writes and b"<int>%d</int>" % number in turn.body:
            with lock:
                count += 1
                now = count
            if now == at:
                turn.server.call("patch_set", number, values)
        yield answer

    return manner


#: Manners that never come to an end by themselves.
ENDLESS: tuple[Manner, ...] = (
    silent,
    one_byte_a_second,
    slow_header,
    slow_body,
    slow_chunk_extension,
    endless_continue,
    endless_headers,
    endless_header,
    endless_status_line,
    endless_body,
    endless_chunks,
    endless_trailers,
)
#: Manners that lie about what they send, or what they do with the connection.
LYING: tuple[Manner, ...] = (
    says_more,
    says_less,
    says_two_lengths,
    says_a_negative_length,
    closes_without_a_word,
    cuts_kept_connections,
    hangs_up,
    loses_answers,
    answers_twice,
    speaks_no_http,
    gzipped_badly,
)


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait for something to become so; whether it did."""
    ends = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > ends:
            return False
        time.sleep(0.01)
    return True
