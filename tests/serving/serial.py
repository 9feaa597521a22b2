"""A double as one thread after the other would see it: what each answer has to be, in that order.

The model below knows rows, rules, snapshots and the journal as docs/double.md tells of them, and
nothing of how they are made. It is given what happened at a double, in the order of its own thread,
and says what each of those who asked must have been told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

#: What a client is told whose call was let go by a reset.
GONE = ("gone",)


@dataclass
class Rule:
    """A rule about one method and one patch: a status, or seconds to wait, for so many calls."""

    number: int
    method: str
    patch: int
    first: int
    status: int | None = None
    after: bool = False
    matched: int = 0
    hits: int = 0


@dataclass
class Noted:
    """What the journal says of a call."""

    number: int
    user: str
    method: str
    params: tuple[Any, ...]
    status: int | None = None
    carried_out: bool = False

    def seen(self) -> tuple[Any, ...]:
        return self.number, self.user, self.method, self.params, self.status, self.carried_out


@dataclass
class Waiting:
    """A call that a rule lets wait."""

    noted: Noted
    decided: Rule | None
    epoch: int


@dataclass
class Model:
    """Patches with a `commit_ref` each, checks that are counted, and all that steers them."""

    start: dict[int, str]
    refs: dict[int, str] = field(default_factory=dict)
    checks: int = 0
    rules: list[Rule] = field(default_factory=list)
    removed: list[Rule] = field(default_factory=list)
    snapshots: dict[str, tuple[dict[int, str], int]] = field(default_factory=dict)
    journal: list[Noted] = field(default_factory=list)
    made: int = 0
    epoch: int = 0

    def __post_init__(self) -> None:
        self.refs = dict(self.start)

    # Calls.

    def request(self, user: str, method: str, params: tuple[Any, ...]) -> tuple[Any, ...] | Waiting:
        """What a call is told, or that it has to wait."""
        noted = Noted(len(self.journal) + 1, user, method, params)
        self.journal.append(noted)
        decided, waits = None, False
        for rule in self.rules:
            if (rule.method, rule.patch) != (method, params[0]):
                continue
            rule.matched += 1
            if rule.matched > rule.first:
                continue
            if rule.status is None:
                rule.hits += 1
                waits = True
            elif decided is None:
                rule.hits += 1
                decided = rule
        waiting = Waiting(noted, decided, self.epoch)
        if not waits:
            return self._answered(waiting)
        if decided is not None and decided.after:  # it is the answer alone that is late
            self._carried_out(noted)
        return waiting

    def finish(self, waiting: Waiting) -> tuple[Any, ...]:
        """What a call is told that had to wait."""
        return GONE if waiting.epoch != self.epoch else self._answered(waiting)

    def _answered(self, waiting: Waiting) -> tuple[Any, ...]:
        noted, rule = waiting.noted, waiting.decided
        if rule is None:
            noted.status = 200
            return "value", self._carried_out(noted)
        if rule.after and not noted.carried_out:
            self._carried_out(noted)
        noted.status = rule.status
        return "status", rule.status

    def _carried_out(self, noted: Noted) -> Any:
        noted.carried_out = True
        return getattr(self, f"_{noted.method}")(*noted.params)

    def _patch_get(self, patch: int) -> str:
        return self.refs[patch]

    def _patch_list(self, filters: dict[str, Any]) -> dict[int, str]:
        return {patch: self.refs[patch] for patch in filters["id__in"]}

    def _patch_set(self, patch: int, values: dict[str, str]) -> bool:
        self.refs[patch] = values["commit_ref"]
        return True

    def _check_create(self, patch: int, context: str, state: str) -> bool:
        self.checks += 1
        return True

    # Steering.

    def reset(self) -> tuple[Any, ...]:
        self.refs, self.checks = dict(self.start), 0
        self.rules, self.removed, self.snapshots, self.journal = [], [], {}, []
        self.epoch += 1
        return ("done",)

    def change(self, patch: int, ref: str) -> tuple[Any, ...]:
        self.refs[patch] = ref
        return ("done",)

    def state(self) -> tuple[Any, ...]:
        return "state", dict(self.refs), self.checks

    def snapshot(self, name: str) -> tuple[Any, ...]:
        self.snapshots[name] = dict(self.refs), self.checks
        return ("done",)

    def restore(self, name: str) -> tuple[Any, ...]:
        if name not in self.snapshots:
            return ("LookupError",)
        refs, self.checks = self.snapshots[name]
        self.refs = dict(refs)
        return ("done",)

    def fault(
        self, method: str, patch: int, first: int, status: int | None, after: bool
    ) -> tuple[Any, ...]:
        self.made += 1
        self.rules.append(Rule(self.made, method, patch, first, status, after))
        return "rule", self.made

    def remove(self, number: int) -> tuple[Any, ...]:
        rule = self._rule(number)
        if rule is None:
            return ("LookupError",)
        if rule in self.rules:
            self.rules.remove(rule)
            self.removed.append(rule)
        return ("done",)

    def rule(self, number: int) -> tuple[Any, ...]:
        rule = self._rule(number)
        return ("LookupError",) if rule is None else ("counts", rule.matched, rule.hits)

    def _rule(self, number: int) -> Rule | None:
        every = (*self.rules, *self.removed)
        return next((rule for rule in every if rule.number == number), None)

    def unmet(self) -> tuple[Any, ...]:
        return "unmet", sum(not rule.hits for rule in (*self.rules, *self.removed))

    def calls(self) -> tuple[Any, ...]:
        return "calls", [noted.seen() for noted in self.journal]


@dataclass
class Happened:
    """What happened at the double, and when; of a call also who asked, and when it was done."""

    when: float
    name: str
    args: tuple[Any, ...]
    who: str | None = None
    done: float = 0
    told: Any = None


@dataclass
class Asked:
    """What somebody asked, from when to when, and what they were told."""

    who: str
    name: str
    args: tuple[Any, ...]
    start: float
    end: float
    told: Any


#: Something begins; or (True) a call that had to wait is answered.
Step = tuple[Happened, bool]

#: What leaves everything as it is, and which a handle may ask for beside what it was asked.
LOOKS = {"state", "calls", "rule", "unmet"}


def contradictions(start: dict[int, str], steps: list[Step], asked: list[Asked]) -> list[str]:
    """Where what was told does not fit the order in which things happened.

    Whatever was asked has happened, once, between its beginning and its end, and was told what the
    model says; and nothing else has happened. So there is one order that fits every answer, and in
    which nothing comes before what had ended when it began.
    """
    _play(Model(start), steps)
    ready: dict[str, list[Happened]] = {}
    for event in (event for event, ends in steps if not ends):
        ready.setdefault(_key(event.name, event.who, event.args, event.told), []).append(event)
    wrong = []
    for one in sorted(asked, key=lambda one: one.end):  # so each takes the first that fits it
        who = one.who if one.name == "call" else None
        events = ready.get(_key(one.name, who, one.args, one.told), [])
        fits = next((e for e in events if one.start <= e.when <= e.done <= one.end), None)
        if fits is None:
            wrong.append(f"{one} does not fit")
        else:
            events.remove(fits)
    left = [event for events in ready.values() for event in events if event.name not in LOOKS]
    calls: dict[str, list[Asked]] = {}
    for one in asked:
        calls.setdefault(_key(one.name, one.who, one.args), []).append(one)
    for event in left:
        same = calls.get(_key(event.name, event.who, event.args), [])
        within = any(one.start <= event.when <= event.done <= one.end for one in same)
        if event.told != GONE or not within:  # which xmlrpc.client asks for once more
            wrong.append(f"nobody asked for {event}")
    return wrong


def _key(*parts: Any) -> str:
    return repr(parts)


def _play(model: Model, steps: Sequence[Step]) -> None:
    """Note of everything that happened what whoever asked must have been told."""
    waiting: dict[int, Waiting] = {}
    for event, ends in steps:
        if ends:
            waited = waiting.pop(id(event), None)
            event.told = ("it should not wait",) if waited is None else model.finish(waited)
        elif event.name == "call":
            told = model.request(event.who or "", *event.args)
            if isinstance(told, Waiting):
                waiting[id(event)] = told
            else:
                event.told = told
        else:
            event.told = getattr(model, event.name)(*event.args)
