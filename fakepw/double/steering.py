"""All that a test can do to a double, by name: values in, values out.

A handle in this process calls these; the control API does the same for everybody else. So both can
do the same, and refuse the same in the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from msgspec import Struct

from ..fixtures import NONE, Fixture, Source, read
from ..patchwork.instances.settings import Settings, settings_of
from ..patchwork.rows.rows import Dataset
from ..patchwork.rows.store import Store
from ..patchwork.words.brief import brief, described
from ..patchwork.words.zones import zone
from ..rules.spec import Spec
from ..rules.staged import Given, staged
from ..telling.wording import near, quoted, refusal
from .clock import moment_of
from .journal.calls import Calls
from .journal.matching import misspelt
from .pipeline import Pipeline
from .rows import TABLES, Row, Shown, Whole, added, changed, shown, which_patch
from .rules.rules import Rule
from .scenarios import Scenario
from .strictness import Noticed, Strict, strict_of

__tracebackhide__ = refusal

#: Something that `later` does, as data: `("patch", None, {"name": …})` adds a patch, and
#: `("change", 3, {"state": …})` changes one.
Step = tuple[str, Any, Mapping[str, Any]]


@dataclass(frozen=True)
class Snapshot:
    """The rows of one moment, to come back to."""

    name: str
    dataset: Dataset


class RuleState(Struct, frozen=True):
    """A rule at work: its number, what it says, how many requests matched, how many it changed."""

    id: int
    rule: str
    matched: int
    hits: int


@dataclass(frozen=True, repr=False)
class Start:
    """What a double is from the start, and again after each reset, beside its rows: the rules that
    are at work, the moment at which its clock stands still (None: it runs), how strict it is."""

    rules: tuple[Spec, ...] = ()
    clock: datetime | None = None
    strict: Strict = False

    def __repr__(self) -> str:
        return described(self, f"{len(self.rules)} rules", f"clock {self.clock}" * bool(self.clock))


def start_of(
    faults: Given | Iterable[Given] = (),
    in_front: Given | Iterable[Given] | None = None,
    limit: Given | None = None,
    clock: datetime | str | None = None,
    strict: Any = False,
) -> Start:
    """A start from what people write. Raises ValueError with one sentence for what is none."""
    moment = None if clock is None else moment_of(clock)
    return Start(tuple(staged(faults, in_front, limit)), moment, strict_of(strict))


@dataclass(frozen=True, repr=False)
class Wanted:
    """A world as somebody wants it; what is None is as the server that it is made on started, or
    the world whose id is `beside`.

    Without rows of its own it has those from which the server started, and its instance, settings
    and start, but for what is given here. `idle` is the seconds for which it may be left alone,
    and `faults` are those of its fixture.
    """

    dataset: Dataset | None = None
    instance: str | None = None
    settings: Settings = NONE
    at: str | None = None
    start: Start | None = None
    idle: float | None = None
    faults: tuple[Spec, ...] = ()
    beside: str | None = None

    def __repr__(self) -> str:
        return described(self, brief(self.instance), "" if self.dataset is None else "own rows")


def wanted_of(
    fixture: Fixture | None,
    instance: str | None,
    settings: Settings | Mapping[str, Any] | None,
    at: str | None,
    idle: float | None,
    **staged: Any,
) -> Wanted:
    """A world from what people write; `staged` is what `start_of` takes. Raises ValueError."""
    given = settings_of({} if settings is None else settings)
    start = start_of(**staged)
    if fixture is None:
        return Wanted(None, instance, given, at, None if start == Start() else start, idle)
    laid = fixture.settings | given
    like = fixture.instance if instance is None else instance
    return Wanted(fixture.dataset, like, laid, at, start, idle, fixture.faults)


class Steering:
    """What a test does to one pipeline. Whatever is wrong raises before anything is changed."""

    def __init__(
        self, pipeline: Pipeline, start: Start = Start(), faults: Iterable[Spec] = ()
    ) -> None:
        self.pipeline = pipeline
        self.start = start
        self.faults = tuple(faults)  # of the fixture that is served
        self.loads = 0  # how often there were other rows to start from
        self.snapshots: dict[str, Snapshot] = {}
        self._named = 0
        self._removed: list[Rule] = []
        self._steps: dict[int, list[Step]] = {}
        self._begin()

    # Rows.

    def reset(self) -> None:
        """As it was at the start, in everything; what was said of snapshots is forgotten."""
        self.pipeline.reset()
        self.snapshots.clear()
        self._removed.clear()
        self._steps.clear()
        self._begin()

    def _begin(self) -> None:
        for spec in (*self.faults, *self.start.rules):
            self.pipeline.rules.add(spec)
        if self.start.clock is not None:
            self.pipeline.clock.set(self.start.clock)
        self.pipeline.strict = self.start.strict

    def load(
        self,
        sources: Iterable[Source],
        instance: str | None = None,
        settings: Settings | Mapping[str, Any] | None = None,
        at: str | None = None,
    ) -> None:
        """Other rows, and what `reset` returns to from now on; without any, those of before.

        Instance and settings are those given, or those that the fixture has, or those of before;
        the path of the API is the one given, or that of before. Raises FixtureError and ValueError,
        and then changes nothing.
        """
        patchwork, wanted = self.pipeline.patchwork, list(sources)
        if wanted:
            fixture = read(*wanted)
            self.admit(fixture.dataset)
        else:
            fixture = Fixture(patchwork.seed, settings=patchwork.settings, faults=self.faults)
        given = None if settings is None else settings_of(settings)
        kept = fixture.settings or patchwork.settings
        like = (fixture.instance or patchwork.instance) if instance is None else instance
        laid = kept if given is None else fixture.settings | given
        patchwork.load(fixture.dataset, like, laid, at)
        self.faults = fixture.faults
        self.loads += 1
        self.reset()

    def admit(self, dataset: Dataset) -> None:
        """Raise ValueError if there is no room for those rows."""

    def state(self) -> Dataset:
        """The rows as they are now."""
        self.pipeline.scenarios.tick()
        return self.pipeline.patchwork.store.rows()

    def patch(self, which: int | str) -> Shown:
        """A patch as it is now, with its relations by name. Raises LookupError."""
        self.pipeline.scenarios.tick()
        return shown(self._store, which_patch(self._store, which))

    def take(self, step: Step) -> Shown:
        """Add or change a row, and give it with its relations by name."""
        kind, which, form = step
        row = self.change(which, form) if kind == "change" else self.add(kind, form)
        return shown(self.pipeline.patchwork.store, row)

    def add(self, kind: str, form: Mapping[str, Any]) -> Row:
        """One more patch, comment, check or person, in the fixture's words; dated by the clock.

        Raises FixtureError.
        """
        self.pipeline.scenarios.tick()
        return self._kept(*added(self._store, kind, self._dated(kind, form)))

    def change(self, which: int | str, form: Mapping[str, Any]) -> Row:
        """Change a patch, as if somebody else did. Raises FixtureError and LookupError."""
        self.pipeline.scenarios.tick()
        return self._kept(*changed(self._store, which, form))

    @property
    def _store(self) -> Store:
        return self.pipeline.patchwork.store

    def _kept(self, row: Row, whole: Whole) -> Row:
        if whole is not None:
            self.pipeline.patchwork.replace(whole)
        return row

    def _dated(self, kind: str, form: Mapping[str, Any]) -> dict[str, Any]:
        if "date" in form or kind == "person":
            return dict(form)
        now = self.pipeline.clock.now
        if kind == "check":  # in the server's own time, like those that clients make
            here = zone(self.pipeline.patchwork.traits.time_zone)
            now = now.replace(tzinfo=UTC).astimezone(here).replace(tzinfo=None)
        return {**form, "date": now.isoformat(timespec="microseconds")}

    # Snapshots.

    def snapshot(self, name: str | None = None) -> Snapshot:
        """Remember the rows of now, under that name or one that is made up."""
        if name is None:
            self._named += 1
            name = f"snapshot-{self._named}"
        if not isinstance(name, str) or not name or len(name) > 200:
            text = f"a snapshot's name is a text of 1 to 200 characters, not {quoted(name)}"
            raise ValueError(text)
        snapshot = self.snapshots[name] = Snapshot(name, self.state())
        return snapshot

    def restore(self, name: str) -> None:
        """The rows of a snapshot again; rules, clock and journal stay. Raises LookupError."""
        if name not in self.snapshots:
            known = ", ".join(self.snapshots) or "none"
            hint = near(name, self.snapshots)
            raise LookupError(f"there is no snapshot {quoted(name)}{hint}; there is: {known}")
        self.pipeline.patchwork.replace(self.snapshots[name].dataset)

    # What was called, and what goes wrong.

    def calls(self) -> Calls:
        """The journal as it is now."""
        return self.pipeline.journal.calls()

    def fault(self, spec: Spec) -> RuleState:
        """Put a rule to work."""
        rule = self.pipeline.rules.add(spec)
        return _state_of(rule)

    def rules(self) -> list[RuleState]:
        """The rules at work."""
        return [_state_of(rule) for rule in self.pipeline.rules.all]

    def rule(self, number: int) -> RuleState:
        """A rule, also one that was removed. Raises LookupError."""
        return _state_of(self._rule(number))

    def remove(self, number: int) -> None:
        """Take a rule away. Raises LookupError if there never was such a rule."""
        rule = self._rule(number)
        if rule not in self._removed:
            rule.remove()
            self._removed.append(rule)

    def _rule(self, number: int) -> Rule:
        for rule in (*self.pipeline.rules.all, *self._removed):
            if rule.id == number:
                return rule
        raise LookupError(f"there is no rule {number}")

    # Time.

    def now(self) -> datetime:
        """The clock's time."""
        return self.pipeline.clock.now

    def set_clock(self, moment: datetime | str) -> None:
        """Stop the clock at a moment. Raises ValueError."""
        self.pipeline.clock.set(moment)

    def advance_clock(self, steps: Mapping[str, float]) -> None:
        """Move the clock on, by days, hours, minutes and seconds. Raises ValueError."""
        self.pipeline.clock.advance(**steps)

    def run_clock(self) -> None:
        """Let the clock run from where it stands."""
        self.pipeline.clock.run()

    def later(
        self,
        calls: int | None = None,
        of: str = "*",
        seconds: float | None = None,
        optional: bool = False,
        steps: Iterable[Step] = (),
    ) -> int:
        """Let something happen after so many calls, or seconds of the clock; the scenario's number.

        Raises ValueError, FixtureError and LookupError for what could not happen if it were now.
        """
        wanted = list(steps)
        self._rehearse(wanted)
        scenario = self.pipeline.scenarios.add(calls, of, seconds, optional)
        self._steps[scenario.number] = []
        for step in wanted:
            self._extend(scenario, step)
        return scenario.number

    def then(self, number: int, step: Step) -> None:
        """One step more for a scenario. Raises like `later`, and LookupError if it is over."""
        for scenario in self.pipeline.scenarios.all:
            if scenario.number == number and not scenario.come:
                self._rehearse([*self._steps[number], step])
                self._extend(scenario, step)
                return
        raise LookupError(f"scenario {number} is over")

    def _extend(self, scenario: Scenario, step: Step) -> None:
        self._steps[scenario.number].append(step)
        scenario.actions.append(partial(self.take, step))

    def _rehearse(self, steps: Iterable[Step]) -> None:
        """Raise what a scenario's steps would raise if they were taken now."""
        self.pipeline.scenarios.tick()
        store, writes = self._store, self._store.writes
        try:
            for kind, which, form in steps:
                if kind == "change":
                    _, whole = changed(store, which, form)
                elif kind in TABLES:
                    _, whole = added(store, kind, self._dated(kind, form))
                else:
                    raise ValueError(f"nothing can be done with {quoted(kind)}{near(kind, TABLES)}")
                store = store if whole is None else store.followed_by(whole)
        finally:
            self._store.undo(writes)

    # Strictness.

    def strictness(self, since: int = 0) -> tuple[Strict, list[Noticed]]:
        """How strict it is, and what that has noticed since the last reset, after so many."""
        return self.pipeline.strict, self.pipeline.notices.since(since)

    def set_strict(self, mode: Any) -> None:
        """Be so strict until the next reset. Raises ValueError."""
        self.pipeline.strict = strict_of(mode)

    # The end of a test.

    @property
    def expectant(self) -> bool:
        """Whether anything was set up, or noticed, that `unmet` could speak of."""
        pipeline = self.pipeline
        return bool(
            pipeline.rules.all or self._removed or pipeline.scenarios.all or pipeline.notices.count
        )

    def unmet(self) -> list[str]:
        """What was set up and never came to pass, and what strict mode does not let pass."""
        self.pipeline.scenarios.tick()
        rules = [*self.pipeline.rules.all, *self._removed]
        found = [
            f"the rule `{rule}` never had an effect: {_why(rule)}{self._meant(rule.spec.method)}"
            for rule in rules
            if not rule.hits and not rule.spec.optional
        ]
        found += [
            f"{scenario} never came to pass: {_ahead(scenario)}{self._meant(scenario.of)}"
            for scenario in self.pipeline.scenarios.all
            if not scenario.come and not scenario.optional
        ]
        return found + self.pipeline.notices.failures(self.pipeline.strict)

    def _meant(self, method: str) -> str:
        """What was meant by a method that there is not, and that is much like one."""
        hint = misspelt(method, self.pipeline.patchwork.methods)
        return f"; there is no method {method}{hint}" if hint else ""


def _state_of(rule: Rule) -> RuleState:
    return RuleState(rule.id, str(rule), rule.matched, rule.hits)


def _why(rule: Rule) -> str:
    if not rule.matched:
        return "nothing matched it"
    return f"{rule.matched} request{'s' * (rule.matched > 1)} matched it"


def _ahead(scenario: Scenario) -> str:
    if scenario.calls > 0:
        more = "1 more call was" if scenario.calls == 1 else f"{scenario.calls} more calls were"
        return f"{more} needed"
    return f"the clock has not reached {scenario.due}"
