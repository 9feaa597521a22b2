"""How one entry of a filter is asked, and the answer held against the sample (PW-LIST)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...deciding.decisions import OK, Finding, Mixed, Step
from ...deciding.judging import array, poisoned
from ...deciding.lookups import LOOKUPS, ON_DATES, PATCH_FIELDS, flag_of, split
from ...requirements.filters import Filter
from ...target.exchange import Exchange, call
from ...target.knowing.world import Window, World, parse_date, rows_of
from ...verdicts.symptoms import wrong_rows
from ...verdicts.verdicts import Deviation
from .edges import EDGES

#: What pwclient and its like ask for together (clients.md 1), and two by two.
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


def filter_of(exchange: Exchange) -> dict[str, Any] | None:
    """The filter that was sent, if it was a struct or nothing."""
    match exchange.params:
        case ():
            return {}
        case (dict() as filt,):
            return filt
    return None


def only_known_fields(filt: Mapping[str, Any]) -> bool:
    """Whether every entry names a field and a lookup that there are."""
    for key in filt:
        name, mark, lookup = key.partition("__")
        if name not in PATCH_FIELDS or (mark and lookup not in LOOKUPS):
            return False
    return True


def selected_rightly(world: World, answer: Exchange, filt: Mapping[str, Any]) -> Finding:
    """Whether just the rows came that the filter selects."""
    if not only_known_fields(filt) or poisoned(answer):
        return None
    rows = world.universe("patch_list", filt)
    if rows is None:
        return None
    if any(beyond_rows(world, key, value) for key, value in filt.items()):
        return None
    relations = [k.partition("__")[0] for k in filt if "_id" in k]
    if len(relations) != len(set(relations)):
        return None  # of two for one relation the later counts
    must, may = split(rows, filt, world.profile.database)
    if answer.value is None and must != may and not must:
        return None  # a value that some databases refuse
    if answer.fault and answer.fault.type_name.startswith("django.db.") and _dates_as_text(filt):
        return None  # as other databases than the recorded ones may
    found = array(answer)
    if isinstance(found, Deviation):
        return found
    got = {row["id"] for row in rows_of(answer) or []}
    if must <= got <= may:
        return OK
    wrong = "misses" if must - got else "wrongly holds"
    which = sorted(must - got or got - may)[:5]
    return Deviation(
        f"the patches {shorten(sorted(must))}",
        f"{answer.request.describe()} {wrong} {which}: {shorten(sorted(got))}",
        symptoms=wrong_rows(answer, [k for k in filt if k != "id__range"] or filt),
    )


def _dates_as_text(filt: Mapping[str, Any]) -> bool:
    """Whether a date is searched as the text that only the database makes of it."""
    return any(k.startswith("date__") and k.split("__")[1] in ON_DATES for k in filt)


def shorten(ids: list[int]) -> str:
    """A list of ids for people."""
    return str(ids) if len(ids) <= 20 else f"{ids[:20]}… ({len(ids)})"


def whole_number(value: Any) -> bool:
    """Whether that is an id to every server, as a number or in digits."""
    if type(value) is str:
        return value.isascii() and value.isdigit()
    return type(value) is int and abs(value) < 1 << 31


def _is_text(value: Any) -> bool:
    return type(value) is str


def beyond_rows(world: World, key: str, value: Any) -> bool:
    """Whether an entry is outside what rows can tell: a relation to nowhere, an odd type."""
    name, _, lookup = key.partition("__")
    if name == "delegate_id" or name == "max_count":
        return True
    if name in ("project_id", "submitter_id", "state_id"):
        held = {row[name] for row in world.patch_rows}
        return not whole_number(value) or int(value) not in held
    if name == "archived":
        return not (
            (lookup == "" and flag_of(value) is not None)
            or (lookup == "isnull" and type(value) is bool)
        )
    if lookup in ("in", "range"):
        known = whole_number if name == "id" else _is_text
        return (
            not isinstance(value, list)
            or not value
            or not all(map(known, value))
            or (lookup == "range" and len(value) != 2)
        )
    if lookup == "isnull":
        return type(value) is not bool
    if name == "id":
        return not whole_number(value) or not (
            type(value) is str or lookup in ("", "gt", "gte", "lt")
        )
    if name == "date" and lookup in ("year", "month", "day"):
        return type(value) is not int or not 1 <= value <= 9998
    if name == "date" and lookup in ON_DATES:
        return type(value) is not str or not ON_DATES[lookup].fullmatch(value)
    if name == "date":
        text = value.replace("T", " ") if type(value) is str else ""
        return parse_date(text) is None or lookup not in ("", "gt", "gte", "lt")
    return type(value) is not str or not value


def _bounded(window: Window, key: str, value: Any) -> Step:
    """The call that asks for one entry within a window."""
    if key != "id__range":
        return call("patch_list", {key: value, **window.bounds})
    return call("patch_list", {key: [min(max(n, window.low), window.high) for n in value]})


def edge_calls(world: World, entry: Filter) -> list[Step]:
    """What every run asks: each edge of each entry, or one of the first where requests are few."""
    world.need_patches()
    asked: dict[Step, None] = {}
    for window in world.patches:
        rows = list(window.rows)
        for key in entry.keys:
            for value in EDGES[entry.values](rows, key) if rows else ():
                asked[_bounded(window, key, value)] = None
                if world.all_patches and key != "id__range":
                    asked.setdefault(call("patch_list", {key: value}))
    return list(asked)[: 1 if world.thrifty else None]


def edges_and_draws(world: World, entry: Filter) -> Mixed | list[Step]:
    """The edges and more values besides, or the edges alone where requests are few."""
    edges = edge_calls(world, entry)
    return edges if world.thrifty and edges else Mixed(edges, draws_in_windows(world, entry))


def draws_in_windows(world: World, entry: Filter) -> SearchStrategy[Any]:
    """Calls that ask for drawn values of an entry, mostly within a window."""
    world.need_patches()
    windows = [w for w in world.patches if w.rows]

    @st.composite
    def asked(draw: st.DrawFn) -> Step:
        window: Window = draw(st.sampled_from(windows))
        key = draw(st.sampled_from(entry.keys))
        value = draw(entry.values(list(window.rows), key))
        bounded = {key: value, **({} if key == "id__range" else window.bounds)}
        if key == "id__range":
            low, high = min(value), max(value)
            if low < window.low or high > window.high:
                bounded = {key: [max(low, window.low), min(high, window.high)]}
        if world.all_patches and draw(st.booleans()):
            bounded = {key: value}
        return call("patch_list", bounded)

    return asked()
