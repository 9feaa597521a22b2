"""Known deviations: each with a reason and an expiry date, and each still needed.

A baseline is TOML: `[[known]]` tables of `id`, `reason` and `expires` (a date).
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

from ..requirements.catalogue import requirements
from .verdicts import Outcome, Run

#: Outcomes that show that an entry excuses nothing; one that was left undecided shows nothing.
UNUSED = frozenset({Outcome.PASS, Outcome.OBSERVED, Outcome.NOT_APPLICABLE})


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
        raise BadBaseline(f"{path}: only [[known]] tables are allowed")
    for place, entry in enumerate(known):
        where = f"{path}: known[{place}]"
        if not isinstance(entry, dict) or set(entry) != {"id", "reason", "expires"}:
            raise BadBaseline(f"{where} must have id, reason and expires, and nothing else")
        if entry["id"] not in requirements():
            raise BadBaseline(f"{where}.id: no requirement is called {entry['id']!r}")
        if not isinstance(entry["reason"], str) or not entry["reason"].strip():
            raise BadBaseline(f"{where}.reason must say why, in words")
        if type(entry["expires"]) is not date:
            raise BadBaseline(f"{where}.expires must be a date such as 2027-01-31")
        if entry["id"] in entries:
            raise BadBaseline(f"{where}.id: {entry['id']} is listed twice")
        entries[entry["id"]] = (entry["reason"], entry["expires"])
    return entries


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
    run.verdicts = [
        replace(v, excused=entries[v.id][0])
        if v.id in entries
        and entries[v.id][1] >= today
        and v.outcome in (Outcome.FAIL, Outcome.WARNING)
        else v
        for v in run.verdicts
    ]
