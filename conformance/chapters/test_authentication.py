"""PW-AUTH: who may do what, and how it is told.

Every probe that must be refused names a patch that cannot exist, so that a server whose
authentication is broken is not changed by it.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import replace

from ..deciding.decisions import OK, Finding, Step, decides
from ..deciding.judging import deviates, expect, faults, fixed, refused, same, with_header
from ..target.exchange import (
    ENDPOINT,
    MARK,
    NOBODY,
    NOWHERE,
    WRITES,
    Basic,
    Exchange,
    Request,
    call,
)
from ..target.knowing.world import World
from ..target.login import BAD_CREDENTIALS, BAD_LOGIN, BAD_SCHEME, NO_CREDENTIALS
from ..target.wire import NotXmlRpc
from .asking.credentials import (
    attempt,
    basic,
    create_nowhere,
    header,
    other_scheme,
    set_nowhere,
    well_called,
    with_checks,
)
from .asking.fronts import walled
from .asking.methods import PUBLIC, harmless, surplus


@decides("AUTH-001", fixed(set_nowhere()), on="patch_set")
def test_patch_set_needs_credentials(world: World, answer: Exchange) -> Finding:
    return refused(answer, NO_CREDENTIALS) if answer.request.authorization is None else None


@decides("AUTH-002", fixed(create_nowhere()), on="check_create")
def test_check_create_needs_credentials(world: World, answer: Exchange) -> Finding:
    return refused(answer, NO_CREDENTIALS) if answer.request.authorization is None else None


@decides("AUTH-003", fixed(set_nowhere(""), set_nowhere("  ")), on="patch_set check_create")
def test_a_blank_header_counts_as_none(world: World, answer: Exchange) -> Finding:
    blank = answer.request.authorization is not None and not header(answer).strip()
    if isinstance(answer.request.authorization, Basic) or not blank:
        return None
    return refused(answer, NO_CREDENTIALS)


@decides(
    "AUTH-004",
    with_checks(
        set_nowhere(f"Bearer {MARK}"),
        set_nowhere(f"Token {MARK}"),
        set_nowhere(f'Digest username="{MARK}"'),
        also=create_nowhere(f"Bearer {MARK}"),
    ),
    on="patch_set check_create",
)
def test_other_schemes_are_not_supported(world: World, answer: Exchange) -> Finding:
    return refused(answer, BAD_SCHEME) if other_scheme(answer) else None


@decides(
    "AUTH-005",
    fixed(
        set_nowhere(basic(MARK).replace("Basic", "basic")),
        set_nowhere(basic(MARK).replace("Basic", "BASIC")),
    ),
    on="patch_set check_create",
)
def test_the_scheme_is_spelt_exactly(world: World, answer: Exchange) -> Finding:
    word, _, rest = header(answer).strip().partition(" ")
    spelt_otherwise = word.lower() == "basic" and word != "Basic" and rest
    return refused(answer, BAD_SCHEME) if spelt_otherwise else None


@decides(
    "AUTH-006", fixed(set_nowhere("Basic"), set_nowhere("Basic ")), on="patch_set check_create"
)
def test_a_bare_scheme_is_not_supported(world: World, answer: Exchange) -> Finding:
    return refused(answer, BAD_SCHEME) if header(answer).strip() == "Basic" else None


@decides("AUTH-007", fixed(set_nowhere("Basic !!!!")), on="patch_set check_create")
def test_what_is_no_base64_is_invalid(world: World, answer: Exchange) -> Finding:
    return refused(answer, BAD_CREDENTIALS) if header(answer) == "Basic !!!!" else None


@decides(
    "AUTH-008",
    with_checks(set_nowhere(basic(MARK)), also=create_nowhere(basic(MARK))),
    on="patch_set check_create",
)
def test_credentials_without_a_colon_are_invalid(world: World, answer: Exchange) -> Finding:
    scheme, _, rest = header(answer).partition(" ")
    try:
        text = base64.b64decode(rest, validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    if scheme != "Basic" or ":" in text or not text:
        return None
    return refused(answer, BAD_CREDENTIALS)


@decides("AUTH-009", fixed(set_nowhere("Basic YWJjZA")), on="patch_set check_create")
def test_wrongly_padded_credentials_are_refused(world: World, answer: Exchange) -> Finding:
    if header(answer) != "Basic YWJjZA":
        return None
    if world.profile.python == 2 and answer.fault and answer.fault.kind == "TypeError":
        return faults(answer, text="Incorrect padding")
    return refused(answer, BAD_CREDENTIALS)


AS_NOBODY = set_nowhere(basic(NOBODY), login=True)


@decides("AUTH-010", fixed(AS_NOBODY), on="patch_set check_create", group="login")
def test_unknown_users_are_refused(world: World, answer: Exchange) -> Finding:
    given = attempt(answer)
    known = ("nobody:x", "maint:wrong", NOBODY)
    if given not in known or not well_called(answer):
        return None
    if challenge := answer.answer.header("www-authenticate"):
        return with_header(answer, "WWW-Authenticate", challenge, "no challenge")
    return refused(answer, BAD_CREDENTIALS if world.profile.locked_out else BAD_LOGIN)


def _nobody_and_wrong(world: World) -> list[Step]:
    wrong = call("patch_set", NOWHERE, {"archived": True}, auth=Basic("Basic {wrong}"), login=True)
    return [(AS_NOBODY, wrong)]


@decides("AUTH-011", _nobody_and_wrong, needs="credentials", group="login")
def test_unknown_users_and_wrong_passwords_are_alike(
    world: World, nobody: Exchange, wrong: Exchange
) -> Finding:
    if same(nobody, wrong):
        return OK
    return deviates(wrong, f"the same as for an unknown user: {nobody.answer.describe()}")


UNUSABLE = "Basic !!!!"
#: Bytes that are no ASCII, and no credentials either, for want of a colon.
WIDE = basic(f"{MARK}\u00fc")
#: Another blank behind the scheme.
TABBED = basic(MARK).replace(" ", "\t")


@decides("AUTH-023", fixed(set_nowhere(WIDE), set_nowhere(TABBED)), on="patch_set check_create")
def test_credentials_are_ascii_behind_a_blank(world: World, answer: Exchange) -> Finding:
    if header(answer).startswith("Basic\t"):
        return refused(answer, BAD_SCHEME)
    scheme, _, rest = header(answer).partition(" ")
    try:
        plain = base64.b64decode(rest, validate=True).isascii()
    except (binascii.Error, ValueError):
        return None
    return None if plain or scheme != "Basic" else refused(answer, BAD_CREDENTIALS)


def _elsewhere(world: World) -> list[Step]:
    """Where other servers look for a user: headers that a front end sets, and the URL."""
    plain = ("Content-Type", "text/xml")
    look = set_nowhere()
    asked = [
        replace(look, headers=(plain, (name, value)))
        for name, value in (
            ("Proxy-Authorization", basic(MARK)),
            *((n, "admin") for n in ("Remote-User", "X-Remote-User", "X-Forwarded-User")),
        )
    ]
    asked.append(replace(look, target=f"{ENDPOINT}?user=admin&password={MARK}"))
    return list(asked[:1] if world.thrifty else asked)


@decides("AUTH-024", _elsewhere)
def test_nothing_but_the_header_is_a_credential(world: World, answer: Exchange) -> Finding:
    if walled(world, answer):
        return None
    return refused(answer, NO_CREDENTIALS)


def _with_and_without(world: World) -> list[Step]:
    few = [
        m
        for m in (
            "pw_rpc_version",
            "project_get",
            "patch_get",
            "person_list",
            "state_list",
            "patch_list",
            "patch_get_mbox",
            "check_get",
        )
        if m in world.profile.methods
    ]
    return [
        (call(m, *harmless(m)), call(m, *harmless(m), auth=value))
        for m, value in zip(few, [UNUSABLE, f"Bearer {MARK}"] * len(few), strict=False)
    ]


@decides("AUTH-012", _with_and_without, data=True)
def test_public_methods_ignore_credentials(
    world: World, without: Exchange, given: Exchange
) -> Finding:
    if same(without, given):
        return OK
    return deviates(given, f"the same as without the header: {without.answer.describe()}")


REFUSALS = (NO_CREDENTIALS, BAD_SCHEME, BAD_CREDENTIALS, BAD_LOGIN)


@decides("AUTH-013", surplus, on=" ".join(PUBLIC))
def test_public_methods_need_no_credentials(world: World, answer: Exchange) -> Finding:
    if answer.request.authorization:
        return None
    fault = answer.fault
    if answer.answer.status in (401, 403):
        return deviates(answer, "an answer without credentials")
    return expect(not fault or fault.message not in REFUSALS, answer, "no fault about credentials")


@decides(
    "AUTH-014",
    fixed(
        call("patch_set"),
        call("patch_set", NOWHERE),
        call("patch_set", NOWHERE, {}, 3),
        call("patch_set", auth=f"Bearer {MARK}"),
    ),
    on="patch_set check_create",
)
def test_credentials_come_before_arity(world: World, answer: Exchange) -> Finding:
    return None if well_called(answer) else _anonymous(answer)


def _anonymous(answer: Exchange) -> Finding:
    if answer.request.authorization is None:
        return refused(answer, NO_CREDENTIALS)
    return refused(answer, BAD_SCHEME) if other_scheme(answer) else None


@decides(
    "AUTH-015", fixed(set_nowhere(), set_nowhere(f"Bearer {MARK}")), on="patch_set check_create"
)
def test_credentials_come_before_the_patch(world: World, answer: Exchange) -> Finding:
    return _anonymous(answer) if well_called(answer) else None


@decides(
    "AUTH-016",
    fixed(create_nowhere(state="bogus"), call("check_create", "abc", "", "")),
    on="check_create",
)
def test_credentials_come_before_the_values(world: World, answer: Exchange) -> Finding:
    return _anonymous(answer) if well_called(answer) else None


@decides(
    "AUTH-017",
    fixed(call("nosuch", auth=f"Bearer {MARK}"), call("nosuch", auth=UNUSABLE)),
    on="nosuch",
)
def test_the_method_comes_before_credentials(world: World, answer: Exchange) -> Finding:
    return faults(answer, "Exception", text='method "nosuch" is not supported')


BROKEN = b"<methodCall><methodName>patch_set</methodName><params>"


@decides("AUTH-018", fixed(Request(BROKEN, authorization=f"Bearer {MARK}"), Request(BROKEN)))
def test_the_xml_comes_before_credentials(world: World, answer: Exchange) -> Finding:
    if walled(world, answer):
        return None
    return faults(answer, "ExpatError")


@decides(
    "AUTH-019",
    with_checks(set_nowhere(), set_nowhere(f"Bearer {MARK}"), also=create_nowhere()),
    on="patch_set check_create",
)
def test_a_refusal_is_no_401(world: World, answer: Exchange) -> Finding:
    if isinstance(answer.request.authorization, Basic) or attempt(answer) in world.right:
        return None
    if answer.request.authorization is not None and not other_scheme(answer):
        return None
    if challenge := answer.answer.header("www-authenticate"):
        return with_header(answer, "WWW-Authenticate", challenge, "no challenge")
    right = answer.answer.status == 200 and answer.fault is not None
    return expect(right, answer, "a fault over HTTP 200")


@decides(
    "AUTH-020",
    fixed(
        set_nowhere(f"Bearer {MARK}"),
        set_nowhere(basic(MARK)),
        set_nowhere(basic(MARK).replace("Basic", "basic")),
    ),
    on="patch_set check_create",
)
def test_a_refusal_never_repeats_credentials(world: World, answer: Exchange) -> Finding:
    secret = header(answer).partition(" ")[2].strip()
    if len(secret) < 6 or answer.fault is None:
        return None
    told = answer.answer.body + repr(answer.answer.headers).encode()
    words = {secret.encode(), MARK.encode()}
    return expect(not any(word in told for word in words), answer, "no word of the credentials")


@decides(
    "AUTH-021",
    fixed(
        call(
            "patch_set",
            NOWHERE,
            {},
            headers=(
                ("Content-Type", "text/xml"),
                ("Cookie", "sessionid=pw-conformance; csrftoken=x"),
            ),
        )
    ),
)
def test_a_session_cookie_is_no_credential(world: World, answer: Exchange) -> Finding:
    if answer.method not in WRITES:  # the recording has a cookie on a public call only
        return expect(not isinstance(answer.reply, NotXmlRpc), answer, "an answer")
    return refused(answer, NO_CREDENTIALS)


@decides("AUTH-022", fixed(call("patch_set", "admin", MARK, NOWHERE, {})), on="patch_set")
def test_arguments_are_no_credentials(world: World, answer: Exchange) -> Finding:
    if len(answer.params) < 3 or answer.request.authorization is not None:
        return None
    return refused(answer, NO_CREDENTIALS)
