"""What stands from the start: fronts, a limit and faults, as people give them, in one order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..telling.wording import quoted, refusal
from .grammar import parse
from .spec import Spec, spec_of

__tracebackhide__ = refusal

#: A rule as text, by its members, or made already.
Given = str | Mapping[str, Any] | Spec


def staged(
    faults: Given | Iterable[Given] = (),
    in_front: Given | Iterable[Given] | None = None,
    limit: Given | None = None,
) -> list[Spec]:
    """The rules, in the order in which a request meets them: fronts, the limit, faults.

    `in_front` is the name of a preset, or several; `limit` a rate, alone or with more of a rule
    behind it (`20/s burst=10`). Neither needs ever to have an effect. Raises ValueError with one
    sentence for what is no rule.
    """
    one = isinstance(in_front, (str, Mapping, Spec))
    fronts: list[Any] = (
        [in_front] if one else _several("in_front", () if in_front is None else in_front)
    )
    rules = [_front(each) for each in fronts]
    if limit is not None:
        rules.append(_limit(limit))
    return [*rules, *map(rule, _several("faults", faults))]


def _several(name: str, given: Any) -> list[Any]:
    """The rules of a list. Raises ValueError for what is none, such as a single text."""
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        raise ValueError(f"{name} is a list of rules, not {quoted(given)}")
    return list(given)


def rule(given: Given) -> Spec:
    """A rule from its text or its members. Raises ValueError with one sentence for what is none."""
    if isinstance(given, Spec):
        return given
    if not isinstance(given, (str, Mapping)):
        raise ValueError(f"a rule is text, or its members, not {quoted(given)}")
    return parse(given) if isinstance(given, str) else spec_of(given)


def _front(given: Given) -> Spec:
    if isinstance(given, str):
        given = {"preset": given, "optional": True}
    return rule(given)


def _limit(given: Given) -> Spec:
    if isinstance(given, str):
        return parse(f"optional rate={given}")
    return rule({"optional": True, **given} if isinstance(given, Mapping) else given)
