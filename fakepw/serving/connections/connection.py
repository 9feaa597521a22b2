"""One client's connection, from the bytes that come in to those that go out.

`buffer_updated` takes what the client sent; in the next turn `receive` has the reader make requests
of it, asks the application, carries out what it answers, and gives the sender what there is to
write.  A request is answered without a task or a timer of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from collections import deque
from time import monotonic
from typing import cast

from ...double.outcome import Answer, End, Later, Outcome
from ...protocol.messages import Response
from ..http.asked import Asked, Refusal
from ..http.framing import head, page
from ..http.reading import BODY, IDLE, OVER, Reader
from .commons import Commons
from .sending import Sender

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: SO_LINGER for a socket that is reset when it is closed: on, for no time.
_RESET = struct.pack("ii", 1, 0)


class Connection(asyncio.BufferedProtocol):
    """A connection that a server accepted."""

    __slots__ = (
        "commons",
        "delay",
        "ended",
        "heard_all",
        "reader",
        "refused",
        "sender",
        "silent",
        "since",
        "transport",
        "unsent",
        "waiting",
    )

    transport: asyncio.Transport
    sender: Sender

    def __init__(self, commons: Commons) -> None:
        self.commons = commons
        self.reader = Reader(commons.limits, commons.remembered, commons.unfinished)
        self.since = 0.0  # when this request, or the silence, began
        self.waiting: deque[Asked | Refusal] = deque()  # until those before are answered
        self.delay: asyncio.TimerHandle | None = None  # before the next answer
        self.silent = False  # the client waits for what will never come
        self.refused = False
        self.heard_all = False
        self.ended = False
        self.unsent = 0  # when the sweep last looked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self.sender = Sender(self.transport)
        if self.commons.closed:
            self.transport.abort()
        elif self.commons.admit(self):
            self.since = self.commons.sweep.now
        else:
            self._say(page(503, "too many connections"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.commons.turn.run()  # what it asked for is done even so
        self.commons.dismiss(self, mid_answer=self.sender.busy)
        self.ended = True
        self.waiting.clear()
        self.reader.let_go()
        self.sender.let_go()
        if self.delay is not None:
            self.delay.cancel()

    # In.

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the event loop puts what it reads: one buffer for all, emptied at once.

        The other kind of protocol gets a new one of 256 KiB for every read, which can cost more
        than the whole answer.
        """
        return self.commons.buffer

    def buffer_updated(self, nbytes: int) -> None:
        commons = self.commons
        if self.reader.phase != OVER:
            commons.turn.arrived(self, commons.buffer[:nbytes].tobytes())
            if self.sender.blocked:  # who does not take answers need not ask for more
                self.transport.pause_reading()

    def receive(self, data: bytes) -> None:
        """Read what arrived, and answer what it completes."""
        reader = self.reader
        phase = reader.phase
        if phase == OVER:
            return
        asked = reader.read(data)
        if reader.phase == IDLE:
            self.since = self.commons.sweep.now
        elif asked or phase == IDLE:  # the beginning of the next, or the end of all
            self.since = monotonic()
        for each in asked:
            self._take(each)
        if reader.phase == BODY:
            self._continue()

    def eof_received(self) -> bool:
        """The client sends no more, but it may still read."""
        self.commons.turn.run()
        self.reader.end()
        self.heard_all = True
        self.refused = self.silent = False
        return self.sender.left is not None or bool(self.waiting) or self.delay is not None

    def _continue(self) -> None:
        """Say that the body may come, to a client that waits for it (RFC 9110, 10.1.1)."""
        if not self._later and self.reader.expects_continue():
            self.sender.write(_CONTINUE)

    # Answering.

    @property
    def _later(self) -> bool:
        """Whether what comes now has to wait, because the answers before it are not out."""
        sender = self.sender
        return bool(
            self.waiting or self.delay is not None or sender.blocked or sender.left is not None
        )

    def _take(self, asked: Asked | Refusal) -> None:
        """Answer, or let it wait; then nothing more is read, so that no more than one read can."""
        if isinstance(asked, Refusal):
            self.refused = True
            if self in self.commons.sweep.watched:
                self.commons.troubles.refused(self.peer(), asked)
        if self._later:
            self.waiting.append(asked)
            self.transport.pause_reading()
        else:
            self._answer(asked)

    def _answer(self, asked: Asked | Refusal) -> None:
        if isinstance(asked, Refusal):
            self._say(page(asked.status, asked.detail))
            return
        try:
            answer = self.commons.application(asked.request)
        except Exception as error:
            answer = self.commons.troubles.failed(asked.request, error)
        if isinstance(answer, Response):  # which is the usual thing
            if not self._send(answer, asked):
                self._finish()
        else:
            self._carry_out(answer, asked)

    def _carry_out(self, answer: Answer, asked: Asked) -> None:
        if isinstance(answer, Response):
            answer = Outcome(answer)
        if isinstance(answer, Outcome):
            self._stage(answer, asked)
        else:
            loop = asyncio.get_running_loop()
            self.delay = loop.call_later(answer.seconds, self._come, answer, asked)

    def _come(self, later: Later, asked: Asked) -> None:
        """What was to come later comes."""
        self.delay = None
        try:
            answer = later.outcome()
        except Exception as error:
            answer = self.commons.troubles.failed(asked.request, error)
        self._carry_out(answer, asked)
        self.sender.flush()
        self._next()

    def _send(self, response: Response, asked: Asked, cut: int | None = None) -> bool:
        """Send a response; whether another may follow it."""
        request = asked.request
        start = head(
            response.status, response.headers, request.method, request.version, asked.keep_alive
        )
        if cut is None:
            self.sender.send(response, start, self.commons.sweep.front)
        else:
            self.sender.send_part(response, start, self.commons.sweep.front, cut)
        return start.keep_alive

    def _stage(self, outcome: Outcome, asked: Asked) -> None:
        """Send what is to be sent, and do with the connection what is to be done."""
        response = outcome.response
        goes_on = response is None or self._send(response, asked, outcome.cut)
        broken_off = response is None or outcome.cut is not None
        if outcome.end is End.RESET:
            self._reset()
        elif outcome.end is End.CLOSE or not (goes_on or broken_off) or self.heard_all:
            self._finish()
        elif broken_off:
            self.reader.end()
            self.silent = True

    def _say(self, response: Response) -> None:
        """Give the last answer of this connection, which is the server's and no application's."""
        start = head(response.status, response.headers, b"GET", "1.1", False)
        self.sender.send(response, start, self.commons.sweep.front)
        self._close()

    # Going on.

    def flush(self) -> None:
        self.sender.flush()

    def pause_writing(self) -> None:
        self.sender.blocked = True
        self.since = self.commons.sweep.now

    def resume_writing(self) -> None:
        if self.transport.get_write_buffer_size():
            self._resume()
        else:  # asyncio goes on in a way that would end a connection twice which ended in here
            asyncio.get_running_loop().call_soon(self._resume)

    def _resume(self) -> None:
        self.since = self.commons.sweep.now
        self.sender.resume()
        self._next()

    def _next(self) -> None:
        """Go on with what waits, as far as the client takes its answers."""
        while not (self.ended or self.sender.busy or self.delay is not None):
            if self.waiting:
                self._answer(self.waiting.popleft())
                self.sender.flush()
            elif self.reader.phase != OVER:
                self.transport.resume_reading()
                if self.reader.phase == BODY:
                    self._continue()
                return
            elif self.silent:
                return
            else:
                self._close()

    # The end.

    def _finish(self) -> None:
        """Hang up as soon as everything is written."""
        self.reader.end()
        if self.sender.left is None:
            self._close()

    def _close(self) -> None:
        """Hang up.

        A client that was refused may still be sending: closing at once would make its system throw
        away the answer.  So it is only told that no more comes, until it hangs up by itself or the
        sweep does.
        """
        self.ended = True
        self.sender.flush()
        self.reader.end()
        self.waiting.clear()
        if self.refused and not self.transport.is_closing():
            self.since = self.commons.sweep.now
            with contextlib.suppress(OSError, NotImplementedError):  # hung up already, or TLS
                self.transport.write_eof()
            self.transport.resume_reading()
        else:
            self.transport.close()

    def _reset(self) -> None:
        """Hang up as a process that dies does."""
        self.ended = True
        self.reader.end()
        self.sender.let_go()
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self.descriptor())) as twin:
            twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def abort(self) -> None:
        self.transport.abort()

    def fail(self, error: Exception) -> None:
        self.commons.troubles.broken(error)
        self.transport.abort()

    def overdue(self, now: float) -> str | None:
        limits = self.commons.limits
        unsent = self.sender.unsent()
        if unsent is not None:
            if unsent != self.unsent:
                self.unsent, self.since = unsent, now
            elif now - self.since > limits.write_timeout:
                return f"took nothing of its answer for {limits.write_timeout:g} s"
        elif self.delay is not None or self.silent:
            pass  # it is the server that lets the client wait
        elif self.reader.phase == IDLE:
            if now - self.since > limits.idle_timeout:
                return ""
        elif self.reader.phase == OVER:
            if now - self.since > limits.linger_timeout:
                return ""
        elif now - self.since > limits.request_timeout:
            return f"sent half a request and no more within {limits.request_timeout:g} s"
        return None

    def peer(self) -> str:
        name = self.transport.get_extra_info("peername")
        return f"{name[0]}:{name[1]}" if name else "a client"

    def descriptor(self) -> int:
        sock = self.transport.get_extra_info("socket")
        return -1 if sock is None else sock.fileno()
