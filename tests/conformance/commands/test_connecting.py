"""How a server is reached: what is told on the command line, and where it goes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.commands.asked.connecting import CONNECTION
from conformance.commands.cli import main
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover, session
from conformance.commands.plugin import Runner
from conformance.target.exchange import Basic, call
from conformance.target.knowing.survey import Unusable
from conformance.target.sending.transport import Credentials, Endpoint, Trouble, Withheld
from tests.hostile import servers

TOKEN = "s3cret-access-token"


def test_every_command_that_connects_takes_the_same_options() -> None:
    known = {field.name for field in fields(Options)}
    for command in ("run", "diff"):
        said = CliRunner().invoke(main, [command, "-h"]).output
        for way in CONNECTION:
            assert f"--{way.name}" in said
            assert way.field in known


@pytest.mark.parametrize("words", [["-h"], ["run", "-h"], ["list", "-h"], ["diff", "-h"]])
def test_help_is_asked_for_in_either_way(words: list[str]) -> None:
    short = CliRunner().invoke(main, words)
    long = CliRunner().invoke(main, [*words[:-1], "--help"])
    assert (short.exit_code, short.output) == (0, long.output)


def test_pytest_takes_them_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "conformance", "--help", "-p", "no:cacheprovider"],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert all(f"--pw-{way.name}" in done.stdout for way in CONNECTION)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("X Token=a", "no name of a header field"),
        ("=a", "no name of a header field"),
        ("Host=a", "says how a request travels"),
        ("X-Token", "set PW_HEADER_X_TOKEN"),
        ("X-Token=", "none that a header field can have"),
        ("X-Token=a\r\nX: b", "none that a header field can have"),
        ("X-Token=\u20ac", "none that a header field can have"),
    ],
)
@pytest.mark.parametrize("words", [["run", "x.example"], ["diff", "x.example", "y.example"]])
def test_a_header_that_cannot_be_sent_is_refused(words: list[str], value: str, said: str) -> None:
    found = CliRunner().invoke(main, [*words, "--header", value])
    assert found.exit_code == 2
    assert said in " ".join(found.output.split())


def test_patchwork_and_a_front_cannot_both_have_authorization() -> None:
    words = ["run", "https://x.example", "--username", "kim", "--header", "authorization=Basic abc"]
    found = CliRunner().invoke(main, words)
    assert found.exit_code == 2
    assert "cannot work together" in " ".join(found.output.split())


def guarded(turn: servers.Turn) -> Iterator[bytes]:
    """A front that lets in whoever has the token."""
    if turn.headers.get("x-token") == TOKEN:
        yield turn.honest()
    else:
        yield servers.written(401, b"", [("WWW-Authenticate", "Basic")])


def test_a_front_is_passed_with_its_own_token() -> None:
    with servers.misbehaving(guarded) as server:
        with pytest.raises(Unusable, match="--header NAME=VALUE"):
            discover(Options(url=server.url))
        options = Options(
            url=server.url,
            header=(("X-Token", TOKEN),),
            credentials=Credentials("kim", "earl-grey"),
        )
        target = discover(options)
        assert target.world.projects
        opened = session(options, target)
        did = opened.send(call("patch_set", 1, {}, auth=Basic()))
        assert did.value is not None
        opened.close()
        assert all(turn.headers["x-token"] == TOKEN for turn in server.turns[1:])


def test_a_front_that_takes_authorization_for_itself_hides_what_patchwork_says_to_it() -> None:
    def front(turn: servers.Turn) -> Iterator[bytes]:
        yield turn.honest() if turn.authorization == "Basic front" else servers.written(401)

    with servers.misbehaving(front) as server:
        options = Options(url=server.url, header=(("Authorization", "Basic front"),))
        opened = session(options, discover(options))
        with pytest.raises(Withheld, match="the front wants Authorization"):
            opened.send(call("patch_set", -1, {}, auth="Bearer x"))
        opened.close()


def test_a_token_is_in_no_output(tmp_path: Path) -> None:
    def echoing(turn: servers.Turn) -> Iterator[bytes]:
        if b"project_list" in turn.body and "x-token" in turn.headers:
            yield servers.written(200, servers.fault(turn.headers["x-token"]))
        else:
            yield turn.honest()

    with servers.misbehaving(echoing) as server:
        report = tmp_path / "report.json"
        done = subprocess.run(
            [sys.executable, "-m", "conformance", "run", server.url, "--header",
             f"X-Token={TOKEN}", "--select", "PW-SIG-001", "--select", "PW-LIST-001",
             "--failures", str(tmp_path / "kept"), "--report", f"json={report}"],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    assert any("x-token" in turn.headers for turn in server.turns)
    told = "".join(p.read_text() for p in tmp_path.rglob("*") if p.is_file())
    assert report.exists()
    assert TOKEN not in told + done.stdout + done.stderr


def test_a_token_stays_in_the_clear_nowhere() -> None:
    endpoint = Endpoint("http", "192.0.2.1", 80)
    options = Options(url="http://192.0.2.1", header=(("X-Token", TOKEN),), timeout=0.2)
    with pytest.raises(Unusable, match="not sent over plain http"):
        discover(options)
    assert options.asked(endpoint)
    assert not options.asked(Endpoint("http", "192.0.2.1", 81))
    assert not options.asked(Endpoint("https", "192.0.2.1", 80))


@pytest.mark.parametrize("location", servers.LOCATIONS)
def test_a_redirect_to_elsewhere_is_not_followed(location: str) -> None:
    if location == "/other/xmlrpc/":
        pytest.skip("the same server: see the next test")
    with (
        servers.misbehaving(servers.redirects(location)) as server,
        pytest.raises(Unusable, match="is redirected"),
    ):
        discover(Options(url=server.url))
    assert len(server.turns) == 1


def test_a_redirect_within_a_server_is_followed() -> None:
    def moved(turn: servers.Turn) -> Iterator[bytes]:
        if turn.target.startswith("/pw/"):
            turn.target = turn.target.removeprefix("/pw")
            yield turn.honest()
        else:
            yield servers.written(301, b"", [("Location", "/pw/xmlrpc/")])

    with servers.misbehaving(moved) as server:
        assert discover(Options(url=server.url)).found.endpoint.prefix == "/pw"


def test_a_redirect_to_another_server_is_followed_if_told_but_takes_no_secret_along() -> None:
    with servers.misbehaving(servers.honest) as there:
        away = servers.redirects(f"{there.url}/xmlrpc/", 307)
        with servers.misbehaving(away) as here:
            with pytest.raises(Unusable, match=f"another address of that host, {there.url}"):
                discover(Options(url=here.url))
            assert not there.turns
            found = discover(Options(url=here.url, follow_redirects=True)).found
            assert found.endpoint.port == there.port
            before = len(there.turns)
            for secret in (
                {"credentials": Credentials("kim", "earl-grey")},
                {"header": (("X-Token", TOKEN),)},
            ):
                options = Options(url=here.url, follow_redirects=True, **secret)
                with pytest.raises(Unusable, match="stays where it was given for"):
                    discover(options)
            assert len(there.turns) == before + 2  # what finds the API, and no more
            assert not any("Basic" in t.authorization for t in there.turns)
            assert not any("x-token" in t.headers for t in there.turns)


def test_a_run_that_came_to_nothing_says_what_it_sent() -> None:
    with servers.misbehaving(servers.redirects("/xmlrpc/")) as server:
        runner = Runner(Options(url=server.url))
        runner.discover()
        assert runner.run.trouble
        assert runner.run.requests == len(server.turns) == 1


def test_other_servers_are_never_told(tmp_path: Path) -> None:
    options = Options(
        url="http://127.0.0.1:1",
        credentials=Credentials("kim", "earl-grey"),
        header=(("X-Token", TOKEN),),
    )
    with servers.misbehaving(servers.honest) as server:
        strange = options.transport(
            Endpoint("http", "127.0.0.1", server.port), tmp_path / "b", login=True
        )
        strange.send(call("pw_rpc_version"))
        with pytest.raises(Trouble):
            strange.send(call("patch_set", -1, {}, auth=Basic()))
        strange.close()
        assert not any("x-token" in turn.headers for turn in server.turns)
