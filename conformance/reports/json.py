"""The JSON report: all that a run found, and a run again out of it.

Its form is documented by `report.schema.json`, and `reading` checks it; `outputs.schema.json`
documents what else is written for programs.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from ..requirements.catalogue import CHAPTERS
from ..target.sending.transport import VERSION
from ..verdicts.causes import Cause
from ..verdicts.verdicts import Run, Verdict, to_dict
from .layout import causes, chapters, requirement
from .reading import FORMAT, read
from .safe.visible import UNSEEN

_RUN = ("url", "started", "seconds", "requests", "trouble", "problems", "card", "settings")


#: What `schema` describes: the report of a run, and what commands print for programs.
SCHEMAS = (
    *("report", "compare", "matrix", "baseline", "replay", "probe", "diff"),
    *("replay-calls", "replay-recording", "list", "explain"),
)


def schema(name: str = SCHEMAS[0]) -> dict[str, Any]:
    """The JSON Schema of the report, or of what the command of that name prints as JSON."""
    if name == SCHEMAS[0]:
        return _described("report.schema.json")
    found = _described("outputs.schema.json")
    head = {"$schema": found["$schema"], "title": f"Output of pw-conformance {name}"}
    return {**head, **found["outputs"][name], "$defs": found["$defs"]}


def _described(file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        resources.files(__package__).joinpath(file).read_text("utf-8")
    )
    return found


def render(run: Run) -> str:
    """The report as JSON text in UTF-8, indented, verdicts in catalogue order."""
    found = chapters(run)
    report = {
        "format": FORMAT,
        "generator": f"pw-conformance {VERSION}",
        "headline": run.headline,
        "exit_code": int(run.exit_code),
        "summary": run.summary,
        "counts": {outcome.value: number for outcome, number in run.counts.items()},
        "decided": {
            "musts": run.tally.decided,
            "of": run.tally.of,
            "undecided": run.tally.undecided,
            "shortfall": run.shortfall,
        },
        **{name: getattr(run, name) for name in (*_RUN, "min_decided")},
        "causes": [_cause(cause) for cause in causes(run)],
        "chapters": {chapter.key: CHAPTERS[chapter.key] for chapter in found},
        "verdicts": [_verdict(verdict) for chapter in found for verdict in chapter.verdicts],
    }
    return encoded(report)


def encoded(value: dict[str, Any]) -> str:
    """JSON text in UTF-8, indented, in which no CI system finds a command and no terminal an
    order."""
    text = json.dumps(value, ensure_ascii=False, indent=1, default=str)
    # What cannot be seen, or is half a character and cannot be written in UTF-8, is escaped.
    text = UNSEEN.sub(lambda match: json.dumps(match[0])[1:-1], text)
    # Some CI systems look for commands anywhere in a line; these say the same, and are none.
    return text.replace("##", "\\u0023\\u0023").replace("::", ":\\u003a") + "\n"


def _cause(cause: Cause) -> dict[str, Any]:
    return {"symptom": cause.symptom, "requirements": [verdict.id for verdict in cause.verdicts]}


def _verdict(verdict: Verdict) -> dict[str, Any]:
    about = requirement(verdict)
    return {
        "id": verdict.id,
        "chapter": about.chapter,
        "requirement": {
            "level": about.level.value,
            "text": about.text,
            "applies_to": about.scope,
            "why": about.why,
            "facts": about.facts,
            "recorded": list(about.recorded),
        },
        **{name: value for name, value in to_dict(verdict).items() if name != "id"},
    }


def load(text: str) -> Run:
    """The run that a report was made from.

    Raises ValueError, in one sentence, if the text is no report that this version can read.
    """
    stored = read(text)
    if stored.unknown:
        raise ValueError(
            f"this report speaks of {stored.unknown[0]}, which this version does not know"
        )
    return stored.run
