"""Single rows as the chapters look at them: which to ask for, by what, and what is said of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ...deciding.decisions import OK, Finding, Step
from ...deciding.judging import deviates, poisoned
from ...target.exchange import Exchange
from ...target.knowing.world import Lacking, Row, World, rows_of
from ...verdicts.verdicts import Deviation

STRUCT_GETTERS = (
    "project_get",
    "person_get",
    "state_get",
    "patch_get",
    "check_get",
    "patch_check_get",
)


TEXT_GETTERS = ("patch_get_mbox", "patch_get_diff")


GETTERS = STRUCT_GETTERS + TEXT_GETTERS


ALL = " ".join(GETTERS)


def getters(world: World) -> list[str]:
    """The methods that take an id, as far as this generation has them."""
    return [m for m in GETTERS if m in world.profile.methods]


def getters_to_ask(world: World) -> list[str]:
    """The methods that take an id, or every other one where requests are few."""
    return getters(world)[::2] if world.thrifty else getters(world)


def missing_value(exchange: Exchange) -> Any:
    """What the method answers where there is nothing."""
    return {} if exchange.method in STRUCT_GETTERS else ""


def one_int(exchange: Exchange) -> int | None:
    """The id that was asked for, if it was an int."""
    given = exchange.params
    return given[0] if len(given) == 1 and type(given[0]) is int else None


def as_listed(exchange: Exchange, rows: list[Row]) -> Finding:
    number = one_int(exchange)
    row = next((r for r in rows if r["id"] == number), None)
    if row is None:
        return None
    got = exchange.value.plain if exchange.value else None
    listing = exchange.method.replace("_get", "_list")
    if isinstance(got, dict) and "checks" not in got:
        wrong = [k for k in {*row, *got} if row.get(k, "") != got.get(k, "")]
        if not wrong:
            return OK
        key = sorted(wrong)[0]
        return deviates(exchange, f"{key} = {row.get(key)!r}, as {listing} says")
    return deviates(exchange, f"the row that {listing} shows")


def spread(rows: list[Row], count: int = 3) -> list[Row]:
    """The first, the last and some rows between."""
    if len(rows) <= count:
        return rows
    if count == 1:
        return rows[:1]
    return [rows[round(i * (len(rows) - 1) / (count - 1))] for i in range(count)]


#: What tells patches apart that a server might treat unlike.
TELLING: tuple[Callable[[Row], Any], ...] = (
    lambda row: row["archived"],
    lambda row: bool(row["delegate_id"]),
    lambda row: bool(row["commit_ref"].strip()),
    lambda row: row["name"].isascii(),
    lambda row: row["project_id"],
    lambda row: row["state_id"],
)


def one_of_each_kind(world: World, rows: list[Row], count: int) -> list[Row]:
    """Some rows, and with them the first of every kind; no more than `count` where requests are
    few."""
    found = {row["id"]: row for row in spread(rows, count)}
    for kind in () if world.thrifty else TELLING:
        first: dict[Any, Row] = {}
        for row in rows:
            first.setdefault(kind(row), row)
        found |= {row["id"]: row for row in list(first.values())[:4]}
    return list(found.values())


def sampled_patches(world: World, few: int) -> list[Row]:
    """Every sampled patch, or a few of them where requests are few."""
    rows = world.need_patches()
    return spread(rows, few) if world.thrifty else rows


def patch_windows(world: World) -> list[Step]:
    """Every patch of the sample, window by window."""
    world.need_patches()
    return [w.read("patch_list") for w in world.patches]


def patches_in(exchange: Exchange) -> list[Row]:
    """The patches that an answer holds, whole ones only."""
    if exchange.method == "patch_get" and exchange.value is not None:
        rows = [exchange.value.plain]
    else:
        rows = rows_of(exchange) or []
    wanted = {"id", "date", "state_id", "project_id", "submitter_id", "delegate_id", "name"}
    return [row for row in rows if isinstance(row, dict) and wanted <= set(row)]


def every_row(exchange: Exchange, wrong: Callable[[Row], str | None]) -> Finding:
    rows = patches_in(exchange)
    for row in rows:
        if expected := wrong(row):
            return Deviation(expected, f"{exchange.request.describe()} answered {row!r:.600}")
    return OK if rows else None


PATCHES = "patch_get patch_list"


#: Python leaves out a fraction of zero.
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.(?!000000)\d{6})?\Z")


def hashed(world: World) -> list[Row]:
    """The sampled patches that show a whole hash; raises Lacking if there is none."""
    rows = [r for r in world.need_patches() if len(r.get("hash", "").strip()) == 40]
    if not rows:
        raise Lacking("no sampled patch shows a hash")
    return rows


def linkname(world: World, project: int) -> str:
    """The linkname of a project; '' if it is not listed."""
    return next((p["linkname"] for p in world.projects if p["id"] == project), "")


def some_of(rows: list[Row]) -> Row:
    """A row in the middle; {} if there is none."""
    return rows[len(rows) // 2] if rows else {}


def same_rows(answers: Sequence[Exchange]) -> Finding:
    """Whether ways to ask for the same list find the same rows, in whatever order, and some."""
    first = answers[0]
    for answer in answers:
        if poisoned(answer):
            return None
        if rows_of(answer) is None:
            return deviates(answer, "an array")
    wanted = sorted(map(repr, rows_of(first) or []))
    if not wanted:
        return deviates(first, "the rows that there are")
    for answer in answers[1:]:
        found = sorted(map(repr, rows_of(answer) or []))
        if found != wanted:
            told = f"just the {len(wanted)} rows that {first.request.describe()} gives"
            return deviates(answer, f"{told}; {len(set(wanted) ^ set(found))} rows differ")
    return OK
