"""Mutants that the chapter on checks must kill."""

from __future__ import annotations

from conformance.target.wire import Node

from .common import (
    EMPTY,
    OLD,
)
from .operators import (
    Mutant,
    fault,
    faults_become,
    ignore,
    member,
    rename,
    rows,
    structs,
    text,
)

CHECKS = (
    Mutant(
        "check_get with another context", "CHK-001", said=member("check_get", "context", text("x"))
    ),
    Mutant(
        "check states in capitals",
        "CHK-002",
        said=member("check_get check_list", "state", lambda v: text(v.value.upper())(v)),
    ),
    Mutant(
        "the patch's id for its name",
        "CHK-003",
        said=member("check_get check_list", "patch", text("1")),
    ),
    Mutant(
        "the check's id in the user",
        "CHK-004",
        said=structs("check_list", lambda s: {**s, "user": text("u" + s["id"].value)(s["user"])}),
    ),
    Mutant(
        "check dates in ISO form",
        "CHK-005",
        said=member("check_get check_list", "date", lambda v: text(v.plain.replace(" ", "T"))(v)),
    ),
    Mutant("patch_id ignored", "CHK-010", asked=ignore("check_list", "patch_id")),
    Mutant("user ignored", "CHK-011", asked=ignore("check_list", "user")),
    Mutant("id__gt as id__gte", "CHK-012", asked=rename("check_list", "id__gt", "id__gte")),
    Mutant("id__in of checks ignored", "CHK-012", asked=ignore("check_list", "id__in")),
    Mutant("the second filter ignored", "CHK-013", asked=ignore("check_list", "id__gte")),
    Mutant("max_count of checks ignored", "CHK-014", asked=ignore("check_list", "max_count")),
    Mutant(
        "unknown check fields ignored", "CHK-015", asked=ignore("check_list", "context", "state")
    ),
    *(
        Mutant(f"{old} is {new}", "CHK-031", asked=rename("check_list", old, new))
        for old, new in (
            ("id__lte", "id"),
            ("id__exact", "id"),
            ("user__exact", "user"),
            ("patch_id__lte", "patch_id"),
        )
    ),
    Mutant(
        "unknown check lookups fault",
        "CHK-031",
        said=lambda r, a: fault("<class 'FieldError'>:x") if b"id__lte" in r.body else a,
    ),
    Mutant(
        "no checks for a missing patch",
        "CHK-016",
        said=faults_become(EMPTY, "list index out of range"),
    ),
    Mutant("no checks for a user name", "CHK-017", said=faults_become(EMPTY, "pw-conformance")),
    Mutant("every check twice", "CHK-018", said=rows("check_list", lambda n: n + n)),
    Mutant("project_id of checks ignored", "CHK-019", asked=ignore("check_list", "project_id")),
    Mutant(
        "totals off by one",
        "CHK-020",
        said=member("patch_check_get", "total", lambda v: Node("int", str(int(v.value) + 1))),
    ),
    Mutant(
        "success beats all", "CHK-021", said=member("patch_check_get", "state", text("success"))
    ),
    Mutant(
        "old runs kept",
        "CHK-022",
        said=structs(
            "patch_check_get",
            lambda s: {**s, "checks": Node("array", s["checks"].value * 2)} if "checks" in s else s,
        ),
    ),
    Mutant(
        "some contexts left out",
        "CHK-022",
        said=structs(
            "patch_check_get",
            lambda s: {**s, "checks": Node("array", s["checks"].value[1:])} if "checks" in s else s,
        ),
    ),
    Mutant(
        "old runs kept in 1.1",
        "CHK-023",
        instance=OLD,
        said=structs(
            "patch_check_get",
            lambda s: {**s, "checks": Node("array", s["checks"].value * 2)} if "checks" in s else s,
        ),
    ),
    Mutant(
        "success without checks",
        "CHK-024",
        said=structs(
            "patch_check_get",
            lambda s: (
                {**s, "state": Node("string", "success")}
                if s.get("total", Node("int", "1")).value == "0"
                else s
            ),
        ),
    ),
    Mutant(
        "combined checks of another context",
        "CHK-025",
        said=structs(
            "patch_check_get",
            lambda s: (
                {
                    **s,
                    "checks": Node(
                        "array",
                        tuple(
                            Node(
                                "struct",
                                tuple(
                                    (k, Node("string", "x") if k == "description" else v)
                                    for k, v in c.value
                                ),
                            )
                            for c in s["checks"].value
                        ),
                    ),
                }
                if "checks" in s
                else s
            ),
        ),
    ),
)
