"""Failures that may have one cause, told together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .symptoms import NARROWED
from .verdicts import Verdict

#: By so many fields rows must be narrowed wrongly for the list itself to be wrong, and no filter.
WIDE = 5


@dataclass(frozen=True)
class Cause:
    """A failure, and those that show the same symptom and so may follow from it.

    `symptom` is '' where nothing else shows one.
    """

    first: Verdict
    more: tuple[Verdict, ...] = ()
    symptom: str = ""

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """All of them, the first one first."""
        return (self.first, *self.more)


def causes(verdicts: Sequence[Verdict]) -> list[Cause]:
    """The verdicts by symptom, in their order, which should be that of the catalogue.

    Each belongs to one cause: that of the symptom which most others show, too. What shares none
    stands alone, so nothing is said to follow from what it has nothing in common with.
    """
    wide = _wide(verdicts)
    seen = {v.id: [_broader(symptom, wide) for symptom in _symptoms(v)] for v in verdicts}
    shown = Counter(symptom for symptoms in seen.values() for symptom in symptoms)
    groups: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        most = max(seen[verdict.id], key=shown.__getitem__, default="")
        groups.setdefault(most if shown[most] > 1 else verdict.id, []).append(verdict)
    return [
        Cause(first, tuple(more), key if more else "") for key, (first, *more) in groups.items()
    ]


def _wide(verdicts: Sequence[Verdict]) -> set[str]:
    """The lists that are wrong whatever narrows them; one filter may be wrong by itself."""
    every = {s for v in verdicts for s in _symptoms(v) if NARROWED in s}
    fields = Counter(symptom.partition(NARROWED)[0] for symptom in every)
    return {symptom for symptom, number in fields.items() if number >= WIDE}


def _broader(symptom: str, wide: set[str]) -> str:
    start = symptom.partition(NARROWED)[0]
    return f"{start}, whatever narrows them" if start in wide else symptom


def _symptoms(verdict: Verdict) -> tuple[str, ...]:
    return verdict.deviation.symptoms if verdict.deviation else ()
