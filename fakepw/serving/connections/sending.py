"""What a connection writes: answers in order, as fast as the client takes them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

from ...protocol.messages import Request, Response
from ..http.budget import Budget
from ..http.framing import FEW, PIECE, PLAIN, Head, coded, coded_pieces, cut_pieces

#: Bytes up to which an answer waits for the others of the same turn.
SHORT = 32 * 1024
#: Bytes of short answers that are written together.
MOST_TOGETHER = PIECE
#: What a chunk of a list takes, whose rows share their bytes with all the answers that they are in.
_CHUNK = 8
#: What a byte of a request may come to in an answer that repeats it.
_ECHO = 10


def weight(response: Response, request: Request) -> int:
    """Bytes that are held for a long answer until the client has taken it."""
    body = response.body
    if len(body) >= FEW:
        return _CHUNK * len(body) + _ECHO * len(request.body)
    return sum(map(len, body))


class Sender:
    """Writes to one client.

    Short answers wait for `flush`, long ones are written piece by piece.  While it is `busy` (the
    client does not take what is there, a long answer is under way, or the next one is not due yet)
    no other may be sent.
    """

    __slots__ = (
        "blocked",
        "budget",
        "busy",
        "delayed",
        "held",
        "left",
        "short",
        "short_size",
        "transport",
    )

    def __init__(self, transport: asyncio.Transport, unsent: Budget) -> None:
        self.transport = transport
        transport.set_write_buffer_limits(0)  # who does not read holds up one piece, not two
        self.short: list[bytes] = []
        self.short_size = 0
        self.left: Iterator[bytes] | None = None  # of a long answer
        self.blocked = False  # the socket takes no more
        self.delayed = False  # the next answer is not due yet
        self.busy = False
        self.budget = unsent  # of the long answers of all clients
        self.held = 0  # bytes of it

    def send(self, response: Response, start: Head, front: bytes) -> bool:
        """Send a response that has this head, with `front` among its headers, if it is short."""
        body = response.body
        if len(body) >= FEW:
            return False
        if start.coding is not PLAIN:
            body = coded(body, start.coding)
        elif response.size() > SHORT:  # so as not to join in vain
            return False
        answer = b"".join((start.status_line, front, start.headers, *body))
        if len(answer) > SHORT:
            return False
        self.short.append(answer)
        self.short_size += len(answer)
        if self.short_size > MOST_TOGETHER:
            self.flush()
        return True

    def send_long(
        self, response: Response, start: Head, front: bytes, held: int, cut: int | None = None
    ) -> None:
        """Begin to send a response, or only the first `cut` bytes of its body.

        `held` is what it takes of the budget until all of it is sent.
        """
        self.flush()
        self._hold(held)
        first = start.status_line + front + start.headers
        if cut is None:
            self.left = coded_pieces(first, response.body, start.coding)
        else:
            self.left = cut_pieces(first, response.body, start.coding, cut)
        self._push()

    def flush(self) -> None:
        """Write the short answers that have waited."""
        if self.short:
            short, self.short = self.short, []
            self.short_size = 0
            if not self.transport.is_closing():
                self.transport.write(short[0] if len(short) == 1 else b"".join(short))

    def write(self, data: bytes) -> None:
        """Write at once, behind the answers that have waited."""
        self.flush()
        self.transport.write(data)

    def pause(self) -> None:
        """The client takes no more."""
        self.blocked = self.busy = True

    def resume(self) -> None:
        """The client takes more."""
        self.blocked = False
        self._push()

    def delay(self, delayed: bool) -> None:
        """The next answer is not due yet, or it is now."""
        self.delayed = delayed
        self.busy = delayed or self.mid_answer()

    def mid_answer(self) -> bool:
        """Whether the client has still to take an answer that is there."""
        return self.blocked or self.left is not None

    def unsent(self) -> int | None:
        """Bytes of what is on its way that the client has not taken; None if nothing is."""
        unsent = self.transport.get_write_buffer_size()
        if unsent or self.left is not None:
            return unsent + _queued(self.transport)
        return None

    def let_go(self) -> None:
        """Hold nothing more: the client is gone."""
        self.left = None
        self.short = []
        self.blocked = self.delayed = self.busy = False
        self._hold(0)

    def _push(self) -> None:
        while self.left is not None and not self.blocked and not self.transport.is_closing():
            part = next(self.left, None)
            if part is None:
                self.left = None
                self._hold(0)
            else:
                self.transport.write(part)
        self.busy = self.delayed or self.mid_answer()

    def _hold(self, size: int) -> None:
        self.budget.replace(self.held, size)
        self.held = size


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
