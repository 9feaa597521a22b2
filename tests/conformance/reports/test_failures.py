"""Failures on disk: what is kept, and what --replay sends again, and what it does not."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import fakepw
from conformance.chapters import load
from conformance.commands import failures
from conformance.commands.opening.options import Options
from conformance.target.exchange import Basic, Exchange, Request, call
from conformance.target.sending.transport import Credentials, Endpoint
from conformance.target.wire import NotXmlRpc
from conformance.verdicts.evidence import evidence_of
from conformance.verdicts.verdicts import Deviation, Outcome, Run, Verdict

from .builders import answer

load()
WRITE = "PW-WRITE-017"


@pytest.fixture
def server() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("fixtures/demo.json") as running:
        yield running


def kept(folder: Path, number: str, *requests: Request) -> Path:
    exchanges = [Exchange(request, answer("no")) for request in requests]
    shown = evidence_of(Endpoint("http", "x.example", 80), exchanges)
    verdict = Verdict(number, Outcome.FAIL, "", Deviation("a", "b"), shown)
    failures.store(Run("u", verdicts=[verdict]), folder)
    return folder


def replayed(options: Options, folder: Path) -> dict[str, str]:
    return {number: said for number, _, said in failures.replay(options, folder)}


def options(server: fakepw.LiveServer, *writes: int) -> Options:
    login = Credentials("kim", "earl-grey")
    return Options(url=server.url, credentials=login if writes else None, writes=writes)


def test_what_is_kept_is_raw_and_of_the_last_run_only(tmp_path):
    kept(tmp_path, "PW-VER-009", call("pw_rpc_version", 1), call("pw_rpc_version", 2))
    kept(tmp_path, "PW-VER-009", call("pw_rpc_version", 3))
    folder = tmp_path / "PW-VER-009"
    assert sorted(path.name for path in folder.iterdir()) == [
        "1.curl",
        "1.request",
        "1.response",
        "failure.json",
    ]
    assert b"<int>3</int>" in (folder / "1.request").read_bytes()
    assert (folder / "1.response").read_bytes().endswith(b"\r\n\r\nno")


def test_a_failure_that_is_gone_is_kept_no_more(tmp_path):
    kept(tmp_path, "PW-VER-009", call("pw_rpc_version", 1))
    (tmp_path / "PW-VER-001").mkdir()
    (tmp_path / "PW-VER-001" / "1.curl").write_text("somebody else's")
    passed = [Verdict(number, Outcome.PASS) for number in ("PW-VER-009", "PW-VER-001")]
    assert failures.store(Run("u", verdicts=passed), tmp_path) == []
    assert [path.name for path in tmp_path.rglob("*")] == ["PW-VER-001", "1.curl"]


def test_made_up_credentials_are_sent_again(server, tmp_path):
    """Without them the judge would have nothing to judge, and the failure would seem gone."""
    bad = call("patch_set", -1, {"archived": True}, auth="Basic !!!!")
    kept(tmp_path, "PW-AUTH-007", bad)
    assert replayed(options(server), tmp_path) == {"PW-AUTH-007": "deviates no more"}


def test_no_patch_is_written_to_that_was_not_named(server, tmp_path):
    write = call("patch_set", 3, {"state": 2}, auth=Basic())
    kept(tmp_path, WRITE, call("patch_get", 3), write, call("patch_get", 3))
    before = server.state()
    assert replayed(options(server), tmp_path) == {
        WRITE: "not sent: it needs --username and a password"
    }
    assert replayed(options(server, 2), tmp_path)[WRITE].startswith(
        "not sent: --writes does not name the patch of patch_set(3,"
    )
    assert server.state() == before


def test_what_is_written_is_put_back(server, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write = call("patch_set", 3, {"state": 2}, auth=Basic())
    kept(tmp_path, WRITE, call("patch_get", 3), write, call("patch_get", 3))
    before = server.state()
    found = list(failures.replay(options(server, 3), tmp_path))
    ((_, exchanges, said),) = found
    assert said == failures.STILL  # it changed the state, which the requirement forbids
    assert exchanges[2].value.plain["state_id"] == 2
    assert server.state() == before


def test_no_answer_is_a_deviation_still_where_an_answer_is_due(tmp_path):
    """To the odd request; the survey is answered."""
    with fakepw.serve("fixtures/demo.json") as real:
        silent = Silent(real)
        kept(tmp_path, "PW-HTTP-010", Request(call("pw_rpc_version").body, version="1.0"))
        kept(tmp_path, "PW-LIST-021", Request(call("patch_list").body, version="1.0"))
        chosen = Options(url=silent.url, timeout=1.0)
        ((_, exchanges, said), (_, _, other)) = failures.replay(chosen, tmp_path)
        silent.close()
    assert said == failures.STILL
    assert exchanges[-1].answer.describe() == "nothing at all"
    assert other == "not judged: no answer came"


class Silent:
    """Hands every connection on to a server, but hangs up on HTTP/1.0."""

    def __init__(self, real: fakepw.LiveServer) -> None:
        self.port = int(real.url.split(":")[2].split("/")[0])
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(connection,), daemon=True).start()

    def _pass_on(self, connection: socket.socket) -> None:
        with connection, socket.create_connection(("127.0.0.1", self.port)) as real:
            while data := connection.recv(1 << 20):
                if b" HTTP/1.0\r\n" in data:
                    return
                real.sendall(data)
                connection.sendall(real.recv(1 << 22))


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "is damaged"), ("[]", "is damaged"), ('{"id": "PW-VER-001"}', "is damaged")],
)
def test_what_is_damaged_is_refused_in_one_sentence(text, said, tmp_path):
    (tmp_path / "failure.json").write_text(text)
    with pytest.raises(ValueError, match=said) as refused:
        failures.stored(tmp_path)
    assert "\n" not in str(refused.value)


def test_what_another_version_kept_is_told(server, tmp_path):
    request = {"method": "GET", "target": "/", "headers": [], "version": "1.1", "body_b64": ""}
    entry = {"id": "PW-VER-999", "requests": [{**request, "content_length": True}]}
    (tmp_path / "failure.json").write_text(json.dumps(entry))
    assert replayed(options(server), tmp_path) == {
        "PW-VER-999": "not sent: this version knows no such requirement"
    }


def test_nothing_at_all_is_no_answer():
    from conformance.target.exchange import SILENCE

    assert isinstance(SILENCE.reply, NotXmlRpc)
