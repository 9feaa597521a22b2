"""PW-LIST, the patches: how filters narrow patch_list."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from ..deciding.engine import OK, Finding, Mixed, Step, decides
from ..deciding.judging import array, deviates, empty, expect, faults, fixed, poisoned
from ..deciding.lookups import LOOKUPS, PATCH_FIELDS, clock_change, split
from ..requirements.filters import FILTERS, Filter
from ..target.exchange import NOWHERE, Exchange, call
from ..target.world import Row, World, parse_date, rows_of
from ..verdicts.verdicts import Deviation
from .selecting import filter_of, known, mixed, pointless, selection, windowed
from .test_reads import some


def _decide(entry: Filter) -> None:
    def judge(world: World, answer: Exchange) -> Finding:
        filt = filter_of(answer)
        if not filt or not set(entry.keys) & set(filt):
            return None
        if not set(filt) - {"id__range"} <= set(entry.keys):
            return None
        if entry.number == "058":
            filt = {
                k: v.replace("T", " ") if isinstance(v, str) and "T" in v else v
                for k, v in filt.items()
            }
            if not any(isinstance(v, str) and "T" in v for v in answer.params[0].values()):
                return None
        return selection(world, answer, filt)

    judge.__name__ = "test_filter_" + entry.number + "_" + entry.keys[0]
    judge.__module__ = __name__
    globals()[judge.__name__] = decides(
        f"LIST-{entry.number}", lambda world: mixed(world, entry), on="patch_list", data=True
    )(judge)


for _entry in FILTERS:
    _decide(_entry)


def _windows(world: World) -> list[Step]:
    world.need_patches()
    return [window.read("patch_list") for window in world.patches]


def _narrowed(world: World) -> list[Step]:
    """Windows, whole and narrowed: whatever the filter, the order is the same."""
    steps = _windows(world)
    for window in () if world.thrifty else world.patches:
        backwards = [row["id"] for row in reversed(window.rows)][:20]
        steps.append(call("patch_list", {"id__in": backwards}))
        row = some_of(list(window.rows))
        for name in ("project_id", "submitter_id", "state_id", "archived") if row else ():
            steps.append(call("patch_list", {name: row[name], **window.bounds}))
    return steps


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


#: What pwclient and its like ask for together (CLIENTS.md), and two by two.
COMBINED = (
    ("archived", "state_id", "project_id", "submitter_id"),
    ("project_id", "state_id"),
    ("state_id", "project_id"),
    ("project_id", "submitter_id"),
    ("archived", "project_id"),
    ("submitter_id", "archived"),
    ("msgid", "project_id"),
    ("name", "state_id"),
)


def _sliced(*counts: int) -> Callable[[World], list[Step]]:
    """Windows cut to some counts, whole and narrowed to what their newest patch is one of."""

    def probe(world: World) -> list[Step]:
        world.need_patches()
        asked: list[Step] = []
        for window in world.patches:
            last = window.rows[-1] if window.rows else {}
            narrow = () if world.thrifty else (*COMBINED[:1], *((n,) for n in COMBINED[0]))
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
    if not wanted(count) or rows is None or not known(rest) or poisoned(answer):
        return None
    if any(pointless(world, k, v) for k, v in rest.items()):
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
    return expect(right, answer, f"{len(expected)} patches with the dates {expected!r:.300}")


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
    if rows is None or not known(rest) or "max_count" not in filt:
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


def _single(answer: Exchange) -> tuple[str, Any]:
    filt = filter_of(answer) or {}
    rest = {k: v for k, v in filt.items() if not (k == "id" and v == NOWHERE)}
    return next(iter(rest.items())) if len(rest) == 1 else ("", None)


def _titles(world: World) -> list[dict[str, Any]]:
    """Members of a patch that are no fields, with values that there are."""
    names = ("state", "submitter", "project", "delegate", "filename")
    row = some_of(world.patch_rows)
    return [{name: row[name]} for name in names[: 1 if world.thrifty else None] if name in row]


def some_of(rows: list[Row]) -> Row:
    """A row in the middle; {} if there is none."""
    return rows[len(rows) // 2] if rows else {}


@decides(
    "LIST-067",
    lambda world: [
        call("patch_list", filt) for filt in ({"foo": 1}, {"series": "7"}, *_titles(world))
    ],
    on="patch_list",
)
def test_unknown_fields_give_nothing(world: World, answer: Exchange) -> Finding:
    key, _ = _single(answer)
    name = key.partition("__")[0]
    if not name or name in PATCH_FIELDS or name == "max_count":
        return None
    return empty(answer, [])


UNKNOWN = (
    *("id__lte", "name__regex", "id__exact", "id__GT", "id__", "name__iregex", "name__ne"),
    *("id__ne", "date__week_day", "date__hour", "date__date", "name__search", "state_id__name"),
)


@decides(
    "LIST-068",
    lambda world: [call("patch_list", {k: 1}) for k in UNKNOWN[: 4 if world.thrifty else None]],
    on="patch_list",
)
def test_unknown_lookups_give_nothing(world: World, answer: Exchange) -> Finding:
    key, _ = _single(answer)
    name, mark, lookup = key.partition("__")
    if name not in PATCH_FIELDS or not mark or lookup.partition("__")[0] in LOOKUPS:
        return None
    return empty(answer, [])


@decides(
    "LIST-069",
    fixed(*(call("patch_list", {k: 1}) for k in ("state", "project", "submitter"))),
    on="patch_list",
)
def test_relations_have_no_names(world: World, answer: Exchange) -> Finding:
    key, _ = _single(answer)
    return empty(answer, []) if key in ("state", "project", "submitter", "delegate") else None


NOWHERE_FILTERS = fixed(
    *(call("patch_list", {k: NOWHERE}) for k in ("project_id", "submitter_id", "state_id"))
)


def _to_nowhere(answer: Exchange) -> bool:
    key, value = _single(answer)
    return key in ("project_id", "submitter_id", "state_id") and value in (NOWHERE, 9999)


@decides("LIST-070", NOWHERE_FILTERS, on="patch_list")
def test_relations_to_nothing_give_nothing(world: World, answer: Exchange) -> Finding:
    return empty(answer, []) if _to_nowhere(answer) else None


@decides("LIST-071", NOWHERE_FILTERS, on="patch_list")
def test_relations_to_nothing_fault(world: World, answer: Exchange) -> Finding:
    return faults(answer, "IndexError") if _to_nowhere(answer) else None


def _related(world: World) -> list[Step]:
    row = world.need_patches()[0]
    bounds = world.patches[0].bounds
    return [
        call("patch_list", {f"{name}__{lookup}": row[name], **bounds})
        for name, lookup in (("project_id", "gt"), ("state_id", "lt"), ("submitter_id", "in"))
    ]


@decides("LIST-072", _related, on="patch_list", data=True)
def test_lookups_of_relations_are_ignored(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    keys = [k for k in filt if k != "id__range"]
    if (
        len(keys) != 1
        or "__" not in keys[0]
        or not keys[0].startswith(("project_id", "submitter_id", "state_id"))
    ):
        return None
    return selection(world, answer, filt)


def _delegates(world: World) -> list[Step]:
    ids = {r["delegate_id"] for r in world.patch_rows if r["delegate_id"]}
    wanted = [*sorted(ids)[:2], *[p["id"] for p in world.people[:1]], NOWHERE]
    return [call("patch_list", {"delegate_id": number}) for number in dict.fromkeys(wanted)]


@decides("LIST-073", _delegates, on="patch_list")
def test_delegate_id_never_gives_a_patch(world: World, answer: Exchange) -> Finding:
    key, value = _single(answer)
    if key != "delegate_id" or type(value) is not int or abs(value) >= 1 << 31:
        return None
    if world.profile.api != "1.0" and any(p["id"] == value for p in world.people):
        return faults(answer, "ValueError")  # it is looked for among the people (SERVER.md 1.7)
    if answer.fault and world.profile.api != "1.0":
        return faults(answer, "ValueError", "IndexError")
    return empty(answer, [])


def _words(world: World) -> list[Step]:
    titles = {
        "project_id": some_of(world.projects).get("linkname"),
        "state_id": some_of(world.states).get("name"),
        "submitter_id": some_of(world.people).get("email"),
    }
    given = [{"id": "abc"}, {"project_id": "abc"}]
    if not world.thrifty:
        given += [{k: v} for k, v in titles.items() if isinstance(v, str) and _wordy(v)]
    return [call("patch_list", filt) for filt in given]


def _wordy(text: str) -> bool:
    """Whether no reader of numbers takes it for one."""
    return bool(re.search(r"[G-Zg-z]{2}", text)) and text.isascii()


@decides("LIST-074", _words, on="patch_list")
def test_words_for_numbers_fault(world: World, answer: Exchange) -> Finding:
    key, value = _single(answer)
    if key not in ("id", "project_id", "state_id", "submitter_id") or type(value) is not str:
        return None
    return faults(answer, "ValueError") if value == "abc" or _wordy(value) else None


@decides("LIST-075", fixed(call("patch_list", {"id": NOWHERE, "date": "abc"})), on="patch_list")
def test_dates_that_are_none_fault(world: World, answer: Exchange) -> Finding:
    key, value = _single(answer)
    if key != "date" or type(value) is not str or value not in ("abc", "2016"):
        return None
    return faults(answer, "ValidationError")


@decides("LIST-076", fixed(call("patch_list", 5)), on="patch_list")
def test_a_number_is_no_filter(world: World, answer: Exchange) -> Finding:
    number = answer.params[0] if len(answer.params) == 1 else None
    return faults(answer, "TypeError") if type(number) is int and number else None


@decides(
    "LIST-077",
    fixed(
        call("patch_list", {"foo": 1, "project_id": "abc"}),
        call("patch_list", {"project_id": "abc", "foo": 1}),
        call("patch_list", {"id__gt": 0, "foo": 1}),
    ),
    on="patch_list",
)
def test_the_first_wrong_entry_decides(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    if filt == {"id__gt": 0, "foo": 1}:
        return empty(answer, [])
    if set(filt) != {"foo", "project_id"} or filt["project_id"] != "abc":
        return None
    if next(iter(filt)) == "foo":
        return empty(answer, [])
    return faults(answer, "ValueError")


def _pairs(world: World) -> Mixed:
    world.need_patches()
    entries = [
        f
        for f in FILTERS
        if f.number in ("021", "023", "032", "045", "046", "047", "048", "051", "055")
    ]

    first: list[Step] = []
    for window in world.patches:
        for row in some(list(window.rows), 1 if world.thrifty else 4):
            for names in COMBINED[: 1 if world.thrifty else None]:
                filt = {name: row[name] for name in names}
                first.append(call("patch_list", {**filt, **window.bounds}))
                if "archived" in filt and not world.thrifty:
                    filt["archived"] = not filt["archived"]
                    first.append(call("patch_list", {**filt, **window.bounds}))

    @st.composite
    def asked(draw: st.DrawFn) -> Step:
        window = draw(st.sampled_from([w for w in world.patches if w.rows]))
        filt: dict[str, Any] = {}
        for entry in draw(st.lists(st.sampled_from(entries), min_size=2, max_size=3, unique=True)):
            filt[entry.keys[0]] = draw(entry.values(list(window.rows), entry.keys[0]))
        return call("patch_list", {**filt, **window.bounds})

    return Mixed(first, asked())


@decides("LIST-078", _pairs, on="patch_list", data=True)
def test_filters_are_all_heeded(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    return selection(world, answer, filt) if len(filt) > 1 else None


def _nulls(world: World) -> list[Step]:
    world.need_patches()
    bounds = world.patches[0].bounds
    names = ["commit_ref", *(["hash"] if world.profile.api == "2.0" else [])]
    return [
        (
            call("patch_list", {f"{n}__isnull": True, **bounds}),
            call("patch_list", {f"{n}__isnull": False, **bounds}),
            call("patch_list", bounds),
        )
        for n in names
    ]


@decides("LIST-079", _nulls, data=True)
def test_isnull_parts_the_patches(
    world: World, yes: Exchange, no: Exchange, every: Exchange
) -> Finding:
    rows = [rows_of(exchange) for exchange in (yes, no, every)]
    for exchange, found in zip((yes, no, every), rows, strict=True):
        if found is None:
            return None if poisoned(exchange) else deviates(exchange, "an array")
    one, other, both = ({row["id"] for row in found or []} for found in rows)
    return expect(one | other == both and not one & other, yes, "either true or false of each")


@decides("LIST-080", lambda w: windowed(w, FILTERS[0]), on="patch_list", data=True)
def test_filtered_rows_say_the_same(world: World, answer: Exchange) -> Finding:
    listed = {row["id"]: row for row in world.patch_rows}
    rows = [row for row in rows_of(answer) or [] if row.get("id") in listed]
    for found in rows:
        if found != listed[found["id"]]:
            return deviates(answer, f"{listed[found['id']]!r:.300}")
    return OK if rows else None


@decides("LIST-081", fixed(call("patch_list", {"id__in": []})), on="patch_list")
def test_in_of_nothing_gives_nothing(world: World, answer: Exchange) -> Finding:
    key, value = _single(answer)
    return empty(answer, []) if key == "id__in" and value == [] else None


def _unfiltered(world: World) -> list[Step]:
    world.need_all_patches()
    return [(call("patch_list"), call("patch_list", {}), call("patch_list", None))]


@decides("LIST-082", _unfiltered, data=True)
def test_no_filter_is_no_filter(world: World, *answers: Exchange) -> Finding:
    rows = [sorted(map(repr, rows_of(a) or [])) for a in answers]
    if any(poisoned(a) for a in answers):
        return None
    return expect(rows[0] == rows[1] == rows[2] != [], answers[1], "the same with and without")
