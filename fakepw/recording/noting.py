"""What a recording is not, in the fixture's own notes: what XML-RPC does not tell is said there."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..fixtures.forms import counted
from .reading import NAMED, Read, Some, Wanted


def notes(read: Read, wanted: Wanted, provenance: str, damaged: Collection[str]) -> list[str]:
    """All of it, a sentence or two each, what holds for every recording first.

    `damaged`: questions whose answers hold characters that could not be read.
    """
    said = [provenance, *_instance(read), *_always(read), *_part(wanted)]
    return [*said, *_trouble(read, damaged)]


def _instance(read: Read) -> Iterator[str]:
    alike, likeliest = read.detected
    if not alike:
        yield (
            "Which instance it is could not be told: none that fakepw knows answers as it did to"
            f" what tells them apart. {likeliest} comes nearest; say --instance to serve it."
        )
    elif len(alike) > 1:
        others = ", ".join(alike[1 : NAMED + 1])
        yield (
            f"It answers as {likeliest} does; nothing that was asked tells that from {others}"
            f"{' and more' if len(alike) > NAMED + 1 else ''}."
        )
    else:
        yield f"It answers as {likeliest} does, and as no other instance."


def _always(read: Read) -> Iterator[str]:
    held, traits = read.held, read.held.traits
    made_up = held.made_up
    yield (
        "XML-RPC tells no comments: tag lines that they brought into a mail stand in its message"
        + (f", {made_up} of them in comments that nobody wrote." if made_up else ".")
    )
    yield (
        "It tells no passwords (each is the username), no rights (nobody maintains anything, is a"
        " superuser or inactive), and no accounts but those that look after a patch, belong to a"
        " person or created a check that was recorded."
    )
    if held.without_id:
        listed = _listed(sorted(held.without_id), len(held.without_id))
        yield f"The ids of these accounts are made up: {listed}."
    yield (
        "It tells no list ids, no lists' addresses but those that a mail shows, and not which"
        " states require action; accounts' addresses are known of those alone that look after a"
        " patch."
    )
    yield (
        "A person's name that is the address may be none: it is recorded as none (null). Whether"
        " a hash or a commit is null or '' was asked."
    )
    if traits.mbox_copies is not None:
        shown = ", ".join(traits.mbox_copies)
        yield f"Of the headers of mails, this release's mbox shows {shown}: no others are known."
    else:
        yield (
            "Of the headers of mails, the mbox shows all but Content-Type and"
            " Content-Transfer-Encoding, up to the first broken line, encoded and folded anew."
        )
    if not traits.py2:
        yield "Line ends of messages are LF, whatever they were; those of diffs and names are kept."


def _part(wanted: Wanted) -> Iterator[str]:
    if not wanted.all_patches:
        which = [
            f"of project {wanted.project}" if wanted.project is not None else "",
            f"since {wanted.since}" if wanted.since is not None else "",
            f"the newest {wanted.limit} at most" if wanted.limit is not None else "",
        ]
        said = ", ".join(filter(None, which))
        yield f"Patches are a part of those there are ({said}), people those who sent them."
    if not wanted.checks:
        yield "Checks were not recorded (--checks)."


def _trouble(read: Read, damaged: Collection[str]) -> Iterator[str]:
    trouble = read.trouble
    spoilt = "that cannot be read are missing; every list that one of them is in is a fault there"
    yield from _of(trouble.patches, f"Patches {spoilt}")
    yield from _of(trouble.checks, f"Checks {spoilt}")
    yield from _of(trouble.people, "People cannot be read but as patches name them")
    yield from _of(trouble.mails, "Patches whose mail is refused have no headers and no message")
    yield from _of(trouble.diffs, "Patches whose diff is refused have none")
    yield from _of(trouble.otherwise, "Patches whose mail comes out otherwise than it was")
    yield from _of(trouble.nulls, "Patches whose empty hash or commit may be null or ''")
    yield from _of(
        trouble.hashes,
        "Patches whose hash this release does not tell, and that are not found by that of their"
        " diff, which is recorded",
    )
    yield from _of(trouble.changed, "Patches that changed meanwhile are as they were at the end")
    yield from _of(trouble.gone, "Patches that were gone at the end are as they were before")
    if damaged:
        yield (
            "Characters of these answers could not be read, and are U+FFFD: "
            f"{_listed(sorted(damaged), len(damaged))}."
        )
    if trouble.no_people_list:
        yield "People cannot be listed there: only those who sent a patch are recorded."
    if trouble.no_checks:
        yield "This release has no checks."


def _of(ids: Some, what: str) -> Iterator[str]:
    if ids.count:
        yield f"{what}: {_listed(ids.first, ids.count)}."


def _listed(values: list[str] | list[int], count: int) -> str:
    shown = ", ".join(str(value) for value in values[:NAMED])
    return f"{shown} and {count - NAMED} more" if count > NAMED else shown


def summary(read: Read) -> str:
    """What is in it, in a line."""
    tables = ("projects", "people", "patches", "checks")
    return ", ".join(counted(table, len(read.tables[table])) for table in tables)
