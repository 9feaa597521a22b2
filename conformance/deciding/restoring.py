"""Whatever was written is put back: after each requirement, after Ctrl-C, and after a crash.

What to put back is on disk before the first write (`keeping`), so that another worker, the end of
the run or the next run can still do it where this process no longer can. So is whatever is about
to be written: a value that this suite did not write is somebody else's, and is left as it is.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
import xmlrpc.client
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..target import signals
from ..target.exchange import Basic, Exchange, Request, call
from ..target.knowing.world import rows_of
from ..target.sending.budget import Budget, BudgetSpent
from ..target.sending.transport import BUSY, Endpoint, Trouble
from ..target.wire import carried
from .keeping import Journal, Kept, Values, Written, fits, server_of, state_folder

#: How often a server that answers is asked to put a patch back; the seconds before the second try.
TRIES, PAUSE = 4, 0.25
#: The seconds for which a server that does not answer is tried, and between two such tries.
PATIENCE, LONGEST_PAUSE = 120.0, 5.0
#: The seconds that workers of one run wait for each other.
TURN = 600.0

#: What patch_set takes, and the member of a patch that shows it (servers.md 1.10).
MEMBERS = {"state": "state_id", "commit_ref": "commit_ref", "archived": "archived"}


@dataclass
class Restorer:
    """Puts the named patches of one server back: what that takes of a session, and no more."""

    #: Sends a request afresh. Raises Trouble or BudgetSpent.
    send: Callable[[Request], Exchange]
    endpoint: Endpoint
    #: As whom it is written.
    login: str
    patches: tuple[int, ...]
    #: The folder in which what must be put back is remembered.
    folder: Path
    budget: Budget | None = None
    #: A line for people that sends a request.
    line: Callable[[Request], str] = lambda request: request.describe()
    #: What could not be put back, in sentences.
    told: list[str] = field(default_factory=list)
    #: Values that nobody here wrote, by patch and name, and what was there before.
    _suspected: dict[int, tuple[Values, dict[str, Any]]] = field(default_factory=dict)
    #: The process in which writes are noted; 0 while there are none.
    _writing: int = 0
    _noting: threading.Lock = field(default_factory=threading.Lock)
    #: Whether the server was waited for in vain: it is tried again, but not waited for.
    _given_up: bool = False
    #: Set when a signal came while patches were put back: no more waiting.
    _hurried: bool = False

    @property
    def journal(self) -> Journal:
        """What is remembered of this server."""
        return Journal(self.folder, server_of(self.endpoint))

    @property
    def _locks(self) -> Journal:
        """Where all runs of this user look for locks, wherever they remember what they wrote."""
        common = Journal(state_folder(), server_of(self.endpoint))
        return common if common.usable else self.journal

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """No other run of this user writes to the patches meanwhile.

        Raises Trouble, in one sentence, if one does.
        """
        with ExitStack() as held:
            for number in sorted(set(self.patches)):
                refusal = (
                    f"another run (process {{holder}}) is writing to patch {number} of"
                    f" {self.endpoint.url} just now: wait until it has ended, or name other patches"
                )
                held.enter_context(self._locks.locked(number, "run", 0, refusal))
            yield

    @contextmanager
    def alone(self, patience: float = TURN) -> Iterator[None]:
        """No other worker of the run writes meanwhile, however the tests were dealt out.

        Raises Trouble if another one does for longer than `patience` seconds.
        """
        refusal = "another worker or another run (process {holder}) is still writing"
        with ExitStack() as held:
            for number in sorted(set(self.patches)):
                held.enter_context(self._locks.locked(number, "writing", patience, refusal))
            yield

    @contextmanager
    def restoring(self, written: Collection[int] | None = None) -> Iterator[None]:
        """Put every named patch back at the end, whatever the end is; or those that are `written`
        to, if it is known that no other is.

        SIGINT and SIGTERM end the writing at once and wait for the putting back. Raises Trouble
        before anything is written if the patches cannot be read, or remembered, so that they
        could be put back afterwards; and at the end if somebody else wrote to them meanwhile.
        """
        with self.alone(), signals.heeded():
            self.put_back()
            if left := [n for n in self.patches if self.journal.read(n) is not None]:
                path = self.journal.path(left[0])
                raise Trouble(f"what was written before is not put back yet: see {path}")
            self._remember([n for n in self.patches if written is None or n in written])
            self._writing = os.getpid()
            try:
                yield
            except BaseException:
                for text in self._end():
                    self._tell(text)
                raise
            if said := self._end():
                raise Trouble("; ".join(said))

    def note(self, request: Request) -> None:
        """Remember what is about to be written. Raises Trouble if that cannot be done."""
        if self._writing != os.getpid() or not request.writes:
            return
        method, params = request.rpc or ("", ())
        if method == "check_create":
            return
        number = _patch(params[0]) if params else None
        values = _named(params[1]) if method == "patch_set" and len(params) > 1 else None
        with self._noting:
            for patch in self.patches if number is None else {number} & set(self.patches):
                kept = self.journal.read(patch)
                if kept is None:
                    continue
                if values is None or number is None:
                    news = not kept.written.anything
                    kept.written.anything = True
                else:
                    made = [(n, made) for n in MEMBERS if n in values for made in _made(n, values)]
                    news = sum(kept.written.add(name, value) for name, value in made) > 0
                if news:
                    self.journal.write(kept)

    def put_back(self) -> None:
        """Put back what the journal tells; what cannot be, or is not ours to change, is `told`.

        It may take more requests than the budget has: nothing may be left changed for their sake.
        """
        for text in self._put_back_held():
            self._tell(text)

    def anew(self) -> bool:
        """Make the patches as they were, to write to them again; False if somebody else writes.

        What nobody here wrote may be the server's doing or somebody else's: it is made as it was
        for now, but until `confirm` that is what the patch must have at the end.
        """
        if not self.at_rest():
            return False
        with self.budget.beyond() if self.budget else nullcontext():
            for number in self.patches:
                kept = self.journal.read(number)
                if kept is not None:
                    self._suspect(kept)
        return True

    def _suspect(self, kept: Kept) -> None:
        original = kept.before
        strangers = self._strangers_in(kept, self._read(kept.patch) or {})
        if strangers:
            fit = {name: value for name, value in strangers.items() if fits(name, value)}
            kept.before = original.but(**fit)
            for name in strangers:
                kept.written.add(name, getattr(original, name))
            self.journal.write(kept)
            self._suspected[kept.patch] = original, fit
        trial = Kept(kept.server, kept.login, kept.patch, original, Written(anything=True))
        self._restored(trial, [])

    def confirm(self) -> None:
        """What nobody here wrote showed twice, after the same writes: it is the server's doing."""
        for number in self.patches:
            kept = self.journal.read(number)
            if kept is not None:
                kept.before, _ = self._suspected.pop(number, (kept.before, {}))
                kept.written.anything = True
                self.journal.write(kept)

    def at_rest(self) -> bool:
        """Whether nobody else changes the named patches just now."""
        looks = [call("patch_get", number) for number in self.patches]
        before = [self.send(look).reply for look in looks]
        time.sleep(PAUSE)
        return before == [self.send(look).reply for look in looks]

    def leftovers(self) -> list[str]:
        """What earlier runs left changed that this run does not touch, in sentences."""
        try:
            numbers = [n for n in self.journal.patches() if n not in self.patches]
        except Trouble:
            return []
        return [
            f"patch {number} of this server was written to by an earlier run, and is not put back:"
            f" name it with --writes {number}, too, or see {self.journal.path(number)}"
            for number in numbers
        ]

    def _remember(self, numbers: Sequence[int]) -> None:
        server = server_of(self.endpoint)
        originals = {number: self._original(number) for number in numbers}
        done: list[int] = []
        try:
            for number, values in originals.items():
                self.journal.write(Kept(server, self.login, number, values))
                done.append(number)
        except Trouble:
            for number in done:
                self.journal.forget(number)
            raise

    def _end(self) -> list[str]:
        """Put back at the end of the writing: what somebody else changed meanwhile."""
        if self._writing != os.getpid():  # forked off; the putting back is not for this process
            return []
        self._writing = 0
        with self._undisturbed():
            return self._put_back_held()

    def _put_back_held(self) -> list[str]:
        """Put back; what was left as somebody else made it. What could not be is `told`."""
        said: list[str] = []
        with self.budget.beyond() if self.budget else nullcontext():
            for number in self.patches:
                try:
                    kept = self.journal.read(number)
                    if kept is not None:
                        said += self._put_back_one(kept)
                except Trouble as error:  # the others can still be put back
                    self._tell(str(error))
        return said

    def _put_back_one(self, kept: Kept) -> list[str]:
        number = kept.patch
        if kept.login != self.login:
            raise Trouble(
                f"patch {number} is still to be put back as {kept.login}, who wrote to it in an"
                f" earlier run: run with --username {kept.login}, or {self._by_hand(kept)};"
                f" {self.journal.path(number)} remembers it"
            )
        original, strangers = self._suspected.pop(number, (kept.before, {}))
        said = [_stranger(number, name, value, original) for name, value in strangers.items()]
        left = self._restored(kept, said)
        if not left:
            self.journal.forget(number)
            return said
        self.journal.write(kept)
        wanted = ", ".join(f"{name} = {getattr(kept.before, name)!r}" for name in left)
        shown = ", ".join(f"{name} = {value!r}" for name, value in left.items() if value != "?")
        self._tell(
            f"patch {number} could not be put back: it must have {wanted}"
            + (f" and shows {shown}" if shown else " and does not show what it has")
            + f"; run again with the same credentials and --writes {number}, or"
            f" {self._by_hand(kept, *left)}; {self.journal.path(number)} remembers it"
        )
        return said

    def _tell(self, text: str) -> None:
        if text not in self.told:
            self.told.append(text)

    def _by_hand(self, kept: Kept, *names: str) -> str:
        values = {name: getattr(kept.before, name) for name in names or MEMBERS}
        return f"set it by hand: {self.line(call('patch_set', kept.patch, values, auth=Basic()))}"

    def _read(self, number: int) -> dict[str, Any] | None:
        """What patch_set can change (servers.md 1.10); None if the patch does not show it
        faithfully. Raises Trouble if no Patchwork answered."""
        exchange = self.send(call("patch_get", number))
        if exchange.answer.status in BUSY:
            raise Trouble(f"a gateway in front answered HTTP {exchange.answer.status}")
        row = exchange.value.plain if exchange.value else None
        # A parser makes a line feed of a raw CR; what XML cannot carry is lost (servers.md 1.3).
        garbled = exchange.answer.flaw is not None or b"\r" in exchange.answer.body
        if not isinstance(row, dict) or garbled or not set(MEMBERS.values()) <= set(row):
            return None
        values = {name: row[member] for name, member in MEMBERS.items()}
        if values["commit_ref"] == "":
            # NULL reads so, too, but filters tell them apart (servers.md 1.7).
            null = call("patch_list", {"id": number, "commit_ref__isnull": True})
            listed = rows_of(self.send(null)) or []
            if [row.get("id") for row in listed if isinstance(row, dict)] == [number]:
                values["commit_ref"] = None
        return values

    def _original(self, number: int) -> Values:
        values = self._read(number)
        if values is None or not all(fits(name, value) for name, value in values.items()):
            raise Trouble(
                f"patch_get({number}) does not tell its state, commit_ref and archived, so they"
                " could not be put back: nothing was written; name another patch with --writes"
            )
        return Values(**values)

    def _restored(self, kept: Kept, said: list[str]) -> dict[str, Any]:
        """Put one patch back; what is left, and what it shows instead ("?" if that is unknown).

        Each try begins with a look: a write whose answer was lost may have been carried out.
        """
        ends = time.monotonic() + (0 if self._given_up else PATIENCE)
        left = dict.fromkeys(MEMBERS, "?")
        answered = 0
        for attempt in itertools.count():
            if attempt:
                self._rest(min(PAUSE * 2**attempt, LONGEST_PAUSE), ends)
            try:
                left = self._left(kept, said)
                if not left:
                    return left
                values = {name: getattr(kept.before, name) for name in left}
                # Together, or else one by one: the server may be such that only that works.
                parts = [{n: v} for n, v in values.items()] if attempt % 2 else [values]
                for part in parts:
                    self.send(call("patch_set", kept.patch, part, auth=Basic()))
                left = self._left(kept, said)
                if not left:
                    return left
                answered += 1
            except (Trouble, BudgetSpent):
                pass
            late = time.monotonic() >= ends
            if answered >= TRIES or late or self._hurried:
                self._given_up = self._given_up or late
                return left
        raise AssertionError("unreachable")

    def _left(self, kept: Kept, said: list[str]) -> dict[str, Any]:
        """What is still as this suite wrote it, and is to be put back.

        A value that nobody here wrote is somebody else's: from then on the patch must have that.
        """
        now = self._read(kept.patch)
        if now is None:
            wrote = kept.written
            return {name: "?" for name in MEMBERS if wrote.anything or getattr(wrote, name)}
        strangers = self._strangers_in(kept, now)
        for name, value in strangers.items():
            text = _stranger(kept.patch, name, value, kept.before)
            if text not in said:
                said.append(text)
            if fits(name, value):
                kept.before = kept.before.but(**{name: value})
        return {
            name: value
            for name, value in now.items()
            if value != getattr(kept.before, name) and name not in strangers
        }

    def _strangers_in(self, kept: Kept, now: dict[str, Any]) -> dict[str, Any]:
        """The values that neither were there before nor were written by this suite."""
        return {
            name: value
            for name, value in now.items()
            if value != getattr(kept.before, name) and not kept.written.explains(name, value)
        }

    def _rest(self, seconds: float, ends: float) -> None:
        """Wait a while, in slices, so that a second signal is heeded."""
        ends = min(time.monotonic() + seconds, ends)
        while (left := ends - time.monotonic()) > 0 and not self._hurried:
            time.sleep(min(0.1, left))

    @contextmanager
    def _undisturbed(self) -> Iterator[None]:
        """Signals that arrive meanwhile are dealt with afterwards; a server that does not answer
        is waited for no longer then."""

        def hurry() -> None:
            self._hurried = True

        with signals.held(hurry):
            try:
                yield
            finally:
                self._hurried = False


def _stranger(patch: int, name: str, value: Any, before: Values) -> str:
    return (
        f"patch {patch} was given {name} = {value!r} meanwhile, which this suite did not write:"
        f" somebody else changed it, so it keeps that (before: {getattr(before, name)!r})"
    )


def _patch(param: Any) -> int | None:
    """The patch that a parameter may mean to a server; None if that cannot be told."""
    try:
        return int(param)
    except (TypeError, ValueError, OverflowError):
        return None


def _named(param: Any) -> dict[str, Any]:
    """The values that a parameter names; pairs are taken for them, too."""
    try:
        return {str(name): value for name, value in dict(param).items()}
    except (TypeError, ValueError):
        return {}


def _made(name: str, values: dict[str, Any]) -> list[Any]:
    """What a server may make of a value (servers.md 1.7, 1.10)."""
    value = values[name]
    if name == "archived":
        return [value] if isinstance(value, bool) else [True, False]
    if name == "state":
        number = _patch(value)
        return [] if number is None else [number]
    if isinstance(value, xmlrpc.client.Binary):
        value = value.data.decode("utf-8", "replace")
    if value is None:
        return [None, ""]
    return list(dict.fromkeys([str(value), carried(str(value))]))
