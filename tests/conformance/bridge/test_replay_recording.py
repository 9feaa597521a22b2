"""`pw-conformance replay-recording`: what is sent to whom, and what is told of the answers."""

from __future__ import annotations

import gc
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import fakepw
from conformance.commands.cli import main
from conformance.target.exchange import WRITES
from conformance.verdicts.verdicts import ExitCode
from tests.conformance.reports import outputs
from tests.recordings import CORPUS, FOLDER

PG = "3.2-py3-postgresql"
#: A part of the corpus is enough.
SOME = ("--select", "patch_get/*", "--select", "state_list*", "--select", "perm/*")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["replay-recording", *words])


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    """A hundred megabytes that a run read of the recordings hang on the trace of how it ended."""
    yield
    gc.collect()


@pytest.fixture(scope="module")
def pw() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve(FOLDER / "datasets" / "a.json", instance=PG) as pw:
        yield pw


def seeding(pw: fakepw.LiveServer) -> str:
    """A command that seeds a double with the dataset that it is told."""
    code = f"import fakepw, os; fakepw.connect('{pw.base_url}').load(os.environ['PW_DATASET_FILE'])"
    return f'{sys.executable} -c "{code}"'


def test_a_server_of_that_kind_is_as_recorded_and_nothing_is_written(pw: Any) -> None:
    result = run(PG, pw.url, *SOME)
    assert result.exit_code == ExitCode.CONFORMANT, result.output
    assert " 0 differ" in result.output
    assert "not sent (they write" in result.output
    assert not [each for each in pw.calls if each.method in WRITES]


def test_another_differs_and_how_is_told(pw: Any) -> None:
    result = run("3.2-py3-mariadb", pw.url, *SOME)
    assert result.exit_code == ExitCode.NOT_CONFORMANT
    assert "state_list('é')" in result.output
    assert "DataError" in result.output
    found = outputs.told("replay-recording", run("2.2-py2-sqlite", pw.url, *SOME, "--json").output)
    assert found["datasets"] == ["a"]
    assert {each["kind"] for each in found["different"]} == {"headers"}  # which come first
    loose = json.loads(run("2.2-py2-sqlite", pw.url, *SOME, "--json", "--no-headers").output)
    assert "value" in {each["kind"] for each in loose["different"]} <= {"value", "bytes"}
    assert len(loose["different"]) < len(found["different"])


def test_where_an_answer_differs_is_shown_and_not_how_it_begins(pw: Any) -> None:
    with pw.snapshot():
        pw.change_patch(5, state="Deferred")
        said = run(PG, pw.url, "--select", "patch_list/positional=*", "--select", "patch_get/0")
    place = r"\[\d+\]\['state'\]: '\w+'\n"
    assert re.search(rf"recorded  {place} +here      {place}", said.output)
    assert max(map(len, said.output.splitlines())) < 400
    with pw.fault("patch_get", status=200, body="<html>wall</html>"):
        walled = run(PG, pw.url, "--select", "patch_get/0")
    assert "here      HTTP 200, but " in walled.output
    with pw.fault("patch_get", status=200, body="<?xml version='1.0'?>\n<methodResponse>\n"):
        cut = run(PG, pw.url, "--no-headers", "--select", "patch_get/0")
    assert "here      HTTP 200, but " in cut.output


def test_a_server_that_can_be_seeded_is_sent_all_of_it() -> None:
    with fakepw.serve("tiny", instance=PG) as pw:
        result = run(PG, pw.url, "--seed", seeding(pw), "--dataset", "b", "--dataset", "c")
        assert result.exit_code == ExitCode.CONFORMANT, result.output
        assert "187 answers compared" in result.output
        assert "not sent" not in result.output
        assert any(each.written for each in pw.calls)


def test_a_server_with_other_rows_is_left_alone(pw: Any) -> None:
    with fakepw.serve("demo") as other:
        for words in ((), ("--seed", "true"), ("--dataset", "c")):
            result = run(PG, other.url, *words)
            assert result.exit_code == ExitCode.INCONCLUSIVE
            assert "does not hold the rows that were recorded" in result.output
            assert len(result.output.splitlines()) == 1
        assert {each.method for each in other.calls} <= {"project_list", "patch_list", "patch_get"}
    failed = run(PG, pw.url, "--seed", "echo no database; exit 3")
    assert failed.exit_code == ExitCode.INCONCLUSIVE
    assert "--seed ended with status 3: no database" in failed.output


def test_a_server_without_the_api_can_be_held_against_one() -> None:
    words = ("3.2-py3-sqlite-disabled", "--dataset", "a", "--no-headers", "--select", "http/*")
    with fakepw.serve(FOLDER / "datasets" / "a.json", instance=PG, enabled=False) as pw:
        assert run(*words, pw.url).exit_code == ExitCode.CONFORMANT
    with fakepw.serve(FOLDER / "datasets" / "a.json", instance=PG) as pw:
        assert run(*words, pw.url).exit_code == ExitCode.NOT_CONFORMANT


def test_a_budget_that_is_spent_and_a_server_that_falls_silent_end_it(pw: Any) -> None:
    spent = run(PG, pw.url, "--max-requests", "20")
    assert spent.exit_code == ExitCode.INCONCLUSIVE
    assert "all 20 requests of --max-requests are spent" in spent.output
    with pw.fault("patch_get", drop=True):
        silent = run(PG, pw.url, "--select", "patch_get/*", "--timeout", "0.2")
    assert silent.exit_code == ExitCode.INCONCLUSIVE
    assert "3 calls in a row got no answer" in silent.output


def test_mistakes_are_told_in_one_sentence(tmp_path: Path, monkeypatch: Any) -> None:
    for words, why in (
        (("3.2-py3-postgres", "http://127.0.0.1:9/"), "did you mean 3.2-py3-postgresql"),
        ((PG, "ftp://x/"), "not spoken here"),
        ((PG, "http://127.0.0.1:9/", "--dataset", "d"), "there are a, b and c"),
        ((PG, "http://127.0.0.1:9/", "--recordings", str(tmp_path)), "holds no recordings"),
    ):
        result = run(*words)
        assert result.exit_code == ExitCode.USAGE
        assert why in result.output
        assert "Traceback" not in result.output
    assert run(PG, "http://127.0.0.1:9/").exit_code == ExitCode.INCONCLUSIVE
    (tmp_path / "answers").mkdir()
    (tmp_path / "calls.jsonl.xz").write_bytes(b"no xz")
    (tmp_path / "answers" / "x.jsonl.xz").write_bytes(b"no xz")
    damaged = run("x", "http://127.0.0.1:9/", "--recordings", str(tmp_path))
    assert (damaged.exit_code, "is damaged" in damaged.output) == (ExitCode.USAGE, True)
    monkeypatch.setattr("conformance.commands.bridging.RECORDINGS", tmp_path / "nowhere")
    installed = run(PG, "http://127.0.0.1:9/")
    assert (installed.exit_code, "give --recordings FOLDER" in installed.output) == (2, True)


def test_what_is_sent_is_what_was_recorded(pw: Any) -> None:
    before = len(pw.calls)
    run(PG, pw.url, "--select", "patch_get/*")
    sent = [each.request.partition(b"\r\n\r\n")[2] for each in pw.calls[before:]]
    recorded = [each.sent for each in CORPUS.calls("a") if each.id.startswith("patch_get/")]
    assert sent[-len(recorded) :] == recorded
