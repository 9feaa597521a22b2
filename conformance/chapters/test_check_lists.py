"""PW-CHK, lists of checks: filters, counts and order."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ..deciding.decisions import OK, Finding, Observation, Step, decides
from ..deciding.judging import array, deviates, empty, expect, faults, fixed, poisoned, same
from ..deciding.lookups import LOOKUPS, split
from ..target.exchange import NOWHERE, Exchange, call
from ..target.knowing.world import Row, World, rows_of
from ..verdicts.symptoms import wrong_rows
from ..verdicts.verdicts import Deviation
from .asking.checking import check_filter, check_windows
from .asking.rows import same_rows, spread
from .asking.selecting import whole_number


def _asked(*filters: Callable[[Row, list[Row]], dict[str, Any]]) -> Callable[[World], list[Step]]:
    def probe(world: World) -> list[Step]:
        world.need_checks()
        steps: list[Step] = []
        for window in world.checks:
            rows = sorted(window.rows, key=lambda r: r["id"])
            first, last = spread(rows, 2)[0], spread(rows, 2)[-1]
            steps += [call("check_list", {**window.bounds, **f(first, rows)}) for f in filters]
            # where all are known also as clients ask: without bounds
            bounds = {} if world.all_checks else window.bounds
            steps += [call("check_list", {**bounds, **f(last, rows)}) for f in filters]
        return steps

    return probe


def _selected(world: World, answer: Exchange, wanted: Callable[[set[str]], bool]) -> Finding:
    filt = check_filter(answer)
    if filt is None or poisoned(answer):
        return None
    keys = set(filt) - {"id__range"} or set(filt)
    if not wanted(keys) or "max_count" in filt:
        return None
    rows = world.universe("check_list", filt)
    if rows is None or any(isinstance(v, float) for v in filt.values()):
        return None
    if any(
        k.partition("__")[0] in ("patch_id", "project_id")
        and (not whole_number(v) or int(v) not in _known_ids(world, k))
        for k, v in filt.items()
    ):
        return None
    must, may = split(rows, filt, world.profile.database)
    if must != may:
        return None
    found = array(answer)
    if isinstance(found, Deviation):
        return found
    got = {row["id"] for row in rows_of(answer) or []}
    found_by = [k for k in filt if k != "id__range"] or filt
    return expect(got == must, answer, f"the checks {sorted(must)}", wrong_rows(answer, found_by))


def _known_ids(world: World, key: str) -> set[int]:
    return {row["patch_id"] for row in world.check_rows} if key.startswith("patch_id") else set()


@decides(
    "CHK-010",
    _asked(lambda r, a: {"patch_id": r["patch_id"]}, lambda r, a: {"patch_id": str(r["patch_id"])}),
    on="check_list",
    data=True,
)
def test_checks_by_patch(world: World, answer: Exchange) -> Finding:
    return _selected(world, answer, lambda keys: keys == {"patch_id"})


@decides(
    "CHK-011",
    _asked(
        lambda r, a: {"user": r["user_id"]},
        lambda r, a: {"user": str(r["user_id"])},
        lambda r, a: {"user": NOWHERE},
    ),
    on="check_list",
    data=True,
)
def test_checks_by_user(world: World, answer: Exchange) -> Finding:
    return _selected(world, answer, lambda keys: keys == {"user"})


@decides(
    "CHK-012",
    _asked(
        lambda r, a: {"id": r["id"]},
        lambda r, a: {"id__gt": r["id"]},
        lambda r, a: {"id__lt": r["id"]},
        lambda r, a: {"id__gte": r["id"]},
        lambda r, a: {"id__in": [r["id"], a[0]["id"], NOWHERE]},
        lambda r, a: {"id": str(r["id"])},
        lambda r, a: {"id__range": [r["id"], a[-1]["id"]]},
        lambda r, a: {"id__range": [a[0]["id"], r["id"]]},
        lambda r, a: {"id__in": [str(r["id"]), str(a[-1]["id"])]},
    ),
    on="check_list",
    data=True,
)
def test_checks_by_id(world: World, answer: Exchange) -> Finding:
    known = {"id", "id__gt", "id__lt", "id__gte", "id__in", "id__range"}
    filt = check_filter(answer) or {}
    plain = all(
        all(map(whole_number, v)) if isinstance(v, list) else whole_number(v) for v in filt.values()
    )
    return _selected(world, answer, lambda keys: keys <= known and plain)


@decides(
    "CHK-032",
    _asked(
        lambda r, a: {"user__gt": r["user_id"]},
        lambda r, a: {"user__gte": r["user_id"]},
        lambda r, a: {"user__lt": r["user_id"]},
        lambda r, a: {"user__gt": r["user_id"] - 1},
        lambda r, a: {"user__lt": r["user_id"] + 1},
        lambda r, a: {"user__in": [r["user_id"], NOWHERE]},
    ),
    on="check_list",
    data=True,
)
def test_checks_by_lookups_of_users(world: World, answer: Exchange) -> Finding:
    known = {"user__gt", "user__gte", "user__lt", "user__in"}
    return _selected(world, answer, lambda keys: len(keys) == 1 and keys <= known)


@decides(
    "CHK-033",
    _asked(
        *(
            lambda r, a, name=name, flag=flag: {f"{name}__isnull": flag}
            for name in ("id", "user")
            for flag in (True, False)
        )
    ),
    on="check_list",
    data=True,
)
def test_no_check_lacks_an_id_or_a_user(world: World, answer: Exchange) -> Finding:
    known = {"id__isnull", "user__isnull"}
    return _selected(world, answer, lambda keys: len(keys) == 1 and keys <= known)


def _other_user(row: Row, rows: list[Row]) -> int:
    """Who made another check of the same patch, or else any other check, or nobody."""
    others = [r for r in rows if r["user_id"] != row["user_id"]]
    same = [r for r in others if r["patch_id"] == row["patch_id"]]
    return int((same or others or [{"user_id": NOWHERE}])[0]["user_id"])


@decides(
    "CHK-013",
    _asked(
        lambda r, a: {"patch_id": r["patch_id"], "user": r["user_id"], "id__gte": r["id"]},
        lambda r, a: {"patch_id": r["patch_id"], "user": _other_user(r, a)},
        lambda r, a: {"user": _other_user(r, a), "id__lt": r["id"]},
    ),
    on="check_list",
    data=True,
)
def test_two_check_filters_are_both_heeded(world: World, answer: Exchange) -> Finding:
    filt = check_filter(answer) or {}
    if {"user", "max_count"} == set(filt):
        return _bounded(world, answer)
    return _selected(world, answer, lambda keys: len(keys) > 1)


@decides(
    "CHK-014",
    _asked(*(lambda r, a, n=n: {"max_count": n} for n in (1, 3, 0))),
    on="check_list",
    data=True,
)
def test_max_count_bounds_checks(world: World, answer: Exchange) -> Finding:
    return _bounded(world, answer)


def _bounded(world: World, answer: Exchange) -> Finding:
    filt = check_filter(answer)
    if filt is None or poisoned(answer) or type(filt.get("max_count")) is not int:
        return None
    count = filt["max_count"]
    rest = {k: v for k, v in filt.items() if k != "max_count"}
    rows = world.universe("check_list", rest)
    if not 0 <= count < 1 << 31 or rows is None:
        return None
    must, may = split(rows, rest, world.profile.database)
    if must != may:
        return None
    found = array(answer)
    if isinstance(found, Deviation):
        return found
    got = [row["id"] for row in rows_of(answer) or []]
    wanted = min(count or len(must), len(must))
    right = len(got) == wanted and set(got) <= must and len(set(got)) == len(got)
    return expect(right, answer, f"{wanted} of the checks {sorted(must)}")


UNKNOWN = ("context", "state", "date", "user_id", "description", "patch")


def _of_unknown(world: World) -> list[Step]:
    """Members of a check that are no fields, with values that there are."""
    row = spread(world.check_rows, 3)[1:2] or world.check_rows[:1]
    unknown = UNKNOWN[: 4 if world.thrifty else None]
    values = {name: row[0][name] if row else "success" for name in unknown}
    return [call("check_list", {name: value}) for name, value in values.items()]


def _of_mistaken(world: World) -> list[Step]:
    """Lookups that there are not, with values by which a check would be found if there were."""
    row = (spread(world.check_rows, 3)[1:2] or world.check_rows[:1] or [{}])[0]
    values = {
        "id": row.get("id", 1),
        "user": row.get("user_id", 1),
        "patch_id": row.get("patch_id", 1),
    }
    asked = [(f"{name}__{how}", v) for how in ("lte", "exact", "") for name, v in values.items()]
    return [call("check_list", {k: v}) for k, v in asked[: 2 if world.thrifty else None]]


@decides("CHK-031", _of_mistaken, on="check_list")
def test_unknown_check_lookups_give_nothing(world: World, answer: Exchange) -> Finding:
    filt = check_filter(answer) or {}
    name, mark, lookup = next(iter(filt), "").partition("__")
    if len(filt) != 1 or name not in ("id", "user", "project_id", "patch_id") or not mark:
        return None
    return None if lookup.partition("__")[0] in LOOKUPS else empty(answer, [])


@decides("CHK-015", _of_unknown, on="check_list")
def test_unknown_check_fields_give_nothing(world: World, answer: Exchange) -> Finding:
    filt = check_filter(answer)
    if not filt or len(filt) != 1 or next(iter(filt)) not in UNKNOWN:
        return None
    return empty(answer, [])


@decides(
    "CHK-016",
    fixed(*(call("check_list", {"patch_id": v}) for v in (NOWHERE, None))),
    on="check_list",
)
def test_checks_of_a_missing_patch(world: World, answer: Exchange) -> Finding:
    if (check_filter(answer) or {}) not in [{"patch_id": v} for v in (NOWHERE, 9999, None)]:
        return None
    return faults(answer, "IndexError")


def _user_names(world: World) -> list[Step]:
    names = [row["user"] for row in spread(world.check_rows, 1 if world.thrifty else 2)]
    return [call("check_list", {"user": name}) for name in ("pw-conformance", *names)]


@decides("CHK-017", _user_names, on="check_list")
def test_checks_by_user_name(world: World, answer: Exchange) -> Finding:
    filt = check_filter(answer) or {}
    name = filt.get("user")
    if set(filt) != {"user"} or not isinstance(name, str) or not re.search("[a-z]{3}", name):
        return None
    return faults(answer, "ValueError")


@decides("CHK-018", check_windows, on="check_list")
def test_no_check_comes_twice(world: World, answer: Exchange) -> Finding:
    rows = rows_of(answer)
    if not rows:
        return None
    ids = [row.get("id") for row in rows]
    return expect(len(ids) == len(set(ids)), answer, "every check once")


def _projects(world: World) -> list[Step]:
    steps: list[Step] = [call("check_list", {"project_id": NOWHERE})]
    for project in world.projects[:3]:
        steps += [
            call("check_list", {"project_id": project["id"], **w.bounds}) for w in world.checks
        ]
    return steps


@decides("CHK-019", _projects, on="check_list", data=True)
def test_checks_by_project(world: World, answer: Exchange) -> Finding:
    filt = check_filter(answer) or {}
    if not set(filt) <= {"project_id", "id__range"} or type(filt.get("project_id")) is not int:
        return None
    strange = {NOWHERE, 9999} if world.all_projects else {NOWHERE}
    if filt["project_id"] in strange - {p["id"] for p in world.projects}:
        return faults(answer, "IndexError")
    rows = world.universe("check_list", filt)
    if rows is None or not world.projects or poisoned(answer):
        return None
    projects = {row["id"]: row["project_id"] for row in world.patch_rows}
    bounds = {key: value for key, value in filt.items() if key == "id__range"}
    within, _ = split(rows, bounds)
    known = [row for row in rows if row["id"] in within and row["patch_id"] in projects]
    wanted = {r["id"] for r in known if projects[r["patch_id"]] == filt["project_id"]}
    got = {row["id"] for row in rows_of(answer) or []} & {row["id"] for row in known}
    return expect(got == wanted and answer.value is not None, answer, f"checks {sorted(wanted)}")


def _suffixed(world: World) -> list[Step]:
    row = spread(world.need_checks(), 3)[-1]
    bounds = {} if world.all_checks else world.checks[-1].bounds
    return [
        (
            call("check_list", {f"patch_id__{lookup}": row["patch_id"], **bounds}),
            call("check_list", {"patch_id": row["patch_id"], **bounds}),
        )
        for lookup in ("gt", "in")[: 1 if world.thrifty else None]
    ]


@decides("CHK-026", _suffixed, data=True)
def test_lookups_of_a_check_s_patch_are_ignored(
    world: World, suffixed: Exchange, plain: Exchange
) -> Finding:
    if same(suffixed, plain):
        return OK
    return deviates(suffixed, f"what {plain.request.describe()} answers")


@decides("CHK-027", fixed(call("check_list", {"user__icontains": "a"})), on="check_list")
def test_text_lookups_of_a_user_fault(world: World, answer: Exchange) -> Finding:
    filt = check_filter(answer) or {}
    if set(filt) != {"user__icontains"} or not isinstance(filt["user__icontains"], str):
        return None
    return faults(answer, "TypeError", "FieldError")


def _unfiltered(world: World) -> list[Step]:
    world.need_moderate("check_list")
    return [(call("check_list"), call("check_list", {}), call("check_list", None))]


@decides("CHK-028", _unfiltered, data=True)
def test_no_filter_is_no_filter(world: World, *answers: Exchange) -> Finding:
    return same_rows(answers)


def _ends(world: World) -> list[Step]:
    """Each window whole and cut at both ends, whole and of one patch."""
    world.need_checks()
    steps: list[Step] = []
    for window in world.checks:
        patches = [row["patch_id"] for row in window.rows]
        most = max(set(patches), key=patches.count, default=0)
        for filt in ({}, {"patch_id": most}):
            bounds = {**filt, **window.bounds}
            cut = [call("check_list", {**bounds, "max_count": n}) for n in (2, -2)]
            steps.append((call("check_list", bounds), *cut))
    return steps[: 1 if world.thrifty else None]


@decides("CHK-029", _ends, data=True)
def test_max_count_takes_either_end(world: World, whole: Exchange, *cut: Exchange) -> Finding:
    """Where checks come by id: otherwise another call may have them in another order."""
    rows = rows_of(whole)
    ids = [row["id"] for row in rows or []]
    if len(ids) < 3 or ids != sorted(ids):
        return None
    for answer in cut:
        count = (check_filter(answer) or {}).get("max_count", 0)
        wanted = ids[:count] if count > 0 else ids[count:]
        if count < 0 and (world.profile.api == "1.1" or -count > len(ids)):
            continue
        got = [row["id"] for row in rows_of(answer) or []]
        if got != wanted:
            return deviates(answer, f"the checks {wanted}")
    return OK


def _beyond(world: World) -> list[Step]:
    world.need_checks()
    steps: list[Step] = [
        call("check_list", {**window.bounds, "max_count": -len(window.rows) - more})
        for window in world.checks
        for more in (1, 100)
    ]
    return steps[: 1 if world.thrifty else None]


@decides("CHK-034", _beyond, on="check_list", data=True)
def test_too_negative_a_max_count_of_checks_faults(world: World, answer: Exchange) -> Finding:
    filt = check_filter(answer) or {}
    rest = {k: v for k, v in filt.items() if k != "max_count"}
    count, rows = filt.get("max_count"), world.universe("check_list", rest)
    if type(count) is not int or set(rest) - {"id__range"} or rows is None:
        return None
    within, _ = split(rows, rest)
    if -count <= len(within):
        return None
    return faults(answer, "ValueError", "AssertionError", text="Negative indexing")


@decides("CHK-030", check_windows, on="check_list")
def test_the_order_of_checks(world: World, answer: Exchange) -> Finding:
    ids = [row["id"] for row in rows_of(answer) or []]
    if len(ids) < 2:
        return None
    return Observation(
        "check_list by id" if ids == sorted(ids) else "check_list in no order of ids"
    )
