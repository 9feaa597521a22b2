"""Sources that die, lie, hang, or change meanwhile: told in one sentence, and nothing is lost."""

from __future__ import annotations

import itertools
import os
import re
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import fakepw
from fakepw.generating import generate
from fakepw.recording.answers import Answers, Unfit
from fakepw.recording.reading import Wanted
from fakepw.recording.recorder import GivenUp, record
from tests.hostile import servers
from tests.hostile.servers import Manner, Turn, after_discovery, misbehaving, value

ALL = Wanted(checks=True)
#: Those that only look as if no recording could come to an end, and those in which none can.
FINE = [
    servers.closes_without_a_word,
    servers.cuts_kept_connections,
    servers.answers_twice,
    servers.says_a_negative_length,  # which is no length, so that the body ends with the connection
]
BAD = [
    *servers.ENDLESS,
    *(manner for manner in servers.LYING if manner not in FINE),
    servers.sixty_megabytes,
    servers.angle_brackets,
    servers.gzip_bomb,
    servers.billion_laughs,
    servers.foreign_entity("/etc/passwd"),
    servers.deep(),
    *map(servers.redirects, servers.LOCATIONS),
]


#: Those that take their time, or ours, each time that they are asked.
LENGTHY = {*servers.ENDLESS, servers.sixty_megabytes, servers.gzip_bomb} - {servers.endless_body}


def given_up(manner: Manner, progress: Path | None = None, timeout: float = 0.3) -> GivenUp:
    with misbehaving(manner) as server:
        with pytest.raises(GivenUp) as error:
            record(server.url, ALL, progress=progress, timeout=timeout)
        assert not any(turn.writes for turn in server.turns)
        return error.value


def all_at_once(manners: list[Manner], what: Callable[[Manner], Any]) -> list[Any]:
    """They mostly wait."""
    with ThreadPoolExecutor(24) as pool:
        return list(pool.map(what, manners))


def assert_a_sentence(said: str) -> None:
    assert said
    assert "\n" not in said
    assert len(said) < 700
    assert "root:" not in said  # of /etc/passwd
    assert "Traceback" not in said


def test_every_hostile_server_is_told_in_a_sentence() -> None:
    moments = [*map(servers.retry_after, servers.MOMENTS)]
    assert len(BAD) + len(FINE) + len(moments) > 45
    for error in all_at_once([*moments, *BAD], given_up):
        assert_a_sentence(str(error))


def test_and_so_is_one_that_becomes_hostile_and_nothing_is_lost(tmp_path: Path) -> None:
    names = itertools.count()

    def tried(manner: Manner) -> tuple[GivenUp, Path]:
        path = tmp_path / f"{next(names)}.recording"
        return given_up(after_discovery(manner, 30), path, timeout=2), path

    some = [manner for manner in BAD if manner not in LENGTHY]
    for error, path in all_at_once(some, tried):
        assert_a_sentence(str(error))
        assert error.kept >= 15
        with sqlite3.connect(path) as db:
            (kept,) = db.execute("SELECT count(*) FROM answers").fetchone()
        db.close()
        assert kept == error.kept
        assert path.stat().st_mode & 0o777 == 0o600


def test_what_only_connections_do_disturbs_nobody() -> None:
    with misbehaving(servers.honest) as server:
        expected = record(server.url, ALL).fixture
    for manner in FINE:
        with misbehaving(manner) as server:
            done = record(server.url, ALL, timeout=5)
            assert fakepw.load(done.fixture) == fakepw.load(expected)


def _without_url(fixture: bytes) -> bytes:
    return re.sub(rb"127\.0\.0\.1:\d+", b"HOST", fixture)


# -- going on ----------------------------------------------------------------------------------


def test_a_recording_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """However often it stops; nothing is asked twice, and the result is the same."""
    path = tmp_path / "live.json.recording"
    with misbehaving(servers.honest) as server:
        whole = record(server.url, ALL)
        server.turns.clear()
        runs = 0
        said: list[str] = []
        while True:
            runs += 1
            try:
                done = record(server.url, ALL, progress=path, max_requests=12)
                break
            except GivenUp as error:
                said.append(str(error))
                assert runs < 20
    assert runs > 3
    assert set(said) == {"all 12 requests of --max-requests are spent"}
    assert _without_url(done.fixture) == _without_url(whole.fixture)
    assert not path.exists()
    bodies = [turn.body for turn in server.turns if b"patch_get_" in turn.body]
    assert len(bodies) == len(set(bodies)) == 24


def test_progress_is_of_one_server_and_of_one_owner(tmp_path: Path) -> None:
    path = tmp_path / "p"
    Answers(path, "http://a.example/xmlrpc/").close()
    with pytest.raises(
        Unfit, match=r"holds what was recorded of http://a\.example/xmlrpc/, not of"
    ):
        Answers(path, "http://b.example/xmlrpc/")
    path.chmod(0o644)
    with pytest.raises(Unfit, match="is open to others"):
        Answers(path, "http://a.example/xmlrpc/")
    path.unlink()
    path.write_text("not a database, but a text that is long enough to be looked at" * 30)
    path.chmod(0o600)
    with pytest.raises(Unfit, match="is no progress of a recording"):
        Answers(path, "http://a.example/xmlrpc/")
    assert "long enough" in path.read_text()
    path.unlink()
    (tmp_path / "elsewhere").touch(0o600)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Unfit, match="cannot be kept"):
        Answers(path, "http://a.example/xmlrpc/")
    path.unlink()
    first = Answers(path, "http://a.example/xmlrpc/")
    with pytest.raises(Unfit, match="another recording"):
        Answers(path, "http://a.example/xmlrpc/")
    first.keep("x", b"y")
    first.db.execute("UPDATE answers SET body = 'damaged'")
    with pytest.raises(Unfit, match="is damaged"):
        first.answer_to("x")
    first.close(finished=True)
    assert not path.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_and_what_was_answered_is_kept(number: int, tmp_path: Path) -> None:
    def slow(turn: Turn) -> Iterator[bytes]:
        if turn.number > 20:
            ready.append(1)
            turn.hang()
        yield turn.honest()

    ready: list[int] = []
    file = tmp_path / "live.json"
    with misbehaving(slow) as server:
        line = [sys.executable, "-m", "fakepw", "record", server.url, "-o", str(file)]
        with subprocess.Popen(line, stdout=-1, stderr=-1, text=True) as process:
            assert servers.until(lambda: bool(ready))
            process.send_signal(number)
            out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (1, "")
    assert re.fullmatch(
        rf"fakepw: interrupted; \d+ answers are kept in {file}\.recording, from which the same"
        r" command goes on\n",
        err,
    )
    assert [path.name for path in tmp_path.iterdir()] == ["live.json.recording"]


# -- what changes meanwhile, and what is not true ----------------------------------------------


@pytest.mark.parametrize("during", ["patch_list", "check_list", "patch_get_diff", "patch_get_mbox"])
def test_what_changes_meanwhile_is_told_and_is_as_at_the_end(during: str) -> None:
    def changing(turn: Turn) -> Iterator[bytes]:
        answer = turn.honest()
        last = b"<int>12</int>" in turn.body or "list" in during
        if f"<methodName>{during}<".encode() in turn.body and last and b"range" not in turn.body:
            counted.append(1)
            if len(counted) == (2 if during == "patch_list" else 1):
                written = {"state": 3, "commit_ref": "abc"}
                assert turn.server.call("patch_set", 5, written) is True
                done.append(1)
        yield answer

    done: list[int] = []
    counted: list[int] = []
    with misbehaving(changing) as server:
        recorded = record(server.url, ALL)
        assert done
    row = next(row for row in fakepw.load(recorded.fixture).patches if row.id == 5)
    assert (row.state_id, row.commit_ref) == (3, "abc")
    assert any("changed meanwhile are as they were at the end: 5." in n for n in recorded.notes)


def test_characters_that_cannot_be_read_are_told() -> None:
    def latin(turn: Turn) -> Iterator[bytes]:
        body = turn.carried_out().body
        yield turn.honest(body.replace("Zoë".encode(), "Zoë".encode("latin-1")))

    with misbehaving(latin) as server:
        done = record(server.url, ALL)
    assert any(person.name == "Zo\ufffd Ångström" for person in fakepw.load(done.fixture).people)
    assert any("could not be read, and are U+FFFD: " in note for note in done.notes)


def test_a_state_that_came_meanwhile_is_listed_again() -> None:
    def growing(turn: Turn) -> Iterator[bytes]:
        body = turn.carried_out().body
        if b"state_list" in turn.body:
            listed.append(1)
            if len(listed) == 1:
                body = body.replace(b"<int>3</int>", b"<int>33</int>")
        yield turn.honest(body)

    listed: list[int] = []
    with misbehaving(growing) as server:
        done = record(server.url, ALL)
    assert len(listed) == 2
    assert [state.id for state in fakepw.load(done.fixture).states] == list(range(1, 11))


def bent(method: str, bend: Callable[[bytes], bytes]) -> Manner:
    """Honest, but for what a method answers."""

    def manner(turn: Turn) -> Iterator[bytes]:
        body = turn.carried_out().body
        yield turn.honest(bend(body) if f"<methodName>{method}<".encode() in turn.body else body)

    return manner


def swapped(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(old, new)


LIES = {
    "a row that was not asked for": ("patch_list", swapped(b"<int>12</int>", b"<int>4711</int>")),
    "expected an array": ("project_list", lambda body: value("<string>none</string>")),
    "expected an integer": ("person_list", swapped(b"<int>1</int>", b"<string>1</string>")),
    "must be at least 1": ("project_list", swapped(b"<int>1</int>", b"<int>-1</int>")),
    "must be at most 2147483647": ("state_list", swapped(b"<int>2<", b"<int>99999999999<")),
    "a row comes twice": ("state_list", swapped(b"<int>2</int>", b"<int>1</int>")),
    "expected a string": ("patch_get_diff", lambda body: value("<int>5</int>")),
    "msgid is missing": ("patch_list", swapped(b">msgid<", b">message<")),
    "is no date": ("patch_list", swapped(b"MjAyNi0w", b"MjAyNi05")),
    "with no XML-RPC": ("patch_get_mbox", lambda body: b"gone fishing"),
    "contradicts itself": (
        "patch_list",
        swapped(
            b"<name>msgid</name>\n<value><string>&lt;2",
            b"<name>msgid</name>\n<value><string>x</string></value></member><member><name>y</name><value><string>",
        ),
    ),
    "in a state or a project that is not listed": (
        "state_list",
        lambda body: value("<array><data></data></array>"),
    ),
}


@pytest.mark.parametrize("says", LIES)
def test_a_lie_is_told_and_not_kept(says: str, tmp_path: Path) -> None:
    path = tmp_path / "p"
    rows = generate(70) if says == "a row that was not asked for" else fakepw.load("demo")
    with misbehaving(bent(*LIES[says]), rows) as server:
        with pytest.raises(GivenUp) as error:
            record(server.url, ALL, progress=path)
        assert_a_sentence(str(error.value))
        assert says in str(error.value)
        server.manner = servers.honest
        anew = says in ("contradicts itself", "in a state or a project that is not listed")
        assert error.value.anew is anew
        if not anew:
            done = record(server.url, ALL, progress=path)  # nothing of it was believed
            assert len(fakepw.load(done.fixture).patches) == len(rows.patches)


# -- the command -------------------------------------------------------------------------------


def command(*words: object, **environment: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "fakepw", "record", *map(str, words)]
    environment = {**os.environ, **environment}
    return subprocess.run(line, capture_output=True, text=True, timeout=60, env=environment)


def test_the_command_writes_a_fixture_that_can_be_served(tmp_path: Path) -> None:
    file = tmp_path / "live.json"
    with fakepw.serve("demo", instance="2.2-py3-sqlite") as server:
        done = command(server.base_url, "-o", file, "--checks")
        assert (done.returncode, done.stderr) == (0, "")
        held = "1 project, 5 people, 12 patches, 11 checks"
        said = rf"recorded {held}, as 2.2-py3-sqlite, in \d+ requests\n"
        assert re.fullmatch(said, done.stdout)
        assert [path.name for path in tmp_path.iterdir()] == ["live.json"]
        piped = command(server.url, "-o", "-", "--limit", 2)
        assert len(fakepw.load(piped.stdout.encode()).patches) == 2
        assert piped.stderr.startswith("recorded 1 project, ")
    with fakepw.serve(file) as again:
        assert again.patchwork.instance.name == "2.2-py3-sqlite"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["https://patchwork.example.com"], "say whom the operators can turn to, with --contact"),
        (["ftp://x"], "ftp:// is not spoken here"),
        (["http://127.0.0.1:1", "--since", "soon"], "'soon' is no date; write 2026-11-23"),
        (["http://127.0.0.1:1", "--limit", "0"], "0 is not in the range x>=1"),
        (["http://127.0.0.1:1", "--contact", "a\nb"], "a contact is up to 200 ASCII characters"),
        (["http://kim:secret@127.0.0.1:1"], "credentials do not belong in the URL"),
        (["http://127.0.0.1:1", "--header", "Host=x"], "'Host' is no header field that can be"),
        (["http://127.0.0.1:1", "--header", "X-Token"], "X-Token has no value: give X-Token=VALUE"),
    ],
)
def test_what_cannot_be_asked_for_is_one_line(words: list[str], says: str, tmp_path: Path) -> None:
    done = command(*words, "-o", tmp_path / "f.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_a_front_wants_is_sent_to_it_alone_and_never_said(tmp_path: Path) -> None:
    def front(turn: Turn) -> Iterator[bytes]:
        if turn.headers.get("x-token") == "s3cret-token":
            yield turn.honest()
        else:
            seen = turn.headers.get("x-token", "none")
            yield servers.written(403, f"token: {seen}".encode())

    with misbehaving(front) as server, misbehaving(servers.redirects(server.url)) as other:
        assert "refuses XML-RPC calls (HTTP 403)" in command(server.url, "-o", "-").stderr
        wrong = command(server.url, "--header", "X-Token=wr0ng-token", "-o", "-")
        assert wrong.returncode == 1
        assert "wr0ng-token" not in wrong.stdout + wrong.stderr
        given = {"PW_HEADER_X_TOKEN": "s3cret-token"}
        done = command(server.url, "--header", "X-Token", "-o", tmp_path / "f.json", **given)
        assert done.returncode == 0
        assert "s3cret-token" not in done.stdout + (tmp_path / "f.json").read_text()
        elsewhere = (other.url, "--header", "X-Token=s3cret-token", "--follow-redirects")
        assert "HTTP 403" in command(*elsewhere, "-o", "-").stderr
        assert "give --follow-redirects" in command(other.url, "-o", "-").stderr
    assert all("x-token" in turn.headers for turn in other.turns[:1])


def test_a_server_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    done = command("http://127.0.0.1:1", "-o", tmp_path / "f.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("fakepw: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_keeps_what_was_answered(tmp_path: Path) -> None:
    with fakepw.serve("tiny") as server:
        done = command(server.url, "-o", tmp_path / "no" / "f.json")
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "cannot be kept: No such file or directory" in done.stderr
