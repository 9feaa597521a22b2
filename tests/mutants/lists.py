"""Mutants that the chapter on lists must kill."""

from __future__ import annotations

from conformance.requirements.filters import FILTERS

from .common import (
    EMPTY,
    FIRST,
    LIST,
    OLD,
)
from .operators import (
    Mutant,
    Rewrite,
    arguments,
    fault,
    faults_become,
    filters,
    ignore,
    instead,
    member,
    rename,
    revalue,
    rows,
    text,
)

NAMED = "project_list state_list person_list"


def _exactly(how: str) -> Rewrite:
    """Take a lookup for none: an exact match."""
    return filters(LIST, lambda f: {k.removesuffix(f"__{how}"): v for k, v in f.items()})


LISTS = (
    Mutant(
        "projects found by name",
        "LIST-001",
        asked=arguments("project_list", lambda a: ("", *a[1:])),
    ),
    Mutant(
        "case matters for states",
        "LIST-002",
        said=instead(
            "state_list",
            EMPTY,
            lambda r: (
                r.rpc is not None
                and bool(r.rpc[1])
                and isinstance(r.rpc[1][0], str)
                and r.rpc[1][0] != r.rpc[1][0].lower()
            ),
        ),
    ),
    Mutant(
        "people found by name only",
        "LIST-003",
        said=rows("person_list", lambda n: n[:1] if len(n) < 9 else n),
    ),
    Mutant(
        "% finds everything",
        "LIST-004",
        asked=arguments(NAMED, lambda a: ("", *a[1:]) if a and a[0] == "%" else a),
    ),
    Mutant(
        "an empty search finds nothing",
        "LIST-005",
        said=instead("state_list", EMPTY, lambda r: r.rpc is not None and r.rpc[1] == ("",)),
    ),
    Mutant(
        "nil finds nothing",
        "LIST-006",
        said=instead("state_list", EMPTY, lambda r: b"<nil/>" in r.body),
    ),
    Mutant(
        "nil finds all in 1.0",
        "LIST-007",
        instance=FIRST,
        asked=arguments("state_list", lambda a: ("", *a[1:]) if a and a[0] is None else a),
    ),
    Mutant(
        "numbers find everything",
        "LIST-008",
        asked=arguments(NAMED, lambda a: ("", *a[1:]) if a and type(a[0]) is int else a),
    ),
    Mutant(
        "counts off by one",
        "LIST-010",
        asked=arguments(
            "state_list",
            lambda a: (a[0], a[1] + 1) if len(a) > 1 and type(a[1]) is int and a[1] > 0 else a,
        ),
    ),
    Mutant("counts of people ignored", "LIST-011", asked=arguments("person_list", lambda a: a[:1])),
    Mutant(
        "a suffix off by one",
        "LIST-012",
        asked=arguments(
            "state_list",
            lambda a: (
                (a[0], a[1] - 1) if len(a) > 1 and type(a[1]) is int and a[1] in (-1, -2) else a
            ),
        ),
    ),
    Mutant(
        "a suffix in reverse",
        "LIST-012",
        said=lambda r, a: (
            rows("state_list", lambda n: n[::-1])(r, a) if b"<int>-2<" in r.body else a
        ),
    ),
    Mutant(
        "negative counts heeded in 1.0",
        "LIST-013",
        instance=FIRST,
        said=lambda r, a: rows("state_list", lambda n: n[-1:])(r, a) if b"<int>-" in r.body else a,
    ),
    Mutant(
        "too negative counts give all", "LIST-014", said=faults_become(EMPTY, "Negative indexing")
    ),
    Mutant(
        "a count makes the search ignored",
        "LIST-015",
        asked=arguments("state_list", lambda a: ("", a[1]) if len(a) > 1 else a),
    ),
    Mutant(
        "counts in strings",
        "LIST-016",
        asked=arguments(
            NAMED, lambda a: (a[0], 1) if len(a) > 1 and not isinstance(a[1], int) else a
        ),
    ),
    Mutant("projects in reverse", "LIST-017", said=rows("project_list", lambda n: n[::-1])),
    Mutant("a state twice", "LIST-018", said=rows("state_list", lambda n: n + n[:1])),
    *(
        Mutant(f"{key} ignored", f"LIST-{f.number}", asked=ignore(LIST, key))
        for f in FILTERS
        for key in f.keys[:1]
        if key != "id__range" and f.number != "058"
    ),
    *(
        Mutant(f"{old} taken for {new}", f"LIST-{n}", asked=rename(LIST, old, new))
        for n, old, new in (
            ("021", "id__gt", "id__gte"),
            ("022", "id__gte", "id__gt"),
            ("023", "id__lt", "id__gt"),
            ("034", "name__startswith", "name__contains"),
            ("035", "name__istartswith", "name__icontains"),
            ("036", "name__endswith", "name__contains"),
            ("037", "name__iendswith", "name__istartswith"),
            ("032", "name__contains", "name__startswith"),
            ("033", "name__icontains", "name__contains"),
            ("031", "name__iexact", "name"),
            ("050", "date__gt", "date__gte"),
            ("051", "date__gte", "date__gt"),
            ("052", "date__lt", "date__gte"),
            ("056", "date__month", "date__day"),
            ("057", "date__day", "date__month"),
            ("047", "submitter_id", "project_id"),
        )
    ),
    Mutant(
        "archived the other way round", "LIST-045", asked=revalue(LIST, "archived", lambda v: not v)
    ),
    Mutant(
        "id__range without its upper end",
        "LIST-025",
        said=lambda r, a: rows(
            LIST,
            lambda n: tuple(
                x
                for x in n
                if x.members["id"].plain
                != (
                    r.rpc[1][0]["id__range"][1]
                    if r.rpc
                    and r.rpc[1]
                    and isinstance(r.rpc[1][0], dict)
                    and "id__range" in r.rpc[1][0]
                    else None
                )
            ),
        )(r, a),
    ),
    Mutant(
        "T between day and time refused",
        "LIST-058",
        said=lambda r, a: (
            fault("<class 'ValidationError'>:T")
            if r.rpc_name == LIST and any(t in r.body for t in (b"T0", b"T1", b"T2"))
            else a
        ),
    ),
    Mutant("patches newest first", "LIST-060", said=rows(LIST, lambda n: n[::-1])),
    Mutant(
        "patches in order of ids",
        "LIST-060",
        said=rows(LIST, lambda n: tuple(sorted(n, key=lambda x: x.members["id"].plain))),
    ),
    Mutant("a patch twice", "LIST-061", said=rows(LIST, lambda n: n + n[-1:])),
    Mutant("max_count ignored", "LIST-062", asked=ignore(LIST, "max_count")),
    Mutant(
        "max_count off by one",
        "LIST-062",
        asked=revalue(LIST, "max_count", lambda v: v + 1 if v > 0 else v),
    ),
    Mutant(
        "a negative max_count from the front", "LIST-063", asked=revalue(LIST, "max_count", abs)
    ),
    Mutant(
        "a negative max_count in reverse",
        "LIST-063",
        said=lambda r, a: rows(LIST, lambda n: n[::-1])(r, a) if b"<int>-2<" in r.body else a,
    ),
    Mutant(
        "too negative a max_count forgiven",
        "LIST-064",
        said=faults_become(EMPTY, "Negative indexing"),
    ),
    Mutant(
        "max_count 0 gives nothing",
        "LIST-065",
        said=lambda r, a: (
            EMPTY if r.rpc_name == LIST and b"max_count</name><value><int>0<" in r.body else a
        ),
    ),
    Mutant(
        "max_count__gt unknown",
        "LIST-066",
        said=lambda r, a: EMPTY if b"max_count__" in r.body else a,
    ),
    Mutant("unknown fields ignored", "LIST-067", asked=ignore(LIST, "foo", "series")),
    Mutant(
        "unknown fields fault",
        "LIST-067",
        said=lambda r, a: (
            fault("<class 'FieldError'>:foo") if b"foo" in r.body or b"series" in r.body else a
        ),
    ),
    Mutant("lte is understood", "LIST-068", asked=rename(LIST, "id__lte", "id__gte")),
    *(
        Mutant(
            f"{how} is an exact match",
            "LIST-068",
            asked=_exactly(how),
        )
        for how in ("lte", "exact", "eq")
    ),
    *(
        Mutant(f"{old} is {new}", "LIST-068", asked=rename(LIST, old, new))
        for old, new in (
            ("name__exact", "name"),
            ("msgid__exact", "msgid"),
            ("hash__lte", "hash"),
            ("state_id__exact", "state_id"),
            ("archived__exact", "archived"),
            ("name__regex", "name__contains"),
            ("name__Contains", "name__contains"),
            ("date__date", "date__startswith"),
            ("id__GT", "id__gt"),
        )
    ),
    Mutant(
        "ne is known of ids",
        "LIST-068",
        asked=filters(LIST, lambda f: {k.replace("id__ne", "id__gt"): v for k, v in f.items()}),
    ),
    Mutant("state by id under its name", "LIST-069", asked=rename(LIST, "state", "state_id")),
    Mutant(
        "no such project faults",
        "LIST-070",
        said=lambda r, a: (
            fault("<class 'IndexError'>:x")
            if r.rpc_name == LIST and b"project_id</name><value><int>-1<" in r.body
            else a
        ),
    ),
    Mutant(
        "no such project is [] in 1.1",
        "LIST-071",
        instance=OLD,
        said=lambda r, a: EMPTY if r.rpc_name == LIST and b"project_id" in r.body else a,
    ),
    Mutant(
        "project_id__gt is heeded",
        "LIST-072",
        said=lambda r, a: EMPTY if b"project_id__gt" in r.body else a,
    ),
    Mutant("delegate_id works", "LIST-073", asked=ignore(LIST, "delegate_id")),
    Mutant(
        "words for numbers give nothing", "LIST-074", said=faults_become(EMPTY, "expected a number")
    ),
    Mutant("bad dates give nothing", "LIST-075", said=faults_become(EMPTY, "ValidationError")),
    Mutant(
        "numbers for filters give nothing", "LIST-076", said=faults_become(EMPTY, "not iterable")
    ),
    Mutant(
        "values before names",
        "LIST-077",
        said=lambda r, a: (
            fault("<class 'ValueError'>:abc") if b"foo" in r.body and b"abc" in r.body else a
        ),
    ),
    Mutant(
        "the last of two filters counts",
        "LIST-078",
        asked=ignore(LIST, "project_id", "state_id", "id__gt", "archived"),
    ),
    Mutant(
        "isnull the same both ways",
        "LIST-079",
        asked=ignore(LIST, "commit_ref__isnull", "hash__isnull"),
    ),
    Mutant(
        "filtered rows of another name",
        "LIST-080",
        said=lambda r, a: (
            member(LIST, "name", text("x"))(r, a) if b"<name>id</name>" in r.body else a
        ),
    ),
    Mutant("in of nothing gives all", "LIST-081", asked=ignore(LIST, "id__in")),
    Mutant(
        "nil is no filter",
        "LIST-082",
        dataset="a",
        said=lambda r, a: (
            fault("<class 'TypeError'>:nil") if r.rpc_name == LIST and b"<nil/>" in r.body else a
        ),
    ),
)
