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
from fakepw.patchwork.patchwork import METHODS

ROOT = Path(__file__).parent.parent.parent

#: Of each part: (the row, its unit, its target).
ROWS: dict[str, list[tuple[str, str, float | None]]] = {
    "core": [
        ("pw_rpc_version against ThreadingHTTPServer + stdlib xmlrpc", "x", 5),
        ("… against a bare asyncio responder", "%", 45),
        ("patch_list of 100 rows against stdlib", "x", 6),
        ("patch_get of 200 patches in turn against stdlib", "x", 5),
        ("patch_list of 200 rows against stdlib", "x", 20),
        ("start in a thread to first answer, warm", "ms", 2),
        ("stop", "ms", 2),
        ("fresh process `fakepw serve` to first answer", "ms", 150),
        *((f"{name} against {DEFAULT}", "x", 0.8) for name in RECORDED[:3]),
    ],
    "double": [
        ("the fixture of fakepw, a test of 20 in one run", "ms", 0.3),
        ("the fixture of pytest-httpserver, a test of 20 in one run", "ms", None),
        ("the fixture of respx, a test of 20 in one run", "ms", None),
        ("start and stop of a server for one test", "ms", 1),
        ("reset after 20 writes, with journal and rules, 1000 patches", "us", 100),
        ("with the journal, pw_rpc_version, of the rate without", "%", 90),
        ("with the journal, patch_get in turn, of the rate without", "%", 90),
        ("with ten rules that mean no call, pw_rpc_version", "%", 95),
        ("with ten rules that mean no call, patch_get in turn", "%", 95),
        *(
            (f"{method} through ServerProxy: the transport against the socket", "x", 3)
            for method in ("pw_rpc_version", "patch_get", "state_get")
        ),
        ("10 worlds of the demo, each listed and written to", "MB", 200),
    ],
    "methods": [
        *((f"{method} against stdlib", "x", None) for method in sorted(METHODS)),
        *(
            (f"patch_list by {what}, the first 100 of 1000 patches", "us", None)
            for what in (
                *("no filter", "id", "id__in", "id__gt", "msgid", "hash", "name"),
                *("name__icontains", "project_id", "project_id and state_id"),
                *("project_id and name__contains", "submitter_id", "state_id", "archived"),
                *("commit_ref", "date__gt", "date__year"),
            )
        ),
    ],
    "scale": [
        row
        for size in (100, 1000, 2000)
        for row in (
            (f"check {size} patches", "s", None),
            (f"load {size} patches from JSON", "s", 0.5),
            (f"memory of a patch beyond its own text, {size} patches", "bytes", 1200),
            (f"start with rows that are loaded, {size} patches", "ms", None),
            (f"look up by id among {size} patches", "us", 5),
            (f"look up by msgid among {size} patches", "us", 5),
            (f"look up by hash among {size} patches", "us", 5),
            (f"patch_list by project and state, {size} patches", "us", None),
            (f"patch_list by project and state, the first 10, {size} patches", "us", None),
            (f"reset after 20 writes, {size} patches", "us", 100),
        )
    ],
}


def run(*options: str) -> str:
    command = [sys.executable, "-m", "benchmarks", "--quick", *options]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.mark.parametrize("part", ROWS)
def test_every_row_is_printed_with_its_target(part: str) -> None:
    rows = [json.loads(line) for line in run(part, "--json").splitlines()]
    seen = [(row["what"], row["unit"], row["target"]) for row in rows]
    assert sorted(seen, key=str) == sorted(ROWS[part], key=str)
    assert all(row["value"] > 0 for row in rows)
    for row in rows:
        if row["target"] is None:
            assert row["met"] is None
            continue
        at_least = row["unit"] in ("x", "%")
        over, under = row["value"] >= row["target"], row["value"] <= row["target"]
        assert row["met"] is (over if at_least else under)


def test_the_table_says_how_it_was_measured():
    table = run("scale")
    assert "Load from this very process, 16 keep-alive connections" in table
    for what, unit, target in ROWS["scale"]:
        (line,) = (line for line in table.splitlines() if line.startswith(f"{what}  "))
        if target is not None:
            assert f"{target:g} {unit}" in line
            assert ("met" in line) is not ("MISSED" in line)


def test_rows_for_the_documentation_are_those_that_it_has():
    rows = [line.split(" | ")[0] for line in run("double", "--markdown").splitlines()]
    documented = (ROOT / "docs" / "speed.md").read_text()
    said_with_a_size = ("patches", "a test of", "worlds of")
    others = [row for row in rows if not any(word in row for word in said_with_a_size)]
    assert len(others) > 5
    assert not [row for row in others if f"{row} |" not in documented]


def test_a_part_that_there_is_not_is_refused():
    command = [sys.executable, "-m", "benchmarks", "cores"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2
    assert "there is no part 'cores', only core, double, methods, scale" in done.stderr


def test_calls_that_mean_harm_are_listed_slowest_first():
    rows = [json.loads(line) for line in run("--nasty", "--json").splitlines()]
    assert len(rows) == 25
    times = [row["seconds"]["50"] for row in rows]
    assert times == sorted(times, reverse=True)
    assert all(row["seconds"].keys() == {"10", "20", "50"} for row in rows)
    lines = run("--nasty", "--every", "2").splitlines()
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
