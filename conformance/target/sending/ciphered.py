"""TLS around a connection, piece by piece: whatever a peer sends, its time is looked at in between.

A socket of `ssl` stays inside OpenSSL for as long as records come that carry no data, such as
session tickets and new keys, and takes a connection that was merely cut off for one that was ended.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from typing import Any

#: How much is taken from the network at once, in bytes.
PIECE = 1 << 16
#: What a server's first record may be: an alert, or its part of the handshake.
_RECORDS = b"\x15\x16"


class Ciphered:
    """As a socket, as far as an exchange needs one. Raises OSError: ssl.SSLError if the peer breaks
    TLS, ssl.SSLEOFError if it ends the connection without ending TLS, TimeoutError."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host: str) -> None:
        self._sock = sock
        self._end = 0.0
        #: Whether what came first was TLS.
        self.spoken: bool | None = None
        self._came, self._goes = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._came, self._goes, server_hostname=host)

    def shake_hands(self) -> None:
        """Agree on keys with the peer, and look at its certificate."""
        try:
            self._until_done(self._session.do_handshake)
        except ssl.SSLError:
            with contextlib.suppress(OSError):
                self._flush()  # the alert: why
            raise

    def settimeout(self, seconds: float) -> None:
        """What is begun within so many seconds has to be done by then."""
        self._end = time.monotonic() + seconds

    def recv_into(self, buffer: Any) -> int:
        """As a socket's: 0 once the peer has said that no more comes."""
        count: int = self._until_done(lambda: self._session.read(len(buffer), buffer))
        return count

    def send(self, data: memoryview) -> int:
        """As a socket's."""
        piece = data[:PIECE]
        count: int = self._until_done(lambda: self._session.write(piece))
        self._flush()
        return count

    def getpeercert(self) -> dict[str, Any] | None:
        """As that of an SSLSocket."""
        return self._session.getpeercert()

    def fileno(self) -> int:
        """The connection's own."""
        return self._sock.fileno()

    def close(self) -> None:
        """End it; nobody waits for the peer to say the same."""
        with contextlib.suppress(OSError):
            self._session.unwrap()
        with contextlib.suppress(OSError):
            self._sock.setblocking(False)
            self._sock.send(self._goes.read())
        self._sock.close()

    def _until_done(self, work: Callable[[], Any]) -> Any:
        while True:
            try:
                return work()
            except ssl.SSLWantReadError:
                self._flush()
            self._sock.settimeout(self._left())
            if data := self._sock.recv(PIECE):
                if self.spoken is None:
                    self.spoken = data[0] in _RECORDS
                self._came.write(data)
            else:
                self._came.write_eof()

    def _flush(self) -> None:
        rest = memoryview(self._goes.read())
        while rest:
            self._sock.settimeout(self._left())
            rest = rest[self._sock.send(rest) :]

    def _left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left
