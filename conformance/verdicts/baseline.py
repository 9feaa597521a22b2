"""Known deviations: each with a reason and an expiry date, and each still needed.

A baseline is TOML: `[[known]]` tables of `id`, `reason` and `expires` (a date).
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from ..requirements.catalogue import requirements
from ..target.inputs import opened
from .verdicts import Outcome, Run

#: Outcomes that show that an entry excuses nothing; one that was left undecided shows nothing.
UNUSED = frozenset({Outcome.PASS, Outcome.OBSERVED, Outcome.NOT_APPLICABLE})


#: What an entry says, and all of it.
MEMBERS = ("id", "reason", "expires")


class BadBaseline(ValueError):
    """The file is no baseline; the text says where and what is allowed."""


#: The largest file that is read, in bytes.
LARGEST = 1_000_000


def read(path: Path) -> dict[str, tuple[str, date]]:
    """The entries by requirement: (reason, expiry). Raises BadBaseline."""
    return entries(text_of(path), str(path))


def text_of(path: Path) -> str:
    """The text of a baseline. Raises BadBaseline."""
    try:
        with opened(path) as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise BadBaseline(f"{path} cannot be read: {error.strerror or error}") from None
    if len(data) > LARGEST:
        raise BadBaseline(f"{path} is no baseline: it is larger than {LARGEST // 1_000_000} MB")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise BadBaseline(f"{path} is no TOML: {error}") from None


def entries(text: str, name: str, *, draft: bool = False) -> dict[str, tuple[str, date]]:
    """The entries that a text holds. In a `draft` reasons may be left to be filled in, and
    requirements be gone. Raises BadBaseline in a sentence that begins with `name`."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadBaseline(f"{name} is no TOML: {str(error)[:200]}") from None
    found: dict[str, tuple[str, date]] = {}
    known = data.get("known", [])
    if set(data) - {"known"} or not isinstance(known, list):
        raise BadBaseline(f"{name}: only [[known]] tables are allowed, each with two brackets")
    for place, entry in enumerate(known, 1):
        if wrong := _wrong(entry, found, draft):
            told = f" ({entry['id']})" if isinstance(entry, dict) and "id" in entry else ""
            raise BadBaseline(f"{name}: the {_nth(place)} [[known]] entry{told[:80]} {wrong}")
        found[entry["id"]] = (entry["reason"], entry["expires"])
    return found


def _wrong(entry: Any, before: Collection[str], draft: bool) -> str:
    """What is wrong with an entry, as the end of a sentence; '' if nothing is."""
    if not isinstance(entry, dict):
        return "is no table: write [[known]] and its members below"
    if lacking := [name for name in MEMBERS if name not in entry]:
        return f"lacks {' and '.join(lacking)}; it needs {', '.join(MEMBERS)}"
    if unknown := sorted(set(entry) - set(MEMBERS)):
        return f"has {' and '.join(unknown)}, and may have {', '.join(MEMBERS)} alone"
    if not isinstance(entry["id"], str) or (entry["id"] not in requirements() and not draft):
        return "is for no requirement that there is: pw-conformance list shows all"
    if entry["id"] in before:
        return "is there twice: leave out one"
    if type(entry["expires"]) is not date:
        return f"expires on {entry['expires']!r}, which must be a date such as 2027-01-31"
    if not isinstance(entry["reason"], str):
        return "has a reason that is no text"
    if not entry["reason"].strip() and not draft:
        return "has a reason that is still to be filled in: say why it is known, in words"
    return ""


def _nth(place: int) -> str:
    """A place counted from 1, as it is read."""
    last = 0 if 10 < place % 100 < 20 else place % 10
    return f"{place}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(last, 'th') }"


def excused(entries: dict[str, tuple[str, date]], today: date) -> frozenset[str]:
    """The requirements whose failure an entry excuses today."""
    return frozenset(number for number, (_, expires) in entries.items() if expires >= today)


def apply(run: Run, entries: dict[str, tuple[str, date]], today: date) -> None:
    """Excuse known failures; an expired or unused entry becomes a problem of the run."""
    outcomes = {verdict.id: verdict.outcome for verdict in run.verdicts}
    for number, (reason, expires) in entries.items():
        if expires < today:
            run.problems.append(f"the baseline entry for {number} expired on {expires}: {reason}")
        elif outcomes.get(number) in UNUSED:
            run.problems.append(
                f"the baseline entry for {number} is not needed any more: remove it"
            )
    known = excused(entries, today)
    run.verdicts = [
        replace(v, excused=entries[v.id][0])
        if v.id in known and v.outcome in (Outcome.FAIL, Outcome.WARNING)
        else v
        for v in run.verdicts
    ]
