"""Mutants that the chapter on reads must kill."""

from __future__ import annotations

from dataclasses import replace

from conformance.target.wire import Node

from .common import (
    FIRST,
    GET,
    LIST,
    NOTHING,
    OLD,
    PATCHES,
)
from .operators import (
    Alter,
    Mutant,
    arguments,
    body,
    fault,
    faults_become,
    instead,
    member,
    on,
    respond,
    structs,
    text,
)

GETTERS = "project_get person_get state_get patch_get check_get patch_check_get"
MAILS = "patch_get_mbox patch_get_diff"


def _mail(old: str, new: str) -> Alter:
    import re

    return on(
        "patch_get_mbox", lambda n: Node("string", re.sub(old, new, n.value, flags=re.M | re.S))
    )


READS = (
    Mutant(
        "misses are faults",
        "READ-001",
        said=lambda r, a: (
            fault("<class 'IndexError'>:list index out of range")
            if r.rpc_name == "check_get" and a.reply == Node("struct", ())
            else a
        ),
    ),
    Mutant(
        "missing diffs are {}",
        "READ-002",
        said=lambda r, a: (
            NOTHING if r.rpc_name == "patch_get_diff" and a.reply == Node("string", "") else a
        ),
    ),
    Mutant(
        "misses are {} in 1.1",
        "READ-003",
        instance=OLD,
        said=instead("check_get patch_check_get", NOTHING, lambda r: b"<int>-1<" in r.body),
    ),
    Mutant(
        "0 is a fault",
        "READ-004",
        said=instead(
            GETTERS,
            fault("<class 'ValueError'>:zero"),
            lambda r: r.rpc is not None and r.rpc[1] == (0,),
        ),
    ),
    Mutant(
        "large ids are faults",
        "READ-005",
        said=instead(
            GETTERS, fault("<class 'OverflowError'>:big"), lambda r: b"2147483647" in r.body
        ),
    ),
    Mutant(
        "digits are misses",
        "READ-006",
        said=instead(
            GETTERS,
            NOTHING,
            lambda r: (
                r.rpc is not None and isinstance(r.rpc[1][0], str) if r.rpc and r.rpc[1] else False
            ),
        ),
    ),
    Mutant(
        "doubles are rounded up",
        "READ-007",
        asked=arguments(
            GETTERS, lambda a: tuple(int(x + 0.9) if isinstance(x, float) else x for x in a)
        ),
    ),
    Mutant(
        "nil is a fault",
        "READ-008",
        said=instead(GETTERS, fault("<class 'TypeError'>:nil"), lambda r: b"<nil/>" in r.body),
    ),
    Mutant(
        "words are misses",
        "READ-009",
        said=faults_become(NOTHING, "expected a number but got ''|got 'abc'"),
    ),
    Mutant(
        "arrays are misses",
        "READ-010",
        said=faults_become(NOTHING, r"expected a number but got [\[{]"),
    ),
    Mutant(
        "1.0 does not swallow",
        "READ-011",
        instance=FIRST,
        said=instead(
            GETTERS + " " + MAILS,
            fault("<type 'exceptions.ValueError'>:abc"),
            lambda r: b"abc" in r.body,
        ),
    ),
    Mutant(
        "patch_get with another msgid",
        "READ-012",
        said=member(GET, "msgid", text("<other@example.org>")),
    ),
    Mutant(
        "project_get with another name",
        "READ-013",
        said=member("project_get", "name", text("Other")),
    ),
    Mutant(
        "state_get off by one",
        "READ-014",
        asked=arguments(
            "state_get", lambda a: (a[0] + 1,) if a and isinstance(a[0], int) and a[0] > 0 else a
        ),
    ),
    Mutant(
        "person_get with another address",
        "READ-015",
        said=member("person_get", "email", text("x@example.org")),
    ),
    Mutant("state names mixed up", "READ-016", said=member(PATCHES, "state", text("Accepted?"))),
    Mutant(
        "linkname for the project's name",
        "READ-017",
        said=member(PATCHES, "project", text("linux-kernel")),
    ),
    Mutant(
        "submitters without address", "READ-018", said=member(PATCHES, "submitter", text("Someone"))
    ),
    Mutant(
        "delegate_id -1 for none",
        "READ-019",
        said=member(PATCHES, "delegate_id", lambda v: Node("int", "-1") if v.value == "0" else v),
    ),
    Mutant(
        "an empty delegate for none",
        "READ-019",
        said=member(PATCHES, "delegate", lambda v: text("")(v) if v.plain == "None" else v),
    ),
    Mutant(
        "the delegate's id for the name",
        "READ-020",
        said=structs(
            PATCHES, lambda s: {**s, "delegate": text("u" + s["id"].value)(s["delegate"])}
        ),
    ),
    Mutant(
        "ISO dates",
        "READ-021",
        said=member(PATCHES, "date", lambda v: text(v.plain.replace(" ", "T"))(v)),
    ),
    Mutant(
        "file names with .patch",
        "READ-022",
        said=member(PATCHES, "filename", lambda v: text(v.value + ".patch")(v)),
    ),
    Mutant(
        "file names without .patch in 1.1",
        "READ-023",
        instance=OLD,
        said=member(PATCHES, "filename", lambda v: text(v.value.removesuffix(".patch"))(v)),
    ),
    Mutant("hashes never found", "READ-030", said=instead("patch_get_by_hash", NOTHING)),
    Mutant(
        "hashes never found in projects",
        "READ-031",
        said=instead("patch_get_by_project_hash", NOTHING),
    ),
    Mutant(
        "unknown hashes fault",
        "READ-032",
        said=instead(
            "patch_get_by_hash", fault("<class 'DoesNotExist'>:no"), lambda r: b"ffff" in r.body
        ),
    ),
    Mutant(
        "the project ignored",
        "READ-033",
        asked=lambda r: arguments("patch_get_by_project_hash", lambda a: ("linux-kernel", *a[1:]))(
            r
        ),
    ),
    Mutant(
        "found in any project",
        "READ-034",
        said=lambda r, a: (
            respond("<struct><member><name>id</name><value><int>1</int></value></member></struct>")
            if r.rpc_name == "patch_get_by_project_hash"
            else a
        ),
    ),
    Mutant(
        "an mbox without From",
        "READ-040",
        said=_mail(r"\AFrom patchwork [^\n]*", "From nobody Thu Jan  1 00:00:00 1970"),
    ),
    Mutant("an mbox in HTML", "READ-041", said=_mail("text/plain", "text/html")),
    Mutant(
        "an mbox of another patch",
        "READ-042",
        said=_mail(r"^X-Patchwork-Id: \d+", "X-Patchwork-Id: 424242"),
    ),
    Mutant(
        "an mbox without its delegate",
        "READ-043",
        said=_mail(r"^X-Patchwork-Delegate: [^\n]*\n", ""),
    ),
    Mutant(
        "an mbox of another submitter",
        "READ-044",
        said=_mail(r"^X-Patchwork-Submitter: [^\n]*", "X-Patchwork-Submitter: A <a@b.example>"),
    ),
    Mutant("an mbox without the diff", "READ-045", said=_mail(r"\n\ndiff --git.*", "\n")),
    Mutant("an mbox whose last line is lost", "READ-045", said=_mail(r"[^\n]+\n+\Z", "\n")),
    Mutant(
        "an mbox with CRLF",
        "READ-046",
        said=lambda r, a: (
            replace(a, body=a.body.replace(b"\n", b"&#13;\n", 8).replace(b"&#13;\n", b"\n", 5))
            if r.rpc_name == "patch_get_mbox"
            else a
        ),
    ),
    Mutant(
        "an empty diff for none",
        "READ-047",
        said=instead("patch_get_diff", respond("<int>0</int>")),
    ),
    Mutant(
        "an mbox that git cannot read",
        "READ-048",
        said=_mail(r"\AFrom patchwork[^\n]*\n", "this is no header\n"),
    ),
    Mutant(
        "control characters in names",
        "READ-050",
        said=body(rb"<name>name</name>\s*<value><string>", b"<name>name</name><value><string>\x1b"),
    ),
    Mutant(
        "form feeds in diffs",
        "READ-051",
        said=lambda r, a: (
            replace(a, body=a.body.replace(b"<string>", b"<string>\x0c"))
            if r.rpc_name == "patch_get_diff"
            else a
        ),
    ),
    Mutant(
        "a null in every list",
        "READ-052",
        said=lambda r, a: (
            fault("<class 'TypeError'>:cannot marshal None unless allow_none is enabled")
            if r.rpc_name == LIST and b"61" in r.body
            else a
        ),
    ),
)
