"""The benchmarks run from end to end and print every row. What they measure is not tested."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import fakepw
from benchmarks import load
from fakepw.patchwork.instances.instances import DEFAULT, RECORDED

ROOT = Path(__file__).parent.parent.parent

#: (beginning of the row, unit, target).
ROWS = [
    ("pw_rpc_version against ThreadingHTTPServer + stdlib xmlrpc", "x", 5),
    ("… against a bare asyncio responder", "%", 45),
    ("patch_list of 100 rows against stdlib", "x", 6),
    ("patch_get of 200 patches in turn against stdlib", "x", 5),
    ("patch_list of 200 rows against stdlib", "x", 20),
    ("start in a thread to first answer, warm", "ms", 2),
    ("stop", "ms", 2),
    ("fresh process `fakepw serve` to first answer", "ms", 150),
    ("load 1000 patches from JSON", "s", 0.5),
    ("reset after 20 writes, 1000 patches", "us", 100),
    ("look up by id among 1000 patches", "us", 5),
    ("look up by msgid among 1000 patches", "us", 5),
    ("look up by hash among 1000 patches", "us", 5),
    ("look up by project and state among 1000 patches", "us", 1000),
    *((f"{name} against {DEFAULT}", "x", 0.8) for name in RECORDED if name != DEFAULT),
]


def run(*options: str) -> str:
    command = [sys.executable, "-m", "benchmarks", "--quick", *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_every_row_is_printed_with_its_target():
    rows = [json.loads(line) for line in run("--json").splitlines()]
    assert [(row["what"], row["unit"], row["target"]) for row in rows] == ROWS
    assert all(row["value"] > 0 for row in rows)
    for row in rows:
        at_least = row["unit"] in ("x", "%")
        over, under = row["value"] >= row["target"], row["value"] <= row["target"]
        assert row["met"] is (over if at_least else under)


def test_the_table_says_how_it_was_measured():
    table = run()
    assert "Load from this very process, 16 keep-alive connections" in table
    for what, unit, target in ROWS:
        (line,) = (line for line in table.splitlines() if line.startswith(what))
        assert f"{target:g} {unit}" in line
        assert ("met" in line) is not ("MISSED" in line)


def test_calls_that_mean_harm_are_listed_slowest_first():
    rows = [json.loads(line) for line in run("--nasty", "--json").splitlines()]
    assert len(rows) == 25
    times = [row["seconds"]["50"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert all(row["seconds"].keys() == {"10", "20", "50"} for row in rows)
    lines = run("--nasty").splitlines()
    assert lines[-1].startswith("the slowest took ")
    assert len(lines) == 2 + 1 + 25 + 1


@pytest.mark.parametrize(
    "wrk", [pytest.param(True, marks=pytest.mark.needs("wrk")), False], ids=["wrk", "Python"]
)
def test_both_generators_of_load_count_answers(wrk, monkeypatch):
    if not wrk:
        monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.chdir(ROOT)
    assert ("wrk (C)" in load.generator(1)) is wrk
    calls = [load.call("patch_get", number) for number in range(9)]
    with fakepw.serve("tiny") as pw:
        assert load.requests_per_second(pw.port, calls, 1) > 10
        assert load.requests_per_second(pw.port, [load.call("pw_rpc_version")], 1) > 10
    if wrk:
        with fakepw.serve("tiny", enabled=False) as pw, pytest.raises(RuntimeError):
            load.requests_per_second(pw.port, [load.call("pw_rpc_version")], 1)
