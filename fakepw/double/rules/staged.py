"""What stands from the start: fronts, a limit and faults, as people give them, in one order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .grammar import parse
from .spec import Spec, spec_of

#: A rule as text, by its members, or made already.
Given = str | Mapping[str, Any] | Spec


def staged(
    faults: Iterable[Given] = (),
    in_front: Given | Iterable[Given] | None = None,
    limit: Given | None = None,
) -> list[Spec]:
    """The rules, in the order in which a request meets them: fronts, the limit, faults.

    `in_front` is the name of a preset, or several; `limit` a rate, alone or with more of a rule
    behind it (`20/s burst=10`). Neither needs ever to have an effect. Raises ValueError with one
    sentence for what is no rule.
    """
    one = isinstance(in_front, (str, Mapping, Spec))
    fronts = [in_front] if one else list(in_front or ())  # type: ignore[arg-type]
    rules = [_front(each) for each in fronts]  # type: ignore[arg-type]
    if limit is not None:
        rules.append(_limit(limit))
    return [*rules, *map(_rule, faults)]


def _rule(given: Given) -> Spec:
    if isinstance(given, Spec):
        return given
    return parse(given) if isinstance(given, str) else spec_of(given)


def _front(given: Given) -> Spec:
    if isinstance(given, str):
        given = {"preset": given, "optional": True}
    return _rule(given)


def _limit(given: Given) -> Spec:
    if isinstance(given, str):
        return parse(f"optional rate={given}")
    return _rule(given if isinstance(given, Spec) else {"optional": True, **given})
