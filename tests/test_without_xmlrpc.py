"""Instance 4.0: the Patchwork that has no XML-RPC (servers.md 6.5), for the day of the upgrade."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

import fakepw
from fakepw import fixtures
from tests import recordings
from tests.clients.conftest import Pwclient

CALL = b"<methodCall><methodName>pw_rpc_version</methodName></methodCall>"


@pytest.fixture
def server() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("demo", instance="4.0") as pw:
        yield pw


def status(url: str, body: bytes | None = None, method: str | None = None) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, method=method)) as answer:
            code: int = answer.status
            return code
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_its_xmlrpc_paths_are_ordinary_404s(server: fakepw.LiveServer) -> None:
    for path in ("xmlrpc", "xmlrpc/"):
        for body, method in ((CALL, "POST"), (None, "GET"), (None, "HEAD"), (None, "OPTIONS")):
            asked = fakepw.Request(
                (method or "").encode(),
                f"/{path}".encode(),
                [(b"content-length", b"9")],
                body or b"",
            )
            ordinary = fakepw.Request(asked.method, b"/nosuch/", asked.headers, asked.body)
            ours, theirs = (fakepw.respond(each, server.patchwork) for each in (asked, ordinary))
            assert ours.status == theirs.status == 404
            assert [name for name, _ in ours.headers] == [name for name, _ in theirs.headers]
            assert status(f"{server.base_url}{path}", body, method) == 404


def test_its_rest_api_is_at_1_4(server: fakepw.LiveServer) -> None:
    with urllib.request.urlopen(f"{server.base_url}api/") as answer:
        assert answer.url == f"{server.base_url}api/1.4/"
        assert answer.headers["Content-Type"] == "application/json"
        assert json.load(answer)
    assert status(f"{server.base_url}api/1.3/") == 404


def test_its_about_page_says_nothing_of_apis(server: fakepw.LiveServer) -> None:
    with urllib.request.urlopen(f"{server.base_url}about") as answer:
        page = answer.read().decode()
    assert "Patchwork 4.0" in page
    assert recordings.api_status(page) == {}
    assert "XML-RPC" not in page


def test_pwclient_sees_what_its_users_will_see(server: fakepw.LiveServer, tmp_path: Path) -> None:
    assert "404" in Pwclient(server.url, tmp_path).failure("list")


def test_no_setting_brings_it_back() -> None:
    patchwork = fakepw.Patchwork(fakepw.load("tiny"), "4.0", settings={"ENABLE_XMLRPC": True})
    assert not patchwork.enabled
    assert patchwork.methods == {}


def test_a_fixture_and_the_command_line_name_it() -> None:
    assert fixtures.read({"instance": "4.0"}).instance == "4.0"
    command = [sys.executable, "-m", "fakepw", "serve", "tiny", "--port", "0", "--instance", "4.0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        process.terminate()
        process.stdout.read()
    assert "XML-RPC is gone from this release: every call is answered 404" in first
    known = "instance 4.0 (what is known of it: no XML-RPC, and where its REST API is)"
    assert second.split() == known.split()


def test_its_health_says_so(server: fakepw.LiveServer) -> None:
    with urllib.request.urlopen(f"{server.control_url}health") as answer:
        assert json.load(answer)["xmlrpc"] == "none"


def test_what_is_near_it_is_suggested() -> None:
    with pytest.raises(ValueError, match=r"did you mean .*4\.0"):
        fakepw.instance("4.0.0")
