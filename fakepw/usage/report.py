"""What `fakepw usage` tells: as data, as text, as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

import msgspec

from ..patchwork.instances.databases import DATABASES
from ..patchwork.instances.instances import RECORDED, Instance, instance, minor
from ..patchwork.instances.tables import DJANGOS, RELEASES
from ..patchwork.rows.rows import Dataset
from ..patchwork.words.brief import brief, cut
from .counting import (
    WITHOUT,
    WRITES,
    Counted,
    Used,
    heeded,
    releases_answering,
    releases_with,
    scope,
)
from .rest import FILTERS, METHODS
from .serving import Difference, Steps, compared

#: What no journal can tell.
UNKNOWN = (
    "Which of the members that were answered a client reads cannot be seen from a journal: all are"
    " listed.",
    "Rows that tests added or changed by the handle are not in a journal, so calls that ask for"
    " them find nothing when served again, on every instance alike.",
)


class Key(msgspec.Struct):
    """A key of a filter, or of what patch_set was given."""

    name: str
    calls: int
    heeded: bool
    rest: str


class Member(msgspec.Struct):
    """A member that was answered, and the releases that answer it."""

    name: str
    releases: str


class MethodUse(msgspec.Struct):
    """A method, what it was called with, what it answered, where it exists, what replaces it."""

    method: str
    calls: int
    writes: bool
    releases: str
    rest: str
    keys: list[Key]
    members: list[Member]
    faults: dict[str, int]
    staged: dict[str, int]
    remarks: dict[str, int]


class Differing(msgspec.Struct):
    """What differs, on which instances, in how many of the calls, and one of those."""

    method: str
    what: str
    where: str
    instances: list[str]
    calls: int
    example: str


class Usage(msgspec.Struct):
    """All of it. `usage` is the version of this format."""

    usage: int
    requests: int
    calls: int
    instance: str
    over: str
    methods: list[MethodUse]
    others: dict[str, int]
    served: int
    left_out: int
    compared: list[str]
    differences: list[Differing]
    without: list[str]
    unknown: list[str]


def usage_of(counted: Counted, steps: Steps, dataset: Dataset, over: str, known: str) -> Usage:
    """What a journal shows; its calls are compared over these rows."""
    others = [name for name in RECORDED if name != known]
    return Usage(
        usage=1,
        requests=counted.requests,
        calls=counted.calls,
        instance=known,
        over=over,
        methods=[_method(name, used) for name, used in sorted(counted.methods.items())],
        others=dict(counted.others.most_common()),
        served=len(steps.calls),
        left_out=steps.left_out,
        compared=others,
        differences=[_told(each, others) for each in compared(steps, dataset, known, others)],
        without=list(WITHOUT),
        unknown=list(UNKNOWN),
    )


def _method(name: str, used: Used) -> MethodUse:
    keys = [
        Key(key, count, heeded(name, key), _rest_of(name, key))
        for key, count in used.keys.most_common()
    ]
    members = [Member(each, scope(releases_answering(name, each))) for each in used.members]
    return MethodUse(
        method=name,
        calls=used.calls,
        writes=name in WRITES,
        releases=scope(releases_with(name)),
        rest=METHODS.get(name, "none"),
        keys=keys,
        members=members,
        faults=dict(used.faults.most_common()),
        staged=dict(used.staged.most_common()),
        remarks=dict(used.remarks.most_common()),
    )


def _rest_of(method: str, key: str) -> str:
    return FILTERS.get(key.split("__")[0], "none") if method == "patch_list" else ""


def _told(each: Difference, of: Sequence[str]) -> Differing:
    paths = ", ".join(path for path in each.paths if path)
    what = f"{paths}: {each.what}" if paths else each.what
    where = group(each.instances, of)
    return Differing(each.method, what, where, each.instances, each.calls, each.example)


def group(names: Sequence[str], of: Sequence[str]) -> str:
    """Some instances of several in words: by their Python, database, releases or Djangos."""
    label = _labels(tuple(of)).get(tuple(names))
    if label and len(names) > 1:
        return label
    missing = [each for each in of if each not in names]
    if len(missing) <= FEW < len(names):
        return f"every other but {', '.join(missing)}"
    more = f" and {len(names) - FEW} more" if len(names) > FEW else ""
    return ", ".join(names[:FEW]) + more


#: So many instances are named one by one.
FEW = 4


@cache
def _labels(of: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    """Sets of instances that have a name, the plainest name of each."""
    found: dict[tuple[str, ...], str] = {tuple(of): "every other"}

    def name(label: str, which: Callable[[Instance], bool]) -> None:
        if those := tuple(each for each in of if which(instance(each))):
            found.setdefault(those, label)

    for runtime, said in (("py2", "Python 2"), ("py3", "Python 3")):
        name(said, lambda its, runtime=runtime: its.runtime == runtime)  # type: ignore[misc]
    for database in DATABASES:
        name(database, lambda its, it=database: its.database == it)  # type: ignore[misc]
        name(f"not {database}", lambda its, it=database: its.database != it)  # type: ignore[misc]
    for said, span in _spans(list(RELEASES)):
        name(said, lambda its, span=span: its.release in span)  # type: ignore[misc]
        for runtime, python in (("py2", "Python 2"), ("py3", "Python 3")):
            name(
                f"{said} on {python}",
                lambda its, it=runtime, span=span: its.runtime == it and its.release in span,  # type: ignore[misc]
            )
    for said, span in _spans(list(DJANGOS)):
        name(f"Django {said}", lambda its, span=span: minor(its.django) in span)  # type: ignore[misc]
    return found


def _spans(order: list[str]) -> Iterator[tuple[str, list[str]]]:
    for first in range(len(order)):
        for last in range(first, len(order)):
            span = order[first : last + 1]
            yield (span[0] if len(span) == 1 else f"{span[0]} to {span[-1]}"), span


# For people.


def _many(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} ({count})" if count > 1 else name for name, count in counts.items())


def _head(usage: Usage) -> str:
    requests, methods = _some(usage.requests, "request"), _some(len(usage.methods), "method")
    return f"{requests}, {usage.calls} of them calls of {methods}, answered as {usage.instance}"


def _some(count: int, what: str) -> str:
    return f"{count} {what}" + "s" * (count != 1)


def _compared(usage: Usage) -> str:
    more = f"; {usage.left_out} more were left out" if usage.left_out else ""
    return (
        f"{_some(usage.served, 'different call')}, served over {usage.over} as {usage.instance}"
        f" and as {len(usage.compared)} other recorded instances{more}"
    )


def _gone(usage: Usage) -> str:
    none = " and ".join(f"Patchwork {name}" for name in usage.without)
    return f"{none} has none of this: docs/rest.md says what replaces each call."


def text(usage: Usage) -> str:
    """For a terminal."""
    lines = [_head(usage), ""]
    for use in usage.methods:
        times = _some(use.calls, "call")
        name = use.method if use.method.isidentifier() else brief(use.method)
        where = "no release has it" if use.releases == "none" else f"releases {use.releases}"
        lines.append(f"{name}  {times}, {where}")
        lines += [f"  {name:<9} {said}" for name, said in _details(use) if said]
    if usage.others:
        lines.append("no calls")
        lines += [f"  {count} x {asked}" for asked, count in usage.others.items()]
    lines += ["", _compared(usage)]
    for each in usage.differences:
        lines.append(f"  {each.method}: {each.what}")
        lines.append(f"    on       {each.where}")
        lines.append(f"    example  {cut(each.example, 300)}")
    if not usage.differences:
        lines.append("  all answered alike")
    lines += ["", *usage.unknown, _gone(usage)]
    return _joined(lines)


def _joined(lines: Iterable[str]) -> str:
    """The lines, in which what clients and servers chose ends none and steers no terminal."""
    return "\n".join(
        "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in line) for line in lines
    )


def _details(use: MethodUse) -> list[tuple[str, str]]:
    keys = {key.name: key.calls for key in use.keys if key.heeded}
    ignored = {key.name: key.calls for key in use.keys if not key.heeded}
    why = "patch_set ignores it" if use.method == "patch_set" else "no such filter: always []"
    some = {scope(RELEASES), use.releases}
    later = [each for each in use.members if each.releases not in some]
    return [
        ("keys", _many(keys)),
        ("", f"{_many(ignored)}: {why}" if ignored else ""),
        ("members", ", ".join(each.name for each in use.members)),
        ("", ", ".join(f"{each.name}: releases {each.releases}" for each in later)),
        ("faults", _many(use.faults)),
        ("staged", _many(use.staged)),
        *(("remark", _many({said: count})) for said, count in use.remarks.items()),
        ("REST", use.rest),
    ]


def markdown(usage: Usage) -> str:
    """For a page, or the summary of a job."""
    lines = ["# What this client depends on", "", f"{_head(usage)}.", ""]
    lines += _table(
        ["method", "calls", "releases", "keys", "members answered", "faults", "REST"],
        (
            [
                use.method,
                str(use.calls),
                use.releases,
                _many({key.name: key.calls for key in use.keys}),
                ", ".join(each.name for each in use.members),
                _many(use.faults),
                use.rest,
            ]
            for use in usage.methods
        ),
    )
    lines += ["", "## What differs between servers", "", f"{_compared(usage)}.", ""]
    rows = [[each.method, each.what, each.where, each.example] for each in usage.differences]
    lines += _table(["method", "what", "where", "example"], rows) if rows else ["Nothing."]
    lines += ["", "## What is not known", "", *(f"* {each}" for each in usage.unknown)]
    return _joined([*lines, "", _gone(usage)])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    every = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(map(_cell, row)) + " |" for row in every]


_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\|<>[]*_`"})


def _cell(said: str) -> str:
    """A text that a client or a server chose, as nothing but text."""
    return said.translate(_SPECIAL)
