"""PW-LIST, the patches: laws that hold between filters, whatever the rows are."""

from __future__ import annotations

import re
from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any

from ..deciding.decisions import OK, Finding, Step, decides
from ..deciding.judging import array, bad_value, deviates, empty, expect, faults, fixed, poisoned
from ..deciding.lookups import TEXT, split
from ..target.counting import counted
from ..target.exchange import Exchange, call
from ..target.knowing.world import LISTED, Lacking, World, parse_date, rows_of
from ..verdicts.verdicts import Deviation
from .asking.edges import telling
from .asking.searching import searched
from .asking.selecting import filter_of, selected_rightly

PATCH_RELATIONS = frozenset({"project_id", "state_id", "submitter_id"})


def ids_of(answers: tuple[Exchange, ...]) -> list[set[int]] | Deviation | None:
    """The ids in each answer; None if a row spoilt one."""
    found = []
    for answer in answers:
        rows = rows_of(answer)
        if rows is None:
            return None if poisoned(answer) else deviates(answer, "an array")
        found.append({row["id"] for row in rows})
    return found


def _ordered(world: World) -> list[Step]:
    """Every way to compare a text, for a few texts of each window."""
    world.need_patches()
    steps: list[Step] = []
    for window in world.patches[: 1 if world.thrifty else None]:
        for name in ("name",) if world.thrifty else ("name", "msgid"):
            for text in telling(list(window.rows), name)[: 1 if world.thrifty else 3]:
                asked: list[dict[str, Any]]
                asked = [{f"{name}__{how}": text} for how in ("gt", "gte", "lt")]
                asked += [{name: text}, {}, {f"{name}__range": [text, text]}]
                steps.append(tuple(call("patch_list", {**a, **window.bounds}) for a in asked))
    return steps


@decides("LIST-083", lambda w: [*_ordered(w), *_ranges(w)], data=True)
def test_texts_are_greater_equal_or_less(world: World, *answers: Exchange) -> Finding:
    """Which is which depends on the collation."""
    found = ids_of(answers)
    if not isinstance(found, list):
        return found
    if len(found) == 2:
        told = f"nothing of what {answers[1].request.describe()} gives: the other way is empty"
        return expect(not found[0] & found[1], answers[0], told)
    greater, not_less, less, equal, every, *between = found
    twice = (greater & less) | ((greater | less) & equal)
    if astray := sorted(twice | ((greater | less | equal) ^ every)):
        told = f"each of the patches that {answers[4].request.describe()} gives greater, less"
        return deviates(answers[0], f"{told} or equal, and but one of these: not {astray[:9]}")
    if not_less != greater | equal:
        return deviates(answers[1], f"the greater and the equal ones: {sorted(greater | equal)}")
    right = all(ids == equal for ids in between)
    return expect(right, answers[-1], f"the equal ones: {sorted(equal)}")


def _ranges(world: World) -> list[Step]:
    """From one text to another and back, of two that no collation takes for equal."""
    world.need_patches()
    steps: list[Step] = []
    for window in world.patches[: 1 if world.thrifty else None]:
        for name in ("name",) if world.thrifty else ("name", "msgid"):
            texts = [t for t in telling(list(window.rows), name) if t.isascii()]
            unlike = {re.sub("[^a-z0-9]", "", text.lower()): text for text in texts}
            if len(unlike) > 1:
                least, most = unlike[min(unlike)], unlike[max(unlike)]
                steps.append(
                    tuple(
                        call("patch_list", {f"{name}__range": ends, **window.bounds})
                        for ends in ([least, most], [most, least])
                    )
                )
    return steps


NEVER_NULL = ("name", "date", "msgid", "archived", "id")


def _null(world: World) -> list[Step]:
    world.need_patches()
    names = NEVER_NULL[:1] if world.thrifty else (*NEVER_NULL, "commit_ref", "hash")
    return [
        call("patch_list", {f"{name}__isnull": flag, **world.patches[0].bounds})
        for name in names
        for flag in (False, True)
    ]


@decides("LIST-084", _null, on="patch_list", data=True)
def test_isnull_is_true_of_nulls(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    flags = [k for k in filt if k.endswith("__isnull") and type(filt[k]) is bool]
    if len(flags) != 1 or set(filt) - {"id__range"} != set(flags):
        return None
    if world.profile.swallows and answer.value is None:
        return None
    return selected_rightly(world, answer, filt)


def _listed(world: World) -> list[Step]:
    steps: list[Step] = []
    for name, method in (("patches", "patch_list"), ("checks", "check_list")):
        rows = rows_of(world.evidence[name]) if name in world.evidence else None
        ids = sorted(row["id"] for row in rows or [] if isinstance(row.get("id"), int))
        if ids:
            steps.append(
                (
                    call(method, {"max_count": len(ids)}),
                    call(method, {"id__range": [ids[0], min(ids[-1], ids[0] + LISTED)]}),
                )
            )
    if not steps:
        world.need_patches()
        raise Lacking("neither patches nor checks could be listed")
    return steps


@decides("LIST-085", _listed, data=True)
def test_a_range_holds_what_is_listed(world: World, first: Exchange, ranged: Exchange) -> Finding:
    rows, found = rows_of(first), rows_of(ranged)
    if rows is None or poisoned(ranged):
        return None
    if found is None:
        return deviates(ranged, "an array")
    bounds = (filter_of(ranged) or {}).get("id__range", [0, 0])
    wanted = {row["id"] for row in rows if bounds[0] <= row["id"] <= bounds[1]}
    missing = sorted(wanted - {row["id"] for row in found})
    return (
        OK
        if not missing
        else deviates(ranged, f"{missing[:9]} too, which {first.request.describe()} lists")
    )


@decides(
    "LIST-086",
    lambda w: [
        call("patch_list", {"max_count": v})
        for v in ("2", None, [1], {"a": 1})[: 1 if w.thrifty else None]
    ],
    on="patch_list",
)
def test_a_max_count_of_another_type_faults(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    count = filt.get("max_count", 0)
    if set(filt) != {"max_count"} or not (count is None or isinstance(count, str | list | dict)):
        return None
    return faults(answer, "TypeError")


def _truths(world: World) -> list[Step]:
    world.need_patches()
    bounds = world.patches[0].bounds
    values: tuple[Any, ...] = (True, 1.5, False, 0.0)
    asked: list[Step] = [
        (
            call("patch_list", {**bounds, "max_count": value}),
            call("patch_list", {**bounds, "max_count": int(value)}),
        )
        for value in values[: 1 if world.thrifty else None]
    ]
    lists = () if world.thrifty or world.profile.swallows else ("project_list", "state_list")
    return asked + [(call(m, "", v), call(m, "", int(v))) for m in lists for v in (True, 1.5)]


@decides("LIST-087", _truths, data=True)
def test_a_max_count_counts_as_its_whole_number(
    world: World, answer: Exchange, whole: Exchange
) -> Finding:
    found = ids_of((answer, whole))
    if not isinstance(found, list):
        return found
    told = f"{counted(len(found[1]), 'row')}, as {whole.request.describe()} gives"
    return expect(len(found[0]) == len(found[1]), answer, told)


@decides("LIST-088", fixed(call("patch_list", "id"), call("patch_list", "")), on="patch_list")
def test_a_text_is_a_filter_by_letters(world: World, answer: Exchange) -> Finding:
    match answer.params:
        case (str(text),) if text:
            return empty(answer, [])
    return None


@decides(
    "LIST-089",
    fixed(*(call("patch_list", {f"{name}__in": [1, 2]}) for name in sorted(PATCH_RELATIONS))),
    on="patch_list",
)
def test_a_relation_takes_no_list(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    key = next(iter(filt), "")
    if len(filt) != 1 or key.partition("__")[0] not in PATCH_RELATIONS:
        return None
    if not isinstance(filt[key], list) or (key.count("__") and key.split("__")[1] != "in"):
        return None
    return faults(answer, "TypeError")


@decides(
    "LIST-093",
    lambda w: [
        tuple([call(method, *params)] * (3 if w.thrifty else 6))
        for method, params in (
            *((m, ()) for m in ("project_list", "state_list", "person_list") if w.whole(m)),
            *(("patch_list", (v.bounds,)) for v in w.patches[:1]),
            *(("check_list", (v.bounds,)) for v in w.checks[:1]),
            *((m, (r["id"],)) for r in w.patch_rows[:1] for m in ("patch_get", "patch_get_mbox")),
            *(("check_get", (r["id"],)) for r in w.check_rows[:1]),
        )
    ][: 1 if w.thrifty else None],
)
def test_rows_do_not_come_and_go(world: World, *answers: Exchange) -> Finding:
    """Rows may be added, go or change while we look, but none that is gone comes again."""
    seen: list[object] = []
    for answer in answers:
        rows = rows_of(answer)
        if poisoned(answer):
            return None
        now: object
        if not answer.method.endswith("_list"):
            now = repr(answer.reply)
        elif rows is None:
            return deviates(answer, "an array, as before") if seen else None
        elif answer.method in ("patch_list", "check_list"):
            now = frozenset(row["id"] for row in rows)
        else:
            now = repr(sorted(map(repr, rows)))
        if now in seen and now != seen[-1]:
            return deviates(answer, "what the same call answered just before")
        seen.append(now)
    return OK


ABSENT = ("pw-conformance" * 20, "pw-conformance'\";--", "under-review")


@decides(
    "LIST-096",
    lambda w: [
        call(m, text)
        for m in ("project_list", "state_list", "person_list")[:: 3 if w.thrifty else 1]
        for text in ABSENT[: 1 if w.thrifty else None]
    ],
    on="project_list state_list person_list",
    data=True,
)
def test_a_search_for_what_there_is_not_finds_nothing(world: World, answer: Exchange) -> Finding:
    return searched(world, answer) if answer.params in [(text,) for text in ABSENT] else None


def _unshown(world: World) -> list[Step]:
    world.need_patches()
    names = [name for name in ("hash", "commit_ref") if name in world.need_patches()[0]]
    return [
        tuple(
            call("patch_list", {**asked, **world.patches[0].bounds})
            for asked in ({}, {f"{name}__isnull": True}, {name: ""})
        )
        for name in names[: 1 if world.thrifty else None]
    ]


@decides("LIST-097", _unshown, data=True)
def test_what_shows_no_text_has_none(
    world: World, every: Exchange, null: Exchange, blank: Exchange
) -> Finding:
    found, rows = ids_of((every, null, blank)), rows_of(every)
    if not isinstance(found, list) or rows is None:
        return None if isinstance(found, list) else found
    key = next((k for k in filter_of(null) or {} if k.endswith("__isnull")), "")
    name = key.partition("__")[0]
    shown = [row["id"] for row in rows if row.get(name) == "" and row["id"] not in found[1]]
    hidden = [number for number in shown if number not in found[2]]
    if hidden:
        asked = f"{null.request.describe()} and {blank.request.describe()} do not give it"
        told = f"the {name} of patch {hidden[0]}, which is neither null nor '': {asked}"
        return deviates(every, told)
    return OK


#: Ids that are listed at once, and in parts: more than a page of what gives rows by the page.
LONG, PART = 120, 15


def _long_and_in_parts(world: World) -> list[Step]:
    steps: list[Step] = []
    for method, windows in (("patch_list", world.patches), ("check_list", world.checks)):
        for window in windows[:1]:
            low = min((row["id"] for row in window.rows), default=window.low)
            width = window.high - low + 1 if world.thrifty else LONG
            step = width if world.thrifty else PART
            parts = [
                call(method, {"id__range": [at, min(at + step, low + width) - 1]})
                for at in range(low, low + width, step)
            ]
            whole = call(method, {"id__gte": low, "id__lt": low + width})
            steps.append((*parts[::2], whole, *parts[1::2]))
    if not steps:
        world.need_patches()
        raise Lacking("neither patches nor checks could be listed")
    return steps[: 1 if world.thrifty else None]


@decides("LIST-099", _long_and_in_parts, data=True)
def test_long_lists_are_whole(world: World, *answers: Exchange) -> Finding:
    found = ids_of(answers)
    if not isinstance(found, list):
        return found
    (at,) = (n for n, answer in enumerate(answers) if "id__gte" in (filter_of(answer) or {}))
    parts = set().union(*found[:at], *found[at + 1 :])
    missing, more = sorted(parts - found[at]), sorted(found[at] - parts)
    if missing:
        return deviates(answers[at], f"{missing[:9]} too, which shorter lists show")
    return OK if not more else deviates(answers[0], f"{more[:9]} too, which a long list shows")


#: Lookups by which an empty text is found in every text, and those that find an empty one.
PARTS = ("contains", "icontains", "startswith", "istartswith", "endswith", "iendswith")
WHOLE = ("", "iexact")


def _blank(world: World) -> list[Step]:
    world.need_patches()
    keys = ["name", "msgid", "hash", "commit_ref", "name__iexact", "msgid__contains"]
    keys += [f"name__{how}" for how in PARTS]
    asked = keys[:1] if world.thrifty else keys
    return [call("patch_list", {key: "", **world.patches[0].bounds}) for key in asked]


@decides("LIST-101", _blank, on="patch_list", data=True)
def test_an_empty_text_is_a_value(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    blank = [key for key in filt if filt[key] == ""]
    bounds = {k: v for k, v in filt.items() if k == "id__range"}
    name, _, lookup = blank[0].partition("__") if len(blank) == 1 else ("", "", "")
    rows = world.universe("patch_list", filt)
    if name not in TEXT or lookup not in (*WHOLE, *PARTS) or len(filt) > 1 + len(bounds):
        return None
    if rows is None or poisoned(answer):
        return None
    within, _ = split(rows, bounds)
    found = array(answer)
    if isinstance(found, Deviation):
        return found
    got = {row["id"] for row in rows_of(answer) or []}
    if lookup in WHOLE:  # of other characters some collation may see nothing
        shown = {r["id"] for r in rows if re.search("[A-Za-z0-9]", str(r.get(name, "")))}
        wrong = sorted(got & shown)[:9]
        return OK if not wrong else deviates(answer, f"no patch that shows a {name}: not {wrong}")
    if name not in NEVER_NULL:
        return None
    missing = sorted(within - got)[:9]
    told = f"{missing} too: an empty text is part of every {name}"
    return OK if not missing else deviates(answer, told)


#: What is never null, and so is never nil; and lookups that nil has no sense behind.
NIL = ("name__gt", "id__lt", "name__icontains", "msgid__startswith", "date__gte")


def _nil(world: World) -> list[Step]:
    world.need_patches()
    keys = ("name", "name__gt") if world.thrifty else (*NEVER_NULL, *NIL)
    return [call("patch_list", {key: None, **world.patches[0].bounds}) for key in keys]


@decides("LIST-102", _nil, on="patch_list")
def test_nil_is_no_value(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    keys = [key for key in filt if key != "id__range"]
    if len(keys) != 1 or filt[keys[0]] is not None:
        return None
    if keys[0] in NEVER_NULL:
        return empty(answer, [])
    return bad_value(world, answer, "ValueError", value=[]) if keys[0] in NIL else None


#: How a year is compared behind `year`.
YEARS: dict[str, Callable[[int, int], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}


def _behind(world: World) -> list[Step]:
    """Years that there are, compared; and what cannot be behind a lookup."""
    world.need_patches()
    window = world.patches[0]
    years = sorted({m.year for r in window.rows if (m := parse_date(str(r["date"])))})
    asked: dict[str, Any] = {"name__icontains__foo": "a"}
    for how in list(YEARS)[: 1 if world.thrifty else None] if years else ():
        asked[f"date__year__{how}"] = years[len(years) // 2]
    return [call("patch_list", {key: value, **window.bounds}) for key, value in asked.items()]


@decides("LIST-103", _behind, on="patch_list", data=True)
def test_what_is_behind_a_lookup_is_heeded(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    keys = [key for key in filt if key != "id__range"]
    name, lookup, how, *more = [*(keys[0] if len(keys) == 1 else "").split("__"), "", "", ""]
    if (name, lookup, how) == ("name", "icontains", "foo"):
        return bad_value(world, answer, "FieldError", value=[])
    rows = world.universe("patch_list", filt)
    year = filt.get(f"date__year__{how}")
    if how not in YEARS or any(more) or type(year) is not int or rows is None or poisoned(answer):
        return None
    if world.profile.swallows:
        return None
    if answer.fault is not None:  # by Django 1.8 (servers.md 2)
        return faults(answer, "FieldError")
    within, _ = split(rows, {k: v for k, v in filt.items() if k == "id__range"})
    moments = {row["id"]: parse_date(str(row["date"])) for row in rows if row["id"] in within}
    wanted = sorted(n for n, m in moments.items() if m and YEARS[how](m.year, year))
    got = sorted(row["id"] for row in rows_of(answer) or [])
    return expect(got == wanted and None not in moments.values(), answer, f"the patches {wanted}")
