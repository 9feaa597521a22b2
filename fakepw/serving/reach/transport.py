"""A transport for `xmlrpc.client` that needs no socket: calls go straight to the pipeline.

What becomes of a request is carried out as `http.client` would meet it on a connection: a reset is
a ConnectionResetError, silence a TimeoutError, half an answer an IncompleteRead.
"""

from __future__ import annotations

import errno
import io
import pickle
import socket
import time
import xmlrpc.client
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from http.client import HTTPResponse, ResponseNotReady
from typing import TYPE_CHECKING, Any

from ...double.outcome import Answer, End, Later, Outcome
from ...double.pipeline import Pipeline
from ...patchwork.patchwork import Patchwork
from ...patchwork.words.text import internet_date
from ...protocol.messages import Request, Response
from ..http.framing import coded_pieces, cut_pieces, head, server_lines

if TYPE_CHECKING:
    from _typeshed import SizedBuffer


#: Requests' heads, and answers, that are kept because they may come again; and the longest of
#: these answers, in bytes.
_MOST_KEPT, _LONGEST_KEPT = 64, 64 * 1024


class Transport(xmlrpc.client.Transport):
    """Answers the calls of a `ServerProxy` from a Patchwork, byte for byte as over HTTP.

        transport = Transport(Patchwork(fakepw.load("fixture.json")))
        client = xmlrpc.client.ServerProxy("http://fakepw/xmlrpc/", transport=transport)

    The URL's path and credentials (`http://user:password@fakepw/…`) count, its host does not.
    The proxy raises what it raises over HTTP: Fault, ProtocolError for any status but 200,
    ExpatError for an answer that is no XML (servers.md 1.3), and what a connection that breaks
    makes http.client raise. `timeout` is the client's, in seconds; None is what
    `socket.getdefaulttimeout()` says. Where a client without one would wait for ever, the
    TimeoutError comes at once. `secure` is whether the call counts as one by https.
    """

    def __init__(
        self,
        patchwork: Patchwork | Pipeline | Callable[[Request], Answer],
        use_datetime: bool = False,
        use_builtin_types: bool = False,
        *,
        headers: Iterable[tuple[str, str]] = (),
        timeout: float | None = None,
        secure: bool = False,
    ) -> None:
        super().__init__(use_datetime, use_builtin_types, headers=headers)
        if isinstance(patchwork, Patchwork):
            patchwork = Pipeline(patchwork, timer=time.perf_counter)
        self._ask = patchwork.answer if isinstance(patchwork, Pipeline) else patchwork
        self._timeout = timeout
        self._secure = secure
        self._own_headers = list(headers)
        self._unread = False
        self._heads: dict[Any, Request] = {}
        #: Answers that may come again, by their identity: each with what it says, once it did
        self._values: dict[int, tuple[Response, bytes | None]] = {}

    def single_request(
        self,
        host: Any,
        handler: str,
        request_body: SizedBuffer,
        verbose: bool = False,
    ) -> Any:
        """The decoded answer to one call; the stdlib sends it again where it would on a socket."""
        asked = self._ask(self._request(host, handler, request_body))
        if self._unread:  # http.client sends, and then finds the last answer not read to its end
            self._unread = False
            raise ResponseNotReady("Request-sent")
        answer = self._waited_for(asked)
        if isinstance(answer, Response) and answer.status == 200:  # nearly always
            return self._value(answer)
        response = HTTPResponse(_Socket(answer), method="POST")  # type: ignore[arg-type]
        response.begin()
        if response.status == 200:
            self.verbose = verbose
            return self.parse_response(response)
        if response.getheader("content-length", ""):
            response.read()
        else:  # xmlrpc.client leaves such an answer unread on a connection that it keeps
            self._unread = not response.will_close
        raise xmlrpc.client.ProtocolError(
            host + handler, response.status, response.reason, dict(response.getheaders())
        )

    def _value(self, response: Response) -> Any:
        """What the stdlib makes of an answer; of one that came before, a copy of what it made."""
        known = self._values.get(id(response))
        if known is not None and known[0] is response:
            if known[1] is not None:
                return pickle.loads(known[1])
            value = self._parsed(response)
            with suppress(Exception):  # a subclass's own parser may make what cannot be copied
                self._values[id(response)] = response, pickle.dumps(value)
            return value
        if len(self._values) >= _MOST_KEPT:
            self._values.clear()
        if response.size() <= _LONGEST_KEPT:
            self._values[id(response)] = response, None
        return self._parsed(response)

    def _parsed(self, response: Response) -> Any:
        parser, unmarshaller = self.getparser()
        for chunk in response.body:
            parser.feed(chunk)
        parser.close()
        return unmarshaller.close()

    def _request(self, host: Any, handler: str, request_body: SizedBuffer) -> Request:
        """The request that the stdlib would send; most differ from others in the body alone."""
        body = bytes(request_body)
        key = (host, handler, len(body), self.user_agent) if isinstance(host, str) else None
        known = self._heads.get(key)
        if known is None:
            if len(self._heads) >= _MOST_KEPT:
                self._heads.clear()
            known = self._headed(host, handler, body)
            if key is not None:
                self._heads[key] = known
        return known.with_body(body)

    def _headed(self, host: Any, handler: str, body: bytes) -> Request:
        name, extra, _ = self.get_host_info(host)
        headers = [
            ("Host", name),
            ("Content-Type", "text/xml"),
            ("User-Agent", self.user_agent),
            ("Content-Length", str(len(body))),
            *self._own_headers,
            *(extra or ()),
        ]
        pairs = [(n.lower().encode("latin-1"), str(v).encode("latin-1")) for n, v in headers]
        target = handler.encode("latin-1")
        return Request(b"POST", target, pairs, secure=self._secure)

    def _waited_for(self, answer: Answer) -> Response | Outcome:
        """What an answer comes to, after the time that it takes.

        Raises TimeoutError if that is longer than the client waits; what has not been carried out
        by then never is, as where a client hangs up.
        """
        timeout = self._timeout if self._timeout is not None else socket.getdefaulttimeout()
        left = timeout
        while isinstance(answer, Later):
            if left is not None and answer.seconds > left:
                time.sleep(left)
                answer.given_up()
                raise TimeoutError("timed out")
            time.sleep(answer.seconds)
            left = None if left is None else left - answer.seconds
            answer = answer.outcome()
        if left and _never_ends(answer):
            time.sleep(left)
        return answer


def _never_ends(answer: Response | Outcome) -> bool:
    """Whether a client waits for more than will ever come."""
    if isinstance(answer, Response) or answer.end is not End.KEEP:
        return False
    return answer.response is None or answer.cut is not None


class _Socket:
    """A socket on which an answer has arrived, and then what its outcome says."""

    def __init__(self, answer: Response | Outcome) -> None:
        if isinstance(answer, Response):
            answer = Outcome(answer)
        self._bytes = _on_the_wire(answer)
        self._end = answer.end
        self._silent = _never_ends(answer)

    def makefile(self, mode: str) -> io.BufferedReader:
        """What `http.client` reads from."""
        return io.BufferedReader(_Stream(self._bytes, self._then))

    def _then(self) -> None:
        """What comes behind the last byte."""
        if self._end is End.RESET:
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")
        if self._silent:
            raise TimeoutError("timed out")


class _Stream(io.RawIOBase):
    def __init__(self, data: bytes, then: Callable[[], None]) -> None:
        self._left = io.BytesIO(data)
        self._then = then

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count = self._left.readinto(buffer)
        if not count:
            self._then()
        return count


def _on_the_wire(outcome: Outcome) -> bytes:
    """The bytes of an answer as the server would write them."""
    response = outcome.response
    if response is None:
        return b""
    front = response.front
    start = head(response.status, response.headers, b"POST", "1.1", True, response.reason, front)
    server = "fakepw" if front is None else front.server
    lines = server_lines(server, internet_date(datetime.now(UTC), "GMT"))
    first = start.status_line + lines + start.headers
    if outcome.cut is None:
        return b"".join(coded_pieces(first, response.body, start.coding))
    return b"".join(cut_pieces(first, response.body, start.coding, outcome.cut))
