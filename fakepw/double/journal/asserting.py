"""What a test claims about calls, and what it is told where that is not so."""

from __future__ import annotations

import difflib
import pprint
from collections.abc import Iterable, Sequence
from typing import Any

from ...protocol.documentation import WORDS
from ...telling.wording import quoted, refusal
from .calls import Call, Calls
from .matching import ANYONE, equal, including, means, misspelt, params_fit

__tracebackhide__ = refusal

#: How many of the nearest calls a failure shows, and how many at all.
NEAREST, SHOWN = 3, 10

#: A call expected in a sequence: a method, or a method and what its params begin with.
Expected = str | Sequence[Any]


def wanted_text(method: str, params: Sequence[Any], user: Any = ANYONE) -> str:
    """What is looked for, as the call would be written; `…` stands for whatever comes then."""
    who = "" if user is ANYONE else f" by {user!r}"
    shown = ", ".join(map(repr, params)) or "…"
    return f"{method}({shown}){who}"


def assert_called(
    calls: Calls, method: str, params: Sequence[Any], user: Any, times: int | None
) -> Call:
    """The last call that fits. Raises AssertionError if there is none, or not so many."""
    __tracebackhide__ = True
    found = calls(method, *params, user=user)
    what = wanted_text(method, params, user)
    if times == 0:
        _well_spelt(method)
    if times is not None and len(found) != times:
        raise AssertionError(
            f"{what} was called {_times(len(found))}, not {_times(times)}"
            + (_listed(found) if found else nearest(calls, method, params, user))
        )
    if not found and times is None:
        raise AssertionError(f"{what} was not called" + nearest(calls, method, params, user))
    return found[-1] if found else None  # type: ignore[return-value]


def assert_not_called(calls: Calls, method: str, params: Sequence[Any], user: Any) -> None:
    """Raises AssertionError if a call fits, ValueError if the method is misspelt."""
    __tracebackhide__ = True
    _well_spelt(method)
    found = calls(method, *params, user=user)
    if found:
        what = wanted_text(method, params, user)
        raise AssertionError(f"{what} was called {_times(len(found))}" + _listed(found))


def _well_spelt(method: str) -> None:
    """Raise ValueError for what is nearly a method: that it was never called says nothing."""
    if hint := misspelt(method, WORDS):
        raise ValueError(f"no Patchwork has a method {quoted(method)}{hint}")


def assert_calls(calls: Calls, expected: Iterable[Expected], *, ordered: bool, only: bool) -> None:
    """Raises AssertionError unless all these were called: in that order, and nothing else."""
    __tracebackhide__ = True
    wanted = [(one, ()) if isinstance(one, str) else (one[0], tuple(one[1:])) for one in expected]
    heard = [call for call in calls if call.method is not None or not only]
    left = list(heard)
    place = 0
    for number, (method, params) in enumerate(wanted, 1):
        ahead = left[place:] if ordered else left
        fits = next((call for call in ahead if _fits(call, method, params)), None)
        if fits is None:
            where = f" after #{left[place - 1].number}" if ordered and place else ""
            what = f"call {number} of {len(wanted)}, {wanted_text(method, params)}, was not made"
            near = "; nothing more was called"
            if ahead or not heard:
                near = nearest(Calls.these(ahead), method, params, ANYONE)
            raise AssertionError(f"{what}{where}{near}")
        if ordered:
            place = left.index(fits) + 1
        else:
            left.remove(fits)
    if only and len(heard) != len(wanted):
        taken = [(m, p) for m, p in wanted]
        more = [call for call in heard if not any(_fits(call, m, p) for m, p in taken)]
        raise AssertionError(
            f"{len(heard)} calls were made, not {len(wanted)}" + _listed(Calls.these(more or heard))
        )


def assert_no_writes(calls: Calls) -> None:
    """Raises AssertionError if a write reached Patchwork and was carried out."""
    __tracebackhide__ = True
    found = Calls.these([call for call in calls if call.written])
    if found:
        raise AssertionError(f"{_times(len(found))} something was written" + _listed(found))


def assert_written_once(calls: Calls, method: str, params: Sequence[Any]) -> Call:
    """The one write that was carried out. Raises AssertionError if there was none, or more."""
    __tracebackhide__ = True
    found = Calls.these([call for call in calls(method, *params) if call.written])
    if len(found) != 1:
        what = wanted_text(method, params)
        asked = calls(method, *params)
        more = _listed(found or asked) if found or asked else nearest(calls, method, params, ANYONE)
        raise AssertionError(f"{what} was carried out {_times(len(found))}, not once" + more)
    return found[0]


def nearest(calls: Calls, method: str, params: Sequence[Any], user: Any) -> str:
    """The calls that are most like the one looked for, and what differs in the nearest."""
    if not calls:
        return "; nothing was called at all" + _gone(calls)
    ranked = sorted(calls, key=lambda call: -_likeness(call, method, params, user))
    lines = [f"; the nearest of {len(calls)} calls:" if len(calls) > 1 else "; the only call:"]
    lines += [f"  {call}" for call in ranked[:NEAREST]]
    best = ranked[0]
    if means(method, best.method) and params:
        lines += difference(list(params), list(best.params[: len(params)]))
        lines += _parts(params, best.params)
    if means(method, best.method) and user is not ANYONE and best.user != user:
        lines.append(f"  it came from {best.user!r}, not from {user!r}")
    return "\n".join(lines) + _gone(calls)


def _parts(params: Sequence[Any], got: Sequence[Any]) -> list[str]:
    """What to write where a struct is wanted of which more was sent."""
    for want, sent in zip(params, got, strict=False):
        if isinstance(want, dict) and want != sent and including(want) == sent:
            return [f"  it holds more than that; fakepw.{including(want)!r} asks for a part"]
    return []


def difference(wanted: Any, got: Any) -> list[str]:
    """A diff of two values, a line each; empty if they are equal."""
    if equal(wanted, got):
        return []
    one, other = (pprint.pformat(value, width=70).splitlines() for value in (wanted, got))
    lines = (line for line in difflib.ndiff(one, other) if not line.startswith("?"))
    return ["  - wanted, + called:", *(f"  {line.rstrip()}" for line in lines)]


def _likeness(call: Call, method: str, params: Sequence[Any], user: Any) -> float:
    if call.method is None:
        return -1.0
    same = 2.0 if means(method, call.method) else _ratio(method, call.method)
    pairs = zip(params, call.params, strict=False)
    fitting = sum(
        1.0 if equal(want, got) else _ratio(repr(want), repr(got)) / 2 for want, got in pairs
    )
    return 2 * same + fitting + (user is ANYONE or call.user == user) / 2


def _ratio(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one[:200], other[:200]).ratio()


def _fits(call: Call, method: str, params: Sequence[Any]) -> bool:
    return means(method, call.method) and params_fit(params, call.params)


def _listed(calls: Calls) -> str:
    lines = [f"  {call}" for call in calls[:SHOWN]]
    if len(calls) > SHOWN:
        lines.append(f"  and {len(calls) - SHOWN} more")
    return ":\n" + "\n".join(lines) + _gone(calls)


def _gone(calls: Calls) -> str:
    if not calls.dropped:
        return ""
    return f"\n  ({calls.dropped} earlier calls are no longer in the journal)"


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
