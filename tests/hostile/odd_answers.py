"""More manners: answers that are framed, packed, spelt or typed as no server's should be.

Each goes on from `servers`, and is named for what it does in `ODDITIES`.
"""

from __future__ import annotations

import base64
import gzip
import re
import socket
import struct
import xmlrpc.client
from collections.abc import Callable, Iterator

from .servers import Hangup, Manner, Turn, fault, redirects, value, with_headers, written

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
#: What no text of a peer's may do to who reads it: colours, titles, links, bells, bidi, what hides.
STEERING = (
    "\x1b[31mred\x1b[2J\x1b]0;title\x07\x1b]8;;http://x\x1b\\link\x9b31m\x90q\x9c\x08\x7f"
    "\u202eoverride\u2066isolate\u200ehidden\u200b\ufeff\u2028::error::x"
)


def sends(*pieces: bytes) -> Manner:
    """These bytes to everybody, and then the end of the connection."""

    def manner(turn: Turn) -> Iterator[bytes]:
        yield from pieces
        raise Hangup

    return manner


def body(data: bytes, *headers: tuple[str, str]) -> Manner:
    """This body to everybody, framed as it should be."""
    return sends(written(200, data, headers))


def says_value(xml: str) -> Manner:
    """This value to every call."""
    return body(value(xml))


def says_fault(code: str, text: str = "<string>x</string>") -> Manner:
    """A fault whose members are of other types than they should be."""
    members = "".join(
        f"<member><name>{name}</name><value>{xml}</value></member>"
        for name, xml in (("faultCode", code), ("faultString", text))
    )
    shown = f"<methodResponse><fault><value><struct>{members}</struct></value></fault>"
    return body(f"{shown}</methodResponse>".encode())


def bends(change: Callable[[bytes], bytes], *headers: tuple[str, str]) -> Manner:
    """The honest body, changed."""

    def manner(turn: Turn) -> Iterator[bytes]:
        yield written(200, change(turn.carried_out().body), headers)

    return manner


def frames(change: Callable[[bytes], bytes]) -> Manner:
    """The honest body in chunks as this writes them."""

    def manner(turn: Turn) -> Iterator[bytes]:
        yield CHUNKED + change(turn.carried_out().body)
        raise Hangup

    return manner


def one_chunk(data: bytes, extension: bytes = b"", size: bytes = b"") -> bytes:
    """A chunk of it all, and the last one."""
    return (size or b"%x" % len(data)) + extension + b"\r\n" + data + b"\r\n0\r\n\r\n"


def informs(status: int) -> Manner:
    """Answers that promise one that never comes."""

    def manner(turn: Turn) -> Iterator[bytes]:
        while True:
            yield b"HTTP/1.1 %d Soon\r\nX-Soon: yes\r\n\r\n" % status * 200
            turn.wait(0.01)

    return manner


def leads_on_and_on(turn: Turn) -> Iterator[bytes]:
    """Redirects to a URL that is longer each time."""
    yield written(302, b"", [("Location", turn.target.rstrip("/") + "/xmlrpc/xmlrpc/")])


def never_the_same(turn: Turn) -> Iterator[bytes]:
    """An honest answer, another one, a fault and no answer, in turn."""
    honest = turn.honest()
    other = written(200, value(f"<int>{turn.number}</int>"))
    yield (honest, other, written(200, fault("x")), b"")[turn.number % 4]
    if turn.number % 4 == 3:
        raise Hangup


def for_somebody_else() -> Manner:
    """Each is given what the one before asked for."""
    kept = [written(200, value("<string>nobody's</string>"))]

    def manner(turn: Turn) -> Iterator[bytes]:
        kept.append(turn.honest())
        yield kept.pop(0)

    return manner


def reset_after(count: int) -> Manner:
    """So many bytes, and a reset."""

    def manner(turn: Turn) -> Iterator[bytes]:
        yield turn.honest()[:count]
        _reset(turn)

    return manner


def reset_a_byte_later_each_time(turn: Turn) -> Iterator[bytes]:
    """A byte more for each that asks, and a reset."""
    yield turn.honest()[: turn.number]
    _reset(turn)


def _reset(turn: Turn) -> None:
    for sock in list(turn.server._open):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise Hangup


def closes_its_half(turn: Turn) -> Iterator[bytes]:
    """Half of an answer, the end of what it sends, and never the end of what it takes."""
    answer = turn.honest()
    yield answer[: len(answer) // 2]
    for sock in list(turn.server._open):
        sock.shutdown(socket.SHUT_WR)
    turn.hang()


def a_million_rows(turn: Turn) -> Iterator[bytes]:
    """A list of more than anybody asked for."""
    if b"_list<" in turn.body:
        yield written(200, value(f"<array><data>{'<value/>' * 1_000_000}</data></array>"))
    else:
        yield turn.honest()


def renamed(number: str) -> Manner:
    """Rows whose ids are these."""
    return bends(lambda data: _ID.sub(rb"\g<1>" + number.encode(), data))


def _nested(depth: int = 30) -> bytes:
    data = value("<string>x</string>")
    for _ in range(depth):
        data = gzip.compress(data, 1)
    return data


def _entities(declared: str, used: str) -> bytes:
    return (
        f"<?xml version='1.0'?><!DOCTYPE x [{declared}]><methodResponse><params><param><value>"
        f"<string>{used}</string></value></param></params></methodResponse>"
    ).encode()


GZIP = ("Content-Encoding", "gzip")
#: Before an id.
_ID = re.compile(rb"(<name>id</name>\s*<value><int>)\d+")
HONEST = xmlrpc.client.dumps(("x",), methodresponse=True)
#: Every oddity by what it is.
ODDITIES: dict[str, Manner] = {
    # The status line.
    "controls in the status line": sends(b"HTTP/1.1 200 \x1b[2J\x00\x07\x9b\r\n\r\n"),
    "ten megabytes of status line": sends(b"HTTP/1.1 200 ", *[b"x" * 100_000] * 100, b"\r\n\r\n"),
    "a status of five digits": sends(b"HTTP/1.1 20000 OK\r\n\r\n"),
    "a status of nothing": sends(b"HTTP/1.1 000 OK\r\nContent-Length: 0\r\n\r\n"),
    "a status in Arabic": sends("HTTP/1.1 ٢٠٠ OK\r\n\r\n".encode()),
    "HTTP/9.9": sends(b"HTTP/9.9 200 OK\r\n\r\n"),
    "HTTP/0.9": sends(HONEST.encode()),
    "an upgrade nobody asked for": sends(b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n\x00"),
    "early hints without end": informs(103),
    # Headers.
    "a cookie of a megabyte": with_headers(("Set-Cookie", "a=" + "b" * 1_000_000)),
    "a head of megabytes": with_headers(*[(f"X-{n}", "y" * 60_000) for n in range(90)]),
    "a thousand cookies": with_headers(*[("Set-Cookie", f"a{n}=b") for n in range(1000)]),
    "headers without colons": sends(OK + b"no colon\r\n" * 99 + b"\r\n"),
    "headers with NUL": sends(OK + b"X: \x00\x00\r\nContent-Length: 0\r\n\r\n"),
    "folded headers": sends(OK + b"X: a\r\n b\r\n\tc\r\nContent-Length: 0\r\n\r\n"),
    "headers that steer": with_headers(("Server", STEERING.encode().decode("latin-1"))),
    "a content type that steers": with_headers(("Content-Type", "text/\x1b[2Jxml; charset=\x07")),
    "a charset there is not": with_headers(("Content-Type", "text/xml; charset=x\u00fc-klingon")),
    "bare line feeds": bends(lambda data: data.replace(b"\n", b"\r")),
    # Length and chunks.
    "a huge length": sends(OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n<"),
    "a length in words": sends(OK + b"Content-Length: many\r\n\r\n<"),
    "a huge chunk": sends(CHUNKED + b"f" * 16 + b"\r\n<"),
    "a chunk of more digits than there are": sends(CHUNKED + b"1" * 100_000 + b"\r\n<"),
    "a negative chunk": sends(CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n"),
    "a chunk in words": sends(CHUNKED + b"five\r\nhello\r\n0\r\n\r\n"),
    "a chunk without an end": frames(lambda data: b"%x\r\n" % len(data) + data + b"XX0\r\n\r\n"),
    "an extension of a megabyte": frames(lambda data: one_chunk(data, b";x=" + b"y" * 1_000_000)),
    "chunks of one byte": frames(
        lambda data: b"".join(b"1;a\r\n%c\r\n" % byte for byte in data) + b"0\r\n\r\n"
    ),
    "chunks and a length": sends(
        OK + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n" + one_chunk(b"<a/>")
    ),
    "a coding nobody knows": sends(OK + b"Transfer-Encoding: cowboy\r\n\r\n" + HONEST.encode()),
    "chunked twice": sends(OK + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    "trailers that change headers": frames(
        lambda data: one_chunk(data)[:-2] + b"Content-Length: 1\r\nLocation: /x\r\n\r\n"
    ),
    # Packing.
    "packed thirty times": body(_nested(), *[GZIP] * 30),
    "packed by nobody known": body(HONEST.encode(), ("Content-Encoding", "zopfli, rot13")),
    "packed and cut": bends(lambda data: gzip.compress(data)[:-9], GZIP),
    "packed again and again": bends(lambda data: gzip.compress(data, 1) * 50, GZIP),
    "said to be packed": bends(lambda data: data, GZIP),
    # Redirects.
    "to itself": redirects("/xmlrpc/", 308),
    "to a file, for good": redirects("file:///etc/passwd", 301),
    "to the clipboard's login": redirects("http://kim:pw@localhost:1/xmlrpc/", 307),
    "on and on": leads_on_and_on,
    "to a megabyte": redirects("/" + "a" * 1_000_000),
    "to controls": redirects("/\x1b[2J\x07\x00/xmlrpc/"),
    # XML.
    "a DTD from elsewhere": body(b"<!DOCTYPE x SYSTEM 'http://127.0.0.1:1/x.dtd'>" + value("x")),
    "quadratic entities": body(_entities(f'<!ENTITY e "{"x" * 100_000}">', "&e;" * 10_000)),
    "entities that are each other": body(_entities('<!ENTITY a "&b;"><!ENTITY b "&a;">', "&a;")),
    "parameter entities": body(_entities("<!ENTITY % p SYSTEM 'file:///etc/passwd'> %p;", "x")),
    "namespaces": body(value("x").replace(b"<methodResponse", b"<a:methodResponse xmlns:a='u'")),
    "attributes by the thousand": body(
        b"<methodResponse " + b" ".join(b"a%d=''" % n for n in range(20_000)) + b"/>"
    ),
    "elements inside elements": body(b"<a>" * 200_000),
    "a comment without end": body(b"<!--" + b"-" * 1_000_000),
    "CDATA without end": body(b"<methodResponse><![CDATA[" + b"]" * 1_000_000),
    "an instruction in the midst": bends(lambda data: data.replace(b"<value>", b"<value><?x y?>")),
    "UTF-16": body(HONEST.encode("utf-16")),
    "UTF-32": body(HONEST.encode("utf-32")),
    "UTF-7": body(b"<?xml version='1.0' encoding='utf-7'?>+ADw-x+AD4-"),
    "an encoding there is not": body(b"<?xml version='1.0' encoding='klingon'?><x/>"),
    "no UTF-8": body(value("<string>\0</string>").replace(b"\0", b"\xff\xfe\xc0\x80\xed\xa0\x80")),
    "NUL": body(value("<string>\0</string>")),
    "two documents": bends(lambda data: data + data),
    # Values.
    "huge ints": says_value(f"<int>{'9' * 1_000_000}</int>"),
    "huge doubles": says_value(f"<double>{'9' * 1_000_000}e999999999</double>"),
    "infinite doubles": says_value("<double>-inf</double>"),
    "no number": says_value("<double>nan</double>"),
    "the year 0": says_value("<dateTime.iso8601>00000000T99:99:99</dateTime.iso8601>"),
    "the year 99999": says_value("<dateTime.iso8601>999990101T00:00:00</dateTime.iso8601>"),
    "base64 of nothing": says_value("<base64>=</base64>"),
    "booleans beyond two": says_value("<boolean>2</boolean>"),
    "structs with two of a name": says_value(
        f"<struct>{'<member><name>id</name><value><int>1</int></value></member>' * 2}</struct>"
    ),
    "members without names": says_value("<struct><member><value>1</value></member></struct>"),
    "faults whose code is a text": says_fault("<string>one</string>"),
    "faults whose code is nothing": says_fault("<nil/>"),
    "faults whose code is a struct": says_fault("<struct></struct>", "<array><data/></array>"),
    "faults whose code is huge": says_fault(f"<int>{'9' * 300}</int>", "<int>1</int>"),
    "faults that steer": body(fault(STEERING.replace("\x1b", "&#155;"))),
    "texts that steer": says_value(
        f"<base64>{base64.b64encode(STEERING.encode()).decode()}</base64>"
    ),
    **{f"ids of {n}": renamed(str(n)) for n in (-1, 0, 2**31, 2**63, 10**30)},
    "a million rows": a_million_rows,
    "mails in encodings there are not": bends(
        lambda data: data.replace(b"utf-8", b"x-klingon").replace(
            b"Subject: ", b"Subject: =?klingon?q?=FF=00?= =?utf-8?b?////?= "
        )
    ),
    # Connections.
    "never the same": never_the_same,
    "for somebody else": for_somebody_else(),
    "a reset after a byte": reset_after(1),
    "a reset before the body": reset_after(60),
    "a reset a byte later each time": reset_a_byte_later_each_time,
    "half a connection": closes_its_half,
}
