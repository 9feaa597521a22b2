"""What an operator sees: in terminals of any width, in a pipe, whatever the server says."""

from __future__ import annotations

import io
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

import fakepw
from conformance.reports import terminal
from conformance.reports.safe.redaction import clean
from conformance.requirements.catalogue import CHAPTERS, Level
from conformance.verdicts.verdicts import Outcome, Verdict, plural

from . import builders
from .builders import RUNS, run_of

CARD = {
    "version": "[1, 3, 0]",
    "likely": "Patchwork 3.2",
    "sizes": {
        "projects": "1",
        "states": "10",
        "people": "1",
        "patches": "30 sampled; ids up to 48",
    },
    "checked": ["everything that reads"],
    "not checked": ["writing (no --writes)"],
    "notes": [builders.HOSTILE],
}


def console(width: int, *, tty: bool, color: bool = False) -> Console:
    return Console(
        file=io.StringIO(),
        width=width,
        force_terminal=tty,
        color_system="truecolor" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
    )


def said(run, width=80, *, tty=False, color=False) -> str:
    target = console(width, tty=tty, color=color)
    terminal.show(target, clean(run))
    assert isinstance(target.file, io.StringIO)
    return target.file.getvalue()


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize(("width", "tty"), [(80, True), (200, True), (40, True), (80, False)])
def test_nothing_that_a_server_says_moves_or_colours_the_terminal(name, width, tty):
    text = said(RUNS[name](), width, tty=tty)
    for character in text.replace("\n", "").replace("\t", ""):
        assert unicodedata.category(character) not in ("Cc", "Cf", "Cs"), repr(character)


def test_colour_is_the_only_escape_and_only_where_there_is_some():
    colored = said(builders.hostile(), tty=True, color=True)
    assert "\x1b" in colored
    assert "\x1b" not in re.sub(r"\x1b\[[0-9;]*m", "", colored)


def test_the_table_of_all_chapters_and_outcomes_fits_into_80_columns():
    run = builders.everything()
    text = said(run, tty=True)
    table = text.split("\n\n")[0].strip("\n").split("\n")
    assert max(map(cell_len, table)) <= 80
    for title in CHAPTERS.values():
        assert any(line.startswith(f"{title} ") for line in table)
    assert "…" not in "".join(table)


def test_everything_about_a_failure_is_said():
    run = builders.everything()
    for text in (said(run), said(run, 200, tty=True)):
        flat = " ".join(text.split())
        for verdict in run.failures:
            assert verdict.id in text
            deviation = verdict.deviation
            for part in (deviation.expected, deviation.got, deviation.advice):
                assert part in flat
            assert terminal.layout.requirement(verdict).why in flat
            for item in verdict.evidence:
                assert item.curl in text  # unbroken, to be copied
                assert item.python in text


def test_the_last_line_is_the_summary_with_all_counts_unbroken():
    run = builders.everything()
    for tty in (True, False):
        last = said(run, 40, tty=tty).rstrip("\n").split("\n")[-1]
        assert last == run.summary
    for outcome, number in run.counts.items():
        assert f"{number} {plural(outcome, number)}" in last


def test_a_reason_that_hundreds_share_is_said_once():
    reason = "the budget of 600 requests is spent"
    run = run_of(*(Verdict(n, Outcome.INCONCLUSIVE, reason) for n in builders.ids(Level.MUST)))
    text = said(run)
    assert text.count(reason) == 2  # by reason, and in the summary
    assert f"{len(run.verdicts)} requirements" in text


def test_a_pipe_gets_paragraphs_in_one_line_each_without_blanks_at_the_end():
    for name in RUNS:
        lines = said(RUNS[name](), 40).split("\n")
        assert [line for line in lines if line.startswith("observed")] == [
            line for line in lines if line.startswith("observed ") and "PW-" in line
        ]
    run = run_of(Verdict(builders.ids(Level.INFO)[0], Outcome.OBSERVED, "word " * 60 + "end"))
    assert "word word end\n" in said(run, 40)


@pytest.mark.parametrize("tty", [True, False])
def test_the_card_says_all_and_is_not_broken_by_a_note(tty):
    target = console(80, tty=tty)
    terminal.show_card(target, run_of(card=CARD))
    text = target.file.getvalue()
    flat = " ".join(text.replace("│", " ").split())
    assert "1 project; 10 states; 1 person; patches: 30 sampled, ids up to 48" in flat
    for word in ("[1, 3, 0]", "everything that reads", "writing (no --writes)", "\\e[31m"):
        assert word in flat
    assert "\x1b" not in text
    if tty:
        assert {cell_len(line) for line in text.rstrip("\n").split("\n")} == {80}


def test_nothing_is_left_where_it_is_run(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    monkeypatch.chdir(tmp_path)
    with fakepw.serve("demo") as server:
        for words in (
            ("run", "--select", "LIST-021"),
            ("diff", server.url, "--select", "LIST-021"),
        ):
            done = run_suite(*words, server.url)
            assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []


def run_suite(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    import os

    return subprocess.run(
        [sys.executable, "-m", "conformance", *words],
        capture_output=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
    )


@pytest.mark.parametrize(
    "environment",
    [{}, {"LC_ALL": "C"}, {"PYTHONIOENCODING": "cp1252"}, {"PYTHONIOENCODING": "ascii"}],
    ids=lambda e: " ".join(e.values()) or "utf-8",
)
def test_a_piped_run_shows_card_progress_verdicts_and_summary_in_any_encoding(environment):
    with fakepw.serve("hostile", instance="3.2-py3-sqlite") as server:
        done = run_suite("run", server.url, "--select", "READ", "--select", "VER", **environment)
    text = done.stdout.decode("ascii" if "ascii" in environment.values() else "utf-8", "replace")
    assert done.stderr == b""
    assert "Traceback" not in text
    assert "\x1b" not in text
    card, *_, progress, verdicts = re.split(r"(\d+/\d+ decided,.*\n)", text)
    assert "not checked  what needs a login" in card
    assert re.match(r"(\d+)/\1 decided, \d+ requests, 0 failures\n", progress)
    assert re.match(r"(?s)\n +not\n *chapter  pass .*\nconformant: [^\n]*\n\Z", verdicts)
