"""What makes a run a gate: --before, --wait, --max-failures, --failed-from."""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from click.testing import CliRunner

import fakepw
from conformance.commands.cli import main
from conformance.commands.opening.options import Options
from conformance.commands.running import gating
from conformance.commands.running.gating import Gate, run_before
from conformance.commands.running.waiting import wait_for
from conformance.target import signals
from conformance.target.knowing.survey import Unusable
from conformance.target.sending.budget import Budget
from tests.conformance.kept.kept import report
from tests.hostile import servers

from ...ports import free_port
from .suite import suite


def waited(url: str, seconds: float, folder: Path, **more: object) -> list[str]:
    """What is said while it is waited for."""
    said: list[str] = []
    wait_for(Options(url=url, **more), seconds, folder / "budget", said.append)  # type: ignore[arg-type]
    return said


def test_a_server_is_waited_for_until_it_listens(tmp_path: Path) -> None:
    port, stop = free_port(), threading.Event()

    def late() -> None:
        time.sleep(0.5)
        with fakepw.serve("tiny", port=port):
            stop.wait(30)

    thread = threading.Thread(target=late)
    thread.start()
    said = waited(f"http://127.0.0.1:{port}", 30, tmp_path)
    stop.set()
    thread.join()
    assert said == [
        f"waiting for http://127.0.0.1:{port}, 30 s at most:"
        f" nothing listens on 127.0.0.1:{port}; check the port"
    ]
    assert 2 <= Budget(tmp_path / "budget").spent < 10


def test_a_gateway_alone_is_no_server_yet(tmp_path: Path) -> None:
    def starting(turn: servers.Turn) -> Iterator[bytes]:
        if turn.number < 4:
            yield servers.written(502 + turn.number % 3, b"", [("Retry-After", "0")])
        else:
            yield turn.honest()

    with servers.misbehaving(starting) as server:
        [said] = waited(server.url, 30, tmp_path)
        assert "the gateway in front answers HTTP 503" in said
        assert len(server.turns) == 4


def test_who_asks_to_be_left_alone_is(tmp_path: Path) -> None:
    clock = []

    def busy(turn: servers.Turn) -> Iterator[bytes]:
        clock.append(time.monotonic())
        if turn.number == 1:
            yield servers.written(503, b"", [("Retry-After", "1")])
        else:
            yield servers.written(503, b"", [("Retry-After", "600")])

    with servers.misbehaving(busy) as server:
        with pytest.raises(Unusable, match="HTTP 503, and asks to be left alone for 600 s"):
            waited(server.url, 30, tmp_path)
        assert len(server.turns) == 2
    assert clock[1] - clock[0] >= 1


@pytest.mark.parametrize("status", [200, 301, 401, 403, 404, 429, 500])
def test_any_other_answer_shows_that_it_is_up(status: int, tmp_path: Path) -> None:
    with servers.misbehaving(lambda turn: iter([servers.written(status)])) as server:
        assert waited(server.url, 30, tmp_path) == []
        assert len(server.turns) == 1


def test_one_that_never_answers_is_given_up_in_a_sentence(tmp_path: Path) -> None:
    with servers.misbehaving(servers.silent) as server:
        began = time.monotonic()
        with pytest.raises(Unusable, match=r"did not answer within the 0\.5 s of --wait: no compl"):
            waited(server.url, 0.5, tmp_path)
        assert time.monotonic() - began < 10
    with pytest.raises(Unusable, match=r"all 2 requests of --max-requests are spent"):
        waited(f"http://127.0.0.1:{free_port()}", 60, tmp_path / "..", max_requests=2)


def test_a_long_wait_takes_few_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    with pytest.raises(Unusable, match="the 3600 s of --wait"):
        waited(f"http://127.0.0.1:{free_port()}", 3600, tmp_path)
    assert Budget(tmp_path / "budget").spent < 40


def test_a_certificate_that_is_not_trusted_is_not_waited_out(tmp_path: Path) -> None:
    import ssl

    import trustme

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    with servers.misbehaving(servers.honest, tls=context) as server:
        assert waited(server.url, 30, tmp_path) == []


def test_what_is_waited_for_in_vain_is_inconclusive_and_reported(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    url = f"http://127.0.0.1:{free_port()}"
    done = suite("run", url, "--wait", "0.3", "--report", f"json={file}")
    assert (done.returncode, done.stderr) == (3, "")
    assert "did not answer within the 0.3 s of --wait" in json.loads(file.read_text())["trouble"]
    assert json.loads(file.read_text())["requests"] > 1


def test_what_comes_before_is_run_by_the_shell_without_secrets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PW_CONFORMANCE_PASSWORD", "earl-grey")
    monkeypatch.setenv("PW_HEADER_X_TOKEN", "s3cret")
    log, why = run_before("echo one; env >&2; sleep 60 & echo two", 60)
    assert not why
    assert log.text.startswith("$ echo one; env")
    assert "one\n" in log.text
    assert "two\n" in log.text
    assert "earl-grey" not in log.text
    assert "s3cret" not in log.text


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("echo a; echo 'no \x1b[31mroom'; echo; exit 7", r"ended with status 7: no \\e\[31mroom$"),
        ("exit 1", "ended with status 1, and said nothing$"),
        ("no-such-command-at-all", "ended with status 127: .*not found"),
        ("kill -9 $$", "ended with SIGKILL, and said nothing$"),
        ("kill -40 $$", "ended with signal 40, and said nothing$"),
    ],
)
def test_what_fails_before_is_told_in_one_sentence(command: str, said: str) -> None:
    log, why = run_before(command, 60)
    assert log.text.startswith(f"$ {command}\n")
    assert re.search(said, why)
    assert "\n" not in why


def test_a_run_whose_preparation_fails_is_inconclusive_and_asks_nobody(tmp_path: Path) -> None:
    with servers.misbehaving(servers.honest) as server:
        words = ("--before", "echo full >&2; false", "--report", f"junit={tmp_path / 'r.xml'}")
        done = suite("run", server.url, *words)
        assert (done.returncode, done.stderr) == (3, "")
        assert not server.turns
    assert "trouble  --before 'echo full >&2; false' ended with status 1: full" in done.stdout
    assert "ended with status 1: full" in (tmp_path / "r.xml").read_text()


def test_what_comes_before_is_stopped_with_the_run(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    command = f"sh -c 'echo $$ > {mark}; exec sleep 600' & wait"
    with signals.heeded():
        timer = threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGTERM))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            run_before(command, 60)
        timer.join()
    number = int(mark.read_text())
    assert servers.until(lambda: not running(number), 10)


@pytest.mark.parametrize("command", ["exec sleep 600", "trap '' TERM; yes long; sleep 600"])
def test_what_comes_before_and_does_not_end_is_stopped(
    command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it says meanwhile takes no more room than it may."""
    monkeypatch.setattr(gating, "MOST", 2_000_000)
    monkeypatch.setattr(gating, "GRACE", 0.1)
    kept: list[bytes] = []
    last = gating._last

    def noted(said: BinaryIO) -> bytes:
        kept.append(last(said))
        return kept[-1]

    monkeypatch.setattr(gating, "_last", noted)
    log, why = run_before(f"echo $$; {command}", 0.5)
    assert "took longer than 0.5 s (--before-timeout): " in why
    if "yes" in command:
        assert len(kept) > 1
        assert len(log.text) < 1_100_000
    else:
        assert servers.until(lambda: not running(int(log.text.splitlines()[1])), 10)


def test_what_comes_before_shows_no_secret_that_it_found_by_itself(tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    with servers.misbehaving(servers.honest) as server:
        words = ("--before", "echo kim:earl-grey; false", "--username", "kim")
        done = suite(
            *("run", server.url, *words, "--report", f"json={file}"),
            *("--bundle", str(tmp_path / "b.zip")),
            PW_CONFORMANCE_PASSWORD="earl-grey",
        )
    assert done.returncode == 3
    with zipfile.ZipFile(tmp_path / "b.zip") as bundle:
        kept = b"".join(map(bundle.read, bundle.namelist()))
    assert "earl-grey" not in done.stdout + done.stderr + file.read_text()
    assert b"earl-grey" not in kept
    assert any(name.endswith("before.txt") for name in bundle.namelist())


def running(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def broken(turn: servers.Turn) -> Iterator[bytes]:
    """Every version call is answered wrongly, and every project."""
    if b"pw_rpc_version" in turn.body:
        yield servers.written(200, servers.value("<string>1.3</string>"))
    elif b"project_get<" in turn.body:
        yield servers.written(200, servers.fault("no"))
    else:
        yield turn.honest()


@pytest.fixture(scope="module")
def server() -> Iterator[servers.Misbehaving]:
    with servers.misbehaving(broken) as found:
        yield found


@pytest.fixture(scope="module")
def first(
    server: servers.Misbehaving, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str]]:
    """The report of a run, and what came of each requirement."""
    file = tmp_path_factory.mktemp("first") / "first.json"
    words = ("--select", "VER", "--select", "READ", "--examples", "1")
    assert suite("run", server.url, *words, "--report", f"json={file}").returncode == 1
    return file, outcomes(file)


def outcomes(file: Path) -> dict[str, str]:
    return {each["id"]: each["outcome"] for each in json.loads(file.read_text())["verdicts"]}


def test_only_what_failed_is_tried_again(
    server: servers.Misbehaving, first: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    file, before = first
    failed = {number for number, outcome in before.items() if outcome == "fail"}
    assert 3 < len(failed) < len(before) / 2
    again = tmp_path / "again.json"
    done = suite("run", server.url, "--failed-from", str(file), "--report", f"json={again}")
    assert done.returncode == 1
    assert set(outcomes(again)) == failed
    assert "note" not in done.stdout.partition("VER-001")[0].replace("not checked", "")


def test_enough_failures_end_the_trying(
    server: servers.Misbehaving, first: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    known = tmp_path / "known.toml"
    known.write_text(
        '[[known]]\nid = "PW-VER-001"\nreason = "ticket 7"\nexpires = 2099-01-01\n', "utf-8"
    )
    file = tmp_path / "r.json"
    words = ("--select", "VER", "--select", "READ", "--examples", "1", "--baseline", str(known))
    done = suite("run", server.url, *words, "--max-failures", "2", "--report", f"json={file}")
    assert done.returncode == 1, done.stdout
    found = json.loads(file.read_text())
    failed = [each for each in found["verdicts"] if each["outcome"] == "fail"]
    assert len([each for each in failed if not each["excused"]]) == 2
    enough = "2 failures: nothing more is tried, as --max-failures asks for no more"
    assert found["trouble"] == enough
    rest = [each for each in found["verdicts"] if each["reason"] == enough]
    assert len(rest) > 20
    assert {each["outcome"] for each in rest} == {"inconclusive"}


def test_all_workers_stop_at_enough_failures(server: servers.Misbehaving, tmp_path: Path) -> None:
    file = tmp_path / "r.json"
    words = ("--select", "VER", "--select", "READ", "--examples", "1", "-n", "2")
    done = suite("run", server.url, *words, "--max-failures", "1", "--report", f"json={file}")
    assert done.returncode == 1
    found = json.loads(file.read_text())
    assert sum("--max-failures" in each["reason"] for each in found["verdicts"]) > 20


def narrowed(text: str, folder: Path, **options: object) -> tuple[Gate, Options]:
    file = folder / "r.json"
    file.write_text(text)
    gate, asked = Gate(failed_from=file), Options(url="x", **options)  # type: ignore[arg-type]
    gate.narrow(asked)
    return gate, asked


def fails(*numbers: str, **members: object) -> str:
    def change(found: dict[str, object]) -> None:
        found.update(members)
        for each in found["verdicts"]:  # type: ignore[attr-defined]
            if each["id"] in numbers:
                each["outcome"] = "fail"
        if "PW-OLD-001" in numbers:
            each = {**found["verdicts"][0], "id": "PW-OLD-001", "outcome": "fail"}  # type: ignore[index]
            found["verdicts"].append(each)  # type: ignore[attr-defined]

    return report(change)


@pytest.mark.parametrize(
    ("text", "options", "said"),
    [
        (report(), {}, "nothing failed in r.json"),
        (fails("PW-VER-001"), {"select": ("READ",)}, "--select and --skip leave nothing"),
        (fails("PW-OLD-001"), {}, "this version knows nothing of what failed in r.json"),
        ("{}", {}, "r.json is JSON, but no report"),
    ],
)
def test_where_nothing_is_left_that_is_told(
    text: str, options: dict[str, object], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=said):
        narrowed(text, tmp_path, **options)


def test_a_report_that_is_of_something_else_is_told_of(tmp_path: Path) -> None:
    text = fails("PW-VER-001", "PW-OLD-001", generator="another tool 1", trouble="interrupted")
    gate, asked = narrowed(text, tmp_path, select=("VER", "READ"))
    assert [requirement.id for requirement in asked.chosen] == ["PW-VER-001"]
    assert list(gate.remarks("https://x.example/xmlrpc/")) == [
        "r.json is of another instance, https://patchwork.example.com/xmlrpc/",
        f"r.json was made by another tool 1, and this is {fakepw.__version__}",
        "PW-OLD-001 failed in r.json, which this version does not know",
        "r.json was not done to its end, so more may fail: interrupted",
    ]
    gate, _ = narrowed(fails("PW-VER-001"), tmp_path)
    assert not list(gate.remarks("https://patchwork.example.com/xmlrpc/"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--wait", "nan"), "no number"),
        (("--wait", "-1"), "not in the range"),
        (("--before-timeout", "5"), "about --before, which is not given"),
        (("--before", "x", "--before-timeout", "0"), "not in the range"),
        (("--max-failures", "0"), "not in the range"),
        (("--failed-from", "nosuch.json"), "does not exist"),
        (("--failed-from", "README.md"), "README.md is no JSON report"),
        (("--replay", ".", "--wait", "1", "--before", "x"), "leave out --before and --wait"),
    ],
)
def test_mistakes_are_told_in_a_sentence(words: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(main, ["run", "x", *words])
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
