"""URLs, bytes, budgets and what is said when a server cannot be used."""

from __future__ import annotations

import base64
import http.server
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import fakepw
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover
from conformance.target.exchange import Basic, call
from conformance.target.knowing.survey import Unusable
from conformance.target.sending import sockets
from conformance.target.sending.budget import Budget, BudgetSpent
from conformance.target.sending.connecting import Connected, connect
from conformance.target.sending.sockets import HttpTransport
from conformance.target.sending.transport import (
    Credentials,
    Endpoint,
    NoAnswer,
    Trouble,
    compose,
    endpoint_of,
    shown,
)


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("pw.example.org", "https://pw.example.org/xmlrpc/"),
        ("pw.example.org/xmlrpc", "https://pw.example.org/xmlrpc/"),
        ("http://pw.example.org/xmlrpc/", "http://pw.example.org/xmlrpc/"),
        ("https://pw.example.org:8443/patchwork/", "https://pw.example.org:8443/patchwork/xmlrpc/"),
        ("localhost:8000", "http://localhost:8000/xmlrpc/"),
        ("127.0.0.1", "http://127.0.0.1/xmlrpc/"),
        ("http://[::1]:8000", "http://[::1]:8000/xmlrpc/"),
    ],
)
def test_any_form_of_url_is_understood(url: str, wanted: str) -> None:
    assert endpoint_of(url)[0].url == wanted


@pytest.mark.parametrize("url", ["", "ftp://x", "http://", "http://u:p@x", "a b", "http://x:99999"])
def test_what_is_no_url_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        endpoint_of(url)


def test_a_request_is_sent_byte_for_byte() -> None:
    endpoint = Endpoint("http", "pw.example.org", 80)
    data = compose(call("patch_get", 1), endpoint, "Basic abc")
    assert data.startswith(b"POST /xmlrpc/ HTTP/1.1\r\nHost: pw.example.org\r\n")
    assert b"\r\nAuthorization: Basic abc\r\n" in data
    assert data.endswith(call("patch_get", 1).body)


def test_credentials_are_never_shown() -> None:
    endpoint = Endpoint("http", "pw.example.org", 80)
    credentials = Credentials("kim", "s3cret")
    assert credentials.token not in shown(call("x", auth=Basic()), endpoint).decode()
    assert b"c2VjcmV0" not in shown(call("x", auth="Basic c2VjcmV0"), endpoint)
    assert "s3cret" not in repr(credentials)


def test_a_connection_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On every Python: otherwise nothing is learnt of what a second call on it is answered."""
    opened: list[Connected] = []

    def counted(*given: Any) -> Connected:
        opened.append(connect(*given))
        return opened[-1]

    monkeypatch.setattr(sockets, "connect", counted)
    with fakepw.serve("demo") as server:
        transport = HttpTransport(endpoint_of(server.url)[0], Budget(tmp_path / "b"))
        for name in ("pw_rpc_version", "patch_list", "nosuch", "patch_list"):
            assert transport.send(call(name)).status == 200
        transport.close()
    assert len(opened) == 1


def test_a_budget_holds(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "b", limit=2)
    other = Budget(tmp_path / "b", limit=2)
    budget.take()
    other.take()
    with pytest.raises(BudgetSpent, match="--max-requests"):
        budget.take()
    assert other.spent == 2


def test_a_rate_holds_over_all_that_share_a_budget(tmp_path: Path) -> None:
    budgets = [Budget(tmp_path / "b", rate=50) for _ in range(2)]
    started = time.monotonic()
    for turn in range(6):
        budgets[turn % 2].take()
    assert time.monotonic() - started >= 5 / 50


def test_two_wrong_passwords_are_the_most(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "b")
    budget.take(login=True)
    budget.take(login=True)
    with pytest.raises(BudgetSpent, match="wrong passwords"):
        budget.take(login=True)


@pytest.mark.parametrize("password", ["s", "s" * 71, "s" * 72, "x" * 71 + "y", "ö" * 36, "x" * 200])
def test_a_wrong_password_is_nearly_right_and_wrong_however_it_is_stored(password: str) -> None:
    wrong = base64.b64decode(Credentials("kim", password).wrong).removeprefix(b"kim:")
    assert password.encode() in wrong
    assert wrong[:72] != password.encode()[:72]  # all that bcrypt looks at


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers what the server was made with: status, headers, body."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.reply(*self.server.answer)  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        self.reply(*getattr(self.server, "page", (404, {}, b"")))

    def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.server.seen.append(dict(self.headers))  # type: ignore[attr-defined]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def answering(
    status: int, headers: dict[str, str] | None = None, body: bytes = b"", page: bytes = b""
) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.answer = (status, headers or {}, body)  # type: ignore[attr-defined]
    server.seen = []  # type: ignore[attr-defined]
    if page:
        server.page = (200, {}, page)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


DISABLED = b"<h2>API Status</h2><li>XML-RPC <span class='label'>disabled</span></li>"


@pytest.mark.parametrize(
    ("status", "headers", "body", "page", "said"),
    [
        (404, {}, b"", DISABLED, "switched off"),
        (404, {}, b"", b"", "no XML-RPC API"),
        (200, {}, b"<!DOCTYPE html><html>Are you human?</html>", b"", "bot wall"),
        (403, {}, b"<html>Forbidden</html>", b"", "bot wall"),
        (401, {}, b"", b"", "asks for a password"),
        (502, {}, b"", b"", "gateway"),
        (301, {"Location": "https://elsewhere.example/xmlrpc/"}, b"", b"", "another host"),
        (302, {"Location": "/xmlrpc/"}, b"", b"", "is redirected"),
        (500, {}, b"", b"", "HTTP 500"),
    ],
)
def test_what_is_in_the_way_is_named(
    status: int, headers: dict[str, str], body: bytes, page: bytes, said: str
) -> None:
    with (
        answering(status, {**headers, "Retry-After": "0"}, body, page) as url,
        pytest.raises(Unusable, match=said) as caught,
    ):
        discover(Options(url=url, timeout=5))
    assert "\n" not in str(caught.value)


def test_a_closed_port_is_named() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unusable, match=f"nothing listens on 127.0.0.1:{port}"):
        discover(Options(url=f"http://127.0.0.1:{port}"))


def test_silence_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = Endpoint("http", "127.0.0.1", silent.getsockname()[1])
        transport = HttpTransport(endpoint, Budget(tmp_path / "b"), timeout=0.2)
        with pytest.raises(NoAnswer, match=r"within 0\.2 s"):
            transport.send(call("pw_rpc_version"))


def test_plain_http_behind_https_is_named(tmp_path: Path) -> None:
    with answering(200) as url:
        port = int(url.rpartition(":")[2])
        transport = HttpTransport(Endpoint("https", "127.0.0.1", port), Budget(tmp_path / "b"))
        with pytest.raises(Trouble, match="does not speak TLS"):
            transport.send(call("pw_rpc_version"))


def test_credentials_stay_here_where_the_wire_is_open(tmp_path: Path) -> None:
    """Also where plain http was only come to by a redirect, or because there is no TLS."""
    endpoint = Endpoint("http", "192.0.2.1", 80)
    kim = Credentials("kim", "secret")
    shut = HttpTransport(endpoint, Budget(tmp_path / "b"), credentials=kim, timeout=0.1)
    with pytest.raises(Trouble, match="not sent over plain http"):
        shut.send(call("x", auth=Basic()))
    told = HttpTransport(
        endpoint, Budget(tmp_path / "b"), credentials=kim, timeout=0.1, plain_ok=True
    )
    with pytest.raises(Trouble, match=r"192\.0\.2\.1:80"):  # it tried
        told.send(call("x", auth=Basic()))


def test_what_a_front_end_did_not_pass_on_is_sent_again(tmp_path: Path) -> None:
    """A write, too: with 429 and 503 it was not carried out; with 502 it may have been."""
    write = call("patch_set", -1, {})
    for status, tries in ((429, 3), (503, 3), (502, 1)):
        with answering(status, {"Retry-After": "0"}) as url:
            endpoint = Endpoint("http", "127.0.0.1", int(url.rpartition(":")[2]))
            budget = Budget(tmp_path / str(status))
            budget.hold = lambda seconds, slower=False: None  # type: ignore[method-assign,misc]
            assert HttpTransport(endpoint, budget).send(write).status == status
            assert budget.spent == tries


def test_a_front_that_passes_on_calls_alone_is_not_waited_for_page_after_page(
    tmp_path: Path,
) -> None:
    page, other = (replace(call("x"), target=target) for target in ("/a/1/", "/b/"))
    with answering(200) as url, answering(503) as shut:
        at = [Endpoint("http", "127.0.0.1", int(each.rpartition(":")[2])) for each in (url, shut)]
        budget = Budget(tmp_path / "b")
        budget.hold = lambda seconds, slower=False: None  # type: ignore[method-assign,misc]
        transport, sent = HttpTransport(at[0], budget), [budget.spent]
        for number, asked in ((1, page), (1, page), (0, page), (1, page), (1, other), (0, other)):
            transport.endpoint = at[number]
            transport.send(asked)
            transport.close()
            sent.append(budget.spent)
    assert [b - a for a, b in itertools.pairwise(sent)] == [3, 1, 1, 3, 1, 1]  # it may come back


def test_too_many_requests_make_it_slower(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "b")
    budget.take()
    budget.hold(0, slower=True)
    started = time.monotonic()
    for _ in range(4):
        budget.take()
    assert time.monotonic() - started >= 0.3 * 0.9
