"""PW-LIST, the patches: how filters narrow patch_list."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

from ..deciding.decisions import OK, Finding, Mixed, Step, decides
from ..deciding.judging import deviates, empty, expect, faults, fixed, poisoned
from ..deciding.lookups import LOOKUPS, PATCH_FIELDS
from ..requirements.filters import FILTERS, Filter, safe
from ..target.exchange import NOWHERE, Exchange, call
from ..target.knowing.world import Row, World, parse_date, rows_of
from .asking.rows import linkname, same_rows, some_of, spread
from .asking.selecting import (
    COMBINED,
    draws_in_windows,
    edges_and_draws,
    filter_of,
    selected_rightly,
)


def _decide(entry: Filter) -> None:
    def judge(world: World, answer: Exchange) -> Finding:
        filt = filter_of(answer)
        if not filt or not set(entry.keys) & set(filt):
            return None
        if not set(filt) - {"id__range"} <= set(entry.keys):
            return None
        if mark := entry.separator:
            texts = {k: v for k, v in filt.items() if isinstance(v, str) and mark in v}
            if not texts:
                return None
            filt = filt | {k: v.replace(mark, " ") for k, v in texts.items()}
        return selected_rightly(world, answer, filt)

    judge.__name__ = "test_filter_" + entry.number + "_" + entry.keys[0]
    judge.__module__ = __name__
    globals()[judge.__name__] = decides(
        f"LIST-{entry.number}",
        lambda world: edges_and_draws(world, entry),
        on="patch_list",
        data=True,
    )(judge)


for _entry in FILTERS:
    _decide(_entry)


def _single(answer: Exchange, *beside: str) -> tuple[str, Any]:
    """The one entry of a filter, but for what bounds it."""
    filt = filter_of(answer) or {}
    rest = {k: v for k, v in filt.items() if not (k == "id" and v == NOWHERE) and k not in beside}
    return next(iter(rest.items())) if len(rest) == 1 else ("", None)


def _titles(world: World) -> list[dict[str, Any]]:
    """Members of a patch that are no fields, with values that there are."""
    names = ("state", "submitter", "project", "delegate", "filename")
    row = some_of(world.patch_rows)
    shown = [{name: row[name]} for name in names[: 1 if world.thrifty else None] if name in row]
    return shown if world.thrifty or not row else [*shown, *_nearly_known(row)]


def _nearly_known(row: Row) -> list[dict[str, Any]]:
    """What is a field elsewhere, or is spelt nearly like one, with values that there are."""
    number, name = row["id"], row["name"]
    ids: list[dict[str, Any]] = [{key: number} for key in ("pk", "Id", " id", "id ", "patch_id")]
    names: list[dict[str, Any]] = [{key: name} for key in ("NAME", "name_", "subject")]
    parts: list[dict[str, Any]] = [
        {f"{key}{mark}icontains": name[:4]}
        for key, mark in (("name", "_"), ("name", "."), ("content", "__"), ("headers", "__"))
    ]
    return [*ids, {"id_gt": 0, "id__range": [number, number]}, *names, *parts]


@decides(
    "LIST-067",
    lambda world: [
        call("patch_list", filt) for filt in ({"foo": 1}, {"series": "7"}, *_titles(world))
    ],
    on="patch_list",
)
def test_unknown_fields_give_nothing(world: World, answer: Exchange) -> Finding:
    key, _ = _single(answer, "id__range")
    name = key.partition("__")[0]
    if not name or name in PATCH_FIELDS or name == "max_count":
        return None
    return empty(answer, [])


#: Lookups that there are elsewhere; those that mean equality are tried on every field.
EQUAL = ("exact", "lte", "eq", "is", "")
UNKNOWN = (
    *("name__regex", "name__iregex", "name__search", "name__like", "name__Contains", "name__ne"),
    *(
        "id__ne",
        "id__GT",
        "id__nin",
        "id__not",
        "date__week_day",
        "date__hour",
        "date__date",
        "date__lte",
    ),
    *("state_id__name", "project_id__linkname", "submitter_id__email", "delegate_id__username"),
)


def _mistaken(world: World) -> list[Step]:
    """Lookups that there are not, with values by which a row would be found if there were."""
    row = some_of(world.patch_rows)
    known = {name: row[name] for name in FIELDS if row.get(name) not in (None, "")}
    known = {n: v for n, v in known.items() if not isinstance(v, str) or safe(v)}
    known = known or {"id": 1, "name": "a"}
    asked = [(f"{name}__{how}", value) for how in EQUAL for name, value in known.items()]
    if world.thrifty:
        names = ("id__lte", "name__exact", "id__exact", "name__lte")
        return [call("patch_list", {k: v}) for k, v in asked if k in names]
    told = {
        "state_id": row.get("state"),
        "project_id": linkname(world, row.get("project_id", 0)),
        "submitter_id": str(row.get("submitter")).rpartition("<")[2].strip(">"),
        "delegate_id": row.get("delegate"),
    }
    for key in UNKNOWN:
        name, _, how = key.partition("__")
        value = told.get(name) or known.get(name, 1)
        if name == "date" and isinstance(value, str):
            moment = parse_date(value)
            parts = {"hour": "%H", "week_day": "%w", "date": "%Y-%m-%d"}
            value = f"{moment:{parts[how]}}" if moment and how in parts else value
        if how in ("ne", "GT", "not"):
            value = NOWHERE if name == "id" else " "  # all others
        asked.append((key, [NOWHERE] if how == "nin" else value))
    return [call("patch_list", {key: value}) for key, value in asked]


#: In the order in which they are tried.
FIELDS = (
    *("id", "name", "msgid", "hash", "commit_ref", "date", "state_id", "project_id"),
    *("submitter_id", "archived", "delegate_id"),
)


@decides("LIST-068", _mistaken, on="patch_list")
def test_unknown_lookups_give_nothing(world: World, answer: Exchange) -> Finding:
    key, _ = _single(answer)
    name, mark, lookup = key.partition("__")
    if name not in PATCH_FIELDS or not mark or lookup.partition("__")[0] in LOOKUPS:
        return None
    return empty(answer, [])


def _named(world: World) -> list[Step]:
    """By what REST filters: names of rows, and ids."""
    names = {
        "project": some_of(world.projects).get("linkname"),
        "state": some_of(world.states).get("name"),
        "submitter": some_of(world.people).get("email"),
    }
    known = [{k: v} for k, v in names.items() if isinstance(v, str) and safe(v)]
    ids = [{name: 1} for name in names]
    return [call("patch_list", filt) for filt in (*known, *ids)]


@decides("LIST-069", _named, on="patch_list")
def test_relations_have_no_names(world: World, answer: Exchange) -> Finding:
    key, _ = _single(answer)
    return empty(answer, []) if key in ("state", "project", "submitter", "delegate") else None


def _nowhere(world: World) -> list[Step]:
    """Relations to what no database gives an id to, and to nothing at all."""
    values = (NOWHERE,) if world.thrifty else (NOWHERE, 0, None)
    names = ("project_id", "submitter_id", "state_id")
    return [call("patch_list", {name: value}) for value in values for name in names]


def _to_nowhere(answer: Exchange) -> bool:
    key, value = _single(answer)
    if key not in ("project_id", "submitter_id", "state_id") or isinstance(value, list | dict):
        return False
    return value is None or value in (NOWHERE, 9999, 0)


@decides("LIST-070", _nowhere, on="patch_list")
def test_relations_to_nothing_give_nothing(world: World, answer: Exchange) -> Finding:
    return empty(answer, []) if _to_nowhere(answer) else None


@decides("LIST-071", _nowhere, on="patch_list")
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
    return selected_rightly(world, answer, filt)


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
        return faults(answer, "ValueError")  # it is looked for among the people (servers.md 1.7)
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


@decides("LIST-076", fixed(call("patch_list", 5), call("patch_list", True)), on="patch_list")
def test_a_number_is_no_filter(world: World, answer: Exchange) -> Finding:
    number = answer.params[0] if len(answer.params) == 1 else None
    return faults(answer, "TypeError") if isinstance(number, int) and number else None


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


#: Entries that are drawn two and three at a time.
TOGETHER = (
    *("id__gt", "id__lt", "name__contains", "archived", "project_id", "submitter_id", "state_id"),
    *("date__gte", "date__year"),
)


def _pairs(world: World) -> Mixed:
    world.need_patches()
    entries = [entry for entry in FILTERS if entry.keys[0] in TOGETHER]
    first: list[Step] = []
    for window in world.patches:
        for row in spread(list(window.rows), 1 if world.thrifty else 4):
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
    return selected_rightly(world, answer, filt) if len(filt) > 1 else None


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
    astray = sorted((one & other) | ((one | other) ^ both))[:9]
    told = f"either true or false of each patch that {every.request.describe()} gives: not {astray}"
    return expect(one | other == both and not one & other, yes, told)


@decides("LIST-080", lambda w: draws_in_windows(w, FILTERS[0]), on="patch_list", data=True)
def test_filtered_rows_say_the_same(world: World, answer: Exchange) -> Finding:
    listed = {row["id"]: row for row in world.patch_rows}
    rows = [row for row in rows_of(answer) or [] if row.get("id") in listed]
    for found in rows:
        if found != listed[found["id"]]:
            told = f"{listed[found['id']]!r:.300}"
            return deviates(answer, f"{told}, as other calls of patch_list say")
    return OK if rows else None


@decides("LIST-081", fixed(call("patch_list", {"id__in": []})), on="patch_list")
def test_in_of_nothing_gives_nothing(world: World, answer: Exchange) -> Finding:
    key, value = _single(answer)
    return empty(answer, []) if key == "id__in" and value == [] else None


def _unfiltered(world: World) -> list[Step]:
    world.need_moderate("patch_list")
    every = call("patch_list", {"id__gt": 0})  # as no database gives an id of 0
    return [(call("patch_list"), call("patch_list", {}), call("patch_list", None), every)]


@decides("LIST-082", _unfiltered, data=True)
def test_no_filter_is_no_filter(world: World, *answers: Exchange) -> Finding:
    return same_rows(answers)
