"""The badge: what shields.io's endpoint badges read, schemaVersion 1."""

from __future__ import annotations

import json

from ..verdicts.verdicts import ExitCode, Run

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
        number = len(run.problems)
        return f"{number} problem{'s' if number > 1 else ''}{share}", "red"
    green = run.exit_code is ExitCode.CONFORMANT
    return f"{run.headline}{share}", "green" if green else "lightgrey"
