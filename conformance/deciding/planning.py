"""What fits into a budget, known before anything is asked.

A run knows what it wants to ask, so it can tell beforehand what that takes. If it is more than may
be sent, the least valuable examples are left out first: every MUST is tried before any is tried
twice, and before what only SHOULD be.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import Phase
from hypothesis.strategies import SearchStrategy

from ..requirements.catalogue import Level
from ..target.exchange import Request
from ..target.knowing.world import Lacking, World
from .decisions import Decision, Mixed, Step, Together, requests_of
from .drawing import Settings, draw

#: What looking at a patch before a write and putting it back afterwards takes, in requests.
RESTORING = 7
#: Part of a budget that is kept for second looks at what seems wrong.
RESERVE = 0.06
#: Steps of a MUST that come before any SHOULD; steps after which all are alike.
FIRST, LAST = 3, 1000


@dataclass
class Plan:
    """How many steps each decision may take, by its id; whatever is not named takes all."""

    allowed: dict[str, int] = field(default_factory=dict)
    #: Requests that trying every MUST once takes, that all of it would take, and that are planned.
    least: int = 0
    wanted: int = 0
    planned: int = 0

    @property
    def cut(self) -> bool:
        """Whether something is left out."""
        return self.planned < self.wanted


def steps(decision: Decision, sample: World, how: Settings) -> Sequence[Step]:
    """The steps that a decision would take on that sample; none if it lacks something."""
    try:
        planned = decision.probe(sample)
    except Lacking:
        return []
    found: dict[Step, None] = {}
    if isinstance(planned, Mixed):
        found.update(dict.fromkeys(planned.first))
        planned = planned.drawn
    if not isinstance(planned, SearchStrategy):
        return planned

    def keep(step: Step) -> None:
        found[step] = None

    draw(planned, keep, decision.id, how, Phase.generate)
    return list(found)


def written_to(decision: Decision, world: World, how: Settings) -> Collection[int]:
    """The named patches that a decision writes to: what need be remembered of them."""
    try:
        asked = [r for step in steps(decision, world, how) for r in requests_of(step) if r.writes]
        given = {int(r.rpc[1][0]) for r in asked if r.rpc and r.rpc[1]}
    except Exception:  # an id that is no number, a row that cannot be read: any of them, then
        return world.writable
    return [number for number in world.writable if number in given]


def _fresh(step: Step) -> bool:
    """Whether a step is sent although its answers are known (`Session.perform`)."""
    asked = requests_of(step)
    again = isinstance(step, Together) or len(set(asked)) < len(asked)
    return again or any(request.writes for request in asked)


@dataclass
class _Known:
    """Requests whose answers are there already, for all who share a worker."""

    asked: dict[str, set[Request]] = field(default_factory=dict)

    def cost(self, group: str, step: Step, *, keep: bool = True) -> int:
        """The requests that a step takes; they are known from then on, if kept."""
        asked = requests_of(step)
        known = self.asked.setdefault(group, set())
        count = len(asked) if _fresh(step) else len(set(asked) - known)
        if keep:
            known |= {request for request in asked if not request.writes}
        return count


def _turns(
    decisions: Sequence[Decision], takes: Mapping[str, Sequence[Step]]
) -> Iterator[tuple[int, int, Decision]]:
    """Steps in the order of their value: (turn, which step, whose)."""
    levels = list(Level)
    for decision in decisions:
        level = levels.index(decision.requirement.level)
        for number in range(len(takes[decision.id])):
            late = min(number, LAST)
            if level == 0:
                turn = 0 if number == 0 else 1 if number < FIRST else 3 + late
            else:
                turn = 2 if number == 0 else 3 + late
            yield turn, number, decision


def plan(
    decisions: Sequence[Decision], world: World, how: Settings, limit: int, *, alone: bool = True
) -> Plan:
    """What each decision may take of so many requests, 0 being any number.

    `decisions` are those that will be tried. Answers are shared within a worker; unless one worker
    is `alone`, only a module's tests are sure to share one.
    """
    takes: dict[str, Sequence[Step]] = {}
    for decision in decisions:
        try:
            takes[decision.id] = steps(decision, world, how)
        except Exception:  # rows that are not of their shape: the decision will say so itself
            takes[decision.id] = []
    found, known, whole = Plan(), _Known(), _Known()
    room = limit - int(limit * RESERVE) if limit else 0
    closed: set[str] = set()
    for turn, number, decision in sorted(_turns(decisions, takes), key=lambda each: each[:2]):
        step = takes[decision.id][number]
        group = "" if alone else decision.judge.__module__
        more = RESTORING if decision.writes and not number else 0
        found.wanted += whole.cost(group, step) + more
        cost = known.cost(group, step, keep=False) + more
        if turn == 0:
            found.least += cost
        if decision.id in closed or (limit and found.planned + cost > room):
            closed.add(decision.id)
            found.allowed.setdefault(decision.id, number)
            continue
        known.cost(group, step)
        found.planned += cost
    return found
