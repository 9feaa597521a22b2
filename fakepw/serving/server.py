"""A server: one application on one listening socket of an asyncio event loop."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Collection

from ..double.outcome import Application
from ..patchwork.words.brief import within
from .connections.ciphered import Certified, Ciphered
from .connections.commons import Commons
from .connections.connection import Connection
from .connections.sweep import Watched
from .http.reading import Longest
from .limits import Limits

__all__ = ["Application", "Server", "listen"]

BACKLOG = 4096
#: Bytes that the system keeps for a client that does not read; by itself it would take megabytes.
SEND_BUFFER = 256 * 1024
#: Connections accepted in one turn of the event loop; one more on Python 3.14.
MOST_ACCEPTED = 8


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on that host and port (0: any free one).

    Raises OSError, with a sentence that names host and port, if there is no such host, the port is
    taken or not allowed, and ValueError for a number that is no port.
    """
    if not 0 <= port <= 65535:
        raise ValueError(f"there is no port {port}, only 0 to 65535")
    try:
        found = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise OSError(f"there is no host {host!r} here to listen on ({_why(error)})") from error
    family, kind, proto, _, address = found[0]
    listener = socket.socket(family, kind, proto)
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot listen on {host} port {port}: {_why(error)}") from error
    return listener


def _why(error: Exception) -> str:
    return within(getattr(error, "strerror", None) or str(error))


class Server:
    """Serves an application over HTTP/1.1 until it is closed.

    `application` maps a Request to an Answer; it is called on the event loop, one request at a
    time.  If it raises, the client gets a 500 and the log one line.  All troubles with clients are
    one WARNING each in the log called "fakepw".  With `certified`, which gives the certificate for
    an address of this machine's, it speaks https.  `longest` gives the bytes of a body that are of
    use at a target; one that is longer is cut just behind them.
    """

    def __init__(
        self,
        application: Application,
        limits: Limits | None = None,
        certified: Certified | None = None,
        longest: Longest | None = None,
    ) -> None:
        self.commons = Commons(application, limits or Limits(), certified is not None, longest)
        self._certified = certified
        self._server: asyncio.Server | None = None
        self._listener: socket.socket | None = None
        #: What is to be done when it closes.
        self.at_close: list[Callable[[], object]] = []

    @property
    def connections(self) -> Collection[Watched]:
        """The connections that are open."""
        return self.commons.sweep.watched

    @property
    def held(self) -> int:
        """The bytes of all unfinished requests."""
        return self.commons.unfinished.used

    async def start(self, listener: socket.socket) -> None:
        """Accept connections on a listening socket, which from now on is the server's to close."""
        self._listener = listener
        self.commons.room = min(self.commons.room, _descriptors())
        # asyncio accepts as many at once as its backlog: those turned away must be gone before
        # there are so many that descriptors run out, of which it would log each.
        self._server = await asyncio.get_running_loop().create_server(
            self._accepted, sock=listener, backlog=MOST_ACCEPTED
        )
        listener.listen(BACKLOG)

    def _accepted(self) -> asyncio.BaseProtocol:
        self.commons.turn.newcomer()
        if self._certified is None:
            return Connection(self.commons)
        return Ciphered(self.commons, self._certified)

    async def end(self) -> None:
        """Stop accepting, let those in whose connections are just being set up, and `close`.

        asyncio would leave their sockets open until the garbage collector finds them.
        """
        assert self._listener is not None
        # uvloop, which reads otherwise, has no such reader.
        if asyncio.get_running_loop().remove_reader(self._listener):
            await asyncio.sleep(0)  # in which a transport is made of what was accepted,
            await asyncio.sleep(0)  # and a connection of that
        self.close()

    def close(self) -> None:
        """Stop accepting and cut every connection. Answers that are half sent stay so."""
        self.commons.turn.finish()
        self.commons.closed = True
        if self._server is not None:
            self._server.close()
        self.commons.sweep.end()
        for done in self.at_close:
            done()

    def descriptors(self) -> list[int]:
        """The file descriptors of all connections."""
        return [connection.descriptor() for connection in self.connections]


def _descriptors() -> int:
    """How many connections the process may have open, leaving some descriptors for other uses."""
    try:
        import resource
    except ImportError:  # not on Windows
        return 1 << 30
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(8, soft - 64) if soft != resource.RLIM_INFINITY else 1 << 30
