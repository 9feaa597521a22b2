"""What changed from one run to the next, requirement by requirement, as data."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ..requirements.catalogue import requirements
from .stored import About, Stored, ordered
from .verdicts import Outcome, Verdict


class Change(enum.StrEnum):
    """What became of a requirement, in the order in which it is told."""

    BROKEN = "newly broken"
    LOST = "no longer decided"
    WARNED = "newly warned of"
    STILL = "still broken"
    KNOWN = "broken, and known from the baseline"
    MENDED = "newly mended"
    OTHERWISE = "observed otherwise"
    NEW = "new"
    GONE = "gone"
    NONE = "unchanged"


#: Outcomes that say something of the server.
DECIDED = frozenset({Outcome.PASS, Outcome.FAIL, Outcome.WARNING, Outcome.OBSERVED})


@dataclass(frozen=True)
class Row:
    """One requirement in both runs; `before` and `now` say what was found of it, in words."""

    id: str
    about: About
    change: Change
    old: Verdict | None
    new: Verdict | None

    @property
    def before(self) -> str:
        """What the older run found."""
        return said(self.old)

    @property
    def now(self) -> str:
        """What the newer run finds."""
        return said(self.new)


def said(verdict: Verdict | None) -> str:
    """A verdict in words, with its reason."""
    if verdict is None:
        return "not in the run"
    known = f" (known: {verdict.excused})" if verdict.excused else ""
    return f"{verdict.outcome}{known}" + (f": {why}" if (why := told(verdict)) else "")


def told(verdict: Verdict) -> str:
    """What a verdict tells besides its outcome: what came, or why."""
    return verdict.deviation.got if verdict.deviation else verdict.reason


@dataclass(frozen=True)
class Changes:
    """Two runs held against each other; `notes` say what makes them hard to compare."""

    old: Stored
    new: Stored
    rows: tuple[Row, ...]
    notes: tuple[str, ...]

    def of(self, change: Change) -> list[Row]:
        """The requirements that changed so."""
        return [row for row in self.rows if row.change is change]

    @property
    def counts(self) -> dict[Change, int]:
        """How many changed how; all are always present."""
        found = Counter(row.change for row in self.rows)
        return {change: found[change] for change in Change}

    @property
    def common(self) -> int:
        """How many requirements were decided in both."""
        return sum(_decided(row.old) and _decided(row.new) for row in self.rows)

    def status(self, *, strict: bool = False) -> int:
        """0 nothing newly broken, 1 something is (if `strict`, or is no longer decided), 3 nothing
        was decided in both runs."""
        if self.of(Change.BROKEN) or (strict and self.of(Change.LOST)):
            return 1
        return 0 if self.common else 3

    @property
    def summary(self) -> str:
        """The whole in one line."""
        told = [f"{n} {change}" for change, n in self.counts.items() if n or change in ALWAYS]
        if not self.common:
            told.insert(0, "nothing that was decided in both")
        return ", ".join(told)


#: What the summary tells though there is none of it.
ALWAYS = (Change.BROKEN, Change.LOST, Change.MENDED)


def changes(old: Stored, new: Stored) -> Changes:
    """What changed from an older run to a newer one, in the order of the catalogue."""
    numbers = ordered({*old.verdicts, *new.verdicts})
    rows = []
    for number in numbers:
        before, now = old.verdicts.get(number), new.verdicts.get(number)
        about = new.about.get(number) or old.about[number]
        rows.append(Row(number, about, _change(number, before, now, new), before, now))
    return Changes(old, new, tuple(rows), tuple(_notes(old, new)))


def _change(number: str, old: Verdict | None, new: Verdict | None, run: Stored) -> Change:
    if old is None:
        return Change.NEW
    if new is None:
        gone = run.whole or number not in requirements()
        return Change.GONE if gone else Change.LOST if _decided(old) else Change.NONE
    if new.outcome is Outcome.FAIL:
        if new.excused:
            return Change.KNOWN
        return Change.STILL if old.outcome is Outcome.FAIL else Change.BROKEN
    if new.outcome is Outcome.WARNING:
        warned = old.outcome in (Outcome.WARNING, Outcome.FAIL) or bool(new.excused)
        return Change.NONE if warned else Change.WARNED
    if _decided(new):
        if old.outcome in (Outcome.FAIL, Outcome.WARNING):
            return Change.MENDED
        same = old.outcome is not Outcome.OBSERVED or old.reason == new.reason
        return Change.NONE if same else Change.OTHERWISE
    if not _decided(old):
        return Change.NONE
    elsewhere = new.outcome is Outcome.NOT_APPLICABLE and not new.applies
    return Change.GONE if elsewhere else Change.LOST


def _decided(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.outcome in DECIDED


#: Settings by which two runs ask different things.
SETTINGS = ("examples", "seed", "writes", "create_checks", "select", "skip", "failed_from")


def _notes(old: Stored, new: Stored) -> Iterator[str]:
    """What makes two runs hard to compare, in sentences."""
    if old.run.url != new.run.url:
        yield f"they are of different instances: {old.run.url} and {new.run.url}"
    if old.generator != new.generator:
        yield f"they were made by different versions: {old.generator} and {new.generator}"
    likely = [str(each.run.card.get("likely", "")) for each in (old, new)]
    if all(likely) and likely[0] != likely[1]:
        yield f"the server seems to be another one: {likely[0]} then, {likely[1]} now"
    other = [n for n in SETTINGS if _setting(old, n) != _setting(new, n)]
    if other:
        yield f"they were asked for differently: {', '.join(_told(old, new, n) for n in other)}"
    for stored in (old, new):
        if stored.run.trouble:
            yield f"{stored.name} could not be done, or not to its end: {stored.run.trouble}"
    if (then := _moment(old)) and (now := _moment(new)) and now < then:
        yield f"{new.name} is older than {old.name}: are they the wrong way round?"


def _setting(stored: Stored, name: str) -> str:
    return str(stored.run.settings.get(name) or "none")[:80]


def _told(old: Stored, new: Stored, name: str) -> str:
    return f"{name.replace('_', ' ')} {_setting(old, name)} and {_setting(new, name)}"


def _moment(stored: Stored) -> datetime | None:
    try:
        return datetime.fromisoformat(stored.run.started).astimezone()
    except (ValueError, OverflowError):
        return None
