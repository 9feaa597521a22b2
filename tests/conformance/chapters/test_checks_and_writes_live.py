"""Checks and writes against whole servers: no false alarm, and everything is put back."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import threading
import xmlrpc.client
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

import fakepw
from conformance.chapters import load
from conformance.chapters.asking.writing import COMMIT
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover, session
from conformance.deciding import restoring
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.engine import Session
from conformance.requirements.catalogue import requirements
from conformance.target.exchange import Answer, Basic, Request, call
from conformance.target.sending.sockets import HttpTransport
from conformance.target.sending.transport import Credentials, NoAnswer, Trouble
from conformance.verdicts.verdicts import Outcome, Verdict
from fakepw.patchwork.instances.instances import RECORDED
from tests import recordings

load()

WRITES = [d for d in DECISIONS.values() if d.id.startswith("PW-WRITE")]
CHECKS = [d for d in DECISIONS.values() if d.id.startswith("PW-CHK")]
GOOD = {Outcome.PASS, Outcome.OBSERVED}
NEITHER = {Outcome.NOT_APPLICABLE, Outcome.NOT_RUN}

#: A server's rows, an account that maintains its patches, and a patch to write to.
DATA: dict[str, tuple[str | Path, Credentials, int]] = {
    "demo": ("demo", Credentials("kim", "earl-grey"), 1),
    "tiny": ("tiny", Credentials("kim", "secret"), 1),
    "a": (recordings.FOLDER / "datasets" / "a.json", Credentials("maint", "maintpass"), 3),
    "b": (recordings.FOLDER / "datasets" / "b.json", Credentials("maint", "maintpass"), 16),
    "c": (recordings.FOLDER / "datasets" / "c.json", Credentials("maint", "maintpass"), 1),
}


@contextmanager
def looked_at(
    server: fakepw.LiveServer,
    folder: Path,
    account: Credentials | None = None,
    patches: tuple[int, ...] = (),
    *,
    checks: bool = False,
    requests: int = 0,
) -> Iterator[Session]:
    """A session with a server."""
    options = Options(
        server.url,
        credentials=account,
        writes=patches,
        create_checks=checks,
        examples=3,
        max_requests=requests,
    )
    target = discover(options)
    opened = session(options, target)
    opened.journal = folder
    yield opened
    assert isinstance(opened.transport, HttpTransport)
    opened.transport.close()


def values(server: fakepw.LiveServer) -> list[object]:
    """Every patch, but for the hash, which any write computes if it is NULL (servers.md 1.10)."""
    return [msgspec.structs.replace(p, hash=None) for p in server.state().patches]


def wrong(verdicts: list[Verdict], allowed: set[Outcome]) -> list[str]:
    return [f"{v.id}: {v.outcome}: {v.reason}" for v in verdicts if v.outcome not in allowed]


@pytest.mark.parametrize("instance", RECORDED)
@pytest.mark.parametrize("data", DATA)
def test_nothing_is_alarmed_about_and_all_is_put_back(
    data: str, instance: str, tmp_path: Path
) -> None:
    source, account, patch = DATA[data]
    with fakepw.serve(source, instance=instance) as server:
        before = values(server)
        with looked_at(server, tmp_path, account, (patch,), checks=True) as opened:
            # The other rows hold the same checks, or none.
            checks = CHECKS if data in ("demo", "b") else []
            verdicts = [opened.decide(d) for d in [*WRITES, *checks]]
        assert values(server) == before
    assert not wrong(verdicts, GOOD | {Outcome.NOT_APPLICABLE})
    assert not opened.unrestored
    assert not list(tmp_path.iterdir()), "the journal is gone"
    kind = opened.world.profile
    written = [v for v in verdicts if v.chapter == "WRITE" and requirements()[v.id].applies(kind)]
    if instance.startswith("1.1-py3"):
        assert {v.outcome for v in written} == {Outcome.NOT_APPLICABLE}
        assert {v.reason for v in written} == {"Patchwork 1.1 on Python 3 refuses every login"}
    else:
        unsaid = {v.id for v in written if v.outcome not in GOOD}
        # A NULL state spoils its lists, and not all data shows hashes and every check.
        spoilt = {"PW-WRITE-026"} if data == "c" else set()
        sparse = {"PW-WRITE-041", "PW-WRITE-042"} if data != "b" else set()
        assert unsaid <= spoilt | sparse


@pytest.mark.parametrize("instance", RECORDED)
def test_without_writes_no_write_is_sent(instance: str, tmp_path: Path) -> None:
    with fakepw.serve("demo", instance=instance) as server:
        sent: list[Request] = []
        with looked_at(server, tmp_path, Credentials("kim", "earl-grey")) as opened:
            opened.watch = lambda exchange: sent.append(exchange.request)
            verdicts = [opened.decide(d) for d in WRITES]
        assert not sent
    assert not wrong(verdicts, NEITHER)
    assert not list(tmp_path.iterdir())


def test_without_create_checks_no_check_is_created(tmp_path: Path) -> None:
    with fakepw.serve("demo") as server:
        before = len(server.state().checks)
        with looked_at(server, tmp_path, Credentials("kim", "earl-grey"), (1,)) as opened:
            verdicts = {v.id: v for v in (opened.decide(d) for d in WRITES)}
        assert len(server.state().checks) == before
    assert verdicts["PW-WRITE-020"].reason == "needs --create-checks"


@pytest.mark.parametrize(
    ("account", "patch", "outcome", "reason"),
    [
        (Credentials("ann", "oolong"), 1, Outcome.NOT_APPLICABLE, "may not edit patch 1"),
        (Credentials("kim", "wrong"), 1, Outcome.INCONCLUSIVE, "is the password of kim right"),
        (Credentials("kim", "earl-grey"), 999, Outcome.INCONCLUSIVE, "patch_get(999)"),
    ],
)
def test_what_the_operator_got_wrong_is_no_deviation(
    account: Credentials, patch: int, outcome: Outcome, reason: str, tmp_path: Path
) -> None:
    rows = {
        "projects": [{"id": 1, "linkname": "netdev", "name": "Networking"}],
        "users": [
            {"id": 1, "username": "kim", "password": "earl-grey", "maintainer_of": [1]},
            {"id": 2, "username": "ann", "password": "oolong"},
        ],
        "patches": [{"id": 1, "name": "netdev: do it", "project": "netdev"}],
    }
    with fakepw.serve(rows) as server, looked_at(server, tmp_path, account, (patch,)) as opened:
        verdict = opened.decide(DECISIONS["PW-WRITE-001"])
    assert verdict.outcome is outcome
    assert reason in verdict.reason


DEMO = Credentials("kim", "earl-grey")


def test_a_budget_that_ends_amid_a_write_leaves_nothing_changed(tmp_path: Path) -> None:
    with fakepw.serve("demo") as server:
        before = values(server)
        with looked_at(server, tmp_path, DEMO, (1,)) as opened:
            assert isinstance(opened.transport, HttpTransport)
            budget = opened.transport.budget
            budget.limit = budget.spent + 3  # the original, the look before, and the write
            verdict = opened.decide(DECISIONS["PW-WRITE-004"])
        assert values(server) == before
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert not opened.unrestored


class Faulty:
    """A transport on which some requests fail."""

    def __init__(self, inner: HttpTransport, fails: Callable[[Request], Exception | None]) -> None:
        self.inner, self.fails, self.endpoint = inner, fails, inner.endpoint

    def send(self, request: Request, *, alone: bool = False) -> Answer:
        answer = self.inner.send(request, alone=alone)
        if error := self.fails(request):
            raise error
        return answer


def break_down(opened: Session, fails: Callable[[Request], Exception | None]) -> None:
    assert isinstance(opened.transport, HttpTransport)
    opened.transport = Faulty(opened.transport, fails)


@pytest.mark.parametrize("error", [NoAnswer("gone"), RuntimeError("bug"), KeyboardInterrupt()])
def test_any_end_of_a_write_puts_it_back(error: BaseException, tmp_path: Path) -> None:
    with fakepw.serve("demo") as server:
        before = values(server)
        with looked_at(server, tmp_path, DEMO, (1,)) as opened:
            inner = opened.transport
            failed: list[Request] = []

            def fails(request: Request) -> Exception | None:
                if request.writes and not failed:
                    failed.append(request)
                    raise error
                return None

            break_down(opened, fails)
            if isinstance(error, Exception):  # also a mistake of ours, which an answer may wake
                verdict = opened.decide(DECISIONS["PW-WRITE-004"])
                assert verdict.outcome is Outcome.INCONCLUSIVE
            else:
                with pytest.raises(type(error)):
                    opened.decide(DECISIONS["PW-WRITE-004"])
            opened.transport = inner
        assert failed
        assert values(server) == before
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_put_back_is_told_and_put_back_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restoring, "PATIENCE", 0.5)
    with fakepw.serve("demo") as server:
        before = values(server)
        with looked_at(server, tmp_path, DEMO, (1,)) as opened:
            inner = opened.transport
            wrote: list[Request] = []

            def fails(request: Request) -> Exception | None:
                wrote.append(request)
                return NoAnswer("down") if any(r.writes for r in wrote) else None

            break_down(opened, fails)
            opened.decide(DECISIONS["PW-WRITE-004"])
            opened.transport = inner
        # Every putting back was carried out, yet none could be seen to be: break it for good.
        server.run(server.patchwork.reset)
        assert len(opened.unrestored) == 1
        assert "patch 1 could not be put back: it must have state = " in opened.unrestored[0]
        (path,) = tmp_path.iterdir()
        assert str(path) in opened.unrestored[0]
        assert json.loads(path.read_text())["patch"] == 1

        with looked_at(server, tmp_path, DEMO, (1,)) as opened:
            left = {"commit_ref": COMMIT}  # as the run before wrote it
            opened.send(call("patch_set", 1, left, auth=Basic()), fresh=True)
            assert values(server) != before
            verdict = opened.decide(DECISIONS["PW-WRITE-017"])
        assert verdict.outcome is Outcome.PASS
        assert values(server) == before
    assert not list(tmp_path.iterdir())


def test_a_patch_that_could_not_be_put_back_is_never_written_to(tmp_path: Path) -> None:
    with fakepw.serve("demo") as server, looked_at(server, tmp_path, DEMO, (1,)) as opened:
        odd = call("patch_set", 1, {"commit_ref": "a\rb"}, auth=Basic())
        opened.send(odd, fresh=True)
        before = values(server)
        verdict = opened.decide(DECISIONS["PW-WRITE-002"])
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "nothing was written" in verdict.reason
        assert values(server) == before


def test_a_journal_that_cannot_be_written_stops_the_writing(tmp_path: Path) -> None:
    with fakepw.serve("demo") as server:
        before = values(server)
        with looked_at(server, tmp_path / "nowhere", DEMO, (1,)) as opened:
            verdict = opened.decide(DECISIONS["PW-WRITE-002"])
        assert verdict.outcome is Outcome.INCONCLUSIVE
        assert "nothing was written" in verdict.reason
        assert values(server) == before


def test_someone_elses_write_is_no_deviation(tmp_path: Path) -> None:
    with fakepw.serve("demo") as server, looked_at(server, tmp_path, DEMO, (1,)) as opened:
        inner = opened.transport
        assert isinstance(inner, HttpTransport)
        meddled: list[Request] = []
        writes: list[Request] = []

        def meddle(request: Request) -> Exception | None:
            writes.append(request) if request.writes else None
            if request.writes and not meddled and len(writes) == 2:
                meddled.append(request)
                inner.send(call("patch_set", 1, {"commit_ref": "theirs"}, auth=Basic()))
            return None

        break_down(opened, meddle)
        verdict = opened.decide(DECISIONS["PW-WRITE-002"])
        opened.transport = inner
    assert meddled
    assert verdict.outcome is Outcome.INCONCLUSIVE


ABRUPT = """
import sys, threading
from pathlib import Path
from conformance.requirements.catalogue import requirements
from conformance.chapters import load
from conformance.deciding.decisions import DECISIONS
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover, session
from conformance.target.sending.transport import Credentials
load()
options = Options(sys.argv[1], credentials=Credentials("kim", "earl-grey"), writes=(1,))
opened = session(options, discover(options))
opened.journal = Path(sys.argv[2])
def wrote(exchange):
    if exchange.request.writes and not told:
        told.append(1)
        print("wrote", flush=True)
        threading.Event().wait(30)
told = []
opened.watch = wrote
opened.decide(DECISIONS["PW-WRITE-004"])
"""


@contextmanager
def amid_a_write(server: fakepw.LiveServer, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has just changed patch 1 and is about to look at it."""
    command = [sys.executable, "-c", ABRUPT, server.url, str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "wrote\n"
        yield process
        process.wait(20)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_amid_a_write_puts_it_back(number: signal.Signals, tmp_path: Path) -> None:
    with fakepw.serve("demo") as server:
        before = values(server)
        with amid_a_write(server, tmp_path) as process:
            assert values(server) != before
            process.send_signal(number)
        assert process.returncode != 0
        assert values(server) == before
    assert not list(tmp_path.iterdir())


def test_a_killed_run_is_undone_by_whoever_comes_next(tmp_path: Path) -> None:
    with fakepw.serve("demo") as server:
        before = values(server)
        with amid_a_write(server, tmp_path) as process:
            process.kill()
        assert values(server) != before
        assert len(list(tmp_path.iterdir())) == 1
        with looked_at(server, tmp_path, DEMO, (1,)) as opened:
            opened.restorer.put_back()
        assert values(server) == before
    assert not list(tmp_path.iterdir())


def test_two_workers_never_write_at_once(tmp_path: Path) -> None:
    """Even if they are dealt writes in spite of their group."""
    with fakepw.serve("demo") as server:
        options = Options(server.url, credentials=DEMO, writes=(1,))
        target = discover(options)
        one, other = session(options, target), session(options, target)
        refused = pytest.raises(Trouble, match="still writing")
        with one.restorer.alone(), refused, other.restorer.alone(0.01):
            raise AssertionError("both write")
        with other.restorer.alone(0.01):
            pass


def test_who_else_writes_to_the_patch_accuses_no_one(tmp_path: Path) -> None:
    """Another client sets the very patch that is written to, all the time."""
    with fakepw.serve("demo") as server:
        stop = threading.Event()

        def write() -> None:
            address = server.url.replace("http://", "http://kim:earl-grey@")
            with xmlrpc.client.ServerProxy(address) as proxy:
                for turn in itertools.count():
                    if stop.wait(0.001):
                        return
                    proxy.patch_set(1, {"commit_ref": str(turn), "archived": bool(turn % 2)})

        writer = threading.Thread(target=write)
        with looked_at(server, tmp_path, DEMO, (1,)) as opened:
            writer.start()
            try:
                wanted = ("PW-WRITE-003", "PW-WRITE-007")
                verdicts = [opened.decide(DECISIONS[number]) for number in wanted]
            finally:
                stop.set()
                writer.join()
            opened.restorer.put_back()
    assert not [v for v in verdicts if v.outcome is Outcome.FAIL]
