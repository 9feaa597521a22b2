"""A baseline written from a run, its reasons left to be filled in, or brought up to date by one.

What people wrote stays as they wrote it: their comments, order and dates, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from ..requirements.catalogue import requirements
from .baseline import UNUSED, BadBaseline, entries
from .stored import Stored
from .verdicts import Outcome

_HEAD = """\
# Known deviations, for pw-conformance run --baseline. Each needs a reason that says why it is
# known; one that has expired, or that nothing needs any more, fails the run.
"""
_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*known[ \t]*\]\]")


@dataclass
class Draft:
    """The text of a baseline, and what became of each requirement, with the reason."""

    text: str = _HEAD
    added: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    #: Requirement -> why its entry is not needed any more, or why it is kept all the same.
    dropped: dict[str, str] = field(default_factory=dict)
    undecided: dict[str, str] = field(default_factory=dict)
    #: Requirement -> the day on which its entry expired, which is for people to decide anew.
    expired: dict[str, str] = field(default_factory=dict)
    #: Entries whose reason is still to be filled in.
    unfilled: list[str] = field(default_factory=list)
    #: What failed, and this version does not know.
    unknown: list[str] = field(default_factory=list)


def draft(
    run: Stored,
    expires: date,
    before: str = "",
    name: str = "the baseline",
    today: date | None = None,
) -> Draft:
    """The baseline of what failed in a run; entries that were there `before` stay while needed.

    Raises BadBaseline, in a sentence that begins with `name`, if that is none, or is written so
    that entries cannot be told apart by their lines.
    """
    old = entries(before, name, draft=True)
    found = Draft(before or _HEAD)
    blocks = _blocks(found.text)
    if [list(_ids(block)) for block in blocks[1:]] != [[number] for number in old]:
        raise BadBaseline(f"{name} cannot be brought up to date: write each entry as [[known]]")
    for number, (_, until) in old.items():
        if why := _unneeded(run, number):
            found.dropped[number] = why
            continue
        found.kept.append(number)
        if until < (today or date.today()):
            found.expired[number] = f"{until}"
        verdict = run.verdicts.get(number)
        if verdict is None or verdict.outcome not in (Outcome.FAIL, Outcome.WARNING):
            found.undecided[number] = verdict.outcome.value if verdict else "not in the run"
    kept = [
        text
        for number, text in zip((None, *old), blocks, strict=False)
        if number not in found.dropped
    ]
    found.text = "".join(kept)
    failed = [n for n, v in run.verdicts.items() if v.outcome is Outcome.FAIL and n not in old]
    found.unknown = [number for number in failed if number not in requirements()]
    found.added = [number for number in failed if number in requirements()]
    for number in found.added:
        found.text += _entry(number, run.verdicts[number].excused, expires)
    now = entries(found.text, name, draft=True)
    found.unfilled = [number for number, (reason, _) in now.items() if not reason.strip()]
    return found


def _unneeded(run: Stored, number: str) -> str:
    """Why an entry is not needed any more; '' if it is, or if that cannot be told."""
    if number not in requirements():
        return "there is no such requirement any more"
    verdict = run.verdicts.get(number)
    if verdict is None or verdict.outcome not in UNUSED:
        return ""
    return "it passes now" if verdict.outcome is Outcome.PASS else f"it is {verdict.outcome} now"


def _blocks(text: str) -> list[str]:
    """What stands before all entries, and each entry with the comments right above it. A comment
    at the very top speaks of the whole file."""
    lines = text.splitlines(keepends=True)
    starts = []
    for place, line in enumerate(lines):
        if not _ENTRY.match(line):
            continue
        while place and lines[place - 1].lstrip().startswith("#"):
            place -= 1
        if place == 0:
            place = next(n for n, each in enumerate(lines) if _ENTRY.match(each))
        starts.append(place)
    ends = [*starts, len(lines)]
    return ["".join(lines[a:b]) for a, b in zip([0, *starts], ends, strict=True)]


def _ids(block: str) -> Iterator[str]:
    """What the lines of an entry say by themselves that it is for."""
    with suppress(BadBaseline):
        yield from entries(block, "it", draft=True)


def _entry(number: str, reason: str, expires: date) -> str:
    about = requirements()[number]
    told = json.dumps("".join(c if c.isprintable() else " " for c in reason), ensure_ascii=False)
    more = "" if reason.strip() else "  # to be filled in: why it is known, and where that is said"
    return (
        f"\n# {about.level}: {about.text}\n[[known]]\n"
        f'id = "{number}"\nreason = {told}{more}\nexpires = {expires}\n'
    )
