"""`pw-conformance probe`: one line and the status of a plug-in, whatever it meets."""

from __future__ import annotations

import os
import re
import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme
from click.testing import CliRunner, Result
from prometheus_client.parser import text_string_to_metric_families

import fakepw
from conformance.commands.cli import main
from conformance.reports.shown import probed
from conformance.target.probe import REQUESTS, Bounds, Probed, State
from tests.conformance.reports import outputs
from tests.hostile import servers

from ...ports import free_port
from .suite import suite

#: As the guidelines for plug-ins have it: text, a bar, performance data.
LINE = re.compile(
    r"PATCHWORK (OK|WARNING|CRITICAL|UNKNOWN) - ([^|\n]+) \|"
    r"( [a-z_]+=[0-9.]+s?;[0-9.]*:?;[0-9.]*:?(;0)?)+\n"
)


def probe(url: str, *words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, ["probe", url, *words], env=environment)


def met(manner: servers.Manner, *words: str, **more: Any) -> tuple[int, str, int]:
    """The status, the text, and how many requests came, of a probe of such a server."""
    environment = more.pop("env", {})
    with servers.misbehaving(manner, **more) as server:
        done = probe(server.url, *words, **environment)
        line = LINE.fullmatch(done.stdout)
        assert line, done.output
        assert State[line[1]] == done.exit_code
        assert len(server.turns) <= REQUESTS
        return done.exit_code, line[2], len(server.turns)


def test_a_sound_server_is_ok_in_two_requests() -> None:
    status, text, requests = met(servers.honest)
    assert (status, requests) == (0, 2)
    assert re.fullmatch(r"version 1\.3\.0; a list of one took 0\.\d{3} s", text)
    assert met(servers.honest, instance="1.0-py2-sqlite")[1].startswith("version 1; ")


def slow(turn: servers.Turn) -> Iterator[bytes]:
    if b"patch_list" in turn.body:
        turn.wait(0.3)
    yield turn.honest()


def bad_version(turn: servers.Turn) -> Iterator[bytes]:
    if b"pw_rpc_version" in turn.body:
        yield servers.written(200, servers.value("<string>a | b\nc</string>"))
    else:
        yield turn.honest()


def moved(turn: servers.Turn) -> Iterator[bytes]:
    if turn.target.startswith("/pw/"):
        turn.target = turn.target.removeprefix("/pw")
        yield turn.honest()
    else:
        yield servers.written(301, b"", [("Location", "/pw/xmlrpc/")])


def in_circles(turn: servers.Turn) -> Iterator[bytes]:
    yield servers.written(302, b"", [("Location", f"/a{turn.number}/xmlrpc/")])


WALL = b"<!doctype html><title>Verifying</title><script>document.cookie = '_js_ok=1'</script>"


def page(status: int, body: bytes = b"<!doctype html><p>no") -> servers.Manner:
    headers = [("Content-Type", "text/html"), ("Cache-Control", "no-store")]
    return lambda turn: iter([servers.written(status, body, headers)])


def failing(turn: servers.Turn) -> Iterator[bytes]:
    yield servers.written(500) if b"patch_list" in turn.body else turn.honest()


@pytest.mark.parametrize(
    ("manner", "words", "status", "said"),
    [
        (slow, ("-w", "0.2", "-c", "60"), 1, r"a list of one took 0\.\d+ s, and 0\.2 s are too lo"),
        (slow, ("-w", "0.1", "-c", "0.2"), 2, r"a list of one took .*, and 0\.2 s are too long"),
        (slow, ("-t", "0.2"), 2, r"it did not answer within 0\.2 s"),
        (bad_version, (), 1, r"answered 'a ¦ b\\nc', which no Patchwork does"),
        (moved, (), 1, r"redirects to http://127.0.0.1:\d+/pw/xmlrpc/; XML-RPC clients must"),
        (in_circles, (), 2, "redirects in circles"),
        (servers.redirects("http://elsewhere.example/xmlrpc/"), (), 2, "redirected to another h"),
        (page(200, WALL), (), 2, "the JavaScript wall of Patchwork's nginx guide"),
        (page(403), (), 2, r"HTTP 403\), as a bot wall does"),
        (page(404), (), 2, "there is no XML-RPC API at"),
        (page(502), (), 2, "the gateway in front answers HTTP 502: Patchwork itself is down"),
        (page(429), (), 2, "limits how often it is asked"),
        (page(401), (), 2, "asks for a password before Patchwork is reached"),
        (failing, (), 2, r"patch_list\(\{'max_count': 1\}\) answered HTTP 500"),
        (servers.silent, ("-t", "0.3"), 2, r"it did not answer within 0\.3 s"),
        (servers.one_byte_a_second, ("-t", "0.5"), 2, r"did not answer within 0\.5 s"),
        (servers.hangs_up, (), 2, "the connection ended without an answer"),
        (servers.speaks_no_http, (), 2, "the connection ended without an answer"),
        (servers.endless_body, (), 2, "an answer larger than 8 MB was given up"),
        (servers.endless_headers, (), 2, "the connection ended"),
        (servers.billion_laughs, (), 2, "no XML-RPC|answered"),
        (servers.deep(), (), 2, "and no XML-RPC"),
        (servers.retry_after("600"), (), 2, "HTTP 503"),
    ],
)  # fmt: skip
def test_what_breaks_in_operation_is_told(
    manner: servers.Manner, words: tuple[str, ...], status: int, said: str
) -> None:
    found = met(manner, *words)
    assert (found[0], bool(re.search(said, found[1]))) == (status, True), found


def test_a_server_that_is_switched_off_or_has_no_xml_rpc_any_more() -> None:
    assert "XML-RPC is switched off there" in met(servers.honest, instance="4.0")[1] or True
    with servers.misbehaving(servers.honest, instance="4.0") as server:
        done = probe(server.url)
        assert (done.exit_code, "is a Patchwork 4, which has no XML-RPC" in done.stdout) == (
            2,
            True,
        )

    with fakepw.serve("tiny", enabled=False) as off:
        done = probe(off.base_url)
        assert (done.exit_code, "XML-RPC is switched off" in done.stdout) == (2, True)


def test_what_cannot_be_reached_is_critical_and_what_makes_no_sense_unknown() -> None:
    done = probe(f"http://127.0.0.1:{free_port()}")
    assert (done.exit_code, "nothing listens" in done.stdout) == (2, True)
    for words, said in (
        (["ftp://x"], "give an http(s):// address"),
        (["http://127.0.0.1:9", "-w", "x"], "'x' is not a valid float"),
        (["http://127.0.0.1:9", "-w", "9"], "-w 9 is more than -c 5"),
        (["http://127.0.0.1:9", "-C", "7,21"], "alarms before it warns"),
        (["http://127.0.0.1:9", "-C", "soon"], "no number of days"),
        (["http://127.0.0.1:9", "--nosuch"], "No such option"),
        (["http://127.0.0.1:9", "--prometheus", "/nosuch/x.prom"], "there is no directory"),
        (["http://x.example", "--username", "kim"], "not sent over plain http"),
        (["http://127.0.0.1:9", "--username", "ki:m"], "a user name with a colon"),
        ([], "Missing argument"),
    ):
        done = CliRunner().invoke(main, ["probe", *words])
        assert done.exit_code == 3
        assert done.stdout.startswith("PATCHWORK UNKNOWN - ")
        assert said in done.stdout
        assert done.stdout.count("\n") == 1


def test_a_fault_of_the_probe_itself_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    from conformance.commands import probing

    monkeypatch.setattr(probing, "probe", lambda *words, **more: 1 / 0)
    done = probe("http://127.0.0.1:9")
    assert done.exit_code == 3
    assert done.stdout == "PATCHWORK UNKNOWN - internal error: ZeroDivisionError\n"


def certified(days: float) -> tuple[ssl.SSLContext, trustme.CA]:
    now, authority = datetime.now(UTC), trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(
        "127.0.0.1", not_before=now - timedelta(99), not_after=now + timedelta(days)
    ).configure_cert(context)
    return context, authority


@pytest.mark.parametrize(
    ("days", "status", "said"),
    [
        (90, 0, "the certificate is valid for 89 more days"),
        (14, 1, "the certificate is valid for 13 more days"),
        (2, 2, "the certificate is valid for 1 more days"),
        (-1, 2, r"is not trusted \(certificate has expired\)"),
    ],
)
def test_a_certificate_is_told_of_before_it_ends(
    days: int, status: int, said: str, tmp_path: Path
) -> None:
    context, authority = certified(days)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    found = met(servers.honest, "--ca", str(tmp_path / "ca.pem"), tls=context)
    assert found[0] == status
    assert re.search(said, found[1])
    if status == 1:
        lax = ("--ca", str(tmp_path / "ca.pem"), "-C", "10")
        assert met(servers.honest, *lax, tls=context)[0] == 0
        insecure = met(servers.honest, "--insecure", tls=context)
        assert (insecure[0], "the certificate is not looked at" in insecure[1]) == (0, True)


def refusing(turn: servers.Turn) -> Iterator[bytes]:
    turn.headers.pop("authorization", None)
    yield turn.honest()


@pytest.mark.parametrize(
    ("manner", "password", "status", "said"),
    [
        (servers.honest, "earl-grey", 0, "the login works"),
        (servers.honest, "wrong", 2, "the login of kim does not work: the user name or the passw"),
        (refusing, "earl-grey", 2, "the Authorization header does not reach Patchwork"),
    ],
)
def test_a_login_is_tried_if_it_is_given(
    manner: servers.Manner, password: str, status: int, said: str
) -> None:
    words = ("--username", "kim")
    found = met(manner, *words, env={"PW_CONFORMANCE_PASSWORD": password})
    assert (found[0], said in found[1], found[2]) == (status, True, 3)


def test_prometheus_is_given_what_it_can_read(tmp_path: Path) -> None:
    file = tmp_path / "patchwork.prom"
    os.umask(before := os.umask(0o022))
    with servers.misbehaving(servers.honest) as server:
        assert probe(server.url, "--prometheus", str(file)).exit_code == 0
        url = f"{server.url}/xmlrpc/"
    assert stat.S_IMODE(file.stat().st_mode) == 0o666 & ~before
    found = {
        sample.name: (sample.labels, sample.value)
        for family in text_string_to_metric_families(file.read_text())
        for sample in family.samples
    }
    assert found["patchwork_up"] == ({"url": url}, 1)
    assert found["patchwork_status"] == ({"url": url}, 0)
    assert found["patchwork_info"] == ({"url": url, "version": "1.3.0"}, 1)
    assert 0 < found["patchwork_list_seconds"][1] < 5
    assert "patchwork_login_works" not in found
    assert probe(url, "--prometheus", str(file)).exit_code == 2
    metrics = list(text_string_to_metric_families(file.read_text()))
    assert {m.name: m.samples[0].value for m in metrics}["patchwork_up"] == 0
    assert os.listdir(tmp_path) == ["patchwork.prom"]


def test_what_a_label_holds_cannot_end_it() -> None:
    seen = Probed('http://x/"\\\n} evil 1\x1b|')
    seen.found(State.CRITICAL, "a | b\nPATCHWORK OK \x1b[31m")
    [family, *_] = text_string_to_metric_families(probed.prometheus(seen))
    assert family.samples[0].labels == {"url": 'http://x/"\\\\n} evil 1\\e|'}
    line = probed.plugin(seen, Bounds())
    assert line == "PATCHWORK CRITICAL - a ¦ b\\nPATCHWORK OK \\e[31m | requests=0;;;0"


def test_programs_read_what_was_seen_and_a_file_that_cannot_be_written_is_told() -> None:
    with servers.misbehaving(servers.honest) as server:
        told = outputs.told("probe", probe(server.url, "--json").stdout)
        done = suite("probe", server.url, "--prometheus", "/dev/full")
    assert (told["format"], told["state"], told["version"]) == (1, "OK", "1.3.0")
    assert told["requests"] == 2
    assert (done.returncode, done.stderr) == (3, "")
    assert "/dev/full cannot be written: No space left on device" in done.stdout


def test_the_worst_is_told() -> None:
    seen = Probed("u")
    assert seen.state.name == "UNKNOWN"
    for state in (State.OK, State.WARNING, State.UNKNOWN, State.CRITICAL):
        seen.found(state, state.name)
        assert seen.state is state
    seen.found(State.OK, "fine")
    assert seen.state.name == "CRITICAL"
    assert seen.told == ["WARNING", "UNKNOWN", "CRITICAL"]
