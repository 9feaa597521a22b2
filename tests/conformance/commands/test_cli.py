"""The command line, as its users meet it."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import fakepw
from conformance.reports import KINDS
from conformance.target.knowing.profile import Profile
from conformance.verdicts import baseline
from conformance.verdicts.verdicts import Deviation, ExitCode, Outcome, Run, Verdict

from .suite import suite


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with fakepw.serve("fixtures/demo.json", instance="3.2-py3-sqlite") as server:
        yield server.url


def test_a_conformant_server_is_told_so(url: str, tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    done = suite("run", url, "--examples", "1", "--report", f"json={file}", "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "conformant: " in done.stdout
    report = json.loads(file.read_text())
    assert len(report["verdicts"]) > 120


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_leaves_nothing_behind(url: str, tmp_path: Path, workers: str) -> None:
    words = ("run", url, "--examples", "1", "--select", "VER", "--select", "LIST", "-n", workers)
    assert suite(*words, TMPDIR=str(tmp_path)).returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_the_same_seed_gives_the_same_verdicts(url: str) -> None:
    runs = [
        suite("run", url, "--seed", "3", "--select", "LIST", "--select", "VER").stdout.rpartition(
            "; "
        )
        for _ in range(2)
    ]
    assert runs[0][0].splitlines()[-1] == runs[1][0].splitlines()[-1]
    assert runs[0][2].split(" in ")[0] == runs[1][2].split(" in ")[0]


def test_a_spent_budget_is_inconclusive(url: str) -> None:
    done = suite("run", url, "--max-requests", "60")
    assert done.returncode == 3, done.stdout
    assert "inconclusive" in done.stdout


def test_a_wrong_release_is_a_problem(url: str) -> None:
    done = suite("run", url, "--select", "VER", "--expect-release", "1.0")
    assert done.returncode == 1
    assert "was expected" in done.stdout
    assert suite("run", url, "--select", "VER", "--expect-release", "3.2").returncode == 0


def test_a_release_is_told_from_those_that_it_cannot_be() -> None:
    assert Profile(releases=("2.0", "2.1", "2.2")).may_be("2.1")
    assert not Profile(releases=("3.1", "3.2")).may_be("3.0")
    assert Profile().may_be("main")
    assert not Profile(api="1.1").may_be("1.0")
    assert Profile(releases=("3.1", "3.2")).likely == "3.1 or 3.2"
    assert Profile(releases=("2.1", "2.2", "3.0")).likely == "2.1 to 3.0"
    assert Profile().likely == "2.0 or later"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "ftp://x"), "http(s)://"),
        (("run", "x", "--select", "PW-NOPE"), "no requirement or chapter"),
        (("run", "x", "--report", "pdf=x"), "no report is called"),
        (("run", "x", "--create-checks"), "--writes"),
        (("run", "x", "--writes", "1"), "--username"),
        (("run", "http://x.example", "--username", "kim"), "plain http"),
        (("explain", "VER-99"), "did you mean"),
        (("run", "x", "--select", "VER", "--skip", "VER"), "leave no requirement"),
        (("run", "x", "--expect-release", "9.9"), "no release that is known"),
        (("run", "x", "--rate", "nan"), "no number"),
        (("run", "x", "--timeout", "1e12"), "not in the range"),
        (("run", "x", "--ca", "README.md"), "holds no certificate"),
        (("run", "x", "--username", "ki:m"), "colon"),
        (("run", "x", "--failures", "/proc/x"), "cannot be made"),
        (("run", "http://a..b/"), "no name that a host can have"),
        (("run", "http://[::1/"), "is no URL"),
        (("run", "http://127.0.0.1:0/"), "port 0"),
    ],
)
def test_mistakes_are_told_in_a_sentence(words: tuple[str, ...], said: str) -> None:
    done = suite(*words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_what_cannot_be_written_keeps_no_other_report_back(url: str, tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    words = ("--report", "json=/dev/full", "--report", f"junit={file}")
    done = suite("run", url, "--select", "VER-001", *words)
    assert done.returncode == 2
    assert "No space left" in done.stderr
    assert file.exists()
    # How many examples were drawn, though nobody said how many.
    assert '<property name="setting: Examples" value="8"' in file.read_text()


def test_a_budget_for_discovery_alone_is_inconclusive(url: str) -> None:
    done = suite("run", url, "--max-requests", "1")
    assert (done.returncode, done.stderr) == (3, "")
    assert "are spent" in done.stdout


def test_a_dry_run_shows_what_a_login_and_writes_would_send(url: str) -> None:
    words = ("--username", "kim", "--writes", "7", "9", "--create-checks")
    done = suite("run", url, "--dry-run", *words, "--select", "WRITE-030", "--select", "AUTH-030")
    assert done.returncode == 0
    assert "check_create(7" in done.stdout
    assert "PW-AUTH-030 patch_set(-1" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_a_few_words(number: signal.Signals) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with subprocess.Popen(
            [sys.executable, "-m", "conformance", "run", url],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            accepted, _ = silent.accept()
            with accepted:
                process.send_signal(number)
                out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (3, "")
    assert "trouble  interrupted" in out


def test_an_unreachable_server_is_inconclusive() -> None:
    done = suite("run", "http://127.0.0.1:9")
    assert done.returncode == 3
    assert "nothing listens" in done.stdout


def test_a_dry_run_sends_nothing() -> None:
    done = suite("run", "http://127.0.0.1:9", "--dry-run", "--select", "LIST-021")
    assert done.returncode == 0
    assert "id__gt" in done.stdout
    assert "nothing was sent" in done.stdout


def test_list_and_explain() -> None:
    assert "PW-AUTH-001" in suite("list").stdout
    assert "recorded: auth/patch_set/none" in suite("explain", "PW-AUTH-001").stdout


def test_diff_shows_what_differs(url: str) -> None:
    assert suite("diff", url, url, "--select", "VER", "--select", "LIST-010").returncode == 0
    with fakepw.serve("fixtures/demo.json", instance="2.2-py2-sqlite") as other:
        done = suite("diff", url, other.url, "--select", "SIG-007")
    assert done.returncode == 1
    assert "exactly" in done.stdout


def test_pytest_runs_it_too(url: str) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "conformance",
            f"--pw-url={url}",
            "-q",
            "--pw-select=VER",
            "-p",
            "no:cacheprovider",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "conformant: " in done.stdout


def test_pytest_wants_a_password_for_a_login(url: str) -> None:
    words = ["conformance", f"--pw-url={url}", "--pw-username=kim", "-p", "no:cacheprovider"]
    environment = {k: v for k, v in os.environ.items() if k != "PW_CONFORMANCE_PASSWORD"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env=environment,
    )
    assert done.returncode == 4
    assert "needs a password" in done.stderr


def failed(number: str) -> Verdict:
    return Verdict(number, Outcome.FAIL, "bad", Deviation("good", "bad"))


def test_a_baseline_excuses_what_is_known() -> None:
    run = Run("u", verdicts=[failed("PW-VER-001")])
    assert run.exit_code == 1
    baseline.apply(run, {"PW-VER-001": ("why", date(2030, 1, 1))}, date(2029, 1, 1))
    assert run.exit_code is ExitCode.CONFORMANT
    assert "known from the baseline" in run.summary


def test_a_fault_of_the_suite_is_said_wherever_a_run_is_told() -> None:
    run = Run("u", verdicts=[failed("PW-VER-001")], trouble="internal error in test_x: KeyError")
    assert run.exit_code is ExitCode.INTERNAL
    assert run.summary.startswith("internal error: ")
    assert json.loads(KINDS["json"](run))["exit_code"] == 4
    assert "red" in KINDS["badge"](run)
    run.verdicts.clear()
    assert json.loads(KINDS["badge"](run))["message"] == "internal error"


def test_an_expired_or_unused_entry_fails() -> None:
    late = Run("u", verdicts=[failed("PW-VER-001")])
    baseline.apply(late, {"PW-VER-001": ("why", date(2020, 1, 1))}, date(2029, 1, 1))
    unused = Run("u", verdicts=[Verdict("PW-VER-001", Outcome.PASS)])
    baseline.apply(unused, {"PW-VER-001": ("why", date(2030, 1, 1))}, date(2029, 1, 1))
    assert late.exit_code is unused.exit_code is ExitCode.NOT_CONFORMANT
    assert "expired" in late.problems[0]
    assert "not needed" in unused.problems[0]


@pytest.mark.parametrize("outcome", [Outcome.INCONCLUSIVE, Outcome.NOT_RUN])
def test_an_entry_that_was_not_decided_is_not_called_unused(outcome: Outcome) -> None:
    run = Run("u", verdicts=[Verdict("PW-VER-001", outcome)])
    baseline.apply(run, {"PW-VER-001": ("why", date(2030, 1, 1))}, date(2029, 1, 1))
    assert not run.problems


TWICE = "[[known]]\nid = 'PW-VER-001'\nreason = 'r'\nexpires = 2030-01-01\n" * 2


@pytest.mark.parametrize(
    "text",
    [
        TWICE,
        "x",
        "[[known]]\nid = 'PW-VER-001'",
        "[[known]]\nid = 'PW-NO-1'\nreason = 'r'\nexpires = 2030-01-01",
        "[[known]]\nid = 'PW-VER-001'\nreason = 'r'\nexpires = 'soon'",
    ],
)
def test_a_bad_baseline_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "b.toml"
    file.write_text(text)
    with pytest.raises(baseline.BadBaseline):
        baseline.read(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TWICE, "the 2nd [[known]] entry (PW-VER-001) is there twice"),
        (
            "[[known]]\nid = 'PW-VER-001'",
            "the 1st [[known]] entry (PW-VER-001) lacks reason and expires",
        ),
        ("[[known]]\nreason = 'r'\nexpires = 2030-01-01", "the 1st [[known]] entry lacks id"),
        (
            "[[known]]\nid = 'PW-VER-001'\nreason = 'r'\nexpires = 2030-01-01\nwhy = ''",
            "the 1st [[known]] entry (PW-VER-001) has why, and may have id, reason, expires alone",
        ),
        (
            "[[known]]\nid = 'PW-NO-1'\nreason = 'r'\nexpires = 2030-01-01",
            "the 1st [[known]] entry (PW-NO-1) is for no requirement that there is",
        ),
        (
            "[[known]]\nid = 'PW-VER-001'\nreason = 'r'\nexpires = 'soon'",
            "expires on 'soon', which must be a date such as 2027-01-31",
        ),
        ("[known]\nid = 'PW-VER-001'", "only [[known]] tables are allowed, each with two brackets"),
    ],
)
def test_a_bad_baseline_is_told_by_place_and_member(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "b.toml"
    file.write_text(text)
    with pytest.raises(baseline.BadBaseline) as caught:
        baseline.read(file)
    assert said in str(caught.value)


def test_failures_are_kept_and_sent_again(tmp_path: Path) -> None:
    from conformance.commands import failures
    from conformance.target.exchange import call
    from conformance.target.sending.transport import Endpoint
    from conformance.verdicts.evidence import evidence_of

    from ..deciding.scripted import fine

    request = call("pw_rpc_version", 1)
    from conformance.target.exchange import Exchange

    evidence = evidence_of(Endpoint("http", "x", 80), [Exchange(request, fine(request))])
    run = Run(
        "u", verdicts=[Verdict("PW-VER-009", Outcome.FAIL, "", Deviation("a", "b"), evidence)]
    )
    failures.store(run, tmp_path)
    assert failures.stored(tmp_path) == [("PW-VER-009", (request,))]


def test_nothing_decided_is_inconclusive_and_says_what_is_missing(url: str) -> None:
    done = suite("run", url, "--select", "WRITE")
    assert done.returncode == 3
    last = done.stdout.splitlines()[-1]
    assert last.startswith("inconclusive: 0 passed, 0 failed, ")
    assert "0 of 0 MUSTs decided (needs --writes PATCH_ID" in last or "needs --username" in last


def test_an_empty_server_tells_how_little_was_decided() -> None:
    with fakepw.serve({}, instance="3.2-py3-sqlite") as server:
        words = ("run", server.url, "--select", "LIST", "--examples", "1")
        done = suite(*words)
        strict = suite(*words, "--min-decided", "90%")
    assert done.returncode == 0, done.stdout
    assert re.search(r"MUSTs decided \(this server holds no patch: \d\d requirements", done.stdout)
    assert "holds        0 projects; 10 states; 0 people; 0 patches; 0 checks" in done.stdout
    assert strict.returncode == 3
    assert "and --min-decided 90% asks for " in strict.stdout


@pytest.mark.parametrize("share", ["-1", "101%", "nan", "all"])
def test_a_share_is_between_nothing_and_all(share: str) -> None:
    done = suite("run", "x", "--min-decided", share)
    assert done.returncode == 2
    assert "give 0% to 100%" in done.stderr


def test_pytest_says_that_nothing_was_decided(url: str) -> None:
    words = [f"--pw-url={url}", "--pw-select=WRITE", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "conformance", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "pw-conformance: no MUST was decided: needs --" in done.stdout
