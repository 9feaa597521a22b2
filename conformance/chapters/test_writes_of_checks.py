"""PW-WRITE, checks: what check_create adds, tried only on patches that the operator named."""

from __future__ import annotations

from ..deciding.decisions import Finding, Step
from ..deciding.judging import deviates, expect, faults, poisoned
from ..target.exchange import NOWHERE, Exchange, Request, call
from ..target.knowing.world import Lacking, World, rows_of
from ..verdicts.verdicts import Deviation
from .asking.checking import WORSE, WORST
from .asking.credentials import authentic
from .asking.rows import DATE
from .asking.writing import (
    LONG,
    ODD,
    URL,
    US,
    WORDS,
    accepted,
    added,
    creates,
    creating,
    hindered,
    new_check,
    recent,
    row_of,
    unchanged,
    writable_patch,
    writes,
)

STATES = ("pending", "warning", "fail", "success")


@creates("WRITE-020", creating(*((f"pw-conformance-{s}", s) for s in STATES)))
def test_checks_are_created(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    wanted = {"patch_id": did.params[0], "state": did.params[2]}
    return new_check(world, before, did, after, wanted)


INVALID = ("FAIL", "failure", "", "Success", " success", "error")


@creates(
    "WRITE-021",
    lambda w: [
        call("check_create", writable_patch(w), "pw-conformance", s, auth=US) for s in INVALID
    ],
    "check_create",
)
def test_invalid_check_states_are_named(world: World, did: Exchange) -> Finding:
    if len(did.params) != 3 or did.params[2] not in INVALID or not authentic(world, did):
        return None
    return (
        None
        if hindered(world, did)
        else faults(did, "Exception", text=f"Invalid check state: {did.params[2]}")
    )


@creates("WRITE-030", creating(("pw-conformance", "success")))
def test_a_check_starts_without_words(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    return new_check(world, before, did, after, {"target_url": "", "description": ""})


@creates("WRITE-031", creating(("pw-conformance", "success", URL, WORDS)))
def test_a_check_keeps_its_words(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    return new_check(world, before, did, after, {"target_url": URL, "description": WORDS})


def _rerun(world: World) -> list[Step]:
    patch = writable_patch(world)
    return [
        (
            call("check_create", patch, f"pw-conformance-rerun-{last}", first, auth=US),
            call("check_create", patch, f"pw-conformance-rerun-{last}", last, auth=US),
            call("patch_check_get", patch),
        )
        for first, last in (("fail", "success"), ("success", "fail"), ("warning", "success"))
    ]


@creates("WRITE-032", _rerun)
def test_the_newest_check_counts(
    world: World, first: Exchange, did: Exchange, combined: Exchange
) -> Finding:
    if hindered(world, did):
        return None
    if poisoned(combined):
        raise Lacking("the checks of the patch cannot be listed")
    ours = [c for c in row_of(combined).get("checks", ()) if c["context"] == did.params[1]]
    newest = max(ours, key=lambda check: int(check["id"]), default=None)
    right = newest is not None and newest["state"] == did.params[2]
    return expect(right, combined, f"{did.params[2]} in the context {did.params[1]!r}")


def _miscounted(world: World) -> list[Step]:
    writable_patch(world)
    words = ("pw-conformance", "success", "", "", "")
    return [call("check_create", *(NOWHERE, *words)[:n], auth=US) for n in (0, 1, 2, 6)]


@writes("WRITE-033", _miscounted, "check_create")
def test_check_create_counts_its_arguments(world: World, did: Exchange) -> Finding:
    if not authentic(world, did) or 3 <= len(did.params) <= 5:
        return None
    return None if hindered(world, did) else faults(did, "TypeError", text="check_create() ")


@creates(
    "WRITE-034",
    lambda w: [call("check_create", str(writable_patch(w)), "pw-conformance", "success", auth=US)],
    "check_create",
)
def test_a_check_names_its_patch_as_text(world: World, did: Exchange) -> Finding:
    number = did.params[0] if did.params else None
    if not authentic(world, did) or not isinstance(number, str) or not number.isdigit():
        return None
    if hindered(world, did):
        return None
    return expect(accepted(did), did, "true")


@creates("WRITE-035", creating(("pw-conformance", "success")))
def test_a_check_has_an_id_a_date_and_a_user(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    if hindered(world, did):
        return None
    found = added(before, did, after)
    if isinstance(found, Deviation):
        return found
    check = found[0]
    last = max((row["id"] for row in rows_of(before) or []), default=0)
    us = world.username or check["user"]
    right = (
        check["id"] > last
        and DATE.match(check["date"])
        and recent(did, check["date"])
        and check["user"].lower() == us.lower() != ""
        and check["user_id"] > 0
    )
    return expect(bool(right), after, f"an id above {last}, the date of now and the user {us}")


@creates("WRITE-036", creating(*(("pw-conformance", s) for s in INVALID)))
def test_an_invalid_check_is_not_added(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    if hindered(world, did):
        return None
    old, new = ({row["id"] for row in rows_of(e) or []} for e in (before, after))
    return expect(old == new, after, "no other checks than before")


def _check_and_patch(world: World) -> list[Step]:
    patch = writable_patch(world)
    look = call("patch_get", patch)
    return [(look, call("check_create", patch, "pw-conformance", "fail", auth=US), look)]


@creates("WRITE-037", _check_and_patch)
def test_a_check_leaves_the_patch_alone(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    return None if hindered(world, did) else unchanged(before, after)


@creates(
    "WRITE-038",
    creating((ODD[0], "success", *ODD[1:]), ("pw-conformance-long", "success", "", LONG)),
)
def test_a_check_s_words_may_be_any(
    world: World, before: Exchange, did: Exchange, after: Exchange
) -> Finding:
    words = dict(
        zip(("context", "target_url", "description"), did.params[1:2] + did.params[3:], strict=True)
    )
    return new_check(world, before, did, after, words)


def _worst(world: World) -> list[Step]:
    patch = writable_patch(world)
    look = call("patch_check_get", patch)

    def creates(context: str, state: str) -> Request:
        return call("check_create", patch, f"pw-conformance-{context}", state, auth=US)

    # What was created before is made good first, so that what comes last is the worst of ours.
    good = tuple(
        creates(name, "success") for name in ("pending", "warning", "fail", "rerun-fail", "worst")
    )
    ours = call("check_create", patch, "pw-conformance", "success", auth=US)
    return [
        (*good, ours, creates("worst", worst), creates("other", other), look)
        for worst, other in WORSE
        if other == "success" or not world.thrifty
    ]


@creates("WRITE-039", _worst)
def test_the_combined_state_is_the_worst(world: World, *answers: Exchange) -> Finding:
    if hindered(world, answers[0]):
        return None
    if poisoned(answers[-1]):
        raise Lacking("the checks of the patch cannot be listed")
    checks = row_of(answers[-1]).get("checks", [])
    if not checks:
        return deviates(answers[-1], "the checks that were created")
    worst = min((check["state"] for check in checks), key=WORST.index)
    right = row_of(answers[-1])["state"] == worst
    return expect(right, answers[-1], f"the state {worst}, the worst of its checks")
