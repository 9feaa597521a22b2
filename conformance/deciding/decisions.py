"""What decides a requirement, as data: a probe, a judge, and what both need.

A *judge* is a pure function of the world and of exchanges, so the same judge decides live answers
and recorded ones. A *probe* makes the requests: a list of steps, or a Hypothesis strategy of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hypothesis.strategies import SearchStrategy

from ..requirements.catalogue import Requirement, requirements
from ..target.exchange import Request
from ..target.knowing.world import World
from ..verdicts.verdicts import Deviation

#: The answers are as they should be.
OK = True


@dataclass(frozen=True)
class Observation:
    """What an INFO requirement saw, in a few words."""

    text: str


#: None: these exchanges hold nothing to judge.
Finding = bool | Deviation | Observation | None
Judge = Callable[..., Finding]


@dataclass(frozen=True)
class Together:
    """A step of which some requests are sent at the same moment, each on its own connection."""

    before: tuple[Request, ...]
    at_once: tuple[Request, ...]
    after: tuple[Request, ...]


Step = Request | tuple[Request, ...] | Together


def requests_of(step: Step) -> tuple[Request, ...]:
    """All that a step sends, in that order."""
    if isinstance(step, Together):
        return step.before + step.at_once + step.after
    return step if isinstance(step, tuple) else (step,)


@dataclass(frozen=True)
class Mixed:
    """Steps that are always taken, and a strategy of more: edges are not left to chance."""

    first: Sequence[Step]
    drawn: SearchStrategy[Any]


Plan = Sequence[Step] | SearchStrategy[Any] | Mixed
Probe = Callable[[World], Plan]


@dataclass(frozen=True)
class Decision:
    """How one requirement is decided.

    `on` names the methods whose recorded exchanges the judge understands one at a time; empty if
    it takes several at once. `data` says that the judge holds answers against sampled rows, which
    may move. `hang` says that no answer at all is a deviation. `needs` is what the operator must
    have given: "credentials", "writes", "checks". Decisions of one `group` are in one
    module, whose tests share a worker.
    `silence` says that hanging up is as good as a refusal: front ends do so to odd requests.
    """

    id: str
    judge: Judge
    probe: Probe
    on: tuple[str, ...] = ()
    data: bool = False
    hang: bool = False
    needs: frozenset[str] = frozenset()
    group: str = ""
    silence: bool = False

    @property
    def requirement(self) -> Requirement:
        """What is decided."""
        return requirements()[self.id]

    @property
    def writes(self) -> bool:
        """Whether it writes to the patches that the operator named."""
        return "writes" in self.needs

    def lacks(self, have: frozenset[str]) -> str:
        """What the operator did not give, in words; '' if nothing is lacking."""
        return next((NEEDS[need] for need in NEEDS if need in self.needs - have), "")


#: Every decision by the id of its requirement; filled as the chapters are imported.
DECISIONS: dict[str, Decision] = {}

NEEDS = {
    "credentials": "needs --username and a password",
    "writes": "needs --writes PATCH_ID",
    "checks": "needs --create-checks",
}


class Decides(Protocol):
    """Whatever decides requirements: a session with a server."""

    def decide(self, decision: Decision) -> object:
        """Decide one and report the verdict."""


#: What pytest runs; its fixture `pw` is the session.
Test = Callable[[Decides], None]


def decides(
    number: str,
    probe: Probe,
    *,
    on: str = "",
    data: bool = False,
    hang: bool = False,
    needs: str = "",
    group: str = "",
    silence: bool = False,
) -> Callable[[Judge], Test]:
    """Make a judge the test of the requirement `PW-<number>`.

    The decorated name becomes a pytest test that takes the session as its fixture `pw`.
    """

    def register(judge: Judge) -> Test:
        decision = Decision(
            f"PW-{number}",
            judge,
            probe,
            tuple(on.split()),
            data,
            hang,
            frozenset(needs.split()),
            group,
            silence,
        )
        if decision.id in DECISIONS and DECISIONS[decision.id].judge.__module__ != judge.__module__:
            raise ValueError(f"{decision.id} is decided twice")
        DECISIONS[decision.id] = decision

        def test(pw: Decides) -> None:
            pw.decide(decision)

        test.__name__ = judge.__name__
        test.__doc__ = judge.__doc__
        test.__module__ = judge.__module__
        test.decision = decision  # type: ignore[attr-defined]
        return test

    return register
