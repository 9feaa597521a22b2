"""The JSON report: all that a run found, and a run again out of it.

Its form is documented by `report.schema.json`; FORMAT grows when a reader would have to change.
"""

from __future__ import annotations

import json
import re
from importlib import resources
from typing import Any

from ..requirements.catalogue import CHAPTERS, requirements
from ..target.transport import VERSION
from ..verdicts.causes import Cause
from ..verdicts.verdicts import Run, Verdict, from_dict, to_dict
from .layout import causes, chapters, requirement

FORMAT = 1

_RUN = ("url", "started", "seconds", "requests", "trouble", "problems", "card", "settings")
#: Came with a later version, so that older reports lack it.
_LATER = ("min_decided",)


def schema() -> dict[str, Any]:
    """The JSON Schema of the report."""
    text = resources.files(__package__).joinpath("report.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
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
        **{name: getattr(run, name) for name in _RUN + _LATER},
        "causes": [_cause(cause) for cause in causes(run)],
        "chapters": {chapter.key: CHAPTERS[chapter.key] for chapter in found},
        "verdicts": [_verdict(verdict) for chapter in found for verdict in chapter.verdicts],
    }
    text = json.dumps(report, ensure_ascii=False, indent=1, default=str)
    # What is half a character cannot be written in UTF-8, but it can be escaped.
    text = re.sub("[\ud800-\udfff]", lambda match: f"\\u{ord(match[0]):04x}", text)
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
    try:
        report = json.loads(text)
    except ValueError as error:
        raise ValueError(f"this is no JSON report: {error}") from None
    if not isinstance(report, dict) or "format" not in report or "verdicts" not in report:
        raise ValueError("this is JSON, but no report of pw-conformance")
    if report["format"] != FORMAT:
        raise ValueError(
            f"this report is of format {report['format']}, and this version reads {FORMAT}"
        )
    try:
        verdicts = [
            from_dict({k: v for k, v in kept.items() if k not in ("chapter", "requirement")})
            for kept in report["verdicts"]
        ]
        given = {name: report[name] for name in _RUN}
        given |= {name: report[name] for name in _LATER if name in report}
        run = Run(**given, verdicts=verdicts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"this report is damaged: {type(error).__name__} {error}") from None
    unknown = [verdict.id for verdict in verdicts if verdict.id not in requirements()]
    if unknown:
        raise ValueError(f"this report speaks of {unknown[0]}, which this version does not know")
    return run
