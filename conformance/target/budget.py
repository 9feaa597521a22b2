"""One budget and one rate for all workers of a run, kept in a small SQLite file."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Wrong but well-formed credentials that one run may send (docs/conformance.md, Safety).
LOGINS = 2
#: The seconds between two requests once a server has said that they are too many.
GAP = 0.1


class BudgetSpent(Exception):
    """The run may send no more requests."""


class Budget:
    """Counts requests, spaces them, and refuses more than allowed. Safe between processes.

    `rate` is in requests a second, 0 for no limit; `limit` is the number of requests, 0 for none.
    """

    def __init__(self, path: Path, *, limit: int = 0, rate: float = 0.0) -> None:
        self.path, self.limit, self.rate = path, limit, rate
        with self._transaction() as db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS spent (requests INT, logins INT, next REAL, gap REAL)"
            )
            if db.execute("SELECT 1 FROM spent").fetchone() is None:
                db.execute("INSERT INTO spent VALUES (0, 0, 0, 0)")

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.path, timeout=60, isolation_level=None)
        try:
            db.execute("PRAGMA synchronous=OFF")
            db.execute("PRAGMA journal_mode=MEMORY")
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")
        finally:
            db.close()

    def take(self, *, login: bool = False) -> None:
        """Wait for this request's turn. Raises BudgetSpent if there is none left."""
        with self._transaction() as db:
            requests, logins, slot, gap = db.execute("SELECT * FROM spent").fetchone()
            if self.limit and requests >= self.limit:
                raise BudgetSpent(f"all {self.limit} requests of --max-requests are spent")
            if login and logins >= LOGINS:
                raise BudgetSpent(f"no more than {LOGINS} wrong passwords are ever tried")
            now = time.time()
            turn = max(now, slot)
            after = turn + max(gap, 1 / self.rate if self.rate else 0)
            db.execute(
                "UPDATE spent SET requests = ?, logins = ?, next = ?",
                (requests + 1, logins + login, after),
            )
        if turn > now:
            time.sleep(turn - now)

    def hold(self, seconds: float, *, slower: bool = False) -> None:
        """Let no worker send anything for that long (`Retry-After`), and be `slower` ever after:
        each time at half the rate, down to one request in two seconds."""
        with self._transaction() as db:
            db.execute("UPDATE spent SET next = max(next, ?)", (time.time() + seconds,))
            if slower:
                gap = max(GAP, 1 / self.rate if self.rate else 0)
                db.execute("UPDATE spent SET gap = min(2, max(2 * gap, ?))", (gap,))

    @property
    def spent(self) -> int:
        """The requests taken so far, by all workers."""
        with self._transaction() as db:
            return int(db.execute("SELECT requests FROM spent").fetchone()[0])
