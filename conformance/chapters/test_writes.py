"""PW-WRITE: what changes a patch, tried only on patches that the operator named.

Most steps are a look before, the write, and a look after. Session.decide puts state, commit_ref and
archived back after each requirement (restoring.py), so no step needs to undo anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..deciding.decisions import OK, Finding, Observation, Step, Together
from ..deciding.judging import deviates, expect, faults
from ..target.exchange import NOWHERE, Basic, Exchange, call
from ..target.knowing.world import Lacking, World, rows_of
from ..target.wire import carried
from .asking.credentials import authentic
from .asking.writing import (
    COMMIT,
    DENIED,
    MIXED,
    OTHER,
    US,
    WIDE,
    accepted,
    all_of,
    editable_by_account,
    faulted_without_effect,
    hindered,
    row_of,
    setting,
    state,
    took_effect,
    turning,
    values_given,
    writable_patch,
    writes,
)


@writes(
    "WRITE-001",
    turning(
        ({"commit_ref": COMMIT, "archived": True}, state(0)),
        ({"commit_ref": OTHER, "archived": False}, state(1)),
        ({}, state(-1)),
    ),
)
def test_a_state_is_set(world: World, *answers: Exchange) -> Finding:
    before, did, after = answers[-3:]
    return took_effect(world, before, did, after, {"state_id": int(values_given(did)["state"])})


@writes(
    "WRITE-002",
    turning(
        (all_of(1, OTHER, True), {"commit_ref": COMMIT}),
        (all_of(0, COMMIT, False), {"commit_ref": ""}),
        ({"commit_ref": ""}, {"commit_ref": MIXED}),
    ),
)
def test_a_commit_is_set(world: World, *answers: Exchange) -> Finding:
    before, did, after = answers[-3:]
    return took_effect(world, before, did, after, values_given(did))


@writes(
    "WRITE-003",
    turning(
        (all_of(1, COMMIT, False), {"archived": True}),
        (all_of(0, OTHER, True), {"archived": False}),
    ),
)
def test_archived_is_set(world: World, *answers: Exchange) -> Finding:
    before, did, after = answers[-3:]
    return took_effect(world, before, did, after, values_given(did))


@writes("WRITE-004", setting(all_of(0, COMMIT, True), all_of(1, OTHER, False)))
def test_several_are_set(world: World, before: Exchange, did: Exchange, after: Exchange) -> Finding:
    values = dict(values_given(did))
    return took_effect(world, before, did, after, {"state_id": values.pop("state"), **values})


UNKNOWN = {"name": "pw-conformance", "delegate": 1, "delegate_id": 1, "pw-conformance": 1}


def _otherwise_spelt(place: int) -> Callable[[World], Any]:
    def choose(world: World) -> Any:
        number = state(place)(world)["state"]
        return {**UNKNOWN, "state_id": number, "State": number, "Archived": True, "hash": COMMIT}

    return choose


@writes("WRITE-005", setting(_otherwise_spelt(0), _otherwise_spelt(1)))
def test_unknown_keys_are_ignored(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    return took_effect(world, before, did, after, {})


@writes(
    "WRITE-006",
    setting(
        {"archived": True, "commit_ref": COMMIT, "state": NOWHERE},
        {"archived": False, "commit_ref": OTHER, "state": NOWHERE},
        {"state": NOWHERE, "commit_ref": COMMIT, "archived": True},
        {"state": NOWHERE, "commit_ref": OTHER, "archived": False},
    ),
)
def test_all_or_nothing(world: World, before: Exchange, did: Exchange, after: Exchange) -> Finding:
    return faulted_without_effect(world, before, did, after, "DoesNotExist")


def _name(world: World) -> Any:
    names = [str(row["name"]) for row in world.states]  # Python 2 has an error of its own for ü
    words = [name for name in names if name.isascii() and not name.strip().isdigit()]
    return {"state": words[-1] if words else "Accepted"}


@writes("WRITE-007", setting(_name, {"state": ""}))
def test_a_state_is_no_name(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    return faulted_without_effect(world, before, did, after, "ValueError")


@writes("WRITE-008", setting("state", [], [["archived", True]], 5, None))
def test_params_are_a_struct(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    return faulted_without_effect(world, before, did, after, "AttributeError")


@writes(
    "WRITE-009",
    setting({"archived": True, "commit_ref": COMMIT}, {"archived": False}, auth=None),
)
def test_a_refused_write_changes_nothing(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    return faulted_without_effect(world, before, did, after, "Exception")


def _at_once(world: World) -> list[Step]:
    patch = writable_patch(world)
    look = call("patch_get", patch)
    both = [{**all_of(0, COMMIT, True)(world)}, {**all_of(1, OTHER, False)(world)}]
    one, other = (call("patch_set", patch, values, auth=US) for values in both)
    return [Together((look,), (one, other), (look,)), Together((look,), (other, one), (look,))]


@writes("WRITE-010", _at_once)
def test_two_writers_never_mix(
    world: World, before: Exchange, one: Exchange, other: Exchange, after: Exchange
) -> Finding:
    if hindered(world, one):
        return None
    won = []
    for did in (one, other):
        if accepted(did):
            won.append({"state_id": values_given(did)["state"], **values_given(did)})
        elif did.fault is None or not did.fault.type_name.startswith("django.db."):
            return deviates(did, "true, or a fault of the database, which let the other one write")
    row = row_of(after)
    last = [
        values for values in won if all(row.get(n) == v for n, v in values.items() if n != "state")
    ]
    return expect(bool(last) or not won, after, f"all of one of {won}")


@writes("WRITE-011", setting(state(0, str), state(1, str)))
def test_a_state_is_set_by_its_id_as_text(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    return took_effect(world, before, did, after, {"state_id": int(values_given(did)["state"])})


@writes("WRITE-012", setting({"state": 0}, {"state": NOWHERE}, {"state": None}))
def test_a_missing_state_is_told(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    return faulted_without_effect(world, before, did, after, "DoesNotExist")


@writes("WRITE-013", setting(*({"archived": v} for v in (1, 0, "1", 0, "True", 0, 1.0, 0, "t"))))
def test_archived_is_set_by_numbers_and_texts(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    wanted = values_given(did)["archived"] in (1, "1", "t", "True")
    return took_effect(world, before, did, after, {"archived": wanted})


@writes("WRITE-014", setting({"archived": "False"}))
def test_what_the_text_false_archives(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    if hindered(world, did):
        return None
    if did.fault is not None:
        return Observation(f"archived = 'False' is a {did.fault.kind}")
    return Observation(f"archived = 'False' is taken as {row_of(after).get('archived')}")


@writes(
    "WRITE-015",
    setting(*({"commit_ref": v} for v in (5, 0, "  v1.0\n ", "a" * 255, "<&>'\"", WIDE))),
)
def test_a_commit_is_kept_as_its_text(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    return took_effect(
        world, before, did, after, {"commit_ref": str(values_given(did)["commit_ref"])}
    )


@writes("WRITE-016", setting({"commit_ref": "b" * 256}))
def test_what_a_long_commit_becomes(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    if hindered(world, did):
        return None
    if did.fault is not None:
        return Observation(f"a commit_ref of 256 characters is a {did.fault.kind}")
    length = len(str(row_of(after).get("commit_ref")))
    return Observation(f"of a commit_ref of 256 characters {length} are kept")


@writes("WRITE-017", setting({}))
def test_nothing_is_set(world: World, before: Exchange, did: Exchange, after: Exchange) -> Finding:
    return took_effect(world, before, did, after, {})


@writes(
    "WRITE-018",
    lambda w: [call("patch_set", writable_patch(w), {}, auth=US)],
    "patch_set check_create",
)
def test_what_is_done_is_a_true_boolean(world: World, did: Exchange) -> Finding:
    if hindered(world, did) or did.fault is not None:
        return None
    if did.value is None and did.answer.status != 200:
        return None  # what is no answer at all is for others to tell
    right = did.value is not None and (did.value.kind, did.value.value) == ("boolean", "1")
    return expect(right and did.answer.status == 200, did, "<boolean>1</boolean> over HTTP 200")


@writes(
    "WRITE-019",
    lambda w: [call("patch_set", writable_patch(w), {}, auth=US)],
    "patch_set check_create",
)
def test_who_may_not_edit_is_told_so(world: World, did: Exchange) -> Finding:
    if not authentic(world, did) or not _plain(did):
        return None
    if isinstance(did.request.authorization, str) and world.patch(did.params[0]) is None:
        return None  # a recorded call, perhaps on a patch that does not exist
    if accepted(did):
        return OK
    if editable_by_account(world, did.params[0]) and isinstance(did.request.authorization, Basic):
        return deviates(did, f"true, as {world.username} is the delegate or the submitter")
    return faults(did, "Exception", text=DENIED)


def _plain(did: Exchange) -> bool:
    """Whether nothing but a lack of permission can be in the way of a write."""
    match did.method, did.params:
        case "patch_set", (int(), {**values}):
            return values in ({}, {"state": 2})
        case "check_create", (int(), str(context), "success"):
            return context.startswith("perm-") or context == "ctx"
    return False


@writes("WRITE-022", setting({"commit_ref": COMMIT}, {"commit_ref": OTHER}, number=str))
def test_a_patch_is_named_by_its_id_as_text(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    values = dict(values_given(did))
    if "state" in values:
        values["state_id"] = values.pop("state")
    return took_effect(world, before, did, after, values)


def _no_number(world: World) -> list[Step]:
    writable_patch(world)
    steps: list[Step] = [call("patch_set", "abc", {}, auth=US)]
    if world.profile.api != "1.0":
        steps.append(call("check_create", "abc", "pw-conformance", "success", auth=US))
    return steps


@writes("WRITE-023", _no_number, "patch_set check_create")
def test_a_patch_is_not_named_by_a_word(world: World, did: Exchange) -> Finding:
    if not authentic(world, did) or not did.params or did.params[0] != "abc":
        return None
    return None if hindered(world, did) else faults(did, "ValueError")


@writes("WRITE-024", setting({"commit_ref": COMMIT}, {"commit_ref": None}))
def test_nil_empties_the_commit(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    return took_effect(
        world, before, did, after, {"commit_ref": values_given(did)["commit_ref"] or ""}
    )


@writes("WRITE-044", setting({"archived": None}))
def test_archived_is_never_nil(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    if accepted(did) and (world.profile.database or "").lower() not in (
        "sqlite",
        "postgresql",
    ):
        return None  # others were recorded with strict SQL only
    return faulted_without_effect(world, before, did, after, "IntegrityError")


def _read_both_ways(world: World) -> list[Step]:
    patch = writable_patch(world)
    reads = (call("patch_get", patch), call("patch_list", {"id": patch}))
    choices = (all_of(0, COMMIT, True), all_of(1, OTHER, False))
    return [(call("patch_set", patch, c(world), auth=US), *reads) for c in choices]


@writes("WRITE-025", _read_both_ways)
def test_the_list_shows_what_was_written(
    world: World, did: Exchange, got: Exchange, listed: Exchange
) -> Finding:
    if hindered(world, did):
        return None
    found = list(listed.value) if listed.value else []
    return expect(found == [got.value], listed, f"just what patch_get says: {row_of(got)!r:.400}")


def _others(world: World) -> list[Step]:
    patch = writable_patch(world)
    windows = [w for w in world.patches if any(r["id"] not in world.writable for r in w.rows)]
    if not windows:
        raise Lacking("this server shows no patch but those that --writes names")
    return [
        (
            w.read("patch_list"),
            call("patch_set", patch, choice(world), auth=US),
            w.read("patch_list"),
        )
        for w, choice in zip(
            windows * 2, (all_of(0, COMMIT, True), all_of(1, OTHER, False)), strict=False
        )
    ]


@writes("WRITE-026", _others)
def test_no_other_patch_is_changed(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    if hindered(world, did):
        return None
    old, new = ({r["id"]: r for r in rows_of(e) or []} for e in (before, after))
    for number, row in old.items():
        if number not in world.writable and new.get(number) != row:
            return deviates(after, f"patch {number} as before the write: {row!r:.400}")
    return OK if old else None


@writes("WRITE-027", setting(state(0), state(1), state(-1)))
def test_the_name_follows_the_state(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    row = row_of(after)
    names = {known["id"]: known["name"] for known in world.states}
    if hindered(world, did) or row.get("state_id") not in names:
        return None
    right = carried(row["state"]) == names[row["state_id"]]
    told = f"the state {names[row['state_id']]!r}, as state_list says of {row['state_id']}"
    return expect(right, after, told)
