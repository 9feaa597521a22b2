"""Rules at work: each counts what matches it, and picks what it has its effect on."""

from __future__ import annotations

import random
from collections.abc import Sequence
from operator import attrgetter
from typing import Any

from msgspec import UNSET

from ...patchwork.words.brief import cut
from ...rules.grammar import written
from ...rules.spec import Spec, allowed
from ..journal.matching import means

#: Methods for which the rules about them are kept.
_MOST_METHODS = 100
#: What compares with nothing but its like, so that rules can be looked up by it.
_SCALARS = frozenset({int, str, float, bool})
_ID = attrgetter("id")


class Rule:
    """A rule at work: what it says, how many requests matched, and how many it had an effect on."""

    def __init__(self, spec: Spec, rules: Rules, number: int) -> None:
        self.spec = spec
        self.id = number
        #: whether it is about some of a method's calls only
        self.chooses = bool(spec.params) or spec.user is not UNSET
        self.hits = 0
        self.matched = 0
        self._rules = rules
        self._random = random.Random(spec.seed)
        #: of a rate: what came too quickly, in requests, and when the last one came
        self.excess, self.last = 0.0, -1.0

    def remove(self) -> None:
        """Let it be. Removed once, it does nothing."""
        self._rules.remove(self)

    def picks(self) -> bool:
        """Count one more request that matches; whether the rule has its effect on it."""
        self.matched += 1
        spec, count = self.spec, self.matched
        picked = (
            (spec.first is None or count <= spec.first)
            and (spec.nth is None or count == spec.nth)
            and (spec.every is None or count % spec.every == 0)
        )
        if picked and spec.chance is not None:
            picked = self._random.random() < spec.chance
        return picked

    def too_quick(self, now: float) -> bool:
        """Whether a request that comes now is one too many, as nginx's limit_req counts.

        `now` is in seconds. One that is refused does not count.
        """
        excess = 0.0
        if self.last >= 0:
            rate, burst = allowed(self.spec)
            excess = max(0.0, self.excess - rate * max(0.0, now - self.last) + 1)
            if excess > burst:
                return True
        self.excess, self.last = excess, now
        return False

    def __str__(self) -> str:
        return written(self.spec)

    def __repr__(self) -> str:
        return f"<Rule {self.id} {cut(str(self), 200)}; {self.hits} hits>"


class _About:
    """The rules about one method, so that those about other params cost a call nothing."""

    def __init__(self, rules: list[Rule]) -> None:
        self._all = rules
        self._open: list[Rule] = []  # about any first param, or one that is not looked up
        self._by_first: dict[Any, list[Rule]] = {}
        for rule in rules:
            params = rule.spec.params
            if params and type(params[0]) in _SCALARS:
                self._by_first.setdefault(params[0], []).append(rule)
            else:
                self._open.append(rule)

    def given(self, params: Sequence[Any]) -> Sequence[Rule]:
        """Those that may be about a call with these params, in their order."""
        if not self._by_first:
            return self._open
        if params and type(params[0]) not in _SCALARS:
            return self._all
        found = self._by_first.get(params[0]) if params else None
        return self._open if found is None else sorted([*self._open, *found], key=_ID)


class Rules:
    """The rules at work, in the order in which they were made: the first that fits wins."""

    def __init__(self) -> None:
        self.all: list[Rule] = []
        self._about: dict[str | None, _About] = {}
        self._made = 0

    def add(self, spec: Spec) -> Rule:
        """Put a rule to work."""
        self._made += 1
        rule = Rule(spec, self, self._made)
        self.all.append(rule)
        self._about.clear()
        return rule

    def about(self, method: str | None, params: Sequence[Any] = ()) -> Sequence[Rule]:
        """Those about a method, or about a request that calls none.

        Most that are about other params are left out.
        """
        found = self._about.get(method)
        if found is None:
            if len(self._about) >= _MOST_METHODS:  # clients make up what they like
                self._about.clear()
            found = _About([rule for rule in self.all if means(rule.spec.method, method)])
            self._about[method] = found
        return found.given(params)

    def remove(self, rule: Rule) -> None:
        """Take a rule away, if it is there."""
        if rule in self.all:
            self.all.remove(rule)
            self._about.clear()

    def clear(self) -> None:
        """Take all away."""
        self.all.clear()
        self._about.clear()

    def __repr__(self) -> str:
        return f"<Rules: {len(self.all)}>"
