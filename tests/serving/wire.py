"""Raw sockets for the tests: nothing between them and the server mends anything."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fakepw.protocol.messages import Request, Response
from fakepw.serving.limits import Limits
from fakepw.serving.loop import shared
from fakepw.serving.server import Application, Server, listen

#: Seconds in which something that takes a moment must have happened.
PATIENCE = 10

CALL = (
    b"<?xml version='1.0'?>\n<methodCall>\n<methodName>pw_rpc_version</methodName>\n"
    b"<params>\n</params>\n</methodCall>\n"
)


def post(
    body: bytes = CALL, target: str = "/xmlrpc/", version: str = "1.1", **headers: str
) -> bytes:
    """A POST with the headers that it needs and those given (`_` in a name reads `-`)."""
    lines = [
        f"POST {target} HTTP/{version}",
        "Host: pw.example.org",
        f"Content-Length: {len(body)}",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Answer:
    """An answer as it was read off a socket."""

    version: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""
    raw: bytes = field(default=b"", repr=False)

    def get(self, name: str) -> str | None:
        """The value of the first header of that name."""
        return next((v for n, v in self.headers if n.lower() == name.lower()), None)


class Wire:
    """A connection to a server, byte by byte."""

    def __init__(self, port: int, timeout: float = 10.0, receive: int | None = None) -> None:
        self.socket = socket.socket()
        if receive is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self._file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, *, to: str = "POST") -> Answer:
        """The next answer, which is one to a request of that method."""
        line = self._file.readline()
        if not line:
            raise ConnectionError("the server hung up instead of answering")
        version, status, _ = line.decode().split(" ", 2)
        headers, raw = [], line
        while (line := self._file.readline()) not in (b"\r\n", b""):
            raw += line
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name, value.strip()))
        answer = Answer(version, int(status), headers, raw=raw + line)
        if to != "HEAD" and answer.status >= 200:
            answer.body = self._body(answer)
        return answer

    def _body(self, answer: Answer) -> bytes:
        if answer.get("Transfer-Encoding") == "chunked":
            return b"".join(self._chunks())
        length = answer.get("Content-Length")
        return self._file.read() if length is None else self._file.read(int(length))

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self._file.readline(), 16):
            yield self._file.read(size)
            assert self._file.readline() == b"\r\n"
        assert self._file.readline() == b"\r\n"

    def rest(self) -> bytes:
        """Everything up to the end of the connection; TimeoutError if it does not end."""
        return self._file.read()

    def reset(self) -> None:
        """Vanish: no FIN, but an RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close()

    def close(self) -> None:
        self._file.close()
        self.socket.close()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def serving(application: Application, **limits: Any) -> Iterator[tuple[Server, int]]:
    """A server of any application and limits, and its port."""
    server = Server(application, Limits(**limits))
    listener = listen("127.0.0.1", 0)
    port: int = listener.getsockname()[1]
    shared().run_coroutine(server.start(listener))
    try:
        yield server, port
    finally:
        shared().run_coroutine(server.end())


def echo(request: Request) -> Response:
    """An application that answers what it was asked."""
    text = b"%b %b %d" % (request.method, request.target, len(request.body))
    return text_response(text)


def text_response(text: bytes, status: int = 200) -> Response:
    headers = (("Content-Type", "text/plain"), ("Content-Length", str(len(text))))
    return Response(status, headers, [text])


def until(condition: Callable[[], object]) -> bool:
    """Whether the condition came true before patience ran out."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def answers(port: int) -> bool:
    """Whether the server answers somebody else."""
    with Wire(port) as other:
        other.send(post(b"abc"))
        return other.answer().body == b"POST /xmlrpc/ 3"
