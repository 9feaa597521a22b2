"""How an answer is cut into bytes: status line, headers and body, as HTTP/1.x frames them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from html import escape
from http import HTTPStatus

from ...protocol.messages import Front, Response

#: Bytes that are handed to the socket in one go; a long answer is written piece by piece, so that
#: a client which does not read holds up one piece and not its whole answer, and one which reads
#: finds a piece still in the processor's cache.
PIECE = 64 * 1024
#: Bytes up to which an answer is not worth more than one piece.
WHOLE = 4 * PIECE

#: Chunks up to which a body is not worth an iterator.
FEW = 64

Headers = tuple[tuple[str, str], ...]


class Coding(Enum):
    """How a body follows its head."""

    PLAIN = "as it is"
    CHUNKED = "in chunks"
    NONE = "not at all"


PLAIN = Coding.PLAIN


@dataclass(slots=True)
class Head:
    """An answer's head but for what changes every second, which goes between the two parts."""

    status_line: bytes
    headers: bytes
    coding: Coding
    keep_alive: bool


@lru_cache(maxsize=1024)
def head(
    status: int,
    headers: Headers,
    method: bytes,
    version: str,
    keep_alive: bool,
    reason: str = "",
    front: Front | None = None,
) -> Head:
    """The head of an answer of that status and headers to a request of that method and version.

    As the front of real servers does: an answer without a Content-Length is chunked, Transfer-
    Encoding coming first (servers.md 1.1, the 301 answers), unless it goes to HTTP/1.0, where the
    connection's end is the body's end, or to HEAD, which is answered without a body.

    Another `front` is nginx: it always speaks HTTP/1.1, and says of every connection whether it is
    kept, behind the headers that it writes first.
    """
    at = 0
    if front is not None:
        at, keep_alive = front.before, keep_alive and not front.closes
    kept = [pair for pair in headers if pair[0].lower() != "transfer-encoding"]
    sized = any(name.lower() == "content-length" for name, _ in kept)
    if method == b"HEAD" or status in (204, 304) or status < 200:
        coding = Coding.NONE
    elif sized or version == "1.0":
        coding = Coding.PLAIN
        keep_alive = keep_alive and sized
    else:
        coding = Coding.CHUNKED
        kept.insert(at, ("Transfer-Encoding", "chunked"))
        at += front is not None
    if not keep_alive:
        kept.insert(at, ("Connection", "close"))
    elif version == "1.0" or front is not None:
        kept.insert(at, ("Connection", "keep-alive"))
    version = version if front is None else "1.1"
    lines = "".join(f"{name}: {value}\r\n" for name, value in kept)
    return Head(
        status_line=f"HTTP/{version} {status} {reason or _phrase(status)}\r\n".encode(),
        headers=f"{lines}\r\n".encode("latin-1"),
        coding=coding,
        keep_alive=keep_alive,
    )


def server_lines(server: str, date: str) -> bytes:
    """The headers that a server puts before all others."""
    return f"Server: {server}\r\nDate: {date}\r\n".encode("latin-1", "replace")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def pieces(body: list[bytes]) -> Iterator[bytes]:
    """The body in pieces of about PIECE bytes, joined or cut from its chunks.

    The chunks are shared with the rows that they were encoded from: only one piece at a time is
    copied.  How many chunks make a piece is guessed from the piece before.
    """
    at, count = 0, 256
    while at < len(body):
        chunks = body[at : at + count]
        size = sum(map(len, chunks))
        if size > WHOLE and count > 1:
            count = max(1, count * PIECE // size)
            continue
        at += count
        count = max(1, min(2 * count, count * PIECE // (size or 1)))
        if size <= WHOLE:
            yield b"".join(chunks)
        else:
            view = memoryview(chunks[0])
            for start in range(0, size, PIECE):
                yield bytes(view[start : start + PIECE])


def coded(body: list[bytes], coding: Coding) -> list[bytes]:
    """A body of few chunks as it follows its head: all of it in one chunk of the coding."""
    if coding is Coding.PLAIN:
        return body
    if coding is Coding.NONE:
        return []
    length = sum(map(len, body))
    return [b"%x\r\n" % length, *body, b"\r\n0\r\n\r\n"] if length else [b"0\r\n\r\n"]


def coded_pieces(first: bytes, body: list[bytes], coding: Coding) -> Iterator[bytes]:
    """A head and its body in pieces, each a chunk of the coding.

    What is around a chunk goes out with it: to copy it once more costs less than to write thrice.
    """
    if coding is Coding.PLAIN:
        yield from pieces([first, *body])
        return
    if coding is Coding.CHUNKED:
        for piece in pieces(body):
            if piece:
                yield b"%b%x\r\n%b\r\n" % (first, len(piece), piece)
                first = b""
        first += b"0\r\n\r\n"
    yield first


def cut_pieces(first: bytes, body: list[bytes], coding: Coding, cut: int) -> Iterator[bytes]:
    """A head and the first `cut` bytes of its body, which are less than it promises."""
    if coding is Coding.NONE:
        yield first
        return
    if coding is Coding.CHUNKED:
        first += b"%x\r\n" % max(sum(map(len, body)), cut + 1)
    yield from pieces([first, b"".join(body)[:cut]])


def page(status: int, detail: str) -> Response:
    """A page by which the server itself refuses a request that no application ever sees.

    It has the form in which gunicorn, the front of the recorded servers, refuses one: that of
    `http/get /xmlrpc/` is equal to it in length.
    """
    phrase = _phrase(status)
    text = (
        f"<html>\n  <head>\n    <title>{phrase}</title>\n  </head>\n  <body>\n"
        f"    <h1><p>{phrase}</p></h1>\n    {escape(detail)}\n  </body>\n</html>\n"
    ).encode("utf-8", "replace")
    headers = (("Content-Type", "text/html"), ("Content-Length", str(len(text))))
    return Response(status, headers, [text])
