"""Mutants of checks and writes: what a server might do wrong with what it is asked to change."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.target.exchange import NOWHERE, Answer, Basic, Request, call
from conformance.target.wire import Fault, Node

from .operators import (
    Alter,
    Mutant,
    Rewrite,
    arguments,
    fault,
    faults_become,
    header,
    instead,
    member,
    on,
    refault,
    respond,
    rows,
    text,
)
from .remembering import WRITTEN

TRUE = respond("<boolean>1</boolean>")
SET, CREATE = "patch_set", "check_create"
Values = dict[str, Any]


def given(change: Callable[[Values], Values]) -> Rewrite:
    """Take other values in patch_set."""
    return arguments(
        SET,
        lambda a: (a[0], change(a[1])) if len(a) == 2 and isinstance(a[1], dict) else a,
    )


def ignored(key: str) -> Rewrite:
    """Never set this."""
    return given(lambda v: {k: x for k, x in v.items() if k != key})


def revalued(key: str, change: Callable[[Any], Any]) -> Rewrite:
    """Set another value."""
    return given(lambda v: {k: change(x) if k == key else x for k, x in v.items()})


def created(change: Callable[[list[Any]], list[Any]]) -> Rewrite:
    """Take other arguments of check_create, where there are enough."""
    return arguments(CREATE, lambda a: tuple(change(list(a))) if 3 <= len(a) <= 5 else a)


def never(method: str, when: Callable[[Request], bool] = lambda r: True) -> Rewrite:
    """Carry nothing out."""
    harmless = call("pw_rpc_version")
    return lambda r: harmless if r.rpc_name == method and r.authorization and when(r) else r


def both(one: Rewrite, other: Rewrite) -> Rewrite:
    """One after the other."""
    return lambda request: other(one(request))


def values_of(request: Request) -> Any:
    """What patch_set is given; None for any other call."""
    return request.rpc[1][1] if request.rpc_name == SET and len(request.rpc[1]) == 2 else None  # type: ignore[index]


def on_fault(pattern: str, change: Callable[[Request, Answer], Answer]) -> Alter:
    """Where such a fault was to be answered."""

    def said(request: Request, answer: Answer) -> Answer:
        reply = answer.reply
        hit = isinstance(reply, Fault) and re.search(pattern, reply.text)
        return change(request, answer) if hit else answer

    return said


def once_set(method: str, name: str, value: Callable[[Node, int], Node]) -> Alter:
    """Show another value after each write."""
    wrote: list[bool] = []

    def said(request: Request, answer: Answer) -> Answer:
        if request.rpc_name == SET and request.authorization:
            wrote.append(True)
        changed = member(method, name, lambda node: value(node, len(wrote)))
        return changed(request, answer) if wrote else answer

    return said


def named_for_good() -> Alter:
    """Show the name that was written, ever after."""
    written: list[str] = []
    renamed = member("patch_get", "name", lambda node: text(written[-1])(node))

    def said(request: Request, answer: Answer) -> Answer:
        values = values_of(request)
        if isinstance(values, dict) and "name" in values:
            written.append(values["name"])
        return renamed(request, answer) if written else answer

    return said


def _name_for_id(value: Any) -> Any:
    return 3 if isinstance(value, str) and not value.strip().isdigit() else value


def _half(request: Request) -> Request:
    values = values_of(request)
    if isinstance(values, dict) and values.get("state") == NOWHERE:
        rest = {k: v for k, v in values.items() if k != "state"}
        return replace(call(SET, 1, rest), authorization=request.authorization)
    return request


def _half_said(request: Request, answer: Answer) -> Answer:
    values = values_of(request)
    if isinstance(values, dict) and values.get("state") == NOWHERE and answer.reply == TRUE.reply:
        return fault("<class 'patchwork.models.State.DoesNotExist'>:State matching query")
    return answer


def _both_writers() -> Alter:
    """What one writer set is mixed with what the other one did."""
    commits: list[str] = []

    def said(request: Request, answer: Answer) -> Answer:
        values = values_of(request)
        if isinstance(values, dict) and "commit_ref" in values:
            commits.append(values["commit_ref"])
        if request.rpc_name == "patch_get" and len(commits) > 1:
            return member("patch_get", "commit_ref", text("mixed"))(request, answer)
        return answer

    return said


def _last_twice(found: tuple[Node, ...]) -> tuple[Node, ...]:
    return found + found[-1:]


def _first_state(node: Node) -> Node:
    """The combined checks show the state of every check as failed."""
    return Node(
        "struct",
        tuple(
            (k, Node("array", tuple(_flip(c) for c in v.value)) if k == "checks" else v)
            for k, v in node.value
        ),
    )


def _flip(check: Node) -> Node:
    return Node(
        "struct",
        tuple((k, Node("string", "pending") if k == "state" else v) for k, v in check.value),
    )


#: When the server says it is, for a check that is dated as ever.
LONG_AGO = "Mon, 01 Jan 2001 00:00:00 GMT"


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _last_check(node: Node) -> Node | None:
    """A combined check whose state is that of the last one."""
    checks = node.members.get("checks")
    if checks is None or not checks.value:
        return None
    state = checks.value[-1].members["state"]
    return Node("struct", tuple((n, state if n == "state" else v) for n, v in node.value))


def _pending(node: Node) -> Node | None:
    """A combined check that is pending as long as one of its checks is."""
    checks = node.members.get("checks")
    if checks is None or all(c.members["state"].value != "pending" for c in checks.value):
        return None
    pending = Node("string", "pending")
    return Node("struct", tuple((n, pending if n == "state" else v) for n, v in node.value))


WRITES = (
    Mutant("the state is never set", "WRITE-001", asked=ignored("state")),
    Mutant(
        "a state sets archived, too",
        "WRITE-001",
        asked=given(lambda v: {"archived": True, **v} if "state" in v and len(v) == 1 else v),
    ),
    Mutant(
        "the next state is set",
        "WRITE-001",
        asked=revalued("state", lambda x: x % 9 + 1 if type(x) is int and x > 0 else x),
    ),
    Mutant("the commit is never set", "WRITE-002", asked=ignored("commit_ref")),
    Mutant("the commit is cut", "WRITE-002", asked=revalued("commit_ref", lambda x: str(x)[:12])),
    Mutant("archived is never set", "WRITE-003", asked=ignored("archived")),
    Mutant("archived is upside down", "WRITE-003", asked=revalued("archived", lambda x: not x)),
    Mutant("one of several is lost", "WRITE-004", asked=given(lambda v: dict(list(v.items())[:1]))),
    Mutant(
        "unknown keys are faults",
        "WRITE-005",
        said=lambda r, a: fault("<class 'TypeError'>:x") if b"delegate" in r.body else a,
    ),
    Mutant(
        "state_id is state",
        "WRITE-005",
        asked=given(lambda v: {"state" if k == "state_id" else k: x for k, x in v.items()}),
    ),
    Mutant("the right half is written", "WRITE-006", asked=_half, said=_half_said),
    Mutant("states by name", "WRITE-007", asked=revalued("state", _name_for_id)),
    Mutant(
        "a state's name is a plain Exception", "WRITE-007", said=refault("ValueError", "Exception")
    ),
    Mutant("anything for a struct", "WRITE-008", said=faults_become(TRUE, "AttributeError")),
    Mutant(
        "refused and yet written",
        "WRITE-009",
        asked=lambda r: (
            replace(r, authorization=Basic())
            if r.rpc_name == SET and r.authorization is None
            else r
        ),
        said=lambda r, a: (
            fault("<class 'Exception'>:No authentication credentials given")
            if r.rpc_name == SET and r.authorization is None
            else a
        ),
    ),
    Mutant("writers are mixed", "WRITE-010", said=_both_writers()),
    Mutant(
        "the second writer crashes",
        "WRITE-010",
        said=lambda r, a: Answer(500) if r.rpc_name == SET and b"decaf" in r.body else a,
    ),
    Mutant(
        "no state by text",
        "WRITE-011",
        said=lambda r, a: (
            fault("<class 'TypeError'>:x") if b"<name>state</name><value><string>" in r.body else a
        ),
    ),
    Mutant(
        "state 0 is kept as it is",
        "WRITE-012",
        said=on_fault("State.*DoesNotExist", lambda r, a: TRUE),
    ),
    Mutant("nil is not archived", "WRITE-044", asked=revalued("archived", lambda x: x or False)),
    Mutant(
        "nil is left as it is",
        "WRITE-044",
        asked=given(lambda v: {k: x for k, x in v.items() if x is not None}),
    ),
    Mutant("a missing state is the first", "WRITE-012", asked=revalued("state", lambda x: x or 1)),
    Mutant(
        "archived by boolean only",
        "WRITE-013",
        asked=given(
            lambda v: {k: x for k, x in v.items() if k != "archived" or isinstance(x, bool)}
        ),
    ),
    Mutant(
        "commits are stripped", "WRITE-015", asked=revalued("commit_ref", lambda x: str(x).strip())
    ),
    Mutant("a falsy commit is none", "WRITE-015", asked=revalued("commit_ref", lambda x: x or "")),
    Mutant(
        "nothing to set is a fault",
        "WRITE-017",
        said=lambda r, a: fault("<class 'Exception'>:nothing to do") if values_of(r) == {} else a,
    ),
    Mutant(
        "nothing to set archives",
        "WRITE-017",
        asked=given(lambda v: v or {"archived": True, "commit_ref": "x"}),
    ),
    Mutant(
        "what is done is a 201",
        "WRITE-018",
        said=lambda r, a: replace(a, status=201) if a.reply == TRUE.reply else a,
    ),
    Mutant("true is a number", "WRITE-018", said=on(SET, lambda n: Node("int", "1"))),
    Mutant(
        "true is the patch",
        "WRITE-018",
        said=on(SET, lambda n: Node("struct", (("id", Node("int", "1")),))),
    ),
    Mutant(
        "another word for no permission",
        "WRITE-019",
        said=lambda r, a: fault("<class 'Exception'>:Forbidden") if r.rpc_name == SET else a,
    ),
    Mutant(
        "patches by number only",
        "WRITE-022",
        said=lambda r, a: (
            fault("<class 'TypeError'>:x")
            if r.rpc_name == SET and b"<param><value><string>" in r.body
            else a
        ),
    ),
    Mutant(
        "patch words are missing patches",
        "WRITE-023",
        said=refault("ValueError", "patchwork.models.Patch.DoesNotExist"),
    ),
    Mutant(
        "nil is the text None",
        "WRITE-024",
        asked=revalued("commit_ref", lambda x: "None" if x is None else x),
    ),
    Mutant(
        "the list lags behind",
        "WRITE-025",
        said=once_set("patch_list", "commit_ref", lambda n, i: text(f"old{i}")(n)),
    ),
    Mutant(
        "every patch is written to",
        "WRITE-026",
        said=once_set("patch_list", "commit_ref", lambda n, i: text(f"c0ffee{i}")(n)),
    ),
    Mutant(
        "the state's name lags behind",
        "WRITE-027",
        said=once_set("patch_get", "state", lambda n, i: text(f"New{i}")(n)),
    ),
    Mutant(
        "checks are never created", "WRITE-020", asked=never(CREATE), said=instead(CREATE, TRUE)
    ),
    Mutant(
        "all checks are pending",
        "WRITE-020",
        asked=created(
            lambda a: [a[0], a[1], "pending" if a[2] in ("fail", "warning") else a[2], *a[3:]]
        ),
    ),
    Mutant("any check state", "WRITE-021", said=faults_become(TRUE, "Invalid check state")),
    Mutant(
        "invalid states are not named",
        "WRITE-021",
        said=refault("Invalid check state: .*", "Invalid check state"),
    ),
    Mutant(
        "a default description",
        "WRITE-030",
        asked=created(lambda a: [*a, "", "none"] if len(a) == 3 else a),
    ),
    Mutant(
        "a write empties the commit",
        "WRITE-003",
        asked=given(lambda v: {"commit_ref": "", **v} if v else v),
    ),
    Mutant(
        "an empty commit is none",
        "WRITE-002",
        asked=given(lambda v: {k: x for k, x in v.items() if (k, x) != ("commit_ref", "")}),
    ),
    Mutant("commits in lower case", "WRITE-002", asked=revalued("commit_ref", _lower)),
    Mutant(
        "the name is set for good",
        "WRITE-005",
        said=named_for_good(),
    ),
    Mutant(
        "invalid states are trimmed",
        "WRITE-021",
        asked=created(lambda a: [*a[:2], a[2].strip(), *a[3:]]),
    ),
    Mutant(
        "a check of last year",
        "WRITE-035",
        said=header("Date", LONG_AGO),
    ),
    Mutant(
        "contexts become slugs",
        "WRITE-038",
        asked=created(lambda a: [a[0], re.sub(r"\W+", "-", str(a[1])), *a[2:]]),
    ),
    Mutant(
        "contexts in small letters",
        "WRITE-038",
        asked=created(lambda a: [a[0], str(a[1]).lower(), *a[2:]]),
    ),
    Mutant(
        "descriptions are cut",
        "WRITE-038",
        asked=created(lambda a: [*a[:4], *(x[:255] for x in a[4:])]),
    ),
    Mutant(
        "addresses are looked at",
        "WRITE-038",
        said=lambda r, a: fault("<class 'ValidationError'>:x") if b"not a URL" in r.body else a,
    ),
    Mutant("the last check counts", "WRITE-039", said=on("patch_check_get", _last_check)),
    Mutant("what is pending counts most", "WRITE-039", said=on("patch_check_get", _pending)),
    Mutant(
        "the description is the address",
        "WRITE-031",
        asked=created(lambda a: [*a[:3], a[4], a[3]] if len(a) == 5 else a),
    ),
    Mutant("a rerun does not count", "WRITE-032", said=on("patch_check_get", _first_state)),
    Mutant(
        "too few arguments get defaults",
        "WRITE-033",
        said=faults_become(TRUE, "check_create\\(\\) missing"),
    ),
    Mutant(
        "too many arguments are dropped",
        "WRITE-033",
        said=faults_become(TRUE, "check_create\\(\\) takes"),
    ),
    Mutant(
        "checks by number only",
        "WRITE-034",
        said=lambda r, a: (
            fault("<class 'TypeError'>:x")
            if r.rpc_name == CREATE and b"<params><param><value><string>" in r.body
            else a
        ),
    ),
    Mutant(
        "a check of nobody",
        "WRITE-035",
        said=member("check_list", "user_id", lambda n: Node("int", "0")),
    ),
    Mutant(
        "invalid states are added, too",
        "WRITE-036",
        asked=created(
            lambda a: [
                a[0],
                a[1],
                a[2] if a[2] in ("pending", "success", "warning", "fail") else "fail",
            ]
        ),
    ),
    Mutant(
        "a failing check archives",
        "WRITE-037",
        asked=lambda r: (
            replace(call(SET, 1, {"commit_ref": "by a check"}), authorization=r.authorization)
            if r.rpc_name == CREATE
            else r
        ),
    ),
)

CHECKS = (
    Mutant(
        "every list ends with its last row twice", "CHK-018", said=rows("check_list", _last_twice)
    ),
    Mutant(
        "checks in capitals",
        "CHK-002",
        said=member("check_list", "state", lambda n: Node("string", str(n.value).upper())),
    ),
    Mutant(
        "total one more",
        "CHK-020",
        said=member("patch_check_get", "total", lambda n: Node("int", str(int(n.value) + 1))),
    ),
    Mutant(
        "the combined state is always success",
        "CHK-021",
        said=member("patch_check_get", "state", text("success")),
    ),
    Mutant("another patch's name", "CHK-003", said=member("check_get", "patch", text("another"))),
)

MUTANTS = (*WRITES, *CHECKS, *WRITTEN)
