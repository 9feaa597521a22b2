"""What the connections of one server share, and all that they know of it."""

from __future__ import annotations

from ...double.outcome import Application
from ..http.budget import Budget
from ..http.reading import MOST_READ, Longest
from ..http.remembered import Remembered
from ..limits import Limits
from .sweep import Sweep, Watched
from .troubles import Troubles
from .turn import Turn


class Commons:
    """Bounds, counts, the log, the turn, the sweep, and what is remembered of requests."""

    def __init__(
        self,
        application: Application,
        limits: Limits,
        secure: bool = False,
        longest: Longest | None = None,
    ) -> None:
        self.application = application
        self.longest = longest
        self.secure = secure  # whether https is spoken
        self.limits = limits
        self.room = limits.connections  # how many may be open at the same time
        self.closed = False
        self.unfinished = Budget(limits.held_bytes)
        self.unsent = Budget(limits.unsent_bytes)
        self.remembered = Remembered()
        self.buffer = memoryview(bytearray(MOST_READ))  # for whichever connection reads just now
        self.turn = Turn()
        self.troubles = Troubles()
        self.sweep = Sweep(limits.tick, self.troubles)

    def admit(self, connection: Watched) -> bool:
        """Count a connection in, unless there are too many."""
        self.sweep.begin()
        if len(self.sweep.watched) >= self.room:
            self.troubles.turned_away += 1
            return False
        self.sweep.watched.add(connection)
        return True

    def make_room(self, size: int) -> bool:
        """Whether an answer that holds so many bytes may be sent.

        If it does not fit beside those that are not taken yet, who takes nothing is cut off.
        """
        fits = self.unsent.fits(size)
        if not fits:
            self.sweep.cut_off_who_takes_nothing()
            fits = self.unsent.fits(size)
        return fits

    def dismiss(self, connection: Watched, mid_answer: bool) -> None:
        """Count a connection out that the client, or `Connection: close`, has ended."""
        if connection in self.sweep.watched:
            self.sweep.watched.remove(connection)
            if mid_answer:
                self.troubles.vanished.append(connection.peer())
