"""Servers that take one value for another: nothing for everything, a text for a number, what is
nearly right for right, and a second time for the first."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from conformance.target.exchange import Answer, Basic, Request
from conformance.target.wire import Fault, Node

from .common import BLANK, EMPTY, LIST, NOWHERE
from .operators import (
    Alter,
    Mutant,
    Rewrite,
    arguments,
    fault,
    faults_become,
    filters,
    header,
    instead,
    on,
    refault,
    rename,
    respond,
    revalue,
    rows,
)

CHECKS, HASH = "check_list", "patch_get_by_hash"
GETTERS = "patch_get state_get project_get person_get check_get patch_get_mbox patch_get_diff"
FIRST = respond(
    "<struct><member><name>id</name><value><int>1</int></value></member>"
    f"<member><name>hash</name><value><string>{'a' * 40}</string></value></member></struct>"
)
TYPE = fault("<class 'TypeError'>:an integer is required")
NO_INDEX = fault("<class 'IndexError'>:list index out of range")


def _filter(request: Request) -> dict[str, Any]:
    given = request.rpc[1] if request.rpc else ()
    return given[0] if given and isinstance(given[0], dict) else {}


def _without(dropped: Callable[[str, Any], bool], method: str = LIST) -> Rewrite:
    """Entries of a filter that are not looked at."""
    return filters(method, lambda f: {k: v for k, v in f.items() if not dropped(k, v)})


def _keys(change: Callable[[str], str]) -> Rewrite:
    return filters(LIST, lambda f: {change(k): v for k, v in f.items()})


def _asked(method: str, wanted: Callable[[str, Any], bool]) -> Callable[[Request], bool]:
    """Whether some entry of the filter is such a one."""
    return lambda r: r.rpc_name == method and any(wanted(k, v) for k, v in _filter(r).items())


def _stripped(methods: str, place: int = 0) -> Rewrite:
    return arguments(
        methods,
        lambda a: tuple(
            v.strip() if n == place and isinstance(v, str) else v for n, v in enumerate(a)
        ),
    )


def _every_second(method: str, answer: Answer) -> Callable[[Request, Answer], Answer]:
    """Every second time that the same is asked."""
    times: dict[bytes, int] = {}

    def said(request: Request, real: Answer) -> Answer:
        if request.rpc_name != method:
            return real
        times[request.body] = times.get(request.body, 0) + 1
        return real if times[request.body] % 2 else answer

    return said


def _empty(name: str) -> Callable[[str, Any], bool]:
    return lambda k, v: k == name and v == ""


def _of_digits(name: str) -> Callable[[str, Any], bool]:
    return lambda k, v: k == name and isinstance(v, str) and v.isdigit()


def _searches(request: Request) -> bool:
    """Whether a text is searched for."""
    given = request.rpc[1] if request.rpc else ()
    return isinstance(given[0] if given else None, str) and bool(given[0])


XML = ("Content-Type", "text/xml")
COOKIE = ("Set-Cookie", "sessionid=x; Path=/")


def _from(method: str, change: Alter) -> Alter:
    """Only in what one method answers."""
    return lambda request, answer: change(request, answer) if request.rpc_name == method else answer


def _of_fault(text: str, change: Alter) -> Alter:
    """Only in faults that say so."""
    return lambda request, answer: (
        change(request, answer)
        if isinstance(answer.reply, Fault) and text in answer.reply.text
        else answer
    )


def _renamed(pattern: bytes) -> Rewrite:
    """What fits in a method's name is an underscore in the middle of it, and nothing at its end."""

    def asked(request: Request) -> Request:
        def named(found: re.Match[bytes]) -> bytes:
            return re.sub(pattern, b"_" if pattern == b"-" else b"", found[0])

        body = re.sub(rb"(?<=<methodName>).*?(?=</methodName>)", named, request.body, flags=re.S)
        return replace(request, body=body)

    return asked


def _just(value: Any) -> Callable[[Request], bool]:
    return lambda request: request.rpc is not None and request.rpc[1] == (value,)


def _sorted_by_name(found: tuple[Node, ...]) -> tuple[Node, ...]:
    return tuple(sorted(found, key=lambda node: str(node.plain["name"])))


VALUES = (
    *(
        Mutant(f"an empty {name} is any", "LIST-101", asked=_without(_empty(name)))
        for name in ("name", "msgid", "hash", "commit_ref")
    ),
    Mutant(
        "an empty text is part of none",
        "LIST-101",
        said=instead(LIST, EMPTY, _asked(LIST, lambda k, v: k == "name__icontains" and v == "")),
    ),
    Mutant("nil is any", "LIST-102", asked=_without(lambda k, v: v is None and "__" not in k)),
    Mutant(
        "nil behind gt is any", "LIST-102", asked=_without(lambda k, v: v is None and "__" in k)
    ),
    Mutant(
        "nothing comes behind a lookup",
        "LIST-103",
        said=instead(LIST, EMPTY, _asked(LIST, lambda k, v: k.count("__") > 1)),
    ),
    Mutant(
        "years from one on", "LIST-103", asked=rename(LIST, "date__year__gt", "date__year__gte")
    ),
    Mutant(
        "five are four",
        "LIST-062",
        asked=revalue(LIST, "max_count", lambda v: 4 if v == 5 else v),
    ),
    Mutant(
        "the last five are four",
        "LIST-063",
        asked=revalue(LIST, "max_count", lambda v: -4 if v == -5 else v),
    ),
    Mutant(
        "the newest first where names are searched",
        "LIST-060",
        said=lambda r, a: (
            rows(LIST, lambda n: n[::-1])(r, a)
            if _asked(LIST, lambda k, v: k.startswith("name__"))(r)
            else a
        ),
    ),
    Mutant(
        "from either end",
        "LIST-083",
        asked=revalue(LIST, "name__range", lambda v: sorted(v) if isinstance(v, list) else v),
    ),
    *(
        Mutant(
            f"{name} is a number",
            f"LIST-{number}",
            said=instead(LIST, EMPTY, _asked(LIST, _of_digits(name))),
        )
        for name, number in (("project_id", "046"), ("submitter_id", "047"), ("state_id", "048"))
    ),
    Mutant(
        "no project is any",
        "LIST-070",
        asked=_without(lambda k, v: k == "project_id" and v in (0, None)),
    ),
    Mutant("blanks round a field", "LIST-067", asked=_keys(str.strip)),
    Mutant("pk is known", "LIST-067", asked=_keys(lambda k: "id" if k == "pk" else k)),
    Mutant(
        "one underscore is enough",
        "LIST-067",
        asked=_keys(lambda k: re.sub("^(name|id)_(?=[a-z])", r"\1__", k)),
    ),
    Mutant(
        "True is a filter",
        "LIST-076",
        said=instead(LIST, EMPTY, lambda r: r.rpc == (LIST, (True,))),
    ),
    *(
        Mutant(f"blanks round a search by {method}", number, asked=_stripped(method))
        for method, number in (("project_list", "LIST-001"), ("person_list", "LIST-003"))
    ),
    Mutant(
        "what is searched for comes by name",
        "LIST-015",
        said=lambda r, a: rows("state_list", _sorted_by_name)(r, a) if _searches(r) else a,
    ),
    Mutant(
        "one and a half is no count",
        "LIST-087",
        said=instead("state_list", TYPE, lambda r: b"<double>" in r.body),
    ),
    Mutant(
        "no hash is the first",
        "READ-066",
        said=instead(HASH, FIRST, lambda r: r.rpc == (HASH, ("",))),
    ),
    Mutant(
        "nil is the first",
        "READ-066",
        said=instead(HASH, FIRST, lambda r: r.rpc == (HASH, (None,))),
    ),
    Mutant("blanks round a hash", "READ-066", asked=_stripped(HASH)),
    Mutant("blanks round a linkname", "READ-033", asked=_stripped("patch_get_by_project_hash")),
    Mutant(
        "1.0 is 1",
        "READ-009",
        asked=arguments(GETTERS, lambda a: (1,) if a == ("1.0",) else a),
    ),
    Mutant(
        "numbers to the base of 16",
        "READ-009",
        asked=arguments(GETTERS, lambda a: (1,) if a == ("0x1",) else a),
    ),
    Mutant(
        "users do not count beside a patch",
        "CHK-013",
        asked=filters(
            CHECKS, lambda f: {k: v for k, v in f.items() if k != "user" or "patch_id" not in f}
        ),
    ),
    Mutant(
        "more checks than there are",
        "CHK-034",
        said=lambda r, a: faults_become(EMPTY, "Negative")(r, a) if r.rpc_name == CHECKS else a,
    ),
    Mutant(
        "checks of no patch",
        "CHK-016",
        said=instead(CHECKS, EMPTY, _asked(CHECKS, lambda k, v: k == "patch_id" and v is None)),
    ),
    Mutant(
        "nobody is a fault",
        "CHK-011",
        said=instead(CHECKS, NO_INDEX, _asked(CHECKS, lambda k, v: k == "user" and v == -1)),
    ),
    Mutant(
        "who is known sees nothing",
        "AUTH-038",
        said=instead(LIST, EMPTY, lambda r: isinstance(r.authorization, Basic)),
    ),
    Mutant(
        "passwords with a tail",
        "AUTH-011",
        said=lambda r, a: (
            NOWHERE
            if isinstance(r.authorization, Basic) and "{wrong}" in r.authorization.form
            else a
        ),
    ),
    *(
        Mutant(f"unknown users are {told}", "AUTH-010", said=_of_fault("Invalid username", change))
        for told, change in (
            ("challenged", header("WWW-Authenticate", "Basic")),
            ("a fault of code 2", lambda r, a: fault(a.reply.text, 2)),
        )
    ),
    *(
        Mutant(f"text/xml from {method}", "HTTP-008", said=_from(method, header(*XML)))
        for method in ("check_list", "patch_get_mbox")
    ),
    Mutant("a cookie from patch_list", "HTTP-021", said=_from(LIST, header(*COOKIE))),
    *(
        Mutant(f"{told} in method names", "SIG-015", asked=_renamed(pattern))
        for told, pattern in (("dashes", b"-"), ("a dot at the end", rb"\.$"), ("lines", rb"\n$"))
    ),
    Mutant(
        "no line before the diff",
        "READ-045",
        said=on(
            "patch_get_mbox", lambda n: Node("string", re.sub("\n\n(?=diff |---)", "\n", n.value))
        ),
    ),
    Mutant(
        "classes of builtins",
        "XML-093",
        said=refault(r"<class '(\w+Error)'>", r"<class 'builtins.\1'>"),
    ),
    Mutant(
        "no characters by number",
        "XML-035",
        said=lambda r, a: a if b"&#" not in r.body else fault("<class 'ExpatError'>:undefined"),
    ),
    Mutant("no mail the second time", "LIST-093", said=_every_second("patch_get_mbox", BLANK)),
)
