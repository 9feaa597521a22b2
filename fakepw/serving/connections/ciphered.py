"""https: TLS between a client's bytes and its `Connection`.

It is the protocol of the transport that carries the ciphers, and the transport of the connection,
which need not know. The event loops speak TLS by themselves, each in its own way; but neither would
count who has not come to an end of the handshake, nor say in the log what went wrong.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from typing import Any, cast

from .commons import Commons
from .connection import Connection

#: The certificate that is shown where a client came to this address of the machine's.
Certified = Callable[[str], ssl.SSLContext]


class Ciphered(asyncio.BufferedProtocol):
    """A client of https. Until both sides have agreed on their secrets there is no connection."""

    carrier: asyncio.Transport
    session: ssl.SSLObject

    def __init__(self, commons: Commons, certified: Certified) -> None:
        self.commons = commons
        self.certified = certified
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.connection: Connection | None = None
        self.since = 0.0
        self.heard = False  # anything at all
        self.paused = False  # the connection does not listen
        self.over = False  # nothing more is made of what comes

    # What carries the ciphers.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.carrier = cast(asyncio.Transport, transport)
        if self.commons.closed or not self.commons.admit(self):
            self.over = True  # there is nothing that could be said before TLS is spoken
            self.carrier.abort()
            return
        self.since = self.commons.sweep.now
        context = self.certified(str(self.carrier.get_extra_info("sockname")[0]))
        self.session = context.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.connection is not None:
            self.connection.connection_lost(exc)
        elif self in self.commons.sweep.watched:
            self.commons.sweep.watched.remove(self)
            if self.heard and not self.over:
                self.commons.troubles.no_tls(self.peer(), exc)
        self.over = True

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.commons.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self.heard = True
        if not self.over:
            self.incoming.write(self.commons.buffer[:nbytes])
            self._go_on()

    def eof_received(self) -> bool:
        if self.over or self.connection is None:
            return False
        return self.connection.eof_received()

    def pause_writing(self) -> None:
        if self.connection is not None:
            self.connection.pause_writing()

    def resume_writing(self) -> None:
        if self.connection is not None:
            self.connection.resume_writing()

    # From the one to the other.

    def _go_on(self) -> None:
        """Make of the ciphers what can be made of them."""
        try:
            if self.connection is None:
                self.session.do_handshake()
                self.commons.sweep.watched.discard(self)
                self.connection = Connection(self.commons)
                self.connection.connection_made(self)  # type: ignore[arg-type]
            self._read(self.connection)
        except ssl.SSLWantReadError:
            pass  # until more comes
        except ssl.SSLError as error:
            if not (self.over or self.carrier.is_closing()):
                self.over = True
                self.commons.troubles.no_tls(self.peer(), error)
                self._flush()  # the alert
                self.carrier.close()
        self._flush()

    def _read(self, connection: Connection) -> None:
        while not (self.paused or self.over):
            buffer = connection.get_buffer(-1)
            count = self.session.read(len(buffer), cast(Any, buffer))
            if not count:  # the client said that no more comes
                self.over = True
                if not connection.eof_received():
                    self.close()
                return
            connection.buffer_updated(cast(int, count))

    def _flush(self) -> None:
        if self.outgoing.pending and not self.carrier.is_closing():
            self.carrier.write(self.outgoing.read())

    # The connection's transport.

    def write(self, data: bytes) -> None:
        view = memoryview(data)
        with contextlib.suppress(ssl.SSLError):  # as it broke down, and the client is let go
            while view:
                view = view[self.session.write(view) :]
        self._flush()

    def write_eof(self) -> None:
        self._take_leave()
        self.carrier.write_eof()

    def close(self) -> None:
        self._take_leave()
        self.carrier.close()

    def _take_leave(self) -> None:
        """Say that no more comes; nobody waits for the client to say the same."""
        with contextlib.suppress(ssl.SSLError):
            self.session.unwrap()
        self._flush()

    def pause_reading(self) -> None:
        self.paused = True
        self.carrier.pause_reading()

    def resume_reading(self) -> None:
        self.paused = False
        self.carrier.resume_reading()
        if self.incoming.pending or self.session.pending():
            asyncio.get_running_loop().call_soon(self._resume)

    def _resume(self) -> None:
        if not self.over:
            self._go_on()

    def abort(self) -> None:
        self.over = True
        self.carrier.abort()

    def is_closing(self) -> bool:
        return self.carrier.is_closing()

    def get_extra_info(self, name: str) -> Any:
        return self.carrier.get_extra_info(name)

    def get_write_buffer_size(self) -> int:
        return self.carrier.get_write_buffer_size()

    def set_write_buffer_limits(self, high: int) -> None:
        self.carrier.set_write_buffer_limits(high)

    # What the sweep sees of it before it is a connection.

    def overdue(self, now: float) -> str | None:
        patience = self.commons.limits.request_timeout
        if now - self.since > patience:
            return f"did not end its TLS handshake within {patience:g} s"
        return None

    def stalled(self, now: float) -> float:
        return 0.0

    def peer(self) -> str:
        name = self.carrier.get_extra_info("peername")
        return f"{name[0]}:{name[1]}" if name else "a client"

    def descriptor(self) -> int:
        sock = self.carrier.get_extra_info("socket")
        return -1 if sock is None else sock.fileno()
