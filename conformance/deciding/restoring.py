"""Whatever was written is put back: after each requirement, after Ctrl-C, and after a crash.

What to put back is on disk before the first write, so that another worker, the end of the run or
the next run can still do it where this process no longer can.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..target.budget import Budget, BudgetSpent
from ..target.exchange import Basic, Exchange, Request, call
from ..target.transport import Trouble
from ..target.world import rows_of

#: How often putting a patch back is tried, and the seconds before the second try.
TRIES, PAUSE = 4, 0.25

Values = dict[str, Any]


def journal(folder: Path, url: str) -> Path:
    """Where what must be put back on that server is kept."""
    name = "".join(c if c.isalnum() else "-" for c in url)
    return folder / f"pw-conformance-restore-{name}.json"


@dataclass
class Restorer:
    """Puts the named patches of one server back: what that takes of a session, and no more."""

    #: Sends a request afresh. Raises Trouble or BudgetSpent.
    send: Callable[[Request], Exchange]
    url: str
    patches: tuple[int, ...]
    #: The folder in which what must be put back is remembered.
    folder: Path
    budget: Budget | None = None
    #: What could not be put back, in sentences.
    told: list[str] = field(default_factory=list)

    @property
    def path(self) -> Path:
        """The file in which what must be put back is remembered."""
        return journal(self.folder, self.url)

    @contextmanager
    def restoring(self) -> Iterator[None]:
        """Put every named patch back at the end, whatever the end is.

        SIGINT and SIGTERM end the writing at once and wait for the putting back. Raises Trouble
        before anything is written if the patches cannot be read, or remembered, so that they
        could be put back afterwards.
        """
        with self.alone(), _terminable():
            self.put_back()
            if self.path.exists():
                told = f"what was written before is not put back yet: see {self.path}"
                raise Trouble(told)
            _remember(self.path, {number: self._original(number) for number in self.patches})
            try:
                yield
            finally:
                with _undisturbed():
                    self.put_back()

    def put_back(self, *, keep: bool = False) -> None:
        """Put back what the journal tells; what cannot be is `told`.

        `keep` leaves the journal there, for more will be written. It may take more requests than
        the budget has: nothing may be left changed for their sake.
        """
        path = self.path
        if not path.exists():
            return
        with self.budget.beyond() if self.budget else nullcontext():
            kept = _remembered(path)
            left = {number: v for number, v in kept.items() if not self._restored(number, v)}
        if keep:
            return
        if not left:
            path.unlink(missing_ok=True)
            return
        _remember(path, left)
        for number, values in left.items():
            wanted = ", ".join(f"{name} = {value!r}" for name, value in values.items())
            text = (
                f"patch {number} could not be put back: it must have {wanted}; set that by hand,"
                f" or run again with the same credentials: {path} remembers it"
            )
            if text not in self.told:
                self.told.append(text)

    def at_rest(self) -> bool:
        """Whether nobody else changes the named patches just now."""
        looks = [call("patch_get", number) for number in self.patches]
        before = [self.send(look).reply for look in looks]
        time.sleep(PAUSE)
        return before == [self.send(look).reply for look in looks]

    @contextmanager
    def alone(self, patience: float = 600) -> Iterator[None]:
        """No other worker of the run writes meanwhile, however the tests were dealt out.

        Raises Trouble if another one does for longer than `patience` seconds.
        """
        if self.budget is None:
            yield
            return
        path = self.budget.path.with_name("writing.sqlite")
        db = sqlite3.connect(path, timeout=patience, isolation_level=None)
        try:
            try:
                db.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                raise Trouble("another worker of this run is still writing") from None
            yield
        finally:
            db.close()

    def _read(self, number: int) -> Values | None:
        """What patch_set can change (SERVER.md 1.10); None if the patch does not show it
        faithfully."""
        exchange = self.send(call("patch_get", number))
        row = exchange.value.plain if exchange.value else None
        # A parser makes a line feed of a raw CR, and what XML cannot carry is lost (SERVER.md 1.3).
        garbled = exchange.answer.flaw is not None or b"\r" in exchange.answer.body
        names = {"state": "state_id", "commit_ref": "commit_ref", "archived": "archived"}
        if not isinstance(row, dict) or garbled or not set(names.values()) <= set(row):
            return None
        values = {name: row[member] for name, member in names.items()}
        if values["commit_ref"] == "":
            # NULL reads so, too, but filters tell them apart (SERVER.md 1.7).
            null = call("patch_list", {"id": number, "commit_ref__isnull": True})
            if [r.get("id") for r in rows_of(self.send(null)) or []] == [number]:
                values["commit_ref"] = None
        return values

    def _original(self, number: int) -> Values:
        values = self._read(number)
        if values is None:
            raise Trouble(
                f"patch_get({number}) does not tell its state, commit_ref and archived, so they"
                " could not be put back: nothing was written; name another patch with --writes"
            )
        return values

    def _restored(self, number: int, values: Values) -> bool:
        for attempt in range(TRIES):
            if attempt:
                time.sleep(PAUSE * 2**attempt)
            with suppress(Trouble, BudgetSpent):
                now = self._read(number)
                if now == values:
                    return True
                changed = {n: v for n, v in values.items() if now is None or now[n] != v}
                # Together, or else one by one: the server may be such that only that works.
                parts = [{n: v} for n, v in changed.items()] if attempt % 2 else [changed]
                for part in parts:
                    self.send(call("patch_set", number, part, auth=Basic()))
            with suppress(Trouble, BudgetSpent):
                if self._read(number) == values:
                    return True
        return False


def _remembered(path: Path) -> dict[int, Values]:
    try:
        return {
            int(number): dict(values) for number, values in json.loads(path.read_text()).items()
        }
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise Trouble(
            f"{path} should tell what an earlier run must put back, but cannot be read ({error});"
            " look at the patches that it named, then remove it"
        ) from None


def _remember(path: Path, values: dict[int, Values]) -> None:
    """Write the journal so that it is there whole, or not at all, after any crash."""
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        with draft.open("w") as file:
            json.dump(values, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise Trouble(
            f"{path} cannot be written ({error.strerror}), so what must be put back could not be"
            " remembered: nothing was written"
        ) from None


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM unwinds the stack, as SIGINT does, instead of ending the process on the spot."""
    if not _in_main_thread():
        yield
        return

    def leave(number: int, frame: object) -> None:
        raise KeyboardInterrupt  # which pytest takes for the end, and SystemExit for a failure

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that arrive meanwhile are dealt with afterwards."""
    if not _in_main_thread():
        yield
        return
    arrived: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {n: signal.signal(n, lambda got, frame: arrived.append(got)) for n in numbers}
    try:
        yield
    finally:
        for held, handler in before.items():
            signal.signal(held, handler)
        for number in dict.fromkeys(arrived):
            signal.raise_signal(number)
