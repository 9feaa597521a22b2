"""One client's connection: what it reads goes to the application, the answers out in order.

A request is answered without a task or a timer of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from ..protocol.messages import Request, Response
from .framing import FEW, PLAIN, SHORT, coded, coded_pieces, head, page, pieces
from .reading import BODY, IDLE, OVER, Reader

if TYPE_CHECKING:
    from .server import Server

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: Short answers that are written together.
MOST_TOGETHER = 256


class Connection(Reader, asyncio.BufferedProtocol):
    """A connection that the server accepted.

    What it reads goes to the server, which hands it back to `receive` in its next turn; short
    answers wait for the end of that turn (`Server.turn` says why).
    """

    __slots__ = (
        "answers",
        "blocked",
        "refused",
        "sending",
        "transport",
        "unsent",
        "waiting",
    )

    transport: asyncio.Transport

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.answers: list[bytes] = []  # short ones of this turn
        self.blocked = False  # the socket takes no more
        self.sending: Iterator[bytes] | None = None  # what is left of a long answer
        self.waiting: deque[tuple[Request | Response, bool]] = deque()
        self.refused = False
        self.unsent = 0  # when the server last looked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        if self.server.joined(self):
            self.since = self.server.now
        elif self.server.closed:
            self.transport.abort()
        else:
            self._say(page(503, "too many connections"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.turn()  # what it asked for is done even so
        self.server.left(self, mid_answer=self.blocked or self.sending is not None)
        self.phase = OVER
        self.sending = None
        self.answers = []
        self.waiting.clear()
        self._hold(0)
        del self.parser  # it refers to this connection, and so would keep all of it for a while

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the event loop puts what it reads: one buffer for all, emptied at once.

        The other kind of protocol gets a new one of 256 KiB for every read, which can cost more
        than the whole answer.
        """
        return self.server.buffer

    def buffer_updated(self, nbytes: int) -> None:
        if self.phase != OVER:
            self.server.arrived(self, self.server.buffer[:nbytes].tobytes())
            if self.blocked:  # who does not take answers need not ask for more
                self.transport.pause_reading()

    def _continue(self) -> None:
        """Say that the body may come, to a client that waits for it (RFC 9110, 10.1.1)."""
        if self.continued or self.body or self.sending or self.waiting:
            return
        self.continued = True
        expected = (b"expect", b"100-continue") in (
            (name, value.lower()) for name, value in self.headers if name == b"expect"
        )
        if expected and self.parser.get_http_version() == "1.1":
            self.flush()
            self.transport.write(_CONTINUE)

    # Answering.

    def _take(self, request: Request, keep_alive: bool) -> None:
        """Answer a request, or let it wait while the client does not take the answers before it.

        In that case nothing more is read, so that no more than one read's requests can wait.
        """
        if self.blocked or self.waiting:
            self.waiting.append((request, keep_alive))
            self.transport.pause_reading()
        else:
            self._answer(request, keep_alive)

    def _answer(self, request: Request, keep_alive: bool) -> None:
        server = self.server
        try:
            response = server.application(request)
        except Exception as error:
            response = server.failed(request, error)
        start = head(response.status, response.headers, request.method, request.version, keep_alive)
        body = response.body
        if len(body) < FEW:
            if start.coding is not PLAIN:
                body = coded(body, start.coding)
            answer = b"".join((start.status_line, server.front, start.headers, *body))
            if len(answer) <= SHORT:
                self.answers.append(answer)
                if len(self.answers) > MOST_TOGETHER:
                    self.flush()
            else:
                self._send(pieces([answer]))
        else:
            first = start.status_line + server.front + start.headers
            self._send(coded_pieces(first, body, start.coding))
        if not start.keep_alive:
            self.phase = OVER
            if self.sending is None:
                self._close()

    def _send(self, parts: Iterator[bytes]) -> None:
        """Write the parts as fast as the client takes them."""
        self.flush()
        self.sending = parts
        self._push()

    def flush(self) -> None:
        """Write the short answers that were kept for the end of the server's turn."""
        if self.answers:
            answers, self.answers = self.answers, []
            if not self.transport.is_closing():
                self.transport.write(answers[0] if len(answers) == 1 else b"".join(answers))

    def _push(self) -> None:
        assert self.sending is not None
        while not self.blocked and not self.transport.is_closing():
            part = next(self.sending, None)
            if part is None:
                self.sending = None
                return
            self.transport.write(part)

    def pause_writing(self) -> None:
        self.blocked = True
        self.since = self.server.now

    def resume_writing(self) -> None:
        if self.transport.get_write_buffer_size():
            self._resume()
        else:  # asyncio goes on in a way that would end a connection twice which ended in here
            asyncio.get_running_loop().call_soon(self._resume)

    def _resume(self) -> None:
        self.blocked = False
        self.since = self.server.now
        if self.sending is not None:
            self._push()
        self._next()

    def _next(self) -> None:
        """Go on with what waits, as far as the client takes its answers."""
        while not self.blocked and self.sending is None:
            if self.waiting:
                what, keep_alive = self.waiting.popleft()
                if isinstance(what, Request):
                    self._answer(what, keep_alive)
                    self.flush()
                else:
                    self._say(what)
            elif self.phase == OVER:
                self._close()
                return
            else:
                self.transport.resume_reading()
                if self.phase == BODY:
                    self._continue()
                return

    def _refuse(self, status: int, detail: str, line: bytes = b"") -> None:
        """Give the last answer of this connection, which is the server's and no application's."""
        self.server.refused(self, status, detail, line)
        self.phase = OVER
        self.refused = True
        self._release()
        response = page(status, detail)
        if self.blocked or self.sending is not None or self.waiting:
            self.waiting.append((response, False))
        else:
            self._say(response)

    def _say(self, response: Response) -> None:
        self.flush()
        start = head(response.status, response.headers, b"GET", "1.1", False)
        self.transport.write(
            b"".join((start.status_line, self.server.front, start.headers, *response.body))
        )
        self._close()

    # The end.

    def eof_received(self) -> bool:
        """The client sends no more, but it may still read."""
        self.server.turn()
        self.phase = OVER
        self.refused = False
        return self.sending is not None or bool(self.waiting)

    def _close(self) -> None:
        """Hang up once everything is written.

        A client that was refused may still be sending: closing at once would make its system throw
        away the answer.  So it is only told that no more comes, until it hangs up by itself or the
        sweep does.
        """
        self.flush()
        self.phase = OVER
        self.waiting.clear()
        if self.refused and not self.transport.is_closing():
            self.since = self.server.now
            with contextlib.suppress(OSError):  # it may have hung up already
                self.transport.write_eof()
            self.transport.resume_reading()
        else:
            self.transport.close()

    def overdue(self, now: float) -> str | None:
        """Why this connection should be cut, in words for the log ('' if not worth one), or None.

        Called by the server's sweep with its clock.
        """
        limits = self.server.limits
        unsent = self.transport.get_write_buffer_size()
        if unsent or self.sending is not None:
            unsent += _queued(self.transport)
            if unsent != self.unsent:
                self.unsent, self.since = unsent, now
            elif now - self.since > limits.write_timeout:
                return f"took nothing of its answer for {limits.write_timeout:g} s"
        elif self.phase == IDLE:
            if now - self.since > limits.idle_timeout:
                return ""
        elif self.phase == OVER:
            if now - self.since > limits.linger_timeout:
                return ""
        elif now - self.since > limits.request_timeout:
            return f"sent half a request and no more within {limits.request_timeout:g} s"
        return None

    def peer(self) -> str:
        """The client's address, for the log."""
        name = self.transport.get_extra_info("peername")
        return f"{name[0]}:{name[1]}" if name else "a client"

    def fail(self, error: BaseException) -> None:
        self.server.broken(error)
        self.transport.abort()


def _queued(transport: asyncio.Transport) -> int:
    """The bytes that the system holds for a client, so that even the slowest is seen to read."""
    try:
        import fcntl
        import termios

        sock = transport.get_extra_info("socket")
        queued = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, bytes(4))
        return int.from_bytes(queued, sys.byteorder)
    except (ImportError, OSError):
        return 0
