"""Requests over sockets: one deadline for all of an exchange, and nothing kept that may be stale.

A front end may close a kept connection at any moment, some without saying so (servers.md 6.4). What
writes is therefore sent on a connection of its own, and only what reads is ever sent again; what
`follows` names a patch that cannot exist, and so counts as reading here.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import os
import ssl
from collections.abc import Sequence
from typing import Any

from ..exchange import ENDPOINT, Answer, Basic, Request, call
from .budget import Budget, BudgetSpent
from .ciphered import Ciphered
from .connecting import Connected, Deadline, connect, quiet
from .memory import USUAL, Memory
from .transport import (
    BUSY,
    IN_THE_CLEAR,
    PATIENCE,
    UNDONE,
    Credentials,
    Endpoint,
    NoAnswer,
    Trouble,
    Unreachable,
    Withheld,
    compose,
    retry_after,
)

#: The largest answer that is read, in bytes: read as XML it may take ten times as much.
LARGEST = 8 * 1024 * 1024
#: The largest head of an answer, in bytes. It is kept with each answer, and no front sends as much.
HEAD = 128 * 1024
#: So many requests in a row without an answer, and it is asked whether anything is still there.
LOST = 3
#: So many answers on kept connections may be cut by accident before they count: Caddy 2.6 without
#: `buffer_requests` cuts those of a quick server, in bursts. What is asked again is a read.
ACCIDENTS = 2
#: What is asked then: every Patchwork answers it at once.
ARE_YOU_THERE = call("pw_rpc_version")


#: Why nothing is said of what Patchwork does with the header.
TAKEN = "the front wants Authorization for itself, so what Patchwork says to it cannot be seen"


class _Lost(NoAnswer):
    """A kept connection turned out to be closed, before a byte of an answer came."""


class _Cut(NoAnswer):
    """An answer began and did not end."""


class _Arriving(io.RawIOBase):
    """The bytes that come over a socket until a deadline. Raises Trouble beyond LARGEST."""

    def __init__(self, sock: Connected, deadline: Deadline) -> None:
        self.sock, self.deadline = sock, deadline
        self.received = 0
        self.ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.ended:
            return None
        self.sock.settimeout(self.deadline.left())
        count = self.sock.recv_into(buffer)
        self.received += count
        if self.received > LARGEST:
            raise Trouble(f"an answer larger than {LARGEST >> 20} MB was given up")
        return count


class _Incoming(io.BufferedReader):
    """What `http.client` reads responses from, one after another."""

    in_head = True
    head = 0

    def readline(self, size: int | None = -1) -> bytes:
        """As usual, but a head that ends in mid-line, or before its blank line, is cut:
        http.client would take it for whole. Raises Trouble beyond HEAD."""
        line = super().readline(size)
        self.head += len(line) if self.in_head else 0
        if self.head > HEAD:
            raise Trouble(f"an answer whose head is larger than {HEAD >> 10} KB was given up")
        begun = isinstance(self.raw, _Arriving) and self.raw.received
        if self.in_head and begun and not line.endswith(b"\n") and len(line) != size:
            raise http.client.IncompleteRead(b"")
        return line

    def makefile(self, mode: str) -> _Incoming:
        """As a socket's: http.client asks for it."""
        return self

    def close(self) -> None:
        """Left open: a response that was read says nothing of what follows."""

    def flush(self) -> None:
        """Nothing is written. From Python 3.13 on a response that is collected after what it was
        read from would say on stderr that it could not flush that."""


class HttpTransport:
    """Sends requests to one endpoint over sockets, within a budget.

    `timeout` is in seconds and holds for a whole exchange, from connecting to the last byte.
    `more` are header fields of the operator's own, which go with every request. They and the
    credentials are sent over plain http to this machine alone, unless `plain_ok`. One that is not
    `patient` sends everything once, and lets whoever asks judge whether anybody is there. `memory`
    counts the answers.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        budget: Budget,
        *,
        credentials: Credentials | None = None,
        timeout: float = 30.0,
        ca: str | None = None,
        insecure: bool = False,
        more: Sequence[tuple[str, str]] = (),
        plain_ok: bool = False,
        patient: bool = True,
        memory: Memory | None = None,
    ) -> None:
        self.endpoint, self.budget, self.timeout = endpoint, budget, timeout
        self.credentials, self.ca, self.insecure = credentials, ca, insecure
        self.more, self.plain_ok, self.patient = tuple(more), plain_ok, patient
        self.memory = memory or Memory.of(USUAL)
        self._kept: Connected | None = None
        self._process = os.getpid()
        self._context: ssl.SSLContext | None = None
        self._unanswered = 0
        self._accidents = 0
        #: How a front answered what is no call, again and again, by where that begins. It may pass
        #: on calls alone: what is answered so elsewhere, too, is not waited for each time.
        self._shut: dict[str, int] = {}
        #: When the certificate ends that was met last, in seconds since 1970; None if none was met,
        #: or any is trusted: then nothing is known of it.
        self.ends: float | None = None

    def close(self) -> None:
        """Close the connection that is kept open, if one is."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def send(self, request: Request, *, alone: bool = False) -> Answer:
        """The answer, after up to two polite retries if a gateway says that it is busy.

        Raises Trouble or BudgetSpent; the latter also once the server has stopped answering.
        """
        try:
            answer = self._politely(request, alone)
        except (NoAnswer, Unreachable) as trouble:
            self._missed(str(trouble))
            raise
        if answer.status in BUSY:
            self._missed(f"a gateway in front answered HTTP {answer.status}")
        else:
            self._unanswered = 0
        return answer

    def raw(self, data: bytes, method: str) -> Answer:
        """The answer to these very bytes, on a connection of their own: once, whatever it is.

        Raises Trouble or BudgetSpent.
        """
        return self._exchange(None, data, Request(method=method), True)

    def _missed(self, why: str) -> None:
        """Note that no answer came; after a few, stop all asking if nobody is there any more."""
        self._unanswered += 1
        if self._unanswered < LOST or self.budget.boundless or not self.patient:
            return
        self._unanswered = 0
        with contextlib.suppress(NoAnswer, Unreachable):
            if self._politely(ARE_YOU_THERE, True).status not in BUSY:
                return
        self.budget.stop(
            f"{self.endpoint.host} has stopped answering, so it was asked no more: {LOST} requests"
            f" in a row and then pw_rpc_version() got no answer ({why})"
        )

    def _politely(self, request: Request, alone: bool) -> Answer:
        is_call = request.method == "POST" and request.target == ENDPOINT
        where = "" if is_call else "/".join(request.target.split("/")[:2])
        for attempt in range(3):
            answer = self._once(request, alone)
            wait = retry_after(answer)
            again = answer.status in (UNDONE if request.writes else BUSY)
            shut = bool(where) and answer.status in self._shut.values()
            if not again or shut or attempt == 2 or wait > PATIENCE or not self.patient:
                break
            self.budget.hold(max(wait, 1.0), slower=answer.status == 429)
        if where and again and answer.status != 429:
            self._shut[where] = answer.status
        else:
            self._shut.pop(where, None)
        return answer

    def _once(self, request: Request, alone: bool) -> Answer:
        data = compose(request, self.endpoint, self._authorization(request), self.more)
        # it may have been carried out, or counted
        careful = (request.writes and not request.follows) or request.login
        kept = None if alone or careful else self._take_kept()
        if kept is not None:
            try:
                return self._exchange(kept, data, request, alone)
            except _Lost:
                pass
            except _Cut:
                self._accidents += 1
                if self._accidents > ACCIDENTS:
                    raise
        return self._exchange(None, data, request, alone)

    def _take_kept(self) -> Connected | None:
        """The kept connection, unless it was closed meanwhile, says what was not asked for, or is
        that of the process that this one was forked from."""
        kept, self._kept = self._kept, None
        if kept is None or (self._process == os.getpid() and quiet(kept)):
            return kept
        self._process = os.getpid()
        kept.close()
        return None

    def _authorization(self, request: Request) -> str | None:
        value = request.authorization
        mine = isinstance(value, Basic)
        if (mine or self.more) and not (
            self.endpoint.scheme == "https" or self.endpoint.loopback or self.plain_ok
        ):
            raise Trouble(IN_THE_CLEAR.format(url=self.endpoint.url))
        if value is not None and any(name.lower() == "authorization" for name, _ in self.more):
            raise Withheld(TAKEN)
        if not isinstance(value, Basic):
            return value
        if self.credentials is None:
            raise Withheld("this request needs credentials, and none were given")
        return value.form.format(token=self.credentials.token, wrong=self.credentials.wrong)

    def _exchange(
        self, kept: Connected | None, data: bytes, request: Request, alone: bool
    ) -> Answer:
        """One request on the wire and the answer to it, counted and timed."""
        try:
            self.budget.take(login=request.login)
        except BaseException:
            if kept is not None:
                kept.close()
            raise
        left = self.budget.seconds_left()
        deadline = Deadline(min(self.timeout, self.timeout if left is None else left))
        try:
            sock = kept or self._met(connect(self.endpoint, deadline, self._trusting))
            return self._talk(sock, data, request, deadline, alone, reused=kept is not None)
        except (NoAnswer, Unreachable):
            if self.budget.seconds_left() == 0:  # not the server's fault
                raise BudgetSpent(self.budget.over) from None
            raise

    def _met(self, sock: Connected) -> Connected:
        """A new connection, whose certificate is looked at."""
        told = (sock.getpeercert() or {}) if isinstance(sock, Ciphered) else {}
        with contextlib.suppress(ValueError, TypeError):  # a date that is none, or no date
            self.ends = float(ssl.cert_time_to_seconds(told.get("notAfter")))  # type: ignore[arg-type]
        return sock

    def _trusting(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = ssl.create_default_context(cafile=self.ca)
            self._context.options |= ssl.OP_NO_RENEGOTIATION
            if self.insecure:
                self._context.check_hostname = False
                self._context.verify_mode = ssl.CERT_NONE
        return self._context

    def _talk(
        self,
        sock: Connected,
        data: bytes,
        request: Request,
        deadline: Deadline,
        alone: bool,
        *,
        reused: bool,
    ) -> Answer:
        arriving = _Arriving(sock, deadline)
        incoming = _Incoming(arriving)
        keep = False
        body = bytearray()
        try:
            _send(sock, data, deadline)
            response = _begin(incoming, request.method)
            while chunk := response.read1(1 << 20):
                body += chunk
                self.memory.grow(len(chunk))
            if response.length:
                raise http.client.IncompleteRead(bytes(body[:0]), response.length)
            arriving.ended = True
            said_more = bool(incoming.peek(1))
            keep = not (response.will_close or alone or request.version != "1.1" or said_more)
        except TimeoutError:
            raise NoAnswer(f"no complete answer within {deadline.seconds:g} s") from None
        except http.client.IncompleteRead as error:
            raise _Cut(f"the connection ended within the answer ({_short(error)})") from None
        except (http.client.HTTPException, OSError) as error:
            if arriving.received and isinstance(error, ssl.SSLEOFError):
                raise _Cut("the connection ended within the answer, as TLS says not") from None
            kind = _Lost if reused and not arriving.received else NoAnswer
            what = " ".join(str(error).split()) or type(error).__name__
            raise kind(f"the connection ended without an answer ({what})") from None
        finally:
            self.memory.shrink(len(body))
            if not keep:
                sock.close()
        if keep:
            self.close()
            self._kept, self._process = sock, os.getpid()
        headers = tuple(response.getheaders())
        return self.memory.keep(Answer(response.status, headers, bytes(body)))


def _short(error: http.client.IncompleteRead) -> str:
    missing = error.expected
    return f"{missing} bytes that were announced did not come" if missing else "it was cut"


def _begin(incoming: _Incoming, method: str) -> http.client.HTTPResponse:
    """The response up to its body; what only announces it (103 and its like) is passed over."""
    while True:
        response = http.client.HTTPResponse(incoming, method=method)  # type: ignore[arg-type]
        response.begin()
        if not 101 < response.status < 200:
            incoming.in_head = False
            return response


def _send(sock: Connected, data: bytes, deadline: Deadline) -> None:
    """Send all of it; or less, to a peer that answered early and stopped reading."""
    rest = memoryview(data)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while rest:
            sock.settimeout(deadline.left())
            rest = rest[sock.send(rest) :]
