"""All conditions of a query together, as a database goes about them: what comes before what.

Conditions are tried in the order of the query, but for what an index rules out (`filters`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..instances.traits import Traits
from ..words.faults import Refusal
from .lookups import DATE_PARTS, PATTERNS, Condition, Predicate, compile_condition
from .parameters import earliest


def compile_all(conditions: Sequence[Condition], traits: Traits) -> list[Predicate]:
    """The predicates of all conditions of one query.

    Raises the first Fault of Django's, or NothingMatches; failing these, the earliest Refusal.
    """
    tests: list[Predicate] = []
    refusals: list[Refusal] = []
    for condition in _with_constants(conditions):
        try:
            tests.append(compile_condition(condition, traits))
        except Refusal as refusal:
            refusals.append(refusal)
    if refusals:
        raise earliest(refusals)
    return tests


def _with_constants(conditions: Sequence[Condition]) -> list[Condition]:
    """The conditions as SQLite runs them: a function of a column that equals a constant is asked of
    the constant, whatever the row holds (servers.md 6.2)."""
    constants = {c.field.name: c.value for c in conditions if c.lookup == "exact" and not c.part}
    return [_of_constant(c, constants) for c in conditions] if constants else list(conditions)


def _of_constant(condition: Condition, constants: dict[str, Any]) -> Condition:
    name = condition.field.name
    if condition.lookup not in DATE_PARTS or constants.get(name) is None:
        return condition
    value = constants[name]
    return replace(condition, field=replace(condition.field, get=lambda row: value))


def may_stumble(condition: Condition, traits: Traits) -> bool:
    """Whether a database may find out at a row only that it cannot run the condition."""
    match condition.lookup:
        case "year" | "month" | "day":
            return True
        case "regex" | "iregex":
            return traits.regex_fails_by_row
    text = condition.value
    long = traits.longest_pattern is not None and isinstance(text, str)
    return long and condition.lookup in PATTERNS and len(text) > (traits.longest_pattern or 0) // 4
