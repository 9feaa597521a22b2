"""The badge: what shields.io's endpoint badges read, schemaVersion 1."""

from __future__ import annotations

import json

from ..target.counting import counted
from ..verdicts.verdicts import ExitCode, Outcome, Run

LABEL = "Patchwork XML-RPC"


def render(run: Run) -> str:
    """The run in a word and a colour."""
    message, color = _said(run)
    badge = {"schemaVersion": 1, "label": LABEL, "message": message, "color": color}
    return json.dumps(badge) + "\n"


def _said(run: Run) -> tuple[str, str]:
    share = f", {run.tally.decided} of {run.tally.of} decided" if run.verdicts else ""
    if run.failures:
        return f"{len(run.failures)} failed{share}", "red"
    if run.problems:
        return f"{counted(len(run.problems), 'problem')}{share}", "red"
    if run.exit_code is not ExitCode.CONFORMANT:
        return f"{run.headline}{share}", "lightgrey"
    known = sum(1 for v in run.verdicts if v.excused and v.outcome is Outcome.FAIL)
    if known:  # by a baseline: no failure of the run, but no conformance either
        return f"{run.headline} but for {counted(known, 'known failure')}{share}", "yellowgreen"
    return f"{run.headline}{share}", "green"
