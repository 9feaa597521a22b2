"""A run from its beginning to its end: what comes before it, pytest, and what it came to."""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from rich.console import Console

from ...kept.bundle import Log
from ...kept.notes import ROOM
from ...reports.safe.redaction import clean
from ...reports.safe.visible import line
from ...reports.terminal import Live, say
from ...requirements.catalogue import requirements
from ...target.knowing.survey import Unusable
from ...verdicts.verdicts import AT_FAULT, Run, Verdict
from ..opening.options import Options, passing_folder
from ..plugin import Runner
from .gating import Gate

HERE = Path(__file__).parents[2]


def _arguments(workers: int) -> list[str]:
    words = [
        str(HERE / "chapters"),
        "-c",
        str(HERE / "pytest.ini"),
        f"--rootdir={HERE}",
        "-p",
        f"{__package__.rpartition('.')[0]}.plugin",  # an installed suite is called pw_conformance
        "-p",
        "no:cacheprovider",
        "-p",
        "no:tmpdir",  # for which xdist would leave folders behind
        "-q",
        "--tb=short",
        "--import-mode=prepend",
    ]
    if workers > 1:
        words += ["-p", "xdist", "-n", str(workers), "--dist", "loadfile"]
    return words


def run(console: Console, options: Options, workers: int, gate: Gate) -> Run:
    """Find out what there is to be found, once all is ready; the run, whatever came of it."""
    if gate.bundle:
        options.noted, options.room = passing_folder(), ROOM // workers
    runner = Runner(options)
    try:
        if _ready(console, runner, gate):
            _decided(console, runner, workers, gate)
    finally:
        gate.close(runner.run)
    order = {number: place for place, number in enumerate(requirements())}
    runner.run.verdicts.sort(key=lambda verdict: order[verdict.id])
    runner.run.settings = {
        "seed": options.seed,
        "examples": _examples(runner),
        "workers": workers,
        "writes": list(options.writes),
        "create_checks": options.create_checks,
        "select": list(options.select),
        "skip": list(options.skip),
        "min_decided": f"{runner.run.min_decided:g}%",
        **gate.settings,
    }
    return runner.run


def _ready(console: Console, runner: Runner, gate: Gate) -> bool:
    """Do what comes before the run; whether it came to a good end."""
    try:
        if gate.wait is not None:
            runner.budget = passing_folder() / "budget.sqlite"
        gate.prepare(runner.options, runner.budget or Path(), lambda text: say(console, line(text)))
    except Unusable as error:
        runner.run.trouble = str(error)
    except KeyboardInterrupt:
        runner.run.trouble = "interrupted"
    runner.count()
    return not runner.run.trouble


def _decided(console: Console, runner: Runner, workers: int, gate: Gate) -> None:
    """Have pytest decide everything, and show how far it is."""
    options = runner.options
    live = Live(console, len(options.chosen))

    def listen(run: Run, verdict: Verdict | None) -> None:
        if verdict is None:
            assert runner.target is not None
            run.card["notes"] += gate.remarks(run.url)
            budget = options.budget(runner.target.found.endpoint, runner.target.budget)
            live.discovered(clean(run, options.secrets), budget.limit)
        else:
            live.advance(run, verdict)

    runner.listener = listen
    said = io.StringIO()
    try:
        with _environment(), contextlib.redirect_stdout(said):
            code = pytest.main(_arguments(workers), plugins=[runner])
    finally:
        live.stop()
    runner.count()
    if code == pytest.ExitCode.INTERRUPTED and not runner.run.trouble:
        runner.run.trouble = "interrupted"
    decided = {verdict.id for verdict in runner.run.verdicts}
    missing = {requirement.id for requirement in options.chosen} - decided
    broken = code == pytest.ExitCode.INTERNAL_ERROR
    if (broken or missing) and not runner.run.trouble:
        click.echo(said.getvalue(), err=True)
        gate.logs.append(Log("pytest.txt", said.getvalue()))
        runner.run.trouble = f"{AT_FAULT}: undecided are {', '.join(sorted(missing)[:8])}"


def _examples(runner: Runner) -> int | None:
    """How many examples were drawn at most; None if the server was never found."""
    found = runner.target and runner.target.found
    return runner.options.examples_at(found.endpoint) if found else None


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """The environment that pytest and its workers see: no secret, and no one else's wishes."""
    hidden = [name for name in os.environ if name.startswith("PW_HEADER_")]
    hidden += ["PW_CONFORMANCE_PASSWORD", "PYTEST_ADDOPTS", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
    kept = {name: os.environ.pop(name, None) for name in hidden}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # other plug-ins may reorder or rerun
    try:
        yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
