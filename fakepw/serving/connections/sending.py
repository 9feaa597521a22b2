"""What a connection writes: answers in order, as fast as the client takes them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator

from ...protocol.messages import Response
from ..http.framing import FEW, PLAIN, SHORT, Head, coded, coded_pieces, cut_pieces, pieces

#: Short answers that are written together.
MOST_TOGETHER = 256


class Sender:
    """Writes to one client.

    Short answers wait for `flush`, long ones are written piece by piece.  While one is under way
    (`busy`) no other may be sent.
    """

    __slots__ = ("blocked", "left", "short", "transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.short: list[bytes] = []
        self.left: Iterator[bytes] | None = None  # of a long answer
        self.blocked = False  # the socket takes no more

    @property
    def busy(self) -> bool:
        """Whether the client does not take its answers as fast as they come."""
        return self.blocked or self.left is not None

    def send(self, response: Response, start: Head, front: bytes) -> None:
        """Send a response that has this head, with `front` among its headers."""
        body = response.body
        if len(body) < FEW:
            if start.coding is not PLAIN:
                body = coded(body, start.coding)
            answer = b"".join((start.status_line, front, start.headers, *body))
            if len(answer) <= SHORT:
                self.short.append(answer)
                if len(self.short) > MOST_TOGETHER:
                    self.flush()
            else:
                self._begin(pieces([answer]))
        else:
            first = start.status_line + front + start.headers
            self._begin(coded_pieces(first, body, start.coding))

    def send_part(self, response: Response, start: Head, front: bytes, cut: int) -> None:
        """Send a response as far as the first `cut` bytes of its body."""
        first = start.status_line + front + start.headers
        self._begin(cut_pieces(first, response.body, start.coding, cut))

    def flush(self) -> None:
        """Write the short answers that have waited."""
        if self.short:
            short, self.short = self.short, []
            if not self.transport.is_closing():
                self.transport.write(short[0] if len(short) == 1 else b"".join(short))

    def write(self, data: bytes) -> None:
        """Write at once, behind the answers that have waited."""
        self.flush()
        self.transport.write(data)

    def resume(self) -> None:
        """The client takes more."""
        self.blocked = False
        self._push()

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
        self.blocked = False

    def _begin(self, parts: Iterator[bytes]) -> None:
        self.flush()
        self.left = parts
        self._push()

    def _push(self) -> None:
        while self.left is not None and not self.blocked and not self.transport.is_closing():
            part = next(self.left, None)
            if part is None:
                self.left = None
            else:
                self.transport.write(part)


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
