"""One budget and one rate for all workers of a run, kept in a small SQLite file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from .. import signals

_T = TypeVar("_T")

#: Wrong but well-formed credentials that one run may send (docs/conformance.md, Safety).
LOGINS = 2
#: The seconds that another worker may take to count, which it does at once.
PATIENCE = 20
#: The seconds between two requests once a server has said that they are too many.
GAP = 0.1


class BudgetSpent(Exception):
    """The run may send no more requests; the text says why."""


class Budget:
    """Counts what is sent, spaces it, and refuses more than allowed. Safe between processes.

    `rate` is in requests a second, `limit` a number of requests, `seconds` the time that the run
    may take from the first of the budgets on one file; 0 is no limit. Times are those of the
    monotonic clock, which is one for all processes of a machine and never set back.
    """

    def __init__(
        self, path: Path, *, limit: int = 0, rate: float = 0.0, seconds: float = 0.0
    ) -> None:
        self.path, self.limit, self.rate, self.seconds = path, limit, rate, seconds
        #: Whether nothing holds just now: what was written is being put back.
        self.boundless = False

        def opened(db: sqlite3.Connection) -> None:
            db.execute(
                "CREATE TABLE IF NOT EXISTS spent (requests INT, logins INT, next REAL, gap REAL,"
                " until REAL, stopped TEXT)"
            )
            if db.execute("SELECT 1 FROM spent").fetchone() is None:
                until = time.monotonic() + seconds if seconds else 0
                db.execute("INSERT INTO spent VALUES (0, 0, 0, 0, ?, '')", (until,))
            self._until = float(db.execute("SELECT until FROM spent").fetchone()[0])

        self._until = 0.0
        self._count(opened)

    def begin(self) -> None:
        """Let the time that the run may take begin only now."""
        self._until = time.monotonic() + self.seconds if self.seconds else 0.0
        self._count(lambda db: db.execute("UPDATE spent SET until = ?", (self._until,)))

    def _count(self, work: Callable[[sqlite3.Connection], _T]) -> _T | None:
        """As `_done`. A count that cannot be kept ends the asking, as on a full disk, but not the
        putting back: None."""
        try:
            return self._done(work)
        except sqlite3.Error as error:
            if self.boundless:
                return None
            raise BudgetSpent(
                f"requests cannot be counted any more in {self.path.parent} ({error})"
            ) from None

    def _done(self, work: Callable[[sqlite3.Connection], _T]) -> _T:
        """What a piece of work gives that is done as a whole, and by nobody else meanwhile.

        Signals have to wait for its end: where one falls between two steps, the connection would
        stay as open as whoever handles the exception keeps that, and lock out this very process.
        """
        with signals.held():
            db = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
            try:
                db.execute("PRAGMA synchronous=OFF")
                db.execute("PRAGMA journal_mode=MEMORY")
                db.execute("BEGIN IMMEDIATE")
                found = work(db)
                db.execute("COMMIT")
                return found
            finally:
                db.close()

    def take(self, *, login: bool = False) -> None:
        """Wait for this request's turn. Raises BudgetSpent if it must not be sent."""

        def taken(db: sqlite3.Connection) -> float:
            requests, logins, slot, gap, _, stopped = db.execute("SELECT * FROM spent").fetchone()
            now = time.monotonic()
            turn = max(now, slot)
            if not self.boundless:
                if stopped:
                    raise BudgetSpent(stopped)
                if self.limit and requests >= self.limit:
                    raise BudgetSpent(f"all {self.limit} requests of --max-requests are spent")
                if self._until and turn >= self._until:
                    raise BudgetSpent(self.over)
            if login and logins >= LOGINS:
                raise BudgetSpent(f"no more than {LOGINS} wrong passwords are ever tried")
            after = turn + max(gap, 1 / self.rate if self.rate else 0)
            db.execute(
                "UPDATE spent SET requests = ?, logins = ?, next = ?",
                (requests + 1, logins + login, after),
            )
            return float(turn - now)

        if wait := self._count(taken):
            time.sleep(wait)

    def hold(self, seconds: float, *, slower: bool = False) -> None:
        """Let no worker send anything for that long (`Retry-After`), and be `slower` ever after:
        each time at half the rate, down to one request in two seconds."""

        def held(db: sqlite3.Connection) -> None:
            db.execute("UPDATE spent SET next = max(next, ?)", (time.monotonic() + seconds,))
            if slower:
                gap = max(GAP, 1 / self.rate if self.rate else 0)
                db.execute("UPDATE spent SET gap = min(2, max(2 * gap, ?))", (gap,))

        self._count(held)

    def stop(self, why: str) -> None:
        """Let no worker send anything any more. Raises BudgetSpent with that reason."""
        self._done(lambda db: db.execute("UPDATE spent SET stopped = ? WHERE stopped = ''", (why,)))
        raise BudgetSpent(why)

    @contextmanager
    def beyond(self) -> Iterator[None]:
        """Requests without a bound, though no faster than before: nothing may stay changed on
        the server for the sake of one. They are counted all the same."""
        before, self.boundless = self.boundless, True
        try:
            yield
        finally:
            self.boundless = before

    @property
    def over(self) -> str:
        """What is said once the time is over."""
        return f"the {self.seconds:g} s of --max-time are over"

    def seconds_left(self) -> float | None:
        """What is left of the run's time; None if it has no end."""
        if not self._until or self.boundless:
            return None
        return max(0.0, self._until - time.monotonic())

    @property
    def spent(self) -> int:
        """The requests sent so far, by all workers, resent ones included."""
        return int(self._done(lambda db: db.execute("SELECT requests FROM spent").fetchone()[0]))

    @property
    def stopped(self) -> str:
        """Why nothing is sent any more, the number of requests aside; '' if something may be."""
        why = str(self._done(lambda db: db.execute("SELECT stopped FROM spent").fetchone()[0]))
        return why or (self.over if self.seconds_left() == 0 else "")
