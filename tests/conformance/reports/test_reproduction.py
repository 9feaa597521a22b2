"""Each curl line and each Python line, run: a server takes down what arrives, byte for byte."""

from __future__ import annotations

import contextlib
import io
import os
import socket
import subprocess
import threading
import xmlrpc.client
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from conformance.chapters import load
from conformance.commands.sample import world
from conformance.deciding.decisions import DECISIONS, requests_of
from conformance.deciding.drawing import Settings
from conformance.deciding.planning import steps
from conformance.reports.safe.redaction import redact
from conformance.requirements.catalogue import requirements
from conformance.target.exchange import (
    ABSOLUTE,
    BASE,
    ENDPOINT,
    Basic,
    Raw,
    Request,
    call,
    from_json,
    made_up,
    to_json,
)
from conformance.target.knowing.profile import Profile
from conformance.target.sending.transport import Credentials, Endpoint, compose
from conformance.verdicts.reproduction import curl, python

LOGIN = Credentials("kim", 'earl grey\'s 50% $HOME "tea"')
ENVIRONMENT = {"PW_USER": LOGIN.username, "PW_PASSWORD": LOGIN.password}
#: Added by each client in its own way, and without a meaning.
OWN = {"connection"}


class Listener:
    """Takes down whatever is sent, and answers a version."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.endpoint = Endpoint("http", "127.0.0.1", self.socket.getsockname()[1], "/pw")
        self.heard: list[bytes] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                with contextlib.suppress(TimeoutError):
                    self.heard.append(self._take(connection))
                body = xmlrpc.client.dumps(([1, 3, 0],), methodresponse=True).encode()
                head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                with contextlib.suppress(OSError):
                    connection.sendall(head % len(body) + body)

    @staticmethod
    def _take(connection: socket.socket) -> bytes:
        data = b""
        while b"\r\n\r\n" not in data:
            data += connection.recv(65536)
        head, _, body = data.partition(b"\r\n\r\n")
        fields = head.lower()
        if b"expect: 100-continue" in fields:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if b"content-length: " in fields:
            length = int(fields.partition(b"content-length: ")[2].split(b"\r\n")[0])
            while len(body) < length:
                body += connection.recv(1 << 20)
        elif b"transfer-encoding: chunked" in fields:
            while not body.endswith(b"0\r\n\r\n"):
                body += connection.recv(65536)
        else:
            connection.settimeout(0.1)  # no length: whatever comes at once
            with contextlib.suppress(TimeoutError):
                while more := connection.recv(65536):
                    body += more
        return head + b"\r\n\r\n" + body


@pytest.fixture(scope="module")
def listener():
    found = Listener()
    yield found
    found.socket.close()


def wanted(request: Request, endpoint: Endpoint) -> bytes:
    value = request.authorization
    if isinstance(value, Basic):
        wrong = Credentials(LOGIN.username, f"{LOGIN.password}x")
        value = value.form.format(token=LOGIN.token, wrong=wrong.token)
    return compose(request, endpoint, value)


def taken_apart(data: bytes) -> tuple[bytes, Counter[tuple[bytes, bytes]], bytes]:
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    fields = Counter(
        (name.strip().lower(), value.strip())
        for name, _, value in (line.partition(b":") for line in lines)
        if name.strip().lower().decode() not in OWN
    )
    return first, fields, body


def heard_of_curl(line: str, listener: Listener) -> bytes:
    listener.heard.clear()
    done = subprocess.run(
        ["sh", "-c", line],
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **ENVIRONMENT},
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, (line[:2000], done.stderr)
    (heard,) = listener.heard
    return heard


def heard_of_python(line: str, listener: Listener) -> bytes:
    listener.heard.clear()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()) as said:
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        names: dict[str, Any] = {}
        exec(line, names)
        for opened in ("r", "s"):  # a process that ends closes them
            if opened in names:
                names[opened].close()
    assert said.getvalue()
    (heard,) = listener.heard
    return heard


def check(request: Request, listener: Listener) -> None:
    expected = wanted(request, listener.endpoint)
    by_curl, by_python = curl(request, listener.endpoint), python(request, listener.endpoint)
    for line in (by_curl, by_python):
        assert line.isascii()
        assert line.isprintable()
        assert redact(line, [LOGIN.password]) == line
    assert taken_apart(heard_of_curl(by_curl, listener)) == taken_apart(expected), by_curl[:3000]
    heard = heard_of_python(by_python, listener)
    if "ServerProxy" not in by_python:
        assert heard == expected
        return
    first, fields, body = taken_apart(heard)
    assert request.rpc is not None
    assert xmlrpc.client.loads(body) == (request.rpc[1], request.rpc[0])
    assert first == taken_apart(expected)[0]
    sent = dict(taken_apart(expected)[1])
    assert {k: v for k, v in fields if k == b"authorization"} == {
        k: v for k, v in sent if k == b"authorization"
    }


VERSION = call("pw_rpc_version")
ODD = {
    "quotes": call("patch_list", {"name__contains": 'it\'s "50%" \\ $HOME `id` \t'}),
    "any script": call("person_list", "Zoë 日本 💥 \u202e", 0),
    "bytes that are no UTF-8": Request(bytes(range(256)) * 2),
    "begins with a dash": Request(b"-n --\n"),
    "no body": Request(),
    "no body and no length": replace(Request(), content_length=False),
    "a body without a length": replace(VERSION, content_length=False),
    "chunks": replace(
        VERSION,
        body=b"5\r\nhello\r\n0\r\n\r\n",
        headers=(("Transfer-Encoding", "chunked"),),
        content_length=False,
    ),
    "HTTP/1.0": replace(VERSION, version="1.0"),
    "absolute form": replace(VERSION, target=ABSOLUTE),
    "dots": replace(VERSION, target=f"{BASE}/./a/../xmlrpc/"),
    "brackets": replace(VERSION, target=f"{ENDPOINT}?a[]={{1,2}}#x y'é"),
    "two slashes": replace(VERSION, target=f"/{ENDPOINT}"),
    "HEAD": Request(method="HEAD", headers=()),
    "GET": Request(method="GET", target=f"{BASE}/about/", headers=()),
    "OPTIONS": Request(method="OPTIONS", headers=()),
    "PUT with a body": replace(VERSION, method="PUT"),
    "GET with a body": replace(VERSION, method="GET"),
    "no Content-Type": replace(VERSION, headers=()),
    "another Host": replace(VERSION, headers=(("Host", "other.example"), ("User-Agent", "me"))),
    "odd fields": replace(
        VERSION, headers=(("X-Empty", ""), ("X-Odd", "a'b\"c;é $x"), ("Accept", "a/b"))
    ),
    "Expect": replace(VERSION, headers=(("Expect", "100-continue"),)),
    "long": call("state_list", "x" * 100_000 + "'" * 700, 0),
    "longer than curl sends without asking": Request(b"<!--" + b"\xff" * 2_000_000 + b"-->" * 9),
    "credentials": call("patch_set", -1, {"state": 1}, auth=Basic()),
    "credentials in another case": call("patch_set", -1, {}, auth=Basic("bAsIc  {token} ")),
    "credentials with a broken body": Request(b"<oops", authorization=Basic()),
    "a wrong password": call("patch_set", -1, {}, auth=Basic("Basic {wrong}"), login=True),
    "a blank Authorization": call("patch_set", -1, {}, auth="   "),
    "an unusable Authorization": call("patch_set", -1, {}, auth="Basic !!!!"),
    "a token": call("patch_set", -1, {}, auth="Bearer pw-conformance-secret-5d1f"),
    "values of all types": call(
        "m", b"\0\xff", True, -1, 1.5, None, ["a", {"b": []}], Raw("<i4>3</i4>")
    ),
    "a date": call("m", Raw("<dateTime.iso8601>20170615T08:00:00</dateTime.iso8601>")),
    "numbers that Python does not send": call("m", 2**70, float("inf"), float("nan")),
    "control characters": Request(b"<methodCall><methodName>\x01</methodName></methodCall>"),
    "a method that Python would not call": call("__class__"),
    "a dotted method": call("system.listMethods"),
    "an empty method": call(""),
}


@pytest.mark.needs("curl")
@pytest.mark.parametrize("name", ODD)
def test_an_odd_request_is_sent_again_as_it_was(name, listener):
    check(ODD[name], listener)


def probed() -> dict[str, list[Request]]:
    """Requests that each requirement sends, as far as a sample allows."""
    load()
    found = {}
    for number, decision in DECISIONS.items():
        profiles = [Profile(api=api, python=py) for api in ("2.0", "1.1", "1.0") for py in (3, 2)]
        profile = next(p for p in profiles if decision.requirement.applies(p))
        sample = world()
        sample.profile = profile
        requests: dict[Request, None] = {}
        for step in steps(decision, sample, Settings(examples=2)):
            requests |= dict.fromkeys(requests_of(step))
        found[number] = list(requests)
    return found


PROBED = probed()


def test_nearly_every_requirement_sends_something_to_the_sample():
    assert sum(map(bool, PROBED.values())) > 0.9 * len(requirements())


@pytest.mark.needs("curl")
@pytest.mark.parametrize("chapter", sorted({number.split("-")[1] for number in PROBED}))
def test_what_the_suite_sends_can_be_sent_again(chapter: str, listener: Listener) -> None:
    seen: set[Any] = set()
    for number, requests in PROBED.items():
        if number.split("-")[1] != chapter:
            continue
        for request in requests[:2]:
            if request not in seen:
                seen.add(request)
                check(request, listener)


def test_credentials_in_headers_are_the_operators_or_made_up():
    values = {r.authorization for requests in PROBED.values() for r in requests}
    made = [value for value in values if isinstance(value, str)]
    assert len(made) > 5
    assert all(map(made_up, made)), made


@pytest.mark.parametrize("name", ODD)
def test_what_is_kept_for_a_replay_is_the_request(name):
    assert from_json(to_json(ODD[name])) == ODD[name]


@pytest.mark.parametrize(
    "value",
    [
        "Basic a2ltOmh1bnRlcjI=",
        "Bearer abc",
        "Token 0123456789",
        "Digest 4711",
        "Basic ,,,,",
        "a2ltOmh1bnRlcjI=",
    ],
)
def test_what_could_be_somebodys_is_not_made_up(value):
    assert not made_up(value)
    request = call("patch_set", -1, {}, auth=value)
    endpoint = Endpoint("http", "x.example", 80)
    for line in (curl(request, endpoint), python(request, endpoint), repr(to_json(request))):
        assert value.split()[-1] not in line


def test_https_lines_trust_what_the_run_trusted():
    from conformance.verdicts.reproduction import Trust

    endpoint = Endpoint("https", "x.example", 443)
    odd = replace(VERSION, target=ABSOLUTE)
    assert " --http1.1 " in curl(VERSION, endpoint)
    assert " -k " in curl(VERSION, endpoint, Trust(insecure=True))
    assert " --cacert 'my ca.pem' " in curl(VERSION, endpoint, Trust(ca="my ca.pem"))
    for request in (VERSION, odd):
        assert "unverified" in python(request, endpoint, Trust(insecure=True))
        assert "cafile='my ca.pem'" in python(request, endpoint, Trust(ca="my ca.pem"))
        compile(python(request, endpoint, Trust(ca="my ca.pem")), "line", "exec")
