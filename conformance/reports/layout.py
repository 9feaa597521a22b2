"""What all reports for people have in common: chapters in order, counts, the target card."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..requirements.catalogue import CHAPTERS, Requirement, requirements
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


def chapters(run: Run) -> list[Chapter]:
    """The chapters of which anything was found, whatever order the verdicts came in."""
    place = {number: index for index, number in enumerate(requirements())}
    ordered = sorted(run.verdicts, key=lambda verdict: place[verdict.id])
    every = (
        Chapter(key, title, tuple(v for v in ordered if v.chapter == key))
        for key, title in CHAPTERS.items()
    )
    return [chapter for chapter in every if chapter.verdicts]


def failures(run: Run) -> list[Verdict]:
    """The failures that no baseline entry excuses, in catalogue order."""
    return [
        verdict
        for chapter in chapters(run)
        for verdict in chapter.verdicts
        if verdict.outcome is Outcome.FAIL and not verdict.excused
    ]


def decided(run: Run) -> str:
    """How many of how many MUSTs were decided, and why the others were not."""
    tally = run.tally
    return f"{tally.share}; {tally.undecided}" if tally.undecided else tally.share


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
