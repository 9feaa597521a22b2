"""Writes that nobody asked for, two who write at once, and servers that fail amid a write."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from conformance.chapters import load
from conformance.chapters.asking.writing import COMMIT, OTHER
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover, session
from conformance.deciding import restoring
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.engine import Session
from conformance.deciding.keeping import Journal, server_of
from conformance.target.sending.transport import Credentials, Endpoint, Trouble
from conformance.verdicts.verdicts import Outcome

from . import servers

load()

KIM = Credentials("kim", "earl-grey")
#: Writes all three that can be written, and looks.
SEVERAL = "PW-WRITE-004"


@contextmanager
def opened(server: servers.Misbehaving, folder: Path, *patches: int) -> Iterator[Session]:
    """A session with a server that may write to patches, and keeps what it was in the folder."""
    options = Options(server.url, credentials=KIM, writes=patches or (1,), timeout=5)
    options.journal = str(folder)
    found = session(options, discover(options))
    try:
        yield found
    finally:
        found.close()


def journal(server: servers.Misbehaving, folder: Path) -> Journal:
    return Journal(folder, server_of(Endpoint("http", "127.0.0.1", server.port)))


def settable(server: servers.Misbehaving, number: int = 1) -> dict[str, Any]:
    """What can be written, as it is."""
    row = server.call("patch_get", number)
    return {name: row[name] for name in ("state_id", "commit_ref", "archived")}


def kept(at: servers.Misbehaving, **changed: Any) -> dict[str, Any]:
    """What an earlier run that was cut off keeps of patch 1."""
    now = settable(at)
    whole = {
        "server": journal(at, Path("/")).server,
        "login": "kim",
        "patch": 1,
        "before": {"state": now["state_id"], "commit_ref": "", "archived": now["archived"]},
        "written": {"state": [], "commit_ref": [COMMIT], "archived": [], "anything": False},
    }
    return whole | changed


def plant(server: servers.Misbehaving, folder: Path, content: Any, patch: int = 1) -> Path:
    path = journal(server, folder).path(patch)
    text = content if isinstance(content, str) else json.dumps(content)
    path.write_text(text)
    path.chmod(0o600)
    return path


VALUES = {"state": 1, "commit_ref": "", "archived": False}
BROKEN: dict[str, Any] = {
    "the old form": {"1": {"nosuch": "x"}},
    "no object": "[1]",
    "no JSON": "{",
    "empty": "",
    "deep": "[" * 100_000,
    "no text": "\x00\x01",
    "a member too many": {"before": VALUES | {"delegate": 3}},
    "a member too few": {"before": {"state": 1, "commit_ref": ""}},
    "a state that is none": {"before": VALUES | {"state": "1"}},
    "a state that is a bool": {"before": VALUES | {"state": True}},
    "a commit that is none": {"before": VALUES | {"commit_ref": 5}},
    "archived that is none": {"before": VALUES | {"archived": "False"}},
    "another server": {"server": "patchwork.example.org/xmlrpc/"},
    "another patch": {"patch": 2},
    "a huge one": " " * (2 << 20),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_planted_file_is_a_sentence_and_never_a_write(name: str, tmp_path: Path) -> None:
    content = BROKEN[name]
    with servers.misbehaving(servers.honest) as server, opened(server, tmp_path) as looking:
        if isinstance(content, dict) and name != "the old form":
            content = kept(server, **content)
        path = plant(server, tmp_path, content)
        verdict = looking.decide(DECISIONS[SEVERAL])
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert str(path) in verdict.reason
        assert "\n" not in verdict.reason
        assert not [turn for turn in server.turns if turn.writes and b"<int>1</int>" in turn.body]
        assert path.exists(), "whoever planted it may want to look"


def _link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to(path.with_name("elsewhere"))


def _second_name(path: Path) -> None:
    os.link(path, path.with_name("elsewhere"))


def _fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


ODD: dict[str, Callable[[Path], None]] = {
    "a link": _link,
    "a second name": _second_name,
    "a FIFO": _fifo,
    "a folder": _folder,
    "writable by others": lambda path: path.chmod(0o666),
    "somebody else's": lambda path: os.chown(path, 12345, 12345),
}


@pytest.mark.parametrize("name", ODD)
def test_a_file_that_is_none_of_ours_is_a_sentence(name: str, tmp_path: Path) -> None:
    if name == "somebody else's" and os.geteuid():
        pytest.skip("only root can give files away")
    with servers.misbehaving(servers.honest) as server, opened(server, tmp_path) as looking:
        server.call("patch_set", 1, {"commit_ref": COMMIT})
        ODD[name](plant(server, tmp_path, kept(server)))
        verdict = looking.decide(DECISIONS[SEVERAL])
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "cannot be trusted" in verdict.reason or "put back yet" in verdict.reason
        assert settable(server)["commit_ref"] == COMMIT


def test_a_folder_that_others_can_write_to_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with servers.misbehaving(servers.honest) as server, opened(server, tmp_path) as looking:
        verdict = looking.decide(DECISIONS[SEVERAL])
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "others can write to it" in verdict.reason
        assert not [turn for turn in server.turns if turn.writes and b"<int>1</int>" in turn.body]


def test_the_folder_of_the_run_is_not_looked_into(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is planted where somebody happens to run it is of no consequence."""
    (tmp_path / "here").mkdir()
    (tmp_path / "kept").mkdir(mode=0o700)
    monkeypatch.chdir(tmp_path / "here")
    with servers.misbehaving(servers.honest) as server:
        name = f"pw-conformance-restore-http---127-0-0-1-{server.port}-xmlrpc-.json"
        for planted in (name, journal(server, Path()).path(1).name):
            Path(planted).write_text('{"1": {"archived": true}, "2": {"archived": true}}')
        before = settable(server), settable(server, 2)
        with opened(server, tmp_path / "kept", 5) as looking:
            assert looking.decide(DECISIONS[SEVERAL]).outcome is Outcome.PASS
        assert (settable(server), settable(server, 2)) == before


def test_files_are_for_the_operator_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    seen: list[int] = []
    with servers.misbehaving(servers.honest) as server:
        options = Options(server.url, credentials=KIM, writes=(1,))
        looking = session(options, discover(options))

        def watch(exchange: object) -> None:
            for path in (tmp_path / "state").rglob("*.json"):
                seen.extend([path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777])

        looking.watch = watch
        assert looking.decide(DECISIONS[SEVERAL]).outcome is Outcome.PASS
        looking.close()
    assert set(seen) == {0o600, 0o700}


def test_patches_that_are_not_named_are_told_and_not_touched(tmp_path: Path) -> None:
    with servers.misbehaving(servers.honest) as server, opened(server, tmp_path, 5) as looking:
        server.call("patch_set", 1, {"commit_ref": COMMIT})
        path = plant(server, tmp_path, kept(server))
        assert looking.decide(DECISIONS[SEVERAL]).outcome is Outcome.PASS
        (told,) = looking.restorer.leftovers()
        assert "patch 1 " in told
        assert str(path) in told
        assert settable(server)["commit_ref"] == COMMIT
        assert path.exists()


def test_another_login_puts_nothing_back(tmp_path: Path) -> None:
    with servers.misbehaving(servers.honest) as server, opened(server, tmp_path) as looking:
        server.call("patch_set", 1, {"commit_ref": COMMIT})
        plant(server, tmp_path, kept(server, login="lee"))
        verdict = looking.decide(DECISIONS[SEVERAL])
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert settable(server)["commit_ref"] == COMMIT
        (told,) = looking.unrestored
        assert "--username lee" in told
        assert "curl" in told


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2", "LOCALHOST", "::1"])
def test_one_server_has_one_name(host: str) -> None:
    assert server_of(Endpoint("http", host, 8000)) == "localhost:8000/xmlrpc/"
    assert server_of(Endpoint("https", "Pw.example.org.", 443)) == "pw.example.org/xmlrpc/"


def test_two_runs_never_write_to_one_patch(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    with (
        servers.misbehaving(servers.honest) as server,
        opened(server, tmp_path, 1, 5) as one,
        opened(server, tmp_path / "other", 5) as other,  # wherever they remember it
        opened(server, tmp_path, 2) as third,
    ):
        with (
            one.restorer.claimed(),
            third.restorer.claimed(),
            pytest.raises(Trouble, match=rf"process {os.getpid()}\) is writing to patch 5 of"),
            other.restorer.claimed(),
        ):
            raise AssertionError("both write")
        with other.restorer.claimed():
            pass


def command(server: servers.Misbehaving, folder: Path, *more: str) -> list[str]:
    words = [sys.executable, "-m", "conformance", "run", server.url, "--username", "kim"]
    return [*words, "--writes", "1", "--journal", str(folder), *more]


ENVIRONMENT = os.environ | {"PW_CONFORMANCE_PASSWORD": "earl-grey"}


def test_a_second_run_is_refused_in_a_sentence(tmp_path: Path) -> None:
    going, refused = threading.Event(), threading.Event()

    def slow_to_write(turn: servers.Turn) -> Iterator[bytes]:
        if turn.writes and b"c0ffee" in turn.body and not going.is_set():
            going.set()
            refused.wait(60)
        yield turn.honest()

    with servers.misbehaving(slow_to_write) as server:
        before = settable(server)
        words = command(server, tmp_path, "--select", "PW-WRITE-004")
        first = subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
        assert going.wait(30)
        second = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)
        refused.set()
        said, _ = first.communicate(timeout=60)
        assert settable(server) == before
    assert second.returncode == 3, second.stdout
    assert "is writing to patch 1 of" in " ".join(second.stdout.split())
    assert "Traceback" not in second.stdout + second.stderr
    assert "1 passed" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("at", [1, 2, 3])
def test_what_somebody_else_wrote_stays_and_is_told(at: int, tmp_path: Path) -> None:
    theirs = {"state": 7, "commit_ref": "somebody-else", "archived": True}
    manner = servers.somebody_else_writes(at, 1, theirs)
    with servers.misbehaving(manner) as server, opened(server, tmp_path) as looking:
        verdict = looking.decide(DECISIONS[SEVERAL])
        assert settable(server)["commit_ref"] == "somebody-else"
        said = "; ".join([verdict.reason, *looking.unrestored])
        assert "commit_ref = 'somebody-else'" in said
        assert "somebody else" in said
        assert verdict.outcome is Outcome.INCONCLUSIVE
    assert not list(tmp_path.iterdir())


def test_what_somebody_else_wrote_after_a_crash_stays(tmp_path: Path) -> None:
    with servers.misbehaving(servers.honest) as server, opened(server, tmp_path) as looking:
        plant(server, tmp_path, kept(server))
        server.call("patch_set", 1, {"commit_ref": "somebody-else"})
        looking.restorer.put_back()
        assert settable(server)["commit_ref"] == "somebody-else"
        (told,) = looking.unrestored
        assert "commit_ref = 'somebody-else'" in told
    assert not list(tmp_path.iterdir())


def test_what_the_server_made_of_a_write_is_put_back_all_the_same(tmp_path: Path) -> None:
    """A server that stores something else than it was told is no somebody else."""

    def shouts(turn: servers.Turn) -> Iterator[bytes]:
        if turn.writes:
            for commit in (COMMIT, OTHER):
                turn.body = turn.body.replace(commit.encode(), commit.upper().encode())
        yield turn.honest()

    with servers.misbehaving(shouts) as server, opened(server, tmp_path) as looking:
        before = settable(server)
        assert looking.decide(DECISIONS[SEVERAL]).outcome is Outcome.FAIL
        assert settable(server) == before
        assert not looking.unrestored
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("manner", [servers.loses_answers, servers.hangs_up])
def test_a_lost_answer_leaves_nothing_changed(manner: servers.Manner, tmp_path: Path) -> None:
    lost: list[servers.Turn] = []

    def some(turn: servers.Turn) -> Iterator[bytes]:
        if turn.writes and b"c0ffee" in turn.body and len(lost) < 3:
            lost.append(turn)
            return manner(turn)
        return servers.honest(turn)

    with servers.misbehaving(some) as server, opened(server, tmp_path) as looking:
        before = settable(server)
        looking.decide(DECISIONS[SEVERAL])
        assert settable(server) == before
        assert not looking.unrestored
    assert lost
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("manner", "said"),
    [(servers.loses_answers, "was created all the same"), (servers.hangs_up, "was not created")],
)
def test_a_lost_check_is_looked_up(manner: servers.Manner, said: str, tmp_path: Path) -> None:
    lost: list[servers.Turn] = []

    def once(turn: servers.Turn) -> Iterator[bytes]:
        creates = b"check_create" in turn.body and b"<int>1</int>" in turn.body
        if creates and turn.writes and not lost:
            lost.append(turn)
            return manner(turn)
        return servers.honest(turn)

    with servers.misbehaving(once) as server, opened(server, tmp_path) as looking:
        looking.have |= {"checks"}
        looking.world.create_checks = True
        verdict = looking.decide(DECISIONS["PW-WRITE-020"])
    assert len(lost) == 1, "it was not sent again"
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert said in verdict.reason


def test_a_server_that_is_gone_for_a_while_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "LONGEST_PAUSE", 0.1)
    wrote = threading.Event()
    refused: list[servers.Turn] = []

    def away(turn: servers.Turn) -> Iterator[bytes]:
        if wrote.is_set() and len(refused) < 5:
            refused.append(turn)
            raise servers.Hangup
        if turn.writes and b"c0ffee" in turn.body:
            wrote.set()
            turn.carried_out()
            raise servers.Hangup
        yield turn.honest()

    with servers.misbehaving(away) as server, opened(server, tmp_path) as looking:
        before = settable(server)
        looking.decide(DECISIONS[SEVERAL])
        assert len(refused) == 5
        assert settable(server) == before
        assert not looking.unrestored


@pytest.mark.needs("curl")
def test_what_is_left_is_told_with_a_line_that_sets_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "PATIENCE", 0.5)
    wrote = threading.Event()

    def gone(turn: servers.Turn) -> Iterator[bytes]:
        if wrote.is_set():
            raise servers.Hangup
        answer = turn.honest()
        if turn.writes and b"c0ffee" in turn.body:
            wrote.set()
        yield answer

    with servers.misbehaving(gone) as server, opened(server, tmp_path) as looking:
        before = settable(server)
        looking.decide(DECISIONS[SEVERAL])
        assert settable(server) != before
        (told,) = looking.unrestored
        line = told[told.index("printf ") : told.index(f"; {tmp_path}")]
        server.manner = servers.honest
        subprocess.run(
            ["bash", "-c", line],
            env=os.environ | {"PW_USER": "kim", "PW_PASSWORD": "earl-grey"},
            check=True,
            capture_output=True,
        )
        assert settable(server) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_amid_a_run_that_writes_puts_it_back(
    number: signal.Signals, tmp_path: Path
) -> None:
    wrote = threading.Event()

    def slow_to_look(turn: servers.Turn) -> Iterator[bytes]:
        answer = turn.honest()
        if turn.writes and b"c0ffee" in turn.body and not wrote.is_set():
            wrote.set()
            turn.wait(3)
        yield answer

    with servers.misbehaving(slow_to_look) as server:
        before = settable(server)
        run = subprocess.Popen(
            command(server, tmp_path, "--select", "WRITE"),
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert wrote.wait(30)
        assert settable(server) != before
        run.send_signal(number)
        said, wrong = run.communicate(timeout=60)
        assert run.returncode == 3
        assert settable(server) == before
    assert "Traceback" not in said + wrong
    assert not list(tmp_path.iterdir())


def test_a_full_disk_stops_the_writing_before_it_begins(tmp_path: Path) -> None:
    with servers.misbehaving(servers.honest) as server, opened(server, tmp_path) as looking:
        before = settable(server)
        old = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10, old[1]))
        try:
            verdict = looking.decide(DECISIONS[SEVERAL])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert settable(server) == before
        assert not [turn for turn in server.turns if turn.writes and b"c0ffee" in turn.body]


def test_a_disk_that_fills_up_amid_the_writing_loses_nothing(tmp_path: Path) -> None:
    with servers.misbehaving(servers.honest) as server, opened(server, tmp_path) as looking:
        before = settable(server)
        old = resource.getrlimit(resource.RLIMIT_FSIZE)

        def full(exchange: Any) -> None:
            if exchange.request.writes:
                (path,) = tmp_path.glob("*.json")
                resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, old[1]))

        looking.watch = full
        try:
            verdict = looking.decide(DECISIONS[SEVERAL])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "\n" not in verdict.reason
        assert settable(server) == before
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_to_stops_the_writing(tmp_path: Path) -> None:
    folder = Path("/proc/self/fdinfo")  # where not even root makes files
    if os.geteuid():
        folder = tmp_path
        folder.chmod(0o500)
    with servers.misbehaving(servers.honest) as server, opened(server, folder) as looking:
        before = settable(server)
        verdict = looking.decide(DECISIONS[SEVERAL])
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "nothing was written" in verdict.reason
        assert settable(server) == before


def test_a_process_that_is_forked_off_amid_the_writing_puts_nothing_back(tmp_path: Path) -> None:
    with servers.misbehaving(servers.honest) as server, opened(server, tmp_path) as looking:
        before = settable(server)
        children: list[int] = []

        def fork(exchange: Any) -> None:
            if exchange.request.writes and not children:
                pid = os.fork()
                if pid == 0:
                    raise KeyboardInterrupt
                children.append(os.waitpid(pid, 0)[1])
                assert settable(server) != before
                assert list(tmp_path.glob("*.json"))

        looking.watch = fork
        parent = os.getpid()
        try:
            verdict = looking.decide(DECISIONS[SEVERAL])
        finally:
            if os.getpid() != parent:
                os._exit(7)
        assert os.waitstatus_to_exitcode(children[0]) == 7
        assert verdict.outcome is Outcome.PASS
        assert settable(server) == before
    assert not list(tmp_path.iterdir())
