"""A server: one application on one listening socket of an asyncio event loop."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
import traceback
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

from ..patchwork.brief import asked
from ..patchwork.text import internet_date
from ..protocol.messages import Request, Response
from .connection import Connection
from .framing import page
from .limits import Limits
from .reading import MOST_READ, KnownHead

log = logging.getLogger("fakepw")

Application = Callable[[Request], Response]

BACKLOG = 1024
#: Connections accepted in one turn of the event loop.
MOST_ACCEPTED = 16
#: Reads that one turn answers: a bound on what is held meanwhile.
MOST_ARRIVED = 32


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
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"cannot listen on {host} port {port}: {_why(error)}") from error
    return listener


def url_host(host: str) -> str:
    """A listening address as a URL of this machine names it: an IPv6 one in brackets."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host


def _why(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:]


class Server:
    """Serves an application over HTTP/1.1 until it is closed.

    `application` maps a Request to a Response; it is called on the event loop, one request at a
    time.  If it raises, the client gets a 500 and the log one line.  All troubles with clients are
    one WARNING each in the log called "fakepw".
    """

    def __init__(self, application: Application, limits: Limits | None = None) -> None:
        self.application = application
        self.limits = limits or Limits()
        self.connections: set[Connection] = set()
        self.held = 0  # bytes of all unfinished requests
        self.now = 0.0  # the loop's clock, at most a tick ago
        self.closed = False
        self.front = b""  # the headers that the server adds to every answer
        self.clock: Callable[[], float] = time.monotonic
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._listener: socket.socket | None = None
        self._sweeping: asyncio.TimerHandle | None = None
        self._turned_away = 0
        self._vanished: list[str] = []
        self.known: dict[bytes, Request] = {}  # by their bytes
        self.known_heads: dict[bytes, KnownHead] = {}
        self.buffer = memoryview(bytearray(MOST_READ))  # for whichever connection reads just now
        self._arrived: list[tuple[Connection, bytes]] = []  # for the next turn
        self._room = self.limits.connections

    async def start(self, listener: socket.socket) -> None:
        """Accept connections on a listening socket, which from now on is the server's to close."""
        self._loop = asyncio.get_running_loop()
        self._listener = listener
        self._room = min(self.limits.connections, _descriptors())
        self.clock = self._loop.time
        # asyncio accepts as many at once as its backlog: those turned away must be gone before
        # there are so many that descriptors run out, of which it would log each.
        self._server = await self._loop.create_server(
            lambda: Connection(self), sock=listener, backlog=MOST_ACCEPTED
        )
        listener.listen(BACKLOG)

    async def end(self) -> None:
        """Stop accepting, let those in whose connections are just being set up, and `close`.

        asyncio would leave their sockets open until the garbage collector finds them.
        """
        assert self._loop is not None
        assert self._listener is not None
        if self._loop.remove_reader(self._listener):  # uvloop, which reads otherwise, has none
            await asyncio.sleep(0)  # in which a transport is made of what was accepted,
            await asyncio.sleep(0)  # and a connection of that
        self.close()

    def close(self) -> None:
        """Stop accepting and cut every connection. Answers that are half sent stay so."""
        self.turn()
        self.closed = True
        if self._server is not None:
            self._server.close()
        if self._sweeping is not None:
            self._sweeping.cancel()
        self._sum_up()
        cut, self.connections = self.connections, set()
        for connection in cut:
            connection.transport.abort()

    def descriptors(self) -> list[int]:
        """The file descriptors of all connections."""
        sockets = [each.transport.get_extra_info("socket") for each in self.connections]
        return [sock.fileno() for sock in sockets if sock is not None]

    # The turn.

    def arrived(self, connection: Connection, data: bytes) -> None:
        """Take what a connection read, for the next turn."""
        arrived = self._arrived
        if not arrived and self._loop is not None:
            self._loop.call_soon(self.turn)
        arrived.append((connection, data))
        if len(arrived) >= MOST_ARRIVED:
            self.turn()

    def turn(self) -> None:
        """Answer everything that has arrived, and only then write the (short) answers.

        One could answer each request as it is read.  But to go back and forth between the system
        and Python for each of sixteen clients keeps neither in the processor's caches, and wakes
        the clients up one by one: where they have to share processors with the server, turns
        answered 1.4 times as many requests.
        """
        arrived, self._arrived = self._arrived, []
        for connection, data in arrived:
            try:
                connection.receive(data)
            except Exception as error:
                connection.fail(error)
        for connection, _ in arrived:
            connection.flush()

    # What connections tell.

    def joined(self, connection: Connection) -> bool:
        """Count a connection in. False if there are too many, or if it comes too late."""
        if self.closed:
            return False
        if self._sweeping is None:
            self._tick()
        if len(self.connections) >= self._room:
            self._turned_away += 1
            return False
        self.connections.add(connection)
        return True

    def left(self, connection: Connection, mid_answer: bool) -> None:
        """Count a connection out that the client, or `Connection: close`, has ended."""
        if connection in self.connections:
            self.connections.remove(connection)
            if mid_answer:
                self._vanished.append(connection.peer())

    def refused(self, connection: Connection, status: int, detail: str, line: bytes) -> None:
        """Log that a request was refused (connections turned away are summed up by the sweep).

        `line` is the first one of it, as far as it is known.
        """
        if connection in self.connections:
            what = f"; it asked: {asked(line)}" if line else ""
            log.warning("%s was answered %d: %s%s", connection.peer(), status, detail, what)

    def failed(self, request: Request, error: Exception) -> Response:
        """Log what the application raised, and answer 500."""
        line = f"{request.method.decode('latin-1')} {request.target[:200].decode('latin-1')}"
        log.error("%s failed: %s", line, _where(error))
        log.debug("%s", "".join(traceback.format_exception(error)))
        return page(500, "The server failed; its log says why.")

    def broken(self, error: BaseException) -> None:
        """Log what should never happen: an error of the server's own."""
        log.error("a connection was cut: %s", _where(error))
        log.debug("%s", "".join(traceback.format_exception(error)))

    # The one timer.

    def _tick(self) -> None:
        """Once a tick, while anybody is connected: set the clock and cut who is overdue."""
        assert self._loop is not None
        self.now = now = self._loop.time()
        date = internet_date(datetime.now(UTC), "GMT")
        self.front = f"Server: fakepw\r\nDate: {date}\r\n".encode()
        self._sweep(now)
        if self.connections or self._sweeping is None:
            self._sweeping = self._loop.call_later(self.limits.tick, self._tick)
        else:
            self._sweeping = None

    def _sweep(self, now: float) -> None:
        overdue: defaultdict[str, list[str]] = defaultdict(list)
        for connection in list(self.connections):
            reason = connection.overdue(now)
            if reason is not None:
                overdue[reason].append(connection.peer())
                self.connections.remove(connection)
                connection.transport.abort()
        for reason, peers in overdue.items():
            if reason:
                log.warning("%s was cut off: it %s", _one_of(peers), reason)
        self._sum_up()

    def _sum_up(self) -> None:
        """Log in one line each what many clients may have done at the same moment."""
        if self._vanished:
            log.warning("%s went away in the middle of its answer", _one_of(self._vanished))
            self._vanished.clear()
        if self._turned_away:
            log.warning(
                "%d connections were turned away: %d are open",
                self._turned_away,
                len(self.connections),
            )
            self._turned_away = 0


def _descriptors() -> int:
    """How many connections the process may have open, leaving some descriptors for other uses."""
    try:
        import resource
    except ImportError:  # not on Windows
        return 1 << 30
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(8, soft - 64) if soft != resource.RLIM_INFINITY else 1 << 30


def _one_of(peers: list[str]) -> str:
    more = len(peers) - 1
    return f"{peers[0]} (and {more} more)" if more else peers[0]


def _where(error: BaseException) -> str:
    """An exception in one line: its class, its text and the place that raised it."""
    text = " ".join(traceback.format_exception_only(error)).strip().replace("\n", " ")
    frames = traceback.extract_tb(error.__traceback__)
    return f"{text} ({frames[-1].filename}:{frames[-1].lineno})" if frames else text
