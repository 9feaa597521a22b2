"""Servers that remember what they should not, or leave out what they should show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.deciding.judging import NONE_FAULT
from conformance.target.exchange import Answer, Basic, Request
from conformance.target.wire import Fault, Node

from .common import EMPTY, LIST, NOTHING, NOWHERE
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
    rows,
    text,
)

PATCHES = "patch_get patch_list"
NONE = fault(f"<class 'TypeError'>:{NONE_FAULT}")


def stale(method: str, word: bytes = b"") -> Alter:
    """Whatever is asked again, with that word in it, is answered as it was at first."""
    known: dict[bytes, Answer] = {}
    return lambda r, a: (
        known.setdefault(r.body, a) if r.rpc_name == method and word in r.body else a
    )


def _acquainted() -> Alter:
    """Who logged in once is believed to be there still."""
    seen: list[bool] = []

    def said(request: Request, answer: Answer) -> Answer:
        refused = isinstance(answer.reply, Fault) and "credentials" in answer.reply.text
        if request.authorization and request.writes and not refused:
            seen.append(True)
        return NOWHERE if seen and request.authorization is None and request.writes else answer

    return said


def _spoilt(method: str) -> Alter:
    """Once a check was created without an URL, the list of checks is lost."""
    created: list[bool] = []

    def said(request: Request, answer: Answer) -> Answer:
        if request.rpc_name == "check_create" and request.authorization:
            created.append(True)
        return NONE if created and request.rpc_name == method else answer

    return said


def _paged(size: int) -> Callable[[tuple[Node, ...]], tuple[Node, ...]]:
    return lambda nodes: nodes[:size]


def _blank(change: Callable[[str], str]) -> Callable[[Node], Node]:
    return lambda node: text(change(node.plain))(node)


def _whole(date: str) -> str:
    return date if "." in date else f"{date}.000000"


REMEMBERING = (
    Mutant(
        "a session for who may write",
        "AUTH-037",
        said=lambda r, a: (
            header("Set-Cookie", "sessionid=x; Path=/")(r, a)
            if isinstance(r.authorization, Basic) and not r.login
            else a
        ),
    ),
    Mutant("whoever was there is there still", "AUTH-036", said=_acquainted()),
    Mutant("a fraction of zero", "READ-021", said=member(PATCHES, "date", _blank(_whole))),
    Mutant(
        "None for no hash",
        "READ-069",
        said=member(PATCHES, "hash", lambda n: n if n.plain.strip() else text("None")(n)),
    ),
    Mutant(
        "a None in patches in a state",
        "READ-071",
        said=instead(LIST, NONE, lambda r: b"state_id" in r.body),
    ),
    Mutant(
        "people found twice",
        "LIST-018",
        said=lambda r, a: (
            rows("person_list", lambda n: n + n[-1:])(r, a) if b"example" in r.body else a
        ),
    ),
    Mutant(
        "the first of several",
        "READ-072",
        said=faults_become(NOTHING, "MultipleObjectsReturned"),
        dataset="a",
    ),
    Mutant(
        "the digits that a text begins with",
        "READ-009",
        said=instead("patch_get state_get patch_get_mbox", NOTHING, lambda r: b">1abc<" in r.body),
    ),
    Mutant("hashes are not shown", "LIST-097", said=member(PATCHES, "hash", text(""))),
    Mutant("commits are not shown", "LIST-097", said=member(PATCHES, "commit_ref", text(""))),
    *(
        Mutant(f"pages of {size} of {method}", "LIST-099", said=rows(method, _paged(size)))
        for size, method in ((10, "patch_list"), (25, "patch_list"), (50, "patch_list"))
    ),
    Mutant("pages of 20 of check_list", "LIST-099", said=rows("check_list", _paged(20))),
    *(
        Mutant(
            f"{method} needs a search",
            "LIST-098",
            said=instead(method, EMPTY, lambda r: bool(r.rpc and not r.rpc[1])),
        )
        for method in ("project_list", "state_list")
    ),
)


def _kept(name: str, value: object) -> Rewrite:
    """Never set that to this value."""

    def change(given: tuple[Any, ...]) -> tuple[Any, ...]:
        if len(given) != 2 or not isinstance(given[1], dict):
            return given
        return given[0], {k: v for k, v in given[1].items() if (k, v) != (name, value)}

    return arguments("patch_set", change)


#: What only a write shows.
WRITTEN = (
    Mutant("archived for good", "WRITE-043", asked=_kept("archived", False)),
    Mutant("nil is kept out of commits", "WRITE-043", asked=_kept("commit_ref", None)),
    Mutant("lists are cached", "WRITE-040", said=stale(LIST)),
    Mutant(
        "an index by state is not kept up",
        "WRITE-040",
        said=stale(LIST, b"state_id"),
    ),
    Mutant("patches are cached by hash", "WRITE-041", said=stale("patch_get_by_hash")),
    Mutant(
        "patches are cached by project and hash",
        "WRITE-041",
        said=stale("patch_get_by_project_hash"),
    ),
    Mutant("checks that are not are cached", "WRITE-042", said=stale("check_get")),
    Mutant("no URL is a None", "WRITE-030", said=_spoilt("check_list")),
)
