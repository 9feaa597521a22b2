"""Servers that are right by one method, and wrong by another that should say the same."""

from __future__ import annotations

from conformance.deciding.judging import NONE_FAULT
from conformance.target.exchange import Request
from conformance.target.wire import Node

from .common import BLANK, EMPTY, NOTHING
from .operators import Mutant, arguments, faults_become, instead, member, rows, text

BY_HASH = "patch_get_by_hash patch_get_by_project_hash"


def _digits(request: Request) -> bool:
    """Whether an id was sent as text that is a number."""
    given = request.rpc[1] if request.rpc else ()
    return len(given) == 1 and isinstance(given[0], str) and given[0].strip().isdigit()


def _first(methods: str) -> Mutant:
    return Mutant(
        f"0 is the first of {methods}",
        "READ-004",
        asked=arguments(methods, lambda given: (1,) if given == (0,) else given),
    )


def _whole(node: Node) -> Node:
    """A date without its fraction."""
    return text(node.plain[:19])(node)


def _unarchived(patches: tuple[Node, ...]) -> tuple[Node, ...]:
    return tuple(each for each in patches if not each.plain["archived"])


BY_ONE_METHOD = (
    *map(_first, ("person_get", "patch_get", "patch_get_diff", "patch_check_get")),
    *(
        Mutant(f"digits are misses of {method}", "READ-006", said=instead(method, blank, _digits))
        for method, blank in (
            ("check_get", NOTHING),
            ("patch_check_get", NOTHING),
            ("patch_get_mbox", BLANK),
            ("patch_get_diff", BLANK),
        )
    ),
    *(
        Mutant(f"{method} without fractions", number, said=member(method, "date", _whole))
        for method, number in zip(BY_HASH.split(), ("READ-030", "READ-031"), strict=True)
    ),
    Mutant(
        "archived as a number by project and hash",
        "SIG-034",
        said=member(
            "patch_get_by_project_hash", "archived", lambda node: Node("int", str(int(node.plain)))
        ),
    ),
    Mutant(
        "two from the end are one",
        "LIST-012",
        asked=arguments("person_list", lambda a: (a[0], max(a[1], -1)) if len(a) > 1 else a),
    ),
    Mutant(
        "negative counts give nobody",
        "LIST-012",
        said=instead("person_list", EMPTY, lambda r: b"<int>-2<" in r.body),
    ),
    Mutant(
        "archived patches are left out of the whole list",
        "LIST-082",
        said=lambda request, answer: (
            rows("patch_list", _unarchived)(request, answer)
            if request.rpc and not any(request.rpc[1])
            else answer
        ),
    ),
    Mutant(
        "no diff is an empty one",
        "READ-059",
        said=lambda request, answer: (
            faults_become(BLANK, NONE_FAULT)(request, answer)
            if request.rpc_name == "patch_get_diff"
            else answer
        ),
    ),
)
