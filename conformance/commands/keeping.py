"""What a run leaves in a bundle besides its reports: how it was called, and what was said."""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from ..kept import bundle
from ..kept.bundle import Log
from ..reports.safe.visible import line
from ..reports.terminal import show, show_card
from ..target.counting import counted
from ..verdicts.verdicts import Run
from .opening.options import Options


def keep(path: Path, run: Run, options: Options, logs: Sequence[Log]) -> None:
    """Write the bundle of a run. Raises ValueError, in one sentence, if it cannot be written."""
    noted = sorted(options.noted.glob("*.jsonl")) if options.noted else []
    noted.sort(key=lambda each: each.name != "survey.jsonl")
    whole = [Log("report.txt", _terminal(run)), Log("log.txt", "\n".join(_told(run)) + "\n"), *logs]
    bundle.write(path, run, options.secrets, noted, whole)


def _terminal(run: Run) -> str:
    """What the terminal says of a run."""
    text = io.StringIO()
    console = Console(file=text, width=100, highlight=False, markup=False, emoji=False)
    if run.card:
        show_card(console, run)
    show(console, run)
    return text.getvalue()


def _told(run: Run) -> Iterator[str]:
    """What was run, how, and how it went, in lines."""
    yield f"$ pw-conformance {shlex.join(sys.argv[1:])}"
    yield f"started {run.started}, {counted(run.requests, 'request')} in {run.seconds:.1f} s"
    for name, value in bundle.versions().items():
        yield f"{name} {value}"
    for note in run.card.get("notes", ()):
        yield line(f"note: {note}")
    for verdict in run.verdicts:
        told = f"{verdict.id}  {verdict.outcome}  {verdict.requests} requests"
        yield line(f"{told}  {verdict.seconds:.2f} s  {verdict.reason}".rstrip())
    if run.trouble:
        yield line(f"trouble: {run.trouble}")
    yield line(run.summary)
