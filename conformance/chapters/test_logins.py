"""PW-AUTH, the operator's own credentials: what they open, on a patch that cannot exist."""

from __future__ import annotations

import re
from dataclasses import replace

from ..deciding.decisions import OK, Finding, Step, decides
from ..deciding.judging import deviates, expect, faults, fixed, refused, same
from ..target.exchange import (
    NOWHERE,
    Basic,
    Exchange,
    call,
)
from ..target.knowing.world import World
from ..target.login import BAD_SCHEME, LOGIN, NO_CREDENTIALS
from ..target.wire import NotXmlRpc
from ..verdicts.verdicts import Deviation
from .asking.credentials import (
    authentic,
    create_nowhere,
    header,
    set_nowhere,
    well_called,
)
from .asking.fronts import no_cookies


def _nowhere(exchange: Exchange) -> bool:
    return bool(exchange.params) and exchange.params[0] in (NOWHERE, 9999)


def _reaches(world: World, answer: Exchange) -> Finding:
    if not (authentic(world, answer) and well_called(answer) and _nowhere(answer)):
        return None
    return faults(answer, "DoesNotExist")


@decides("AUTH-030", fixed(LOGIN), on="patch_set", needs="credentials")
def test_credentials_let_patch_set_reach_the_patch(world: World, answer: Exchange) -> Finding:
    return _reaches(world, answer)


@decides("AUTH-031", fixed(create_nowhere(Basic())), on="check_create", needs="credentials")
def test_credentials_let_check_create_reach_the_patch(world: World, answer: Exchange) -> Finding:
    return _reaches(world, answer)


@decides(
    "AUTH-032",
    fixed(call("patch_set", auth=Basic()), call("patch_set", NOWHERE, {}, 3, auth=Basic())),
    on="patch_set",
    needs="credentials",
)
def test_arity_comes_after_credentials(world: World, answer: Exchange) -> Finding:
    if not authentic(world, answer) or well_called(answer):
        return None
    found = faults(answer, "TypeError", text="patch_set() ")
    if isinstance(found, Deviation) or answer.fault is None or len(answer.params) < 3:
        return found
    counted = {int(n) for n in re.findall(r"\b\d+\b", answer.fault.message)}
    given = len(answer.params) + 1  # the user is a hidden argument (servers.md 1.4)
    return expect({3, given} <= counted, answer, f"3 arguments, {given} given: the user counts")


@decides(
    "AUTH-033",
    fixed(set_nowhere(Basic("Basic   {token}")), set_nowhere(Basic("Basic {token}   "))),
    on="patch_set",
    needs="credentials",
)
def test_blanks_around_credentials_do_not_matter(world: World, answer: Exchange) -> Finding:
    value = answer.request.authorization
    text = value.form if isinstance(value, Basic) else header(answer)
    odd = "  " in text or text != text.strip()
    if isinstance(value, Basic) and odd:
        return _reaches(world, answer)
    if " ".join(text.split()) not in world.right or not odd or not _nowhere(answer):
        return None
    if world.profile.locked_out:
        return None
    return faults(answer, "DoesNotExist")


@decides(
    "AUTH-034",
    fixed(set_nowhere(Basic("basic {token}")), set_nowhere(Basic("BASIC {token}"))),
    on="patch_set",
    needs="credentials",
)
def test_the_scheme_is_exact_for_the_right_credentials(world: World, answer: Exchange) -> Finding:
    value = answer.request.authorization
    text = value.form if isinstance(value, Basic) else header(answer)
    scheme, _, rest = text.strip().partition(" ")
    right = isinstance(value, Basic) or f"Basic {rest}" in world.right
    if scheme == "Basic" or scheme.lower() != "basic" or not right:
        return None
    return refused(answer, BAD_SCHEME)


@decides(
    "AUTH-035",
    fixed(create_nowhere(Basic(), state="bogus")),
    on="check_create",
    needs="credentials",
)
def test_the_patch_comes_before_the_state(world: World, answer: Exchange) -> Finding:
    return _reaches(world, answer)


@decides("AUTH-037", fixed(LOGIN), on="patch_set check_create", needs="credentials")
def test_a_login_starts_no_session(world: World, answer: Exchange) -> Finding:
    if not authentic(world, answer):
        return None
    return no_cookies(answer)


def _known_and_not(world: World) -> list[Step]:
    """What clients read that send their login with every call, and the same without."""
    asked = [call("pw_rpc_version"), call("state_list", "", 1)]
    asked += [w.read("patch_list") for w in world.patches[:1]]
    asked += [call("patch_get", row["id"]) for row in world.patch_rows[:1]]
    asked += [w.read("check_list") for w in world.checks[:1]]
    known = [replace(request, authorization=Basic()) for request in asked]
    pairs = list(zip(asked, known, strict=True))
    return [*pairs[: 1 if world.thrifty else None]]


@decides("AUTH-038", _known_and_not, needs="credentials", data=True)
def test_who_is_known_reads_the_same(world: World, without: Exchange, known: Exchange) -> Finding:
    if same(without, known):
        return OK
    if isinstance(without.reply, NotXmlRpc):
        return None  # a row that XML cannot carry
    told = f"what {without.request.describe()} answers without: {without.answer.describe()}"
    return deviates(known, f"with the right credentials {told}")


@decides(
    "AUTH-036",
    fixed(
        (
            call("patch_set", NOWHERE, {}, auth=Basic()),
            replace(set_nowhere(), follows=True),
            replace(create_nowhere(), follows=True),
        )
    ),
    needs="credentials",
)
def test_credentials_count_for_one_call(
    world: World, known: Exchange, *unknown: Exchange
) -> Finding:
    """A front end or a server that remembers who was there lets in whoever comes next.

    The call is not LOGIN: the answer to that is recalled, and would introduce nobody.
    """
    if not authentic(world, known):
        return None
    for answer in unknown:
        if answer.method not in world.profile.methods:
            continue
        if isinstance(found := refused(answer, NO_CREDENTIALS), Deviation):
            told = f"without credentials, after {known.request.describe()} with the right ones:"
            return replace(found, got=f"{told} {found.got}")
    return OK
