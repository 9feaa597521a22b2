"""What came of looking: a finding on its way to a verdict, and why there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..target.exchange import Exchange
from ..target.knowing.world import World
from ..verdicts import symptoms
from ..verdicts.verdicts import Deviation, Outcome
from .shapes import sound_answer, sound_sample


def with_symptoms(deviation: Deviation | None, exchanges: Sequence[Exchange]) -> Deviation | None:
    """The deviation with the symptoms that the answer itself shows, unless the judge named some."""
    if deviation is None or deviation.symptoms:
        return deviation
    exchange = symptoms.accused(exchanges, deviation.got)
    return deviation if exchange is None else replace(deviation, symptoms=symptoms.of(exchange))


@dataclass
class Found:
    """What one look at a requirement found."""

    outcome: Outcome
    reason: str = ""
    deviation: Deviation | None = None
    exchanges: tuple[Exchange, ...] = ()


#: What is said where rows or answers have not the shape that they should have.
MISSHAPEN = "rows or answers are not of the shape that they must have: see the chapter SIG"


def unreadable(error: Exception, world: World, exchanges: Sequence[Exchange] = ()) -> str:
    """Why nothing can be said, where rows or answers made a probe or a judge raise.

    Whatever they were, it is no failure of the server's; the suite should have read them.
    """
    try:
        profile = world.profile
        sound = sound_sample(world) and all(sound_answer(e, profile) for e in exchanges)
    except Exception:
        sound = False
    if not sound:
        return MISSHAPEN
    return f"the suite could not read what was answered ({type(error).__name__}): please report it"


class Moving(Exception):
    """The rows changed while we looked."""

    def __str__(self) -> str:
        return "the rows changed while they were looked at"


class Deviant(Exception):
    """Raised inside a property so that Hypothesis shrinks it."""
