"""PW-WRITE: what was written can be undone, and shows wherever it was read before.

These come before the others: where a write cannot be undone, nothing else may be written.
"""

from __future__ import annotations

from typing import Any

from ..deciding.decisions import OK, Finding, Step
from ..deciding.judging import deviates, expect
from ..target.exchange import Exchange, call
from ..target.knowing.world import Lacking, World, rows_of
from .asking.rows import linkname
from .asking.writing import (
    COMMIT,
    OTHER,
    US,
    accepted,
    added,
    all_of,
    creates,
    hindered,
    row_of,
    state,
    took_effect,
    values_given,
    writable_patch,
    writes,
)

#: Ids that a new check may have: those behind the last one.
NEXT = 4


def _there_and_back(world: World) -> list[Step]:
    """Each that can be set alone, so that one which cannot be undone is named before it is in the
    way of all the others."""
    patch = writable_patch(world)
    look = call("patch_get", patch)
    choices: tuple[tuple[Any, ...], ...] = (
        tuple({"archived": flag} for flag in (True, False, True)),
        tuple({"commit_ref": text} for text in (COMMIT, None, OTHER, "")),
        tuple(state(place)(world) for place in (0, 1, 0)),
    )
    return [
        (look, *(r for v in values for r in (call("patch_set", patch, v, auth=US), look)))
        for values in choices
    ]


@writes("WRITE-043", _there_and_back)
def test_what_is_set_can_be_set_back(world: World, *answers: Exchange) -> Finding:
    for at in range(0, len(answers) - 2, 2):
        before, did, after = answers[at : at + 3]
        values = {k: "" if v is None else v for k, v in values_given(did).items()}
        if "state" in values:
            values["state_id"] = values.pop("state")
        found = took_effect(world, before, did, after, values)
        if found is not OK:
            return found
    return OK


def _filtered(world: World) -> list[Step]:
    """Filters by what is set, asked before and after: they find the patch, or do so no more."""
    patch = writable_patch(world)
    steps: list[Step] = []
    for choice in (all_of(0, COMMIT, True), all_of(1, OTHER, False)):
        values = choice(world)
        asked = [
            {"state_id": values["state"]},
            {"archived": values["archived"]},
            {"archived": not values["archived"]},
            {"commit_ref": values["commit_ref"]},
        ]
        reads = tuple(call("patch_list", {"id": patch, **entry}) for entry in asked)
        steps.append((*reads, call("patch_set", patch, values, auth=US), *reads))
    return steps


@writes("WRITE-040", _filtered)
def test_filters_see_what_was_written(world: World, *answers: Exchange) -> Finding:
    did, after = answers[len(answers) // 2], answers[len(answers) // 2 + 1 :]
    if hindered(world, did) or not accepted(did):
        return None
    patch, values = did.params
    written = {**values, "state_id": values["state"]}
    for answer in after:
        ((name, value),) = ((k, v) for k, v in answer.params[0].items() if k != "id")
        wanted = [patch] if written[name] == value else []
        if [row["id"] for row in rows_of(answer) or []] != wanted:
            return deviates(answer, f"{wanted} after {did.request.describe()}")
    return OK


def _by_hash(world: World) -> list[Step]:
    patch = writable_patch(world)
    row = world.patch(patch) or {}
    text = str(row.get("hash", "")).strip()
    if not text or sum(str(r["hash"]).strip() == text for r in world.patch_rows) > 1:
        raise Lacking("the patch shows no hash, or shares it with another")
    reads = (
        call("patch_get_by_hash", row["hash"]),
        call("patch_get_by_project_hash", linkname(world, row["project_id"]), row["hash"]),
    )
    look = call("patch_get", patch)
    return [
        (*reads, call("patch_set", patch, choice(world), auth=US), look, *reads)
        for choice in (all_of(0, COMMIT, True), all_of(1, OTHER, False))
    ]


@writes("WRITE-041", _by_hash)
def test_hashes_find_what_was_written(world: World, *answers: Exchange) -> Finding:
    did, got, *found = answers[2:]
    if hindered(world, did):
        return None
    wanted = row_of(got)
    for answer in found:
        row = row_of(answer)
        if row.get("id") == did.params[0] and row != wanted:
            return deviates(answer, f"just what patch_get says: {wanted!r:.400}")
    return OK if wanted else None


def _next_checks(world: World) -> list[Step]:
    patch = writable_patch(world)
    if not world.all_checks and world.check_rows:
        raise Lacking("which id a new check will have cannot be told: not all checks were listed")
    last = max((row["id"] for row in world.check_rows), default=0)
    look = call("check_list", {"patch_id": patch})
    reads = tuple(call("check_get", last + n) for n in range(1, NEXT + 1))
    did = call("check_create", patch, "pw-conformance", "success", auth=US)
    return [(*reads, look, did, look, *reads)]


@creates("WRITE-042", _next_checks)
def test_a_new_check_can_be_read(world: World, *answers: Exchange) -> Finding:
    before, did, after, *found = answers[NEXT:]
    if hindered(world, did) or did.value is None:
        return None
    new = added(before, did, after)
    if not isinstance(new, list):
        return new
    for answer in found:
        if answer.params == (new[0]["id"],):
            return expect(row_of(answer) == new[0], answer, f"{new[0]!r:.400}, as check_list says")
    return None
