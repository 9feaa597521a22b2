"""However a client cuts its requests up, and however often it repeats them, they are read alike."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from fakepw.protocol.messages import Request
from fakepw.serving.http.budget import Budget
from fakepw.serving.http.reading import Reader
from fakepw.serving.http.refusal import Refusal
from fakepw.serving.http.remembered import MOST_REMEMBERED, Remembered
from fakepw.serving.limits import Limits


class Recorder:
    """A reader without a connection, and what it made of what it read."""

    def __init__(self) -> None:
        self.remembered = Remembered()
        self.unfinished = Budget(1_000_000)
        self.reader = Reader(Limits(), self.remembered, self.unfinished)
        self.requests: list[Request] = []
        self.refusals: list[int] = []

    def receive(self, data: bytes) -> None:
        for each in self.reader.read(data):
            if isinstance(each, Refusal):
                self.refusals.append(each.status)
            else:
                self.requests.append(each)


@dataclass(frozen=True)
class Sent:
    """A request before it is bytes, and how the server should see it."""

    method: bytes
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    chunked: bool
    version: str = field(default="1.1")

    def as_bytes(self) -> bytes:
        line = b"%b %b HTTP/1.1" % (self.method, self.target)
        lines = [line, *(b"%b: %b" % pair for pair in self._framed())]
        body = self.body
        if self.chunked:
            chunk = b"%x\r\n%b\r\n" % (len(body), body) if body else b""
            body = chunk + b"0\r\n\r\n"
        return b"\r\n".join([*lines, b"", b""]) + body

    def _framed(self) -> list[tuple[bytes, bytes]]:
        if self.chunked:
            return [*self.headers, (b"Transfer-Encoding", b"chunked")]
        if self.body:
            return [*self.headers, (b"Content-Length", b"%d" % len(self.body))]
        return list(self.headers)

    def as_read(self) -> Request:
        headers = tuple((name.lower(), value) for name, value in self._framed())
        return Request(self.method, self.target, headers, self.body, "1.1")


HEADERS = st.lists(
    st.sampled_from(
        [
            (b"Host", b"pw.example.org"),
            (b"User-Agent", b"Python-xmlrpc/3.11"),
            (b"X-Empty", b""),
            (b"Expect", b"100-continue"),
            (b"Upgrade", b"h2c"),
            (b"Connection", b"Upgrade"),
        ]
    ),
    max_size=4,
    unique_by=lambda pair: pair[0],
)
SENT = st.builds(
    Sent,
    method=st.sampled_from([b"POST", b"GET", b"PUT", b"PROPFIND", b"BREW", b"PUTT", b"CONNECT"]),
    target=st.sampled_from([b"/xmlrpc/", b"http://pw.example.org/xmlrpc/", b"/"]),
    headers=HEADERS.map(tuple),
    body=st.binary(max_size=40),
    chunked=st.booleans(),
)


@given(st.lists(SENT, min_size=1, max_size=4), st.integers(1, 4))
def test_a_request_that_comes_again_is_read_like_the_first_time(sent, times):
    reader = Recorder()
    for _ in range(times):
        for each in sent:
            reader.receive(each.as_bytes())
    assert reader.requests == [each.as_read() for each in sent] * times
    assert not reader.refusals
    assert reader.unfinished.used == 0


@given(st.lists(SENT, min_size=1, max_size=4), st.data())
def test_it_does_not_matter_where_reads_begin_and_end(sent, data):
    usual = (b"POST", b"GET", b"PUT", b"PROPFIND")  # others must begin with a read
    sent = [each for each in sent if each.method in usual]
    stream = b"".join(each.as_bytes() for each in sent) * 2
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=8).map(sorted))
    reader = Recorder()
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        if start < end:
            reader.receive(stream[start:end])
    assert reader.requests == [each.as_read() for each in sent] * 2
    assert not reader.refusals


@given(st.lists(SENT, min_size=1, max_size=2))
def test_it_does_not_matter_if_every_byte_comes_alone(sent):
    reader = Recorder()
    for each in sent * 2:
        for byte in each.as_bytes():
            reader.receive(bytes([byte]))
    assert reader.requests == [each.as_read() for each in sent] * 2


def test_a_known_head_followed_by_another_length_is_parsed_anew():
    reader = Recorder()
    first = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"
    for read in (
        first + b"abc",
        first + b"de",
        b"f" + first,
        b"ghi",
        first + b"jkl" + first + b"mno",
    ):
        reader.receive(read)
    assert [each.body for each in reader.requests] == [b"abc", b"def", b"ghi", b"jkl", b"mno"]


def test_what_comes_a_third_time_is_neither_parsed_nor_built_again():
    reader = Recorder()
    first = b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"
    for body in (b"abc", b"abc", b"def", b"abc", b"def"):
        reader.receive(first + body)
    parsed, built, other, again, another = reader.requests
    assert built == parsed
    assert again is built
    assert another is other


def test_no_more_requests_are_remembered_than_are_bound_to_come_again():
    reader = Recorder()
    first = b"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n"
    for number in range(3 * MOST_REMEMBERED):
        reader.receive(first + b"%04d" % number)
        assert len(reader.remembered.requests) <= MOST_REMEMBERED
    before = len(reader.remembered.requests)
    assert before
    long = b"POST / HTTP/1.1\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000
    for _ in range(3):
        reader.receive(long)
    assert len(reader.remembered.requests) == before
    assert len(reader.requests) == 3 * MOST_REMEMBERED + 3


def test_no_more_heads_are_remembered_than_are_bound_to_come_again():
    reader = Recorder()
    for number in range(3 * MOST_REMEMBERED):
        reader.receive(b"GET /%d HTTP/1.1\r\n\r\n" % number)
        assert 1 <= len(reader.remembered.heads) <= MOST_REMEMBERED
    before = len(reader.remembered.heads)
    reader.receive(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 5000 + b"\r\n\r\n")
    assert len(reader.remembered.heads) == before
    assert len(reader.requests) == 3 * MOST_REMEMBERED + 1
