"""PW-CHK: checks, one by one, in lists and combined."""

from __future__ import annotations

from collections.abc import Callable

from ..deciding.decisions import OK, Finding, Step, decides
from ..deciding.judging import deviates, expect, poisoned
from ..target.exchange import Exchange, call
from ..target.knowing.world import Lacking, Row, World, parse_date
from ..target.wire import carried
from .asking.checking import WORST, check_windows, every_check
from .asking.rows import DATE, as_listed, one_int, spread


@decides(
    "CHK-001",
    lambda w: [call("check_get", r["id"]) for r in spread(w.need_checks(), 4)],
    on="check_get",
    data=True,
)
def test_check_get_agrees_with_the_list(world: World, answer: Exchange) -> Finding:
    return as_listed(answer, world.check_rows)


@decides("CHK-002", check_windows, on="check_list")
def test_check_states_are_the_four(world: World, answer: Exchange) -> Finding:
    return every_check(answer, lambda r: None if r["state"] in WORST else "one of the four states")


def _check_and_patch(world: World) -> list[Step]:
    return [
        (call("check_get", r["id"]), call("patch_get", r["patch_id"]))
        for r in spread(world.need_checks(), 3)
    ]


@decides("CHK-003", _check_and_patch, data=True)
def test_a_check_names_its_patch(world: World, *answers: Exchange) -> Finding:
    check = answers[0].value.plain if answers[0].value else {}
    if not isinstance(check, dict) or not check:
        return None
    patch, said = world.patch(check["patch_id"]) or {}, "patch_list"
    if len(answers) > 1:
        patch = answers[1].value.plain if answers[1].value else {}
        said = answers[1].request.describe()
    if not patch:
        return None
    right = carried(check["patch"]) == patch["name"]
    return expect(right, answers[0], f"the patch {patch['name']!r}, as {said} says")


@decides("CHK-004", check_windows, on="check_list")
def test_a_user_id_has_one_name(world: World, answer: Exchange) -> Finding:
    known: dict[int, str] = {}
    return every_check(
        answer,
        lambda r: (
            None
            if known.setdefault(r["user_id"], r["user"]) == r["user"]
            else f"the user {known[r['user_id']]!r} for user_id {r['user_id']}, as other checks say"
        ),
    )


@decides("CHK-005", check_windows, on="check_list")
def test_check_dates_read_as_python_writes_them(world: World, answer: Exchange) -> Finding:
    return every_check(answer, lambda r: None if DATE.match(r["date"]) else "YYYY-MM-DD HH:MM:SS")


def _combined(world: World) -> list[Step]:
    ids = dict.fromkeys(row["patch_id"] for row in world.need_checks())
    return [call("patch_check_get", number) for number in list(ids)[:6]]


def _whole(answer: Exchange) -> Row | None:
    plain = answer.value.plain if answer.value else None
    if one_int(answer) is None or not isinstance(plain, dict) or "checks" not in plain:
        return None
    return plain


@decides("CHK-020", _combined, on="patch_check_get")
def test_the_total_is_the_number_of_checks(world: World, answer: Exchange) -> Finding:
    whole = _whole(answer)
    if whole is None:
        return None
    return expect(whole["total"] == len(whole["checks"]), answer, "total = number of checks")


@decides("CHK-021", _combined, on="patch_check_get")
def test_the_combined_state_is_the_worst(world: World, answer: Exchange) -> Finding:
    whole = _whole(answer)
    if whole is None or not whole["checks"]:
        return None
    worst = min((check["state"] for check in whole["checks"]), key=WORST.index)
    return expect(whole["state"] == worst, answer, f"the state {worst}")


def _latest(world: World, answer: Exchange, key: Callable[[Row], object]) -> Finding:
    whole = _whole(answer)
    if whole is None or not whole["checks"]:
        return None
    keys = [key(check) for check in whole["checks"]]
    if len(keys) != len(set(keys)):
        return deviates(answer, "one check of each kind")
    for check in whole["checks"]:
        for other in world.check_rows:
            if other["patch_id"] == one_int(answer) and key(other) == key(check):
                newer, mine = parse_date(other["date"]), parse_date(check["date"])
                if newer and mine and newer > mine:
                    return deviates(answer, f"check {other['id']}, which check_list shows as newer")
    listed = {key(r) for r in world.check_rows if r["patch_id"] == one_int(answer)}
    return expect(
        listed <= set(keys), answer, f"one of each of {sorted(map(str, listed))}, as listed"
    )


@decides("CHK-022", _combined, on="patch_check_get", data=True)
def test_the_newest_of_each_user_and_context(world: World, answer: Exchange) -> Finding:
    return _latest(world, answer, lambda check: (check["user_id"], check["context"]))


@decides("CHK-023", _combined, on="patch_check_get", data=True)
def test_the_newest_of_each_context(world: World, answer: Exchange) -> Finding:
    return _latest(world, answer, lambda check: check["context"])


def _unchecked(world: World) -> list[Step]:
    checked = {row["patch_id"] for row in world.check_rows}
    rows = [r for r in world.need_patches() if r["id"] not in checked]
    if not rows:
        raise Lacking("every sampled patch has checks")
    return [call("patch_check_get", row["id"]) for row in spread(rows, 3)]


@decides("CHK-024", _unchecked, on="patch_check_get", data=True)
def test_no_check_is_pending(world: World, answer: Exchange) -> Finding:
    whole = _whole(answer)
    if poisoned(answer) or world.patch(one_int(answer) or 0) is None:
        return None
    if whole is None:
        return deviates(answer, "a combined check")
    if whole["checks"]:
        return None
    right = whole == {"state": "pending", "total": 0, "checks": []}
    return expect(right, answer, "{'state': 'pending', 'total': 0, 'checks': []}")


@decides("CHK-025", _combined, on="patch_check_get", data=True)
def test_combined_checks_are_listed_ones(world: World, answer: Exchange) -> Finding:
    whole = _whole(answer)
    if whole is None or not whole["checks"]:
        return None
    if not all(isinstance(check, dict) for check in whole["checks"]):
        return deviates(answer, "checks as check_list shows them")
    listed = {row["id"]: row for row in world.check_rows}
    known = [c for c in whole["checks"] if c["id"] in listed]
    for check in known:
        if check != listed[check["id"]]:
            return deviates(answer, f"{listed[check['id']]!r:.300}, as check_list says")
    return OK if known else None
