"""A run in one file: whole, without a secret, and judged again as it was judged."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from conformance.chapters import load
from conformance.commands.cli import main
from conformance.kept import bundle, sources
from conformance.kept.again import judge_again
from conformance.kept.notes import Notes
from conformance.target.exchange import Answer, Exchange, call
from conformance.verdicts.verdicts import Outcome
from tests.conformance.commands.suite import suite
from tests.conformance.reports import outputs
from tests.hostile import servers

PASSWORD, TOKEN = "earl-grey", "s3cret-access-token"
CHOSEN = [
    word
    for name in ("VER", "AUTH", "READ-001", "READ-002", "WRITE-001", "WRITE-030")
    for word in ("--select", name)
]
load()


def forgetful(turn: servers.Turn) -> Iterator[bytes]:
    """Says the version wrong, and repeats what it was sent for credentials."""
    if b"pw_rpc_version" in turn.body:
        yield servers.written(200, servers.value("<string>1.3</string>"))
    elif turn.authorization and b"check_create" in turn.body:
        yield servers.written(200, servers.fault(turn.authorization))
    else:
        yield turn.honest()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The bundle of a run that logged in and wrote; and what it said."""
    folder = tmp_path_factory.mktemp("bundle")
    path = folder / "b.zip"
    with servers.misbehaving(forgetful) as server:
        done = suite(
            "run", server.url, "--username", "kim", "--writes", "7", "--create-checks",
            "--journal", str(folder), "--before", "echo seeded with $PW_CONFORMANCE_PASSWORD.",
            "--header", f"X-Token={TOKEN}", "--examples", "1", "--bundle", str(path), *CHOSEN,
            PW_CONFORMANCE_PASSWORD=PASSWORD,
        )  # fmt: skip
    assert done.returncode == 1, done.stderr
    return path, done.stdout


def test_a_bundle_holds_all_that_there_is(made: tuple[Path, str]) -> None:
    with zipfile.ZipFile(made[0]) as files:
        names = set(files.namelist())
        assert {*bundle.FILES.values(), "bundle.json", "log.txt", "readme.txt"} <= names
        assert {"exchanges/0.jsonl", "exchanges/1.jsonl", "logs/before.txt"} <= names
        about = json.loads(files.read("bundle.json"))
        assert about["versions"]["hypothesis"]
        assert about["settings"]["writes"] == [7]
        assert files.read("logs/before.txt").decode().endswith("seeded with .\n")
        assert "PW-VER-001  fail" in files.read("log.txt").decode()
        assert made[1].splitlines()[-1] in files.read("report.txt").decode()


def test_no_secret_is_in_a_bundle(made: tuple[Path, str]) -> None:
    from conformance.target import secrecy

    words = (TOKEN, *secrecy.login("kim", PASSWORD))
    with zipfile.ZipFile(made[0]) as files:
        for name in files.namelist():
            text = files.read(name).decode()
            assert not any(word in text for word in words), name
        assert "[redacted]" in files.read("exchanges/1.jsonl").decode()


def test_it_is_judged_again_as_it_was_judged(made: tuple[Path, str]) -> None:
    kept = sources.bundled(made[0])
    again = judge_again(kept)
    now = {verdict.id: verdict for verdict in again.run.verdicts}
    assert again.judged > 30
    assert now["PW-VER-001"].outcome is Outcome.FAIL
    assert now["PW-VER-001"].evidence
    for number, then in kept.stored.verdicts.items():
        if number not in again.lost:
            assert now[number].outcome is then.outcome, (number, now[number].reason)
    # What was blotted out, or is too large, is not judged by what is left of it.
    assert set(again.lost.values()) == {
        "it cannot be judged again: what is secret was taken from it"
    }
    assert all(now[number].outcome is Outcome.INCONCLUSIVE for number in again.lost)


def test_another_judge_comes_to_another_verdict(
    made: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from conformance.deciding.decisions import DECISIONS
    from conformance.verdicts.verdicts import Deviation

    stricter = replace(
        DECISIONS["PW-READ-001"], judge=lambda world, *exchanges: Deviation("more", "less")
    )
    monkeypatch.setitem(DECISIONS, "PW-READ-001", stricter)
    monkeypatch.delitem(DECISIONS, "PW-READ-002")
    report = made[0].with_name("again.json")
    words = ["replay", str(made[0]), "--report", f"json={report}"]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert "PW-READ-001 is judged otherwise: pass then, fail: less now" in done.stdout
    assert "PW-READ-002: it cannot be judged again: no look at it is in the bundle" in done.stdout
    lost = len(judge_again(sources.bundled(made[0])).lost)
    assert done.stdout.splitlines()[-1].endswith(f"; 1 judged otherwise, {lost} not judged")
    told = outputs.told("replay", CliRunner().invoke(main, [*words, "--json"]).stdout)
    assert [row["id"] for row in told["otherwise"]] == ["PW-READ-001"]
    assert len(told["not_judged"]) == lost > 1
    assert json.loads(report.read_text())["exit_code"] == 1


def changed(made: tuple[Path, str], name: str, change: Any) -> bytes:
    """The bundle with one file changed."""
    with zipfile.ZipFile(made[0]) as files:
        found = {each: files.read(each) for each in files.namelist()}
    found[name] = change(found[name])
    from tests.conformance.kept.kept import zipped

    return zipped(found)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        (
            "bundle.json",
            lambda data: b'{"format": 2}',
            "bundle of format 2, and this",
        ),
        ("bundle.json", lambda data: b"[" * 99999, "bundle.json is none of its"),
        ("bundle.json", lambda data: b'{"format": true}', "of format True"),
        ("report.json", lambda data: b"\xff", "report.json is no UTF-8"),
        ("report.json", lambda data: data[:-9], "is no JSON report"),
        ("exchanges/0.jsonl", lambda data: b"{", "line 1 of its exchanges"),
        ("exchanges/0.jsonl", lambda data: b"", "do not say what was found"),
        ("exchanges/0.jsonl", lambda data: data.replace(b'"survey":1', b'"survey":9'), "format 9"),
        ("exchanges/0.jsonl", lambda data: data.replace(b'"n":2,', b'"n":9999,'), "not in the b"),
        ("exchanges/0.jsonl", lambda data: data.replace(b'"lacks":""', b'"lacks":"x"'), ": x"),
    ],
)
def test_a_bundle_that_is_not_as_it_was_written_is_told_of(
    made: tuple[Path, str], tmp_path: Path, name: str, change: Any, said: str
) -> None:
    path = tmp_path / "other.zip"
    path.write_bytes(changed(made, name, change))
    done = CliRunner().invoke(main, ["replay", str(path)])
    assert done.exit_code == 2
    assert said in done.output
    assert len(done.output.splitlines()) == 1
    assert isinstance(done.exception, SystemExit)


def test_exchanges_that_somebody_made_up_break_nothing(made: tuple[Path, str]) -> None:
    def other(data: bytes) -> bytes:
        lines = [json.loads(line) for line in data.splitlines()]
        for line in lines:
            if "judged" in line:  # each judge is shown what it never asked for
                line["exchanges"] = line["exchanges"][:1] * 3 + [10**9][: len(lines) % 2]
                line["world"] = 10**6 if len(line["judged"]) % 2 else line["world"]
            if "base" in line:
                line["base"] = line["world"]
        return "\n".join(map(json.dumps, lines)).encode()

    again = judge_again(bundle.read(changed(made, "exchanges/1.jsonl", other), "x.zip"))
    outcomes = {verdict.outcome for verdict in again.run.verdicts}
    assert Outcome.INCONCLUSIVE in outcomes


def test_rows_that_were_looked_at_again_and_again_are_made_again(made: tuple[Path, str]) -> None:
    def many(data: bytes) -> bytes:
        lines = [json.loads(line) for line in data.splitlines()]
        judged = [line for line in lines if "judged" in line and line["world"] == 0]
        asked = max((line for line in lines if "base" in line), key=lambda line: line["world"])
        high = asked["world"]
        more = [{**asked, "world": high + n, "base": high + n - 1} for n in range(1, 3000)]
        judged[0]["world"] = high + 2999
        return "\n".join(map(json.dumps, [*lines, *more])).encode()

    again = judge_again(bundle.read(changed(made, "exchanges/1.jsonl", many), "x.zip"))
    assert set(again.lost) == set(judge_again(sources.bundled(made[0])).lost)


def test_more_than_any_run_comes_to_is_not_judged(
    made: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.kept.again.WORK", 120_000)
    found = judge_again(sources.bundled(made[0]))
    assert "there is more in the bundle than any run comes to" in " ".join(found.lost.values())


def test_a_report_alone_cannot_be_judged_again(tmp_path: Path) -> None:
    from tests.conformance.kept.kept import report

    path = tmp_path / "r.json"
    path.write_text(report())
    done = CliRunner().invoke(main, ["replay", str(path)])
    assert done.exit_code == 2
    assert "r.json is no bundle, as run --bundle writes them" in done.output


def test_notes_keep_to_their_room(tmp_path: Path) -> None:
    path = tmp_path / "n.jsonl"
    notes = Notes(path, 3000)
    request = call("patch_get", 1)
    first = notes.exchange(Exchange(request, Answer(200, (), b"a" * 100)))
    assert notes.exchange(Exchange(request, Answer(200, (), b"a" * 100))) == first
    for size in (5000, 1500, 1500, 100, 100):
        notes.exchange(Exchange(request, Answer(200, (), b"b" * size + bytes([size % 7]))))
    notes.close()
    assert path.stat().st_size <= 3000
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [len(line.get("body", "")) for line in lines][:3] == [100, 0, 1501]
    assert lines[1]["lacks"] == "its 5142 bytes are more than could be kept"


def test_a_run_that_could_not_be_done_has_a_bundle_too(tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    done = suite("run", "http://127.0.0.1:9", "--bundle", str(path))
    assert (done.returncode, done.stderr) == (3, "")
    assert "nothing listens" in sources.stored(path).run.trouble
    again = CliRunner().invoke(main, ["replay", str(path)])
    assert (again.exit_code, again.stdout) == (2, "")
    assert "b.zip holds no exchanges: that run nothing listens" in again.stderr


def test_what_cannot_be_written_is_known_before_the_run(tmp_path: Path) -> None:
    for name, said in (("none/b.zip", "no directory"), (".", "is a directory")):
        refused = CliRunner().invoke(main, ["run", "x", "--bundle", str(tmp_path / name)])
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert said in refused.stderr
    done = suite("run", "http://127.0.0.1:9", "--bundle", "/dev/full")
    assert done.returncode == 2
    assert "the bundle cannot be written to /dev/full: No space left" in done.stderr
