"""Several runs beside one another: what each requirement comes to on each instance, as data.

Made of reports, or of the recorded answers of real servers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..requirements import recorded
from ..requirements.catalogue import requirements
from .changes import told
from .stored import About, Stored, ordered
from .verdicts import Outcome, Verdict

#: How much of what was found is kept of one cell, in characters.
SAID = 1_000
#: How much of a name, which stands wherever an instance is told of.
NAME = 100


@dataclass(frozen=True)
class Column:
    """One instance: how it is called, what it is, and what the whole run came to."""

    name: str
    about: str = ""
    headline: str = ""


@dataclass(frozen=True)
class Cell:
    """What a requirement comes to on an instance: None if nothing was tried there, and why."""

    outcome: Outcome | None
    said: str = ""


@dataclass(frozen=True)
class Group:
    """Instances on which a requirement comes to the same."""

    cell: Cell
    places: tuple[int, ...]


@dataclass(frozen=True)
class Answers:
    """A recorded call, and each answer with the places of the instances that gave it."""

    id: str
    call: str
    answers: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Row:
    """One requirement on every instance; `groups` in the order in which they come first."""

    id: str
    about: About
    cells: tuple[Cell, ...]
    groups: tuple[Group, ...]
    recorded: tuple[Answers, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether it comes to different things: other outcomes, or others seen or failed."""
        telling = (Outcome.OBSERVED, Outcome.FAIL, Outcome.WARNING)
        told = {(c.outcome, c.said if c.outcome in telling else "") for c in self.cells}
        return len(told) > 1


@dataclass(frozen=True)
class Matrix:
    """Instances by requirements; `notes` say what makes them hard to compare."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()

    @property
    def differing(self) -> list[Row]:
        """The requirements that do not come to the same everywhere."""
        return [row for row in self.rows if row.differs]

    @property
    def summary(self) -> str:
        """How much differs, in a line."""
        number = len(self.columns)
        where = f"{number} instances" if number != 1 else "1 instance"
        return f"{len(self.differing)} of {len(self.rows)} requirements differ between {where}"


def of_runs(runs: Sequence[Stored]) -> Matrix:
    """The matrix of runs that were kept."""
    numbers = ordered({number for run in runs for number in run.verdicts})
    rows = []
    for number in numbers:
        about = next(run.about[number] for run in reversed(runs) if number in run.about)
        cells = [_cell(run.verdicts.get(number)) for run in runs]
        rows.append(_row(number, about, cells))
    return Matrix("Instances by requirements", _columns(runs), tuple(rows), tuple(_notes(runs)))


def of_recordings() -> Matrix:
    """The matrix of all real servers that were recorded, with what they answered."""
    names = recorded.extract()["instances"]
    place = {name: index for index, name in enumerate(names)}
    rows = []
    for number, requirement in requirements().items():
        outcomes = recorded.verdicts(requirement)
        able = recorded.servers(requirement)
        seen = recorded.observed(requirement)
        texts = {name: "; ".join(text for text, those in seen if name in those) for name in names}
        cells = [
            Cell(Outcome(outcomes[name]), texts[name])
            if name in outcomes
            else Cell(None, "no recorded answer shows it")
            if name in able
            else Cell(Outcome.NOT_APPLICABLE, requirement.only)
            for name in names
        ]
        answers = tuple(
            Answers(
                each.id,
                each.call,
                tuple((text, tuple(place[n] for n in those)) for text, those in each.answers),
            )
            for each in recorded.shown(requirement, every=True)
        )
        about = About(requirement.level, requirement.text, requirement.chapter)
        rows.append(_row(number, about, cells, answers))
    columns = tuple(map(Column, names))
    return Matrix("What real Patchworks do", columns, tuple(rows))


def _row(
    number: str, about: About, cells: Sequence[Cell], recorded: tuple[Answers, ...] = ()
) -> Row:
    places: dict[Cell, list[int]] = {}
    for index, cell in enumerate(cells):
        places.setdefault(cell, []).append(index)
    groups = tuple(Group(cell, tuple(those)) for cell, those in places.items())
    return Row(number, about, tuple(cells), groups, recorded)


def _cell(verdict: Verdict | None) -> Cell:
    if verdict is None:
        return Cell(None, "not in this run")
    known = f"known: {verdict.excused}; " if verdict.excused else ""
    return Cell(verdict.outcome, f"{known}{told(verdict)}"[:SAID])


def _columns(runs: Sequence[Stored]) -> tuple[Column, ...]:
    """The instances of runs, each under a name of its own: that of its file is added where there
    are several of one, and a number where that does not tell them apart."""
    hosts = [_host(run) for run in runs]
    names = [
        f"{host} ({run.name[:NAME]})" if hosts.count(host) > 1 else host
        for host, run in zip(hosts, runs, strict=True)
    ]
    found = []
    for place, (name, run) in enumerate(zip(names, runs, strict=True)):
        number = names[:place].count(name)
        likely = run.run.card.get("likely")
        about = likely[:NAME] if isinstance(likely, str) else ""
        found.append(
            Column(f"{name} #{number + 1}" if number else name, about, run.headline[:NAME])
        )
    return tuple(found)


def _host(run: Stored) -> str:
    url = run.run.url
    return (url.partition("://")[2].removesuffix("/xmlrpc/") or url or run.name)[:NAME]


def _notes(runs: Sequence[Stored]) -> list[str]:
    made = list(dict.fromkeys(run.generator for run in runs))
    notes = [f"they were made by different versions: {', '.join(made)}"] if len(made) > 1 else []
    notes += [
        f"{run.name} could not be done, or not to its end: {run.run.trouble}"
        for run in runs
        if run.run.trouble
    ]
    days = sorted(moment for run in runs if (moment := _day(run)))
    if days and (days[-1] - days[0]).days > 30:
        notes.append(f"they are of different times: {days[0]:%Y-%m-%d} to {days[-1]:%Y-%m-%d}")
    return notes


def _day(run: Stored) -> datetime | None:
    try:
        return datetime.fromisoformat(run.run.started).astimezone()
    except (ValueError, OverflowError):
        return None
