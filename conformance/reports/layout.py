"""What all reports for people have in common: chapters in order, counts, the target card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from ..requirements.catalogue import CHAPTERS, Requirement, requirements
from ..verdicts.causes import Cause
from ..verdicts.causes import causes as grouped
from ..verdicts.verdicts import Outcome, Run, Verdict

#: Outcomes in the order in which people want to know of them.
ORDER = (
    Outcome.FAIL,
    Outcome.WARNING,
    Outcome.INCONCLUSIVE,
    Outcome.PASS,
    Outcome.OBSERVED,
    Outcome.NOT_RUN,
    Outcome.NOT_APPLICABLE,
)


@dataclass(frozen=True)
class Chapter:
    """One chapter of a report; `verdicts` in catalogue order."""

    key: str
    title: str
    verdicts: tuple[Verdict, ...]

    @property
    def counts(self) -> dict[Outcome, int]:
        """How many verdicts of each outcome, all seven always present, in ORDER."""
        found = Counter(verdict.outcome for verdict in self.verdicts)
        return {outcome: found[outcome] for outcome in ORDER}

    @property
    def seconds(self) -> float:
        """What its verdicts took together."""
        return sum(verdict.seconds for verdict in self.verdicts)


def in_order(run: Run) -> list[Verdict]:
    """The verdicts in catalogue order, whatever order they came in."""
    place = {number: index for index, number in enumerate(requirements())}
    return sorted(run.verdicts, key=lambda verdict: place[verdict.id])


def chapters(run: Run) -> list[Chapter]:
    """The chapters of which anything was found, whatever order the verdicts came in."""
    ordered = in_order(run)
    every = (
        Chapter(key, title, tuple(v for v in ordered if v.chapter == key))
        for key, title in CHAPTERS.items()
    )
    return [chapter for chapter in every if chapter.verdicts]


def failures(run: Run) -> list[Verdict]:
    """The failures that no baseline entry excuses, in catalogue order."""
    return [v for v in in_order(run) if v.outcome is Outcome.FAIL and not v.excused]


def decided(run: Run) -> str:
    """How many of how many MUSTs were decided, and why the others were not."""
    tally = run.tally
    if not run.verdicts:
        return "no requirement was decided"
    return f"{tally.share}; {tally.undecided}" if tally.undecided else tally.share


def causes(run: Run, outcome: Outcome = Outcome.FAIL) -> list[Cause]:
    """What no baseline entry excuses of an outcome, by what may be its cause (`verdicts.causes`),
    in catalogue order of what shows it first."""
    return grouped([v for v in in_order(run) if v.outcome is outcome and not v.excused])


def follows(run: Run) -> dict[str, Cause]:
    """The failures and warnings that may follow from another one, and what they have in common."""
    every = (*causes(run), *causes(run, Outcome.WARNING))
    return {verdict.id: cause for cause in every for verdict in cause.more}


def ids_in_short(verdicts: Iterable[Verdict]) -> str:
    """The ids of verdicts in as few words as can be: `PW-SIG-007, 014 to 019; PW-XML-001`."""
    chapters = groupby(verdicts, key=lambda verdict: verdict.chapter)
    return "; ".join(
        f"PW-{chapter}-{', '.join(_ranges([v.id.rpartition('-')[2] for v in those]))}"
        for chapter, those in chapters
    )


def _ranges(numbers: list[str]) -> Iterator[str]:
    """Numbers, where three or more follow one another the first and the last."""
    runs: list[list[str]] = []
    for number in numbers:
        if runs and int(number) == int(runs[-1][-1]) + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    for found in runs:
        yield from [f"{found[0]} to {found[-1]}"] if len(found) > 2 else found


def requirement(verdict: Verdict) -> Requirement:
    """What the verdict is about."""
    return requirements()[verdict.id]


def totals(run: Run) -> dict[Outcome, int]:
    """The counts of a run in ORDER."""
    return {outcome: run.counts[outcome] for outcome in ORDER}


def card(run: Run) -> list[tuple[str, list[str]]]:
    """The target card as labels with their lines, whatever it holds; what is empty is left out."""
    rows = [(_label(name), _lines(value)) for name, value in run.card.items()]
    return [(label, lines) for label, lines in rows if lines]


def settings(run: Run) -> list[tuple[str, str]]:
    """What the run was told, for people; what was not told is left out."""
    rows = [(_label(name), ", ".join(_lines(value))) for name, value in run.settings.items()]
    return [(label, text) for label, text in rows if text]


def when(started: str) -> str:
    """A moment in ISO 8601 for people: 2026-11-23 10:46 UTC; as it is if it is none."""
    try:
        return f"{datetime.fromisoformat(started).astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError):
        return started


#: What the card's members are called where the name alone says too little.
_LABELS = {
    "api": "Generation",
    "url": "URL",
    "documented": "Documented methods",
    "about": "APIs",
    "sizes": "Holds",
}


def _label(name: str) -> str:
    words = str(name).replace("_", " ").strip()
    return _LABELS.get(words, words[:1].upper() + words[1:])


def _lines(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, dict):
        pairs = ((_label(name), ", ".join(_lines(item))) for name, item in value.items())
        return [f"{name}: {text}" for name, text in pairs if text]
    if isinstance(value, list | tuple):
        return [line for item in value if (line := ", ".join(_lines(item)))]
    if isinstance(value, bool):
        return ["yes" if value else "no"]
    return [str(value)]
