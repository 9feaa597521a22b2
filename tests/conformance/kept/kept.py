"""Runs that were kept, for tests: reports with a few verdicts changed, and zip files."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from conformance.reports import KINDS
from conformance.reports.reading import read
from conformance.verdicts.stored import Stored
from conformance.verdicts.verdicts import Run
from tests.conformance.reports import builders


def report(
    change: Callable[[dict[str, Any]], None] = lambda report: None, run: Run | None = None
) -> str:
    """The JSON report of a run, changed."""
    found = json.loads(KINDS["json"](run or builders.conformant()))
    change(found)
    return json.dumps(found)


def stored(outcomes: dict[str, Any] | None = None, name: str = "r.json", **members: Any) -> Stored:
    """A conformant run in which these requirements came out so; None takes one out.

    An outcome is a word, or the members of the verdict that change.
    """

    def change(found: dict[str, Any]) -> None:
        found |= members
        for number, outcome in (outcomes or {}).items():
            place = next((i for i, v in enumerate(found["verdicts"]) if v["id"] == number), None)
            if outcome is None:
                assert place is not None
                del found["verdicts"][place]
                continue
            if place is None:  # of another version
                new = {**found["verdicts"][0], "id": number, "chapter": number.split("-")[1]}
                found["verdicts"].append(new)
                place = -1
            told = {"outcome": outcome} if isinstance(outcome, str) else outcome
            found["verdicts"][place] |= told

    return read(report(change), name)


def zipped(files: dict[str, bytes], **how: Any) -> bytes:
    """A zip file."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content, **how)
    return data.getvalue()
