"""What a server puts up with."""

from __future__ import annotations

import msgspec

#: The longest body that is taken at all: of a fixture, or by an old Django (servers.md 2).
LONGEST_BODY = 64 * 1024 * 1024


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds on what clients can make a server hold, in bytes, seconds and connections.

    header_bytes
        A request's line and headers together; more is answered 431.
    body_bytes
        A request's body; what a Patchwork takes may be less.  A longer one is read to its end but
        not kept: the application is given its first `body_bytes` + 1 bytes, and so sees that it is
        too long.
    held_bytes
        All requests that are not complete yet, over all connections; a request that goes over is
        answered 503.
    unsent_bytes
        All long answers that clients have not taken yet, beside the rows that they share.  If one
        more does not fit, clients that take nothing are cut off, and if it still does not, it is
        not sent, but 503.
    request_timeout
        From a request's first byte to its last.  The connection of a slower one is closed.
    idle_timeout
        Between two requests, or before the first.
    write_timeout
        For which a client may take nothing of its answer.
    linger_timeout
        For which a client that was refused may go on sending before its connection is closed.
    connections
        Open at the same time; one more is answered 503 and closed.

    Raises ValueError for a bound that is not more than 0.
    """

    header_bytes: int = 64 * 1024
    body_bytes: int = LONGEST_BODY
    held_bytes: int = 256 * 1024 * 1024
    unsent_bytes: int = 256 * 1024 * 1024
    request_timeout: float = 30.0
    idle_timeout: float = 75.0
    write_timeout: float = 60.0
    linger_timeout: float = 5.0
    connections: int = 4096

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)!r}, not more than 0")

    @property
    def tick(self) -> float:
        """Seconds between two looks at the clock: no timeout is missed by more than a quarter."""
        shortest = min(
            self.request_timeout, self.idle_timeout, self.write_timeout, self.linger_timeout
        )
        return min(1.0, shortest / 4)
