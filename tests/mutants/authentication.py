"""Mutants that the chapter on authentication must kill."""

from __future__ import annotations

from dataclasses import replace

from conformance.target.exchange import Basic
from conformance.target.wire import Fault

from .common import (
    NOWHERE,
    TRUE,
    auth_of,
)
from .operators import (
    Mutant,
    fault,
    header,
    instead,
    refault,
    status,
)

WRITES = "patch_set check_create"
AUTHENTICATION = (
    Mutant(
        "patch_set lets anyone through",
        "AUTH-001",
        said=instead("patch_set", NOWHERE, lambda r: r.authorization is None),
    ),
    Mutant("patch_set says true to anyone", "AUTH-001", said=instead("patch_set", TRUE)),
    Mutant("check_create lets anyone through", "AUTH-002", said=instead("check_create", NOWHERE)),
    Mutant(
        "a blank header lets through",
        "AUTH-003",
        said=instead(
            WRITES,
            NOWHERE,
            lambda r: isinstance(r.authorization, str) and not r.authorization.strip(),
        ),
    ),
    Mutant(
        "Bearer is accepted",
        "AUTH-004",
        said=instead(WRITES, NOWHERE, lambda r: auth_of(r).startswith("Bearer")),
    ),
    Mutant(
        "a proxy eats Authorization", "AUTH-004", asked=lambda r: replace(r, authorization=None)
    ),
    Mutant(
        "basic in any case",
        "AUTH-005",
        said=instead(
            WRITES,
            fault("<class 'Exception'>:Invalid authentication credentials"),
            lambda r: auth_of(r).startswith(("basic", "BASIC")),
        ),
    ),
    Mutant(
        "a bare scheme counts as no credentials",
        "AUTH-006",
        said=instead(
            WRITES,
            fault("<class 'Exception'>:No authentication credentials given"),
            lambda r: auth_of(r).strip() == "Basic",
        ),
    ),
    Mutant(
        "base64 errors in other words",
        "AUTH-007",
        said=refault("Invalid authentication credentials", "Incorrect padding"),
    ),
    Mutant(
        "no colon means no password",
        "AUTH-008",
        said=instead(
            WRITES,
            fault("<class 'Exception'>:Invalid username/password"),
            lambda r: len(auth_of(r)) > 30,
        ),
    ),
    Mutant(
        "bad padding lets through",
        "AUTH-009",
        said=instead(WRITES, NOWHERE, lambda r: auth_of(r) == "Basic YWJjZA"),
    ),
    Mutant(
        "unknown users told as such",
        "AUTH-010",
        said=refault("Invalid username/password", "No such user"),
    ),
    Mutant(
        "unknown users let through", "AUTH-010", said=instead(WRITES, NOWHERE, lambda r: r.login)
    ),
    Mutant(
        "wrong passwords told apart",
        "AUTH-011",
        said=instead(
            WRITES,
            fault("<class 'Exception'>:Wrong password"),
            lambda r: r.login and isinstance(r.authorization, Basic),
        ),
    ),
    Mutant(
        "public methods look at credentials",
        "AUTH-012",
        said=lambda r, a: (
            fault("<class 'Exception'>:Invalid authentication credentials")
            if auth_of(r) and r.rpc_name not in WRITES.split() and r.rpc_name
            else a
        ),
    ),
    Mutant(
        "person_list needs credentials",
        "AUTH-013",
        said=instead(
            "person_list", fault("<class 'Exception'>:No authentication credentials given")
        ),
    ),
    Mutant(
        "arity before credentials",
        "AUTH-014",
        said=instead(
            "patch_set",
            fault("<class 'TypeError'>:patch_set() missing"),
            lambda r: r.rpc is not None and len(r.rpc[1]) != 2,
        ),
    ),
    Mutant("the patch before credentials", "AUTH-015", said=instead(WRITES, NOWHERE)),
    Mutant(
        "values before credentials",
        "AUTH-016",
        said=instead(
            "check_create",
            fault("<class 'Exception'>:Invalid check state: bogus"),
            lambda r: b"bogus" in r.body,
        ),
    ),
    Mutant(
        "credentials before the method",
        "AUTH-017",
        said=instead("nosuch", fault("<class 'Exception'>:Authentication scheme not supported")),
    ),
    Mutant(
        "credentials before the XML",
        "AUTH-018",
        said=lambda r, a: (
            fault("<class 'Exception'>:No authentication credentials given")
            if r.rpc is None and b"patch_set" in r.body
            else a
        ),
    ),
    Mutant(
        "refusals by 401",
        "AUTH-019",
        said=status(401, lambda r, a: r.writes and isinstance(a.reply, Fault)),
    ),
    Mutant(
        "a challenge with refusals",
        "AUTH-019",
        said=lambda r, a: header("WWW-Authenticate", "Basic")(r, a) if r.writes else a,
    ),
    Mutant(
        "refusals that repeat credentials",
        "AUTH-020",
        said=lambda r, a: (
            fault(f"<class 'Exception'>:{auth_of(r)} not supported")
            if r.writes and auth_of(r)
            else a
        ),
    ),
    Mutant(
        "session cookies are accepted",
        "AUTH-021",
        said=instead("patch_set", NOWHERE, lambda r: "Cookie" in dict(r.headers)),
    ),
    Mutant(
        "credentials among the arguments",
        "AUTH-022",
        said=instead("patch_set", NOWHERE, lambda r: r.rpc is not None and len(r.rpc[1]) == 4),
    ),
    Mutant(
        "good credentials refused by patch_set",
        "AUTH-030",
        said=instead("patch_set", fault("<class 'Exception'>:Invalid authentication credentials")),
    ),
    Mutant(
        "true for a patch that is not",
        "AUTH-030",
        said=instead("patch_set", TRUE, lambda r: isinstance(r.authorization, Basic)),
    ),
    Mutant(
        "good credentials refused by check_create",
        "AUTH-031",
        said=instead("check_create", fault("<class 'Exception'>:Invalid username/password")),
    ),
    Mutant(
        "arity forgiven",
        "AUTH-032",
        said=instead("patch_set", NOWHERE, lambda r: isinstance(r.authorization, Basic)),
    ),
    Mutant(
        "blanks in the header refused",
        "AUTH-033",
        said=instead(
            "patch_set",
            fault("<class 'Exception'>:Authentication scheme not supported"),
            lambda r: isinstance(r.authorization, Basic) and "  " in r.authorization.form,
        ),
    ),
    Mutant(
        "good credentials under basic",
        "AUTH-034",
        asked=lambda r: (
            replace(r, authorization=Basic()) if isinstance(r.authorization, Basic) else r
        ),
    ),
    Mutant(
        "the state before the patch",
        "AUTH-035",
        said=instead(
            "check_create",
            fault("<class 'Exception'>:Invalid check state: bogus"),
            lambda r: b"bogus" in r.body,
        ),
    ),
)
