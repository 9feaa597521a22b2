"""One client's connection, from the bytes that come in to those that go out.

`buffer_updated` takes what the client sent; in the next turn `proceed` has the reader make requests
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
from collections.abc import Callable
from time import monotonic
from typing import cast

from ...double.outcome import Answer, End, Later, Outcome, Stream
from ...protocol.messages import Request, Response
from ..http.framing import head, page, server_lines
from ..http.reading import BODY, IDLE, OVER, Reader
from ..http.refusal import Refusal
from .commons import Commons
from .sending import Sender, weight

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
#: Bytes that are read at once.
MOST_AT_ONCE = 16 * 1024
#: Bytes that a client may leave unread of what it follows.
MOST_UNREAD = 64 * 1024
#: What a request that waits is taken to hold.
_WAITING = 1024
#: SO_LINGER for a socket that is reset when it is closed: on, for no time.
_RESET = struct.pack("ii", 1, 0)


class Connection(asyncio.BufferedProtocol):
    """A connection that a server accepted."""

    __slots__ = (
        "arrived",
        "commons",
        "delay",
        "ended",
        "heard_all",
        "held",
        "paused",
        "queued",
        "read_last",
        "reader",
        "refused",
        "sender",
        "silent",
        "since",
        "stop_following",
        "transport",
        "unsent",
        "waiting",
    )

    transport: asyncio.Transport
    sender: Sender

    def __init__(self, commons: Commons) -> None:
        self.commons = commons
        self.reader = Reader(
            commons.limits, commons.remembered, commons.unfinished, commons.secure, commons.longest
        )
        self.since = 0.0  # when this request, or the silence, began
        self.arrived: deque[bytes] = deque()  # and not read yet
        self.read_last = b""
        self.waiting: deque[Request | Refusal] = deque()  # read, and not answered yet
        self.held = 0  # bytes of both, where the client does not take its answers
        self.queued = False  # for the next turn
        self.paused = False  # the client is not listened to
        self.delay: tuple[asyncio.TimerHandle, Later] | None = None  # before the next answer
        self.stop_following: Callable[[], None] | None = None  # what comes as it happens
        self.silent = False  # the client waits for what will never come
        self.refused = False
        self.heard_all = False  # the client sends no more
        self.ended = False
        self.unsent = 0  # when the sweep last looked

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class
        self.sender = Sender(self.transport, self.commons.unsent)
        if self.commons.closed:
            self.transport.abort()
        elif self.commons.admit(self):
            self.since = self.commons.sweep.now
        else:
            self._say(page(503, "too many connections"))

    def connection_lost(self, exc: Exception | None) -> None:
        while (self.arrived or self.waiting) and not (self.ended or self.sender.busy):
            self.proceed(last=True)  # what it asked for is done even so
        self.commons.dismiss(self, self.sender.mid_answer())
        self.ended = True
        self._read_no_more()
        self.reader.let_go()
        self.sender.let_go()
        if self.stop_following is not None:
            self.stop_following()
        if self.delay is not None:
            timer, later = self.delay
            timer.cancel()
            later.given_up()

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
            self.arrived.append(commons.buffer[:nbytes].tobytes())
            if self.queued:  # so that no more than two reads of a client ever wait
                self._pause()
            else:
                self.queued = True
                commons.turn.add(self)

    def eof_received(self) -> bool:
        """The client sends no more, but it may still read."""
        self.heard_all = True
        self.proceed(last=True)
        self.flush()
        return not self.ended

    # From the one to the other.

    def proceed(self, last: bool = False) -> bool:
        """Read some of what arrived, and answer what it asks as fast as the client takes it."""
        sender, waiting, arrived = self.sender, self.waiting, self.arrived
        if arrived and not (waiting or sender.busy):
            if not last and arrived[0] in self.commons.remembered.lengthy:
                return False
            self._read(arrived.popleft())
        self.queued = False
        while waiting and not sender.busy:
            self._answer(waiting.popleft())
        if sender.busy:
            if waiting or arrived:
                self._let_wait()
        elif arrived:
            self.queued = True
            self.commons.turn.add(self)
        elif self.reader.phase or self.paused or self.heard_all:
            self._rest()
        return True

    def _read(self, data: bytes) -> None:
        """Read what arrived, but not so much that many requests, or many others, have to wait."""
        if len(data) > MOST_AT_ONCE:
            self.arrived.appendleft(data[MOST_AT_ONCE:])
            data = data[:MOST_AT_ONCE]
        self.read_last = data
        reader = self.reader
        phase = reader.phase
        asked = reader.read(data)
        if reader.phase == IDLE:
            self.since = self.commons.sweep.now
        elif asked or phase == IDLE:  # the beginning of the next, or the end of all
            self.since = monotonic()
        self.waiting.extend(asked)

    def _rest(self) -> None:
        """All that came is answered: hang up, or listen on."""
        phase = self.reader.phase
        if self.heard_all or (phase == OVER and not self.silent):
            self._close()
            return
        if self.paused:
            self._hold(0)
            self._resume_reading()
        if phase == BODY and self.reader.expects_continue():
            self.sender.write(_CONTINUE)  # RFC 9110, 10.1.1

    def _let_wait(self) -> None:
        """Who does not take answers need not ask for more."""
        self._pause()
        if not self._hold(sum(map(len, self.arrived)) + _WAITING * len(self.waiting)):
            self.commons.troubles.cut_off([self.peer()], "asked for more than there is room for")
            self.abort()

    def _hold(self, size: int) -> bool:
        """Account for what was not answered yet; whether there is room for it."""
        fits = self.commons.unfinished.replace(self.held, size)
        self.held = size
        return fits

    def _pause(self) -> None:
        if not self.paused:
            self.paused = True
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        if self.paused:
            self.paused = False
            self.transport.resume_reading()

    # Answering.

    def _answer(self, request: Request | Refusal) -> None:
        if isinstance(request, Refusal):
            self._refuse(request)
            return
        application = self.commons.application
        try:
            answer = application(request)
        except Exception as error:
            answer = self.commons.troubles.failed(request, error)
        if type(answer) is not Response:
            self._carry_out(answer, request)
        elif not self._send(answer, request):
            self._finish()

    def _carry_out(self, answer: Answer | Stream, request: Request) -> None:
        if isinstance(answer, Stream):
            self._stream(answer, request)
            return
        if isinstance(answer, Response):
            answer = Outcome(answer)
        if isinstance(answer, Outcome):
            self._stage(answer, request)
        else:
            loop = asyncio.get_running_loop()
            self.delay = loop.call_later(answer.seconds, self._come, answer, request), answer
            self.sender.delay(True)

    def _come(self, later: Later, request: Request) -> None:
        """What was to come later comes."""
        self.delay = None
        self.sender.delay(False)
        try:
            answer = later.outcome()
        except Exception as error:
            answer = self.commons.troubles.failed(request, error)
        self._carry_out(answer, request)
        self.proceed(last=True)
        self.flush()

    def _send(self, response: Response, request: Request, cut: int | None = None) -> bool:
        """Send a response; whether another may follow it."""
        commons = self.commons
        start = head(
            response.status,
            response.headers,
            request.method,
            request.version,
            request.keep_alive,
            response.reason,
            response.front,
        )
        first = commons.sweep.front
        if response.front is not None:
            first = server_lines(response.front.server, commons.sweep.date)
        if cut is None and self.sender.send(response, start, first):
            return start.keep_alive
        held = weight(response, request)
        if commons.make_room(held):
            commons.remembered.keep_lengthy(self.read_last)
            self.sender.send_long(response, start, first, held, cut)
        else:
            self._refuse(Refusal(503, "too many answers that nobody reads", request.target))
            return False
        return start.keep_alive

    def _stage(self, outcome: Outcome, request: Request) -> None:
        """Send what is to be sent, and do with the connection what is to be done."""
        response = outcome.response
        goes_on = response is None or self._send(response, request, outcome.cut)
        broken_off = response is None or outcome.cut is not None
        if outcome.end is End.RESET:
            self._reset()
        elif outcome.end is End.CLOSE or not (goes_on or broken_off):
            self._finish()
        elif broken_off:
            self._read_no_more()
            self.silent = True

    def _stream(self, stream: Stream, request: Request) -> None:
        """Send what comes as it comes; who does not read it is cut off."""
        chunked = request.version == "1.1"

        def push(data: bytes | None) -> None:
            if self.ended:
                return
            if data is None:
                if chunked:
                    self.sender.write(b"0\r\n\r\n")
                self._close()
            elif self.transport.get_write_buffer_size() > MOST_UNREAD:
                self.commons.troubles.cut_off([self.peer()], "did not read what it follows")
                self.abort()
            elif data:
                self.sender.write(b"%x\r\n%b\r\n" % (len(data), data) if chunked else data)

        response = stream.response
        start = head(response.status, response.headers, request.method, request.version, False)
        self._read_no_more()
        self.sender.write(start.status_line + self.commons.sweep.front + start.headers)
        if request.method == b"HEAD":
            self._close()
            return
        self.silent = True
        push(b"".join(response.body))
        self.stop_following = stream.follow(push)

    def _refuse(self, refusal: Refusal) -> None:
        self.refused = True
        if self in self.commons.sweep.watched:
            self.commons.troubles.refused(self.peer(), refusal)
        self._say(page(refusal.status, refusal.detail))

    def _say(self, response: Response) -> None:
        """Give the last answer of this connection, which is the server's and no application's."""
        start = head(response.status, response.headers, b"GET", "1.1", False, response.reason)
        self.sender.send(response, start, self.commons.sweep.front)
        self._close()

    # Going on.

    def flush(self) -> None:
        self.sender.flush()

    def pause_writing(self) -> None:
        self.sender.pause()
        self.since = self.commons.sweep.now

    def resume_writing(self) -> None:
        if self.transport.get_write_buffer_size():
            self._resume()
        else:  # asyncio goes on in a way that would end a connection twice which ended in here
            asyncio.get_running_loop().call_soon(self._resume)

    def _resume(self) -> None:
        self.since = self.commons.sweep.now
        self.sender.resume()
        self.proceed(last=True)
        self.flush()

    # The end.

    def _read_no_more(self) -> None:
        self.reader.end()
        self.arrived.clear()
        self.waiting.clear()
        self._hold(0)

    def _finish(self) -> None:
        """Hang up as soon as everything is written."""
        self._read_no_more()
        if self.sender.left is None:
            self._close()

    def _close(self) -> None:
        """Hang up.

        A client that was refused may still be sending: closing at once would make its system throw
        away the answer.  So it is only told that no more comes, until it hangs up by itself or the
        sweep does.
        """
        if self.ended:
            return
        self.ended = True
        self.flush()
        self._read_no_more()
        if self.refused and not self.heard_all and not self.transport.is_closing():
            self.since = self.commons.sweep.now
            with contextlib.suppress(OSError, NotImplementedError):  # hung up already
                self.transport.write_eof()
            self._resume_reading()
        else:
            self.transport.close()

    def _reset(self) -> None:
        """Hang up as a process that dies does."""
        self.ended = True
        self._read_no_more()
        self.sender.let_go()
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(self.descriptor())) as twin:
            twin.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.transport.abort()

    def abort(self) -> None:
        self.ended = True
        self._read_no_more()
        self.sender.let_go()
        self.transport.abort()

    def fail(self, error: Exception) -> None:
        self.commons.troubles.broken(error)
        self.abort()

    def overdue(self, now: float) -> str | None:
        limits = self.commons.limits
        unsent = self.sender.unsent()
        if unsent is not None:
            if unsent != self.unsent:
                self.unsent, self.since = unsent, now
            elif now - self.since > limits.write_timeout:
                return f"took nothing of its answer for {limits.write_timeout:g} s"
        elif self.queued or self.delay is not None or self.silent:
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

    def stalled(self, now: float) -> float:
        return now - self.since if self.sender.blocked else 0.0

    def peer(self) -> str:
        name = self.transport.get_extra_info("peername")
        return f"{name[0]}:{name[1]}" if name else "a client"

    def descriptor(self) -> int:
        sock = self.transport.get_extra_info("socket")
        return -1 if sock is None else sock.fileno()
