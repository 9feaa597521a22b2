"""The calls of a journal, sent to a real server, and its answers held against the double's."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..deciding.engine import Session
from ..target.exchange import Request
from ..target.sending.budget import BudgetSpent
from ..target.sending.transport import NoAnswer, Withheld
from .journal import Journal, Noted
from .noticing import Noticed, compare
from .translating import Sent, Translator


@dataclass(frozen=True)
class Outcome:
    """One call: as the tests made it, as it was sent, how often, and what came of it."""

    noted: Noted
    sent: Request
    times: int
    noticed: Noticed


@dataclass
class Replayed:
    """What came of a journal's calls."""

    url: str
    likely: str
    journal: Journal
    outcomes: list[Outcome] = field(default_factory=list)
    #: Calls that were not sent or not answered, and why.
    unsent: list[tuple[Noted, str]] = field(default_factory=list)
    #: Why it ended before the end; '' if it did not.
    ended: str = ""
    #: Names that tests look up, and that are not there.
    absent: tuple[str, ...] = ()
    requests: int = 0

    @property
    def different(self) -> list[Outcome]:
        """The calls that a client notices a difference of."""
        return [each for each in self.outcomes if each.noticed.notices]

    @property
    def undecided(self) -> list[Outcome]:
        """The calls of which nothing can be said."""
        return [each for each in self.outcomes if each.noticed.undecided]

    @property
    def alike(self) -> list[Outcome]:
        """The calls that were answered in the same shape."""
        return [each for each in self.outcomes if each.noticed.alike]


def replay(journal: Journal, opened: Session) -> Replayed:
    """Send what a journal read. The budget holds; what it does not allow is told, as `ended`."""
    world = opened.world
    found = Replayed(opened.transport.endpoint.url, world.profile.describe(), journal)
    translator = Translator(world)
    absent: dict[str, None] = {}
    plans = list(journal.calls.items())
    for place, (key, noted) in enumerate(plans):
        ways = translator.ways(noted)
        try:
            outcome = _outcome(opened, noted, ways, journal.times[key])
        except (NoAnswer, Withheld) as trouble:
            found.unsent.append((noted, str(trouble)))
            continue
        except BudgetSpent as spent:
            found.ended = str(spent)
            found.unsent += [(noted, str(spent)) for _, noted in plans[place:]]
            break
        found.outcomes.append(outcome)
        absent |= dict.fromkeys(ways[0].absent)
    found.absent = tuple(absent)
    budget = getattr(opened.transport, "budget", None)
    found.requests = budget.spent if budget else opened.sent
    return found


def _outcome(opened: Session, noted: Noted, ways: list[Sent], times: int) -> Outcome:
    """What comes of one call: alike if one way of asking is answered so, different if all are not.

    A difference is looked at twice before anybody is accused. Raises Withheld if no way may be
    gone.
    """
    tried: list[Outcome] = []
    for sent in ways:
        if sent.withheld:
            continue
        answer = opened.send(sent.request).answer
        noticed = compare(noted.method, noted.answer, answer)
        outcome = Outcome(noted, sent.request, times, noticed)
        if noticed.alike:
            return outcome
        if noticed.notices and (noticed.sure or sent.miss):
            return _confirmed(opened, outcome)
        tried.append(outcome)
    if not tried:
        raise Withheld(ways[0].withheld)
    undecided = next((each for each in tried if each.noticed.undecided), None)
    return undecided or _confirmed(opened, tried[0])


def _confirmed(opened: Session, outcome: Outcome) -> Outcome:
    """A difference that shows twice; nothing is said of one that does not."""
    noted = outcome.noted
    again = opened.send(outcome.sent, fresh=True).answer
    if compare(noted.method, noted.answer, again) == outcome.noticed:
        return outcome
    wavers = Noticed(undecided="it was answered differently when it was asked again")
    return Outcome(noted, outcome.sent, outcome.times, wavers)
