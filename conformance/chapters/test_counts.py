"""PW-LIST, the patches: their order, and how max_count cuts patch_list."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from ..deciding.decisions import OK, Finding, Step, decides
from ..deciding.judging import array, deviates, expect, faults, poisoned
from ..deciding.lookups import LOOKUPS, clock_change, split
from ..target.counting import counted
from ..target.exchange import NOWHERE, Exchange, call
from ..target.knowing.world import Row, World, parse_date, rows_of
from ..verdicts.symptoms import wrong_rows
from ..verdicts.verdicts import Deviation
from .asking.rows import some_of
from .asking.selecting import COMBINED, beyond_rows, filter_of, only_known_fields


def _windows(world: World) -> list[Step]:
    world.need_patches()
    return [window.read("patch_list") for window in world.patches]


def _narrowed(world: World) -> list[Step]:
    """Windows, whole and narrowed: whatever the filter, the order is the same."""
    steps = _windows(world)
    for window in () if world.thrifty else world.patches:
        backwards = [row["id"] for row in reversed(window.rows)][:20]
        steps.append(call("patch_list", {"id__in": backwards}))
        for filt in _of_most(list(window.rows)):
            steps.append(call("patch_list", {**filt, **window.bounds}))
        row = some_of(list(window.rows))
        for name in ("project_id", "submitter_id", "state_id", "archived") if row else ():
            steps.append(call("patch_list", {name: row[name], **window.bounds}))
    return steps


def _of_most(rows: list[Row]) -> list[dict[str, Any]]:
    """Filters by text, date and id that most of these rows meet."""
    if not rows:
        return []
    names = "".join("".join(set(row["name"].lower())) for row in rows)
    return [
        {"name__icontains": max("aeinorst", key=names.count)},
        {"msgid__contains": "@"},
        {"date__gte": rows[0]["date"][:10]},
        {"id__gt": 0},
    ]


@decides("LIST-060", _narrowed, on="patch_list")
def test_patches_come_by_date(world: World, answer: Exchange) -> Finding:
    moments = [parse_date(str(row.get("date"))) for row in rows_of(answer) or []]
    for one, other in pairwise(moments):
        if one and other and one > other and not clock_change(one, other):
            return deviates(answer, f"{other} before {one}")
    return OK if len(moments) > 1 else None


@decides("LIST-061", lambda w: [*_windows(w), *_doubled(w)], on="patch_list")
def test_no_patch_comes_twice(world: World, answer: Exchange) -> Finding:
    ids = [row.get("id") for row in rows_of(answer) or []]
    return expect(len(ids) == len(set(ids)), answer, "every patch once") if ids else None


def _doubled(world: World) -> list[Step]:
    first = world.need_patches()[0]["id"]
    return [call("patch_list", {"id__in": [first, first]})]


def _sliced(*counts: int) -> Callable[[World], list[Step]]:
    """Windows cut to some counts, whole and narrowed to what their newest patch is one of; whole
    ones also to more counts of that sign, up to as many as they hold."""
    sign = (counts[0] > 0) - (counts[0] < 0)

    def probe(world: World) -> list[Step]:
        world.need_patches()
        asked: list[Step] = []
        for window in world.patches:
            most = len(window.rows)
            more = () if world.thrifty or not sign else (2, 5, 10, 20, 50, most - 1, most)
            also = {sign * n for n in more if 0 < n <= most} - set(counts)
            asked += [call("patch_list", {**window.bounds, "max_count": n}) for n in sorted(also)]
            last = window.rows[-1] if window.rows else {}
            singly = () if world.thrifty else ((n,) for n in COMBINED[0])
            narrow = (*COMBINED[:1], *singly)
            for n in counts:
                asked.append(call("patch_list", {**window.bounds, "max_count": n}))
                for names in narrow if abs(n) < 3 and last else ():
                    filt = {"max_count": n, **{name: last[name] for name in names}}
                    asked.append(call("patch_list", {**filt, **window.bounds}))
        return asked

    return probe


def _slice(world: World, answer: Exchange, wanted: Callable[[int], bool]) -> Finding:
    filt = filter_of(answer) or {}
    keys = [k for k in filt if k.startswith("max_count")]
    if len(keys) != 1 or type(filt[keys[0]]) is not int or abs(filt[keys[0]]) >= 1 << 31:
        return None
    if "__" in keys[0] and keys[0].split("__")[1] not in LOOKUPS:
        return None
    count = filt[keys[0]]
    rest = {k: v for k, v in filt.items() if k not in keys}
    rows = world.universe("patch_list", rest)
    if not wanted(count) or rows is None or not only_known_fields(rest) or poisoned(answer):
        return None
    if any(beyond_rows(world, k, v) for k, v in rest.items()):
        return None
    must, may = split(rows, rest)
    if must != may:
        return None
    chosen = [row for row in rows if row["id"] in must]
    if count < 0 and -count > len(chosen):
        return faults(answer, "ValueError", "AssertionError", text="Negative indexing")
    moments = sorted(str(parse_date(row["date"])) for row in chosen)
    expected = moments[:count] if count > 0 else moments[count:] if count else moments
    found = array(answer)
    if isinstance(found, Deviation):
        return found
    got = rows_of(answer) or []
    right = (
        {row["id"] for row in got} <= must
        and expected == [str(parse_date(row["date"])) for row in got]
        and len({r["id"] for r in got}) == len(got)
    )
    return expect(
        right,
        answer,
        f"{counted(len(expected), 'patch')} with the dates {expected!r:.300}",
        wrong_rows(answer, keys),
    )


@decides("LIST-062", _sliced(1, 3, 5000), on="patch_list", data=True)
def test_max_count_gives_the_oldest(world: World, answer: Exchange) -> Finding:
    if "max_count" not in (filter_of(answer) or {}):
        return None
    return _slice(world, answer, lambda n: n > 0)


@decides("LIST-063", _sliced(-1, -2), on="patch_list", data=True)
def test_a_negative_max_count_gives_the_newest(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    rest = {k: v for k, v in filt.items() if k != "max_count"}
    rows = world.universe("patch_list", rest)
    if rows is None or not only_known_fields(rest) or "max_count" not in filt:
        return None
    must, _ = split(rows, rest, world.profile.database)
    return _slice(world, answer, lambda n: -len(must) <= n < 0)


def _too_few(world: World) -> list[Step]:
    steps: list[Step] = [call("patch_list", {"id": NOWHERE, "max_count": -1})]
    return steps + [
        call("patch_list", {**w.bounds, "max_count": -len(w.rows) - 1}) for w in world.patches
    ]


@decides("LIST-064", _too_few, on="patch_list", data=True)
def test_too_negative_a_max_count_of_patches_faults(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    if filt == {"id": NOWHERE, "max_count": -1}:
        return faults(answer, "ValueError", "AssertionError", text="Negative indexing")
    rows = world.universe("patch_list", {k: v for k, v in filt.items() if k != "max_count"})
    return _slice(world, answer, lambda n: rows is not None and -n > len(rows))


@decides("LIST-065", _sliced(0), on="patch_list", data=True)
def test_a_max_count_of_0_gives_all(world: World, answer: Exchange) -> Finding:
    return _slice(world, answer, lambda n: n == 0)


def _suffixed(world: World) -> list[Step]:
    world.need_patches()
    return [
        call("patch_list", {**world.patches[0].bounds, f"max_count__{word}": 2})
        for word in ("gt", "in")
    ]


@decides("LIST-066", _suffixed, on="patch_list", data=True)
def test_a_lookup_behind_max_count_changes_nothing(world: World, answer: Exchange) -> Finding:
    keys = [k for k in filter_of(answer) or {} if k.startswith("max_count__")]
    return _slice(world, answer, lambda n: n > 0) if keys else None
