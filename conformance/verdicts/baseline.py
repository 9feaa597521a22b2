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
from .verdicts import Outcome, Run

#: Outcomes that show that an entry excuses nothing; one that was left undecided shows nothing.
UNUSED = frozenset({Outcome.PASS, Outcome.OBSERVED, Outcome.NOT_APPLICABLE})


#: What an entry says, and all of it.
MEMBERS = ("id", "reason", "expires")


class BadBaseline(ValueError):
    """The file is no baseline; the text says where and what is allowed."""


def read(path: Path) -> dict[str, tuple[str, date]]:
    """The entries by requirement: (reason, expiry). Raises BadBaseline or OSError."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadBaseline(f"{path} is no TOML: {error}") from None
    entries: dict[str, tuple[str, date]] = {}
    known = data.get("known", [])
    if set(data) - {"known"} or not isinstance(known, list):
        raise BadBaseline(f"{path}: only [[known]] tables are allowed, each with two brackets")
    for place, entry in enumerate(known, 1):
        if wrong := _wrong(entry, entries):
            name = f" ({entry['id']})" if isinstance(entry, dict) and "id" in entry else ""
            raise BadBaseline(f"{path}: the {_nth(place)} [[known]] entry{name} {wrong}")
        entries[entry["id"]] = (entry["reason"], entry["expires"])
    return entries


def _wrong(entry: Any, before: Collection[str]) -> str:
    """What is wrong with an entry, as the end of a sentence; '' if nothing is."""
    if not isinstance(entry, dict):
        return "is no table: write [[known]] and its members below"
    if lacking := [name for name in MEMBERS if name not in entry]:
        return f"lacks {' and '.join(lacking)}; it needs {', '.join(MEMBERS)}"
    if unknown := sorted(set(entry) - set(MEMBERS)):
        return f"has {' and '.join(unknown)}, and may have {', '.join(MEMBERS)} alone"
    if not isinstance(entry["id"], str) or entry["id"] not in requirements():
        return "is for no requirement that there is: pw-conformance list shows all"
    if entry["id"] in before:
        return "is there twice: leave out one"
    if not isinstance(entry["reason"], str) or not entry["reason"].strip():
        return "has a reason that does not say why, in words"
    if type(entry["expires"]) is not date:
        return f"expires on {entry['expires']!r}, which must be a date such as 2027-01-31"
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
