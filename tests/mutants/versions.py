"""Mutants that the chapters on version and signatures must kill."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

from conformance.target.exchange import ENDPOINT, Answer, Request
from conformance.target.knowing.profile import ANSWERS, STRUCTS
from conformance.target.wire import Node

from .common import (
    BLANK,
    EMPTY,
    FIRST,
    GET,
    INT,
    LIST,
    NOTHING,
    PATCHES,
    TRUE,
    VERSION,
    ints,
)
from .operators import (
    Alter,
    Mutant,
    arguments,
    fault,
    faults_become,
    instead,
    member,
    on,
    refault,
    respond,
    revalue,
    structs,
)


class Counter:
    """Another answer every time."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, request: Request, answer: Answer) -> Answer:
        if request.rpc_name != VERSION or request.rpc is None or request.rpc[1]:
            return answer
        self.count += 1
        return answer if self.count % 2 else ints(1, 3, 1)


def _page(change: Callable[[bytes], bytes]) -> Alter:
    def said(request: Request, answer: Answer) -> Answer:
        if request.method != "GET" or request.target != ENDPOINT:
            return answer
        return replace(answer, body=change(answer.body))

    return said


def without(name: str) -> Callable[[dict[str, Node]], dict[str, Node]]:
    """Leave a member out of a struct."""
    return lambda struct: {k: v for k, v in struct.items() if k != name}


VERSIONS = (
    Mutant(
        "the version of the documentation's sample",
        "VER-001",
        said=instead(VERSION, respond("<string>1.1</string>")),
    ),
    Mutant("a version with two numbers", "VER-001", said=instead(VERSION, ints(1, 3))),
    Mutant("a version of a later release", "VER-001", said=instead(VERSION, ints(1, 4, 0))),
    Mutant(
        "a version of strings",
        "VER-002",
        said=on(VERSION, lambda n: Node("array", tuple(Node("string", x.value) for x in n))),
    ),
    Mutant("a version that wavers", "VER-003", said=Counter()),
    Mutant("version 1 of a server with checks", "VER-004", said=instead(VERSION, respond(INT))),
    Mutant(
        "no check methods at version 1.3.0",
        "VER-004",
        said=instead(
            "check_get", fault("<class 'Exception'>:method \"check_get\" is not supported")
        ),
    ),
    Mutant(
        "no hash at version 1.3.0",
        "VER-005",
        said=structs(PATCHES, lambda m: {k: v for k, v in m.items() if k != "hash"}),
    ),
    Mutant(
        "misses as in 1.1 at version 1.3.0",
        "VER-006",
        said=lambda r, a: (
            fault("<class 'IndexError'>:list index out of range")
            if r.rpc_name == GET and a.reply == Node("struct", ())
            else a
        ),
    ),
    Mutant(
        "version 1.2.0 of a server that answers {}",
        "VER-006",
        said=instead(VERSION, ints(1, 2, 0)),
    ),
    Mutant(
        "negative counts of patches ignored",
        "VER-007",
        asked=revalue(LIST, "max_count", lambda v: 0 if v < 0 else v),
    ),
    Mutant(
        "negative counts of checks ignored",
        "VER-008",
        asked=revalue("check_list", "max_count", lambda v: 0 if v < 0 else v),
    ),
    Mutant("a version whatever the arguments", "VER-009", said=instead(VERSION, ints(1, 3, 0))),
)

UNSUPPORTED = 'method "[^"]*" is not supported'
SIGNATURES = (
    Mutant(
        "person_get is missing",
        "SIG-001",
        said=instead(
            "person_get", fault("<class 'Exception'>:method \"person_get\" is not supported")
        ),
    ),
    Mutant(
        "patch_get_diff is missing",
        "SIG-001",
        said=instead(
            "patch_get_diff",
            fault("<class 'Exception'>:method \"patch_get_diff\" is not supported"),
        ),
    ),
    Mutant(
        "check_create is missing",
        "SIG-002",
        said=instead(
            "check_create", fault("<class 'Exception'>:method \"check_create\" is not supported")
        ),
    ),
    Mutant(
        "a 1.0 server with checks", "SIG-003", instance=FIRST, said=instead("check_get", NOTHING)
    ),
    Mutant(
        "a page that leaves a method out",
        "SIG-004",
        said=_page(lambda b: b.replace(b'<a name="-check_get">', b'<a name="check_get">')),
    ),
    Mutant(
        "a page with another default",
        "SIG-005",
        said=_page(
            lambda b: b.replace(b"max_count=0", b"max_count=10").replace(
                b"filt=None", b"filter=None"
            )
        ),
    ),
    Mutant(
        "a page without the hidden user",
        "SIG-006",
        said=_page(lambda b: b.replace(b"(user, ", b"(")),
    ),
    Mutant(
        "surplus arguments dropped",
        "SIG-007",
        asked=arguments("state_get patch_get project_get", lambda a: a[:1]),
    ),
    Mutant(
        "arity faults that count wrongly", "SIG-007", said=refault(r"but (\d+) were", "but 9 were")
    ),
    Mutant(
        "missing arguments taken for nil",
        "SIG-008",
        asked=arguments("state_get", lambda a: a or (None,)),
    ),
    Mutant(
        "arity faults that name other parameters", "SIG-009", said=refault("'patch_id'", "'id'")
    ),
    Mutant(
        "state_list needs an argument",
        "SIG-010",
        said=instead(
            "state_list",
            fault("<class 'TypeError'>:state_list() missing 1 required argument: 'search_str'"),
            lambda r: r.rpc is not None and not r.rpc[1],
        ),
    ),
    Mutant(
        "state_list takes no count",
        "SIG-011",
        said=instead(
            "state_list",
            fault("<class 'TypeError'>:no"),
            lambda r: r.rpc is not None and len(r.rpc[1]) > 1,
        ),
    ),
    Mutant(
        "patch_list refuses structs",
        "SIG-012",
        said=instead(
            LIST, fault("<class 'TypeError'>:no"), lambda r: r.rpc is not None and bool(r.rpc[1])
        ),
    ),
    Mutant(
        "check_list refuses structs",
        "SIG-013",
        said=instead(
            "check_list",
            fault("<class 'TypeError'>:no"),
            lambda r: r.rpc is not None and bool(r.rpc[1]),
        ),
    ),
    Mutant("unknown methods answer nil", "SIG-014", said=faults_become(BLANK, UNSUPPORTED)),
    Mutant(
        "method names in any case",
        "SIG-015",
        asked=lambda r: replace(
            r, body=r.body.replace(b"PW_RPC", b"pw_rpc").replace(b"RPC_VERSION", b"rpc_version")
        ),
    ),
    Mutant(
        "method names stripped",
        "SIG-015",
        asked=lambda r: replace(
            r,
            body=r.body.replace(b"<methodName> ", b"<methodName>").replace(
                b" </methodName>", b"</methodName>"
            ),
        ),
    ),
    Mutant("system.listMethods exists", "SIG-016", said=instead("system.listMethods", EMPTY)),
    Mutant(
        "an empty name answers",
        "SIG-017",
        said=lambda r, a: NOTHING if r.rpc is not None and r.rpc[0] == "" else a,
    ),
    Mutant("__class__ can be called", "SIG-018", said=instead("__class__", BLANK)),
    Mutant("dots for underscores", "SIG-019", said=instead("patch.get", NOTHING)),
    Mutant(
        "the hidden user can be passed",
        "SIG-050",
        said=instead("patch_set", TRUE, lambda r: r.rpc is not None and len(r.rpc[1]) == 3),
    ),
    *(
        m
        for n, struct in enumerate(STRUCTS, start=1)
        for methods in (" ".join(k for k, v in ANSWERS.items() if v == struct),)
        for last in (STRUCTS[struct][-1][0],)
        for m in (
            Mutant(
                f"a {struct} without {last}",
                f"SIG-{20 + n:03}",
                said=structs(methods, without(last)),
            ),
            Mutant(
                f"a {struct} with one member more",
                f"SIG-{20 + n:03}",
                said=structs(methods, lambda s: {**s, "extra": Node("int", "1")}),
            ),
            Mutant(
                f"a {struct} whose numbers are strings",
                f"SIG-{30 + n:03}",
                said=structs(
                    methods,
                    lambda s: {
                        k: Node("string", v.value) if v.kind == "int" else v for k, v in s.items()
                    },
                ),
            ),
            Mutant(
                f"a {struct} in another order",
                f"SIG-{40 + n:03}",
                said=structs(methods, lambda s: dict(sorted(s.items(), reverse=True))),
            ),
        )
    ),
    Mutant(
        "strings where base64 belongs",
        "SIG-034",
        said=structs(
            PATCHES,
            lambda s: {
                k: Node("string", v.plain) if v.kind == "base64" else v for k, v in s.items()
            },
        ),
    ),
    Mutant(
        "base64 where strings belong",
        "SIG-034",
        instance="2.2-py2-sqlite",
        said=member(
            PATCHES, "state", lambda v: Node("base64", base64.b64encode(v.value.encode()).decode())
        ),
    ),
    Mutant(
        "archived as a number",
        "SIG-034",
        said=member(PATCHES, "archived", lambda v: Node("int", v.value)),
    ),
)
