"""Mutants that are nearly right: wrong at an edge, of one field, in a header, every other time."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any

from conformance.deciding.judging import NONE_FAULT
from conformance.target.wire import Node

from .common import EMPTY, LIST, NOTHING, NOWHERE
from .operators import (
    Alter,
    Mutant,
    Rewrite,
    arguments,
    fault,
    faults_become,
    filters,
    ignore,
    instead,
    member,
    on,
    refault,
    rename,
    respond,
    revalue,
    rows,
    text,
)

MBOX, DIFF = "patch_get_mbox", "patch_get_diff"
CHECKS = "check_list"


def _text(change: Callable[[str], str]) -> Callable[[Node], Node]:
    return lambda node: Node("string", change(node.value))


def _mail(old: str, new: str) -> Alter:
    return on(MBOX, lambda n: Node("string", re.sub(old, new, n.value, flags=re.M)))


def _first(change: Callable[[Any], Any]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    return lambda given: (change(given[0]), *given[1:]) if given else given


def _last(change: Callable[[Any], Any]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    return lambda given: (*given[:-1], change(given[-1])) if given else given


def _every(turn: int, change: Alter) -> Alter:
    """Only every so many times."""
    turns = count(1)
    return lambda request, answer: change(request, answer) if not next(turns) % turn else answer


def _of(method: str, change: Alter) -> Alter:
    """Only of one method."""
    return lambda r, a: change(r, a) if r.rpc_name == method else a


def _wrapped(bits: int) -> Rewrite:
    """Numbers cut to so many bits."""

    def cut(value: Any) -> Any:
        return value % (1 << bits) if type(value) is int and value > 0 else value

    return arguments("patch_get state_get project_get person_get", _first(cut))


def _without_header(name: str) -> Alter:
    return _mail(rf"^{name}:.*\n(?:[ \t].*\n)*", "")


def _hidden(method: str, number: int) -> Alter:
    return rows(method, lambda n: tuple(x for x in n if x.members["id"].plain != number))


READS = (
    Mutant("8bit for ASCII", "READ-053", said=_mail("Encoding: 7bit", "Encoding: 8bit")),
    Mutant("base64 for text", "READ-053", said=_mail("Encoding: .bit", "Encoding: base64")),
    Mutant("MIME-Version 1.1", "READ-053", said=_mail("^MIME-Version: 1.0", "MIME-Version: 1.1")),
    Mutant(
        "the id before the submitter",
        "READ-054",
        said=_mail(r"^(X-Patchwork-Submitter:.*\n(?:[ \t].*\n)*)(X-Patchwork-Id:.*\n)", r"\2\1"),
    ),
    Mutant(
        "a name for a delegate",
        "READ-055",
        said=_mail("^X-Patchwork-Delegate: .*", "X-Patchwork-Delegate: maint"),
    ),
    Mutant("no date", "READ-056", said=_without_header("Date")),
    *(
        Mutant(f"no {name}", "READ-057", said=_without_header(name))
        for name in ("Subject", "From", "To", "Message-Id")
    ),
    Mutant("another content", "READ-058", said=_mail("^Signed-off-by:", "Signed-Off-By:")),
    Mutant("no tags", "READ-058", said=_mail("^(Acked|Reviewed|Tested)-by:.*\n", "")),
    Mutant(
        "an older date",
        "READ-058",
        said=_mail("^Date: .*", "Date: Mon, 01 Jan 2001 00:00:00 +0000"),
    ),
    Mutant(
        "a diff without its blanks",
        "READ-059",
        said=on(DIFF, _text(str.strip)),
    ),
    Mutant(
        "a diff the other way round",
        "READ-059",
        said=on(DIFF, _text(lambda t: t.replace("+", "-"))),
    ),
    Mutant(
        "a footer behind the diff",
        "READ-045",
        said=on(MBOX, _text(lambda t: f"{t}-- \n")),
    ),
    Mutant("a state that no list shows", "READ-060", said=_hidden("state_list", 10)),
    Mutant("a person that no list shows", "READ-060", said=_hidden("person_list", 3)),
    Mutant("a patch that no list shows", "READ-060", said=_hidden(LIST, 40)),
    Mutant(
        "people without an account left out", "READ-061", said=rows("person_list", lambda n: n[:3])
    ),
    *(Mutant(f"ids of {bits} bits", "READ-062", asked=_wrapped(bits)) for bits in (31, 32, 63, 64)),
    Mutant(
        "True is a miss",
        "READ-063",
        said=instead("patch_get state_get", NOTHING, lambda r: b"<boolean>" in r.body),
    ),
    Mutant(
        "an empty user",
        "READ-064",
        said=member("person_list", "user", lambda n: text("")(n) if n.plain == "None" else n),
    ),
    Mutant("addresses for users", "READ-065", said=member(CHECKS, "user", text("ci@example.org"))),
    Mutant(
        "short hashes find",
        "READ-066",
        said=lambda r, a: (
            respond("<struct><member><name>id</name><value><int>1</int></value></member></struct>")
            if r.rpc_name == "patch_get_by_hash" and len(r.rpc[1][0]) in (7, 12)  # type: ignore[index]
            else a
        ),
    ),
    Mutant(
        "hashes in any case",
        "READ-067",
        asked=arguments(
            "patch_get_by_hash patch_get_by_project_hash",
            _last(lambda h: h.lower() if isinstance(h, str) else h),
        ),
    ),
    Mutant(
        "projects by id",
        "READ-068",
        asked=arguments(
            "patch_get_by_project_hash", _first(lambda p: "linux-kernel" if p in (1, "1") else p)
        ),
    ),
    Mutant(
        "projects by name",
        "READ-068",
        asked=arguments(
            "patch_get_by_project_hash",
            _first(lambda p: "linux-kernel" if p == "Linux Kernel" else p),
        ),
    ),
    Mutant(
        "twelve digits of a hash",
        "READ-069",
        said=member(
            "patch_list patch_get patch_get_by_hash", "hash", lambda n: Node("string", n.value[:12])
        ),
    ),
    Mutant(
        "a None in every patch",
        "READ-070",
        said=instead("patch_get patch_list", fault(f"<class 'TypeError'>:{NONE_FAULT}")),
    ),
)


def _at(key: str, change: Callable[[Any], Any]) -> Rewrite:
    return filters(LIST, lambda f: {k: change(v) if k == key else v for k, v in f.items()})


def _unless(keys: set[str]) -> Rewrite:
    return filters(LIST, lambda f: {k: v for k, v in f.items() if k not in keys})


LISTS = (
    *(
        Mutant(f"{key} not heeded", f"LIST-{number}", asked=ignore(LIST, key))
        for number, key in (
            *(("059", f"hash__{how}") for how in ("contains", "startswith", "iendswith")),
            *(("094", f"{name}__iexact") for name in ("msgid", "hash", "commit_ref")),
            *(("095", f"{name}__in") for name in ("msgid", "hash", "commit_ref")),
            *(("041", f"msgid__{how}") for how in ("icontains", "istartswith", "iendswith")),
            *(("044", f"commit_ref__{how}") for how in ("endswith", "icontains", "iendswith")),
        )
    ),
    *(
        Mutant(f"{old} read as {new}", f"LIST-{number}", asked=rename(LIST, old, new))
        for number, old, new in (
            ("030", "name", "name__iexact"),
            ("030", "name", "name__icontains"),
            ("032", "name__contains", "name__icontains"),
            ("034", "name__startswith", "name__istartswith"),
            ("036", "name__endswith", "name__iendswith"),
            ("035", "name__istartswith", "name__startswith"),
            ("031", "name__iexact", "name__icontains"),
            ("040", "msgid", "msgid__icontains"),
            ("042", "hash", "hash__startswith"),
            ("043", "commit_ref", "commit_ref__startswith"),
            ("020", "id", "id__gte"),
            ("049", "date", "date__gte"),
            ("083", "name__gt", "name__gte"),
            ("083", "name__gte", "name__gt"),
            ("083", "name__lt", "name__gt"),
            ("083", "msgid__gt", "msgid__lt"),
        )
    ),
    Mutant(
        "a range of one text is empty",
        "LIST-083",
        asked=filters(
            LIST,
            lambda f: {
                ("name__lt" if k == "name__range" else k): (v[1] if k == "name__range" else v)
                for k, v in f.items()
            },
        ),
    ),
    Mutant(
        "archived is ignored beside a state",
        "LIST-078",
        asked=filters(
            LIST, lambda f: {k: v for k, v in f.items() if k != "archived" or "state_id" not in f}
        ),
    ),
    Mutant(
        "the fourth entry is ignored",
        "LIST-078",
        asked=filters(
            LIST, lambda f: {k: v for n, (k, v) in enumerate(f.items()) if n != 3 or "__" in k}
        ),
    ),
    Mutant(
        "an unknown field is ignored behind a known one",
        "LIST-077",
        asked=filters(
            LIST, lambda f: {k: v for n, (k, v) in enumerate(f.items()) if not n or k != "foo"}
        ),
    ),
    Mutant(
        "no count beside a project",
        "LIST-062",
        asked=filters(
            LIST,
            lambda f: {k: v for k, v in f.items() if k != "max_count" or "project_id" not in f},
        ),
    ),
    Mutant(
        "in the order that ids are given",
        "LIST-060",
        said=lambda r, a: rows(LIST, lambda n: n[::-1])(r, a) if b"id__in" in r.body else a,
    ),
    Mutant("months off by one", "LIST-056", asked=_at("date__month", lambda v: max(1, v - 1))),
    Mutant(
        "brackets put round a msgid", "LIST-040", asked=_at("msgid", lambda v: f"<{v.strip('<>')}>")
    ),
    Mutant("blanks cut off a name", "LIST-030", asked=_at("name", str.strip)),
    *(
        Mutant(
            f"{name}__isnull the other way round",
            "LIST-084",
            asked=_at(f"{name}__isnull", lambda v: not v),
        )
        for name in ("name", "date", "commit_ref")
    ),
    Mutant(
        "a range without its oldest",
        "LIST-085",
        said=lambda r, a: rows(LIST, lambda n: n[1:])(r, a) if b"id__range" in r.body else a,
    ),
    Mutant(
        "a count in a text", "LIST-086", asked=_at("max_count", lambda v: int(v) if v == "2" else v)
    ),
    Mutant("nil for all", "LIST-086", asked=_at("max_count", lambda v: 0 if v is None else v)),
    Mutant("counts rounded", "LIST-087", asked=_at("max_count", lambda v: 2 if v == 1.5 else v)),
    Mutant(
        "a count of True is none",
        "LIST-087",
        asked=_at("max_count", lambda v: 0 if v is True else v),
    ),
    Mutant(
        "a text is a search",
        "LIST-088",
        asked=arguments(LIST, _first(lambda f: {"name__contains": f} if isinstance(f, str) else f)),
    ),
    Mutant(
        "the first of a list of projects",
        "LIST-089",
        asked=filters(
            LIST, lambda f: {k: v[0] if k.endswith("_id__in") else v for k, v in f.items()}
        ),
    ),
    Mutant(
        "every other time a state less",
        "LIST-093",
        said=_of("state_list", _every(2, rows("state_list", lambda n: n[:-1]))),
    ),
    Mutant(
        "a search cut short",
        "LIST-096",
        asked=arguments(
            "state_list", _first(lambda s: "" if isinstance(s, str) and len(s) > 200 else s)
        ),
    ),
    Mutant(
        "the count before the filter",
        "LIST-062",
        said=lambda r, a: EMPTY if b"submitter_id" in r.body and b"max_count" in r.body else a,
    ),
    Mutant("names of states in filters", "LIST-067", asked=_unless({"state"})),
    Mutant("delegates found", "LIST-073", said=faults_become(EMPTY, "Cannot query")),
    Mutant(
        "linknames for project_id",
        "LIST-074",
        asked=_at("project_id", lambda v: 1 if isinstance(v, str) and v != "abc" else v),
    ),
    Mutant("ne is known", "LIST-068", asked=rename(LIST, "name__ne", "name__gt")),
    Mutant(
        "a state is ignored beside a project",
        "LIST-078",
        asked=filters(
            LIST, lambda f: {k: v for k, v in f.items() if k != "state_id" or "project_id" not in f}
        ),
    ),
)

CHECKED = (
    Mutant(
        "checks of later patches",
        "CHK-026",
        asked=rename(CHECKS, "patch_id__gt", "id__gt"),
    ),
    Mutant("no user has such a name", "CHK-027", said=faults_become(EMPTY, "icontains")),
    Mutant(
        "an empty filter finds nothing",
        "CHK-028",
        said=instead(CHECKS, EMPTY, lambda r: b"<struct></struct>" in r.body),
    ),
    Mutant("the first for the last", "CHK-029", asked=revalue(CHECKS, "max_count", abs)),
    Mutant(
        "the last for the first",
        "CHK-029",
        asked=revalue(CHECKS, "max_count", lambda v: -v if v == 2 else v),
    ),
    Mutant("contexts can be filtered by", "CHK-015", asked=ignore(CHECKS, "context")),
    Mutant(
        "users by name",
        "CHK-017",
        asked=revalue(CHECKS, "user", lambda v: 2 if v == "maint" else v),
    ),
    Mutant(
        "a combined check of ids alone",
        "CHK-025",
        said=on(
            "patch_check_get",
            lambda n: Node(
                "struct",
                tuple(
                    (name, Node("array", tuple(c.members["id"] for c in value)))
                    if name == "checks"
                    else (name, value)
                    for name, value in n.value
                ),
            ),
        ),
    ),
)


def _wide(authorization: str) -> bool:
    """Whether credentials decode to more than ASCII."""
    try:
        return not base64.b64decode(authorization.partition(" ")[2], validate=True).isascii()
    except ValueError:
        return False


CREDENTIALS = (
    Mutant(
        "a crash beyond ASCII",
        "AUTH-023",
        said=lambda r, a: (
            fault("<class 'UnicodeDecodeError'>:'ascii' codec can't decode byte")
            if isinstance(r.authorization, str) and _wide(r.authorization)
            else a
        ),
    ),
    Mutant(
        "a tab for a blank",
        "AUTH-023",
        asked=lambda r: (
            replace(r, authorization=r.authorization.replace("\t", " "))
            if isinstance(r.authorization, str)
            else r
        ),
    ),
    *(
        Mutant(
            f"{name} is believed",
            "AUTH-024",
            said=lambda r, a, name=name: (  # type: ignore[misc]
                NOWHERE if any(k == name for k, _ in r.headers) else a
            ),
        )
        for name in ("X-Forwarded-User", "Proxy-Authorization")
    ),
    Mutant(
        "the user does not count",
        "AUTH-032",
        said=refault(r"takes 3 positional arguments but 4", "takes 2 positional arguments but 3"),
    ),
)

NEAR_MISSES = (*READS, *LISTS, *CHECKED, *CREDENTIALS)
