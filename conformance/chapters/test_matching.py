"""PW-LIST, observed: how a database matches text."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..deciding.decisions import Finding, Observation, Step, decides
from ..requirements.filters import safe
from ..target.exchange import Exchange, call
from ..target.knowing.world import Lacking, World, rows_of
from .asking.selecting import filter_of


def _swapped(lookup: str) -> Callable[[World], list[Step]]:
    def probe(world: World) -> list[Step]:
        for row in world.need_patches():
            found = re.search(r"[a-z]{4,}", row["name"])
            if found and safe(row["name"]):
                text = found[0].swapcase() if lookup else row["name"].swapcase()
                key = f"name__{lookup}" if lookup else "name"
                return [call("patch_list", {key: text, "id": row["id"]})]
        raise Lacking("no sampled patch has a name with letters in it")

    return probe


def _case(world: World, answer: Exchange, key: str, what: str) -> Finding:
    filt = filter_of(answer) or {}
    text = filt.get(key)
    if type(text) is not str or not text.isascii() or not set(filt) <= {key, "id"}:
        return None
    loose = [r for r in world.patch_rows if r["id"] == filt.get("id", r["id"])]
    exactly = key == "name"
    hits = {
        r["id"]
        for r in loose
        if (text.lower() == r["name"].lower() if exactly else text.lower() in r["name"].lower())
    }
    strict = {r["id"] for r in loose if (text == r["name"] if exactly else text in r["name"])}
    if hits == strict or not hits:
        return None
    got = {row["id"] for row in rows_of(answer) or []}
    return Observation(
        f"{what}: {'case-insensitive' if got & (hits - strict) else 'case-sensitive'}"
    )


@decides("LIST-090", _swapped("contains"), on="patch_list")
def test_whether_contains_heeds_case(world: World, answer: Exchange) -> Finding:
    return _case(world, answer, "name__contains", "text matching")


@decides("LIST-091", _swapped(""), on="patch_list")
def test_whether_exact_heeds_case(world: World, answer: Exchange) -> Finding:
    return _case(world, answer, "name", "exact look-ups")


def _umlauts(world: World) -> list[Step]:
    for row in world.need_patches():
        letters = [
            c
            for c in row["name"]
            if not c.isascii() and c.swapcase() != c and len(c.swapcase()) == 1
        ]
        if letters:
            return [call("patch_list", {"name__icontains": letters[0].swapcase(), "id": row["id"]})]
    raise Lacking("no sampled patch has a letter beyond ASCII in its name")


@decides("LIST-092", _umlauts, on="patch_list")
def test_whether_icontains_folds_beyond_ascii(world: World, answer: Exchange) -> Finding:
    filt = filter_of(answer) or {}
    text = filt.get("name__icontains")
    if type(text) is not str or len(text) != 1 or text.isascii() or text.swapcase() == text:
        return None
    rows = [r for r in world.patch_rows if text.swapcase() in r["name"] and text not in r["name"]]
    got = {row["id"] for row in rows_of(answer) or []}
    if not rows:
        return None
    folds = any(row["id"] in got for row in rows)
    return Observation(f"letters beyond ASCII: {'folded' if folds else 'not folded'}")
