"""Failures that may have one cause, told together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .verdicts import Verdict


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
    shown = Counter(symptom for verdict in verdicts for symptom in _symptoms(verdict))
    groups: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        most = max(_symptoms(verdict), key=shown.__getitem__, default="")
        groups.setdefault(most if shown[most] > 1 else verdict.id, []).append(verdict)
    return [
        Cause(first, tuple(more), key if more else "") for key, (first, *more) in groups.items()
    ]


def _symptoms(verdict: Verdict) -> tuple[str, ...]:
    return verdict.deviation.symptoms if verdict.deviation else ()
