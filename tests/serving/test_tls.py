"""https: what clients meet, what they are told of it in the log, and whose files are no good."""

from __future__ import annotations

import http.client
import json
import logging
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

import fakepw
from fakepw.rules.grammar import parse
from fakepw.serving.limits import Limits
from fakepw.serving.tls import secured

from .wire import Wire, post, until


@pytest.fixture(scope="module")
def server() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("demo", tls=True) as server:
        yield server


@pytest.fixture
def pw(server: fakepw.LiveServer) -> fakepw.LiveServer:
    server.reset()
    return server


def trusting(pw: fakepw.LiveServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=pw.ca_file)


def proxy(pw: fakepw.LiveServer, user: str = "kim:earl-grey", **options: Any) -> Any:
    url = pw.url.replace("://", f"://{user}@")
    return xmlrpc.client.ServerProxy(url, context=trusting(pw), **options)


class Secret(Wire):
    """A raw connection, in ciphers."""

    def __init__(self, pw: fakepw.LiveServer, name: str = "127.0.0.1", **options: Any) -> None:
        super().__init__(pw.port, **options)
        self._file.close()
        self.socket = trusting(pw).wrap_socket(self.socket, server_hostname=name)
        self._file = self.socket.makefile("rb")


def test_urls_say_https_and_clients_trust_the_file(pw: fakepw.LiveServer) -> None:
    assert all(url.startswith("https://127.0.0.1:") for url in (pw.url, pw.base_url))
    assert pw.control_url.startswith("https://")
    with proxy(pw) as client:
        assert client.patch_set(5, {"archived": True})
        assert len(client.patch_list()) == 12
    pw.assert_written_once("patch_set", 5)
    with pytest.raises(ssl.SSLCertVerificationError), xmlrpc.client.ServerProxy(pw.url) as other:
        other.patch_list()


def test_a_long_answer_comes_whole_to_who_reads_slowly(pw: fakepw.LiveServer) -> None:
    pw.load({"patches": [{"name": f"{n} {'x' * 900}"} for n in range(1500)]})
    body = xmlrpc.client.dumps((), "patch_list").encode()
    with Secret(pw, receive=4096) as wire:
        wire.send(post(body) * 3 + post(body, Connection="close"))
        sizes = []
        for _ in range(4):
            time.sleep(0.1)
            sizes.append(len(wire.answer().body))
        assert wire.rest() == b""
    assert len(set(sizes)) == 1
    assert sizes[0] > 1_500_000
    pw.load("demo")


@pytest.mark.parametrize("name", ["localhost", "fakepw", "pw.ci.internal", "127.0.0.1"])
def test_it_is_trusted_by_whatever_name_others_know_it(pw: fakepw.LiveServer, name: str) -> None:
    with Secret(pw, name) as wire:
        wire.send(post())
        assert wire.answer().status == 200


def test_the_handle_elsewhere_and_pwclient_trust_it(pw: fakepw.LiveServer, tmp_path: Path) -> None:
    far = fakepw.connect(pw.url, ca_file=pw.ca_file)
    assert (far.instance, far.url, far.ca_file) == (pw.instance, pw.url, pw.ca_file)
    with xmlrpc.client.ServerProxy(far.url, transport=far.transport()) as client:
        assert client.patch_get(1)["id"] == 1  # type: ignore[index,call-overload]
    with pytest.raises(fakepw.DoubleUnreachable, match=r"does not answer: .*certificate verify"):
        fakepw.connect(pw.url)
    with pytest.raises(ValueError, match="ca_file /nowhere is no file of an authority: No such"):
        fakepw.connect(pw.url, ca_file="/nowhere")
    pwclient = [str(Path(sys.executable).parent / "pwclient"), "update", "-s", "Accepted", "5"]
    environment = {**os.environ, **far.pwclientrc(tmp_path, "kim")}
    done = subprocess.run(pwclient, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert pw.patches[5].state == "Accepted"


def test_the_transport_needs_no_certificate_and_comes_by_https_too(pw: fakepw.LiveServer) -> None:
    pw.fault(preset="https-redirect", optional=True)
    for way in (pw.transport(), None):
        context = None if way else trusting(pw)
        with xmlrpc.client.ServerProxy(pw.url, transport=way, context=context) as client:
            assert client.patch_get(1)["id"] == 1  # type: ignore[index,call-overload]
    with fakepw.serve("tiny", in_front="https-redirect") as plain:
        for way in (plain.transport(), None):
            with (
                pytest.raises(xmlrpc.client.ProtocolError, match="301"),
                xmlrpc.client.ServerProxy(plain.url, transport=way) as client,
            ):
                client.patch_list()


def test_calls_are_followed_over_https_in_a_world_too(pw: fakepw.LiveServer) -> None:
    with pw.world("tiny") as world, Secret(pw) as wire:
        path = world.control_url.partition(f":{pw.port}")[2]
        assert world.url.startswith("https://")
        wire.send(f"GET {path}calls/events HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        lines = iter(wire.socket.makefile("rb"))
        assert next(lines) == b"HTTP/1.0 200 OK\r\n"
        assert b"retry: 1000\n" in islice(lines, 20)
        with xmlrpc.client.ServerProxy(world.url, context=trusting(pw)) as client:
            client.patch_list()
        assert b"id: 1\n" in islice(lines, 2)


def test_urls_in_answers_say_https() -> None:
    """Those of old releases are whole; and who came by https is not sent there once more."""
    for settings in ({}, {"SECURE_SSL_REDIRECT": True}):
        with fakepw.serve(
            "demo",
            instance="1.1-py2-sqlite",
            tls=True,
            settings=settings,
            in_front="https-redirect",
        ) as pw:
            assert _located(pw, "/xmlrpc") == f"https://127.0.0.1:{pw.port}/xmlrpc/"
            pw.fault(preset="slash-redirect", optional=True)
            assert _located(pw, "/xmlrpc") == f"https://127.0.0.1:{pw.port}/xmlrpc/"
    with fakepw.serve("demo", in_front="https-redirect") as pw:
        connection = http.client.HTTPConnection("127.0.0.1", pw.port)
        assert _redirect(connection, "/xmlrpc/") == "https://127.0.0.1/xmlrpc/"


def _located(pw: fakepw.LiveServer, path: str) -> str | None:
    return _redirect(http.client.HTTPSConnection("127.0.0.1", pw.port, context=trusting(pw)), path)


def _redirect(connection: http.client.HTTPConnection, path: str) -> str | None:
    connection.request("POST", path, b"")
    answer = connection.getresponse()
    location = answer.getheader("Location")
    answer.read()
    connection.close()
    assert answer.status == 301
    return location


@pytest.mark.parametrize(
    ("rule", "raised"),
    [
        ("patch_get: cut=10", ExpatError),
        ("patch_get: reset", ConnectionResetError),
        ("patch_get: drop", TimeoutError),
        ("patch_get: latency=0.1", None),
        ("patch_get: latency=1", TimeoutError),
        ("patch_get: status=504", xmlrpc.client.ProtocolError),
    ],
)
def test_rules_break_its_connections_too(
    pw: fakepw.LiveServer, rule: str, raised: type[Exception] | None
) -> None:
    pw._rule(parse(rule))
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(0.5)
    try:
        with proxy(pw) as client:
            if raised is None:
                assert client.patch_get(1)["id"] == 1
            else:
                with pytest.raises(raised):
                    client.patch_get(1)
        with proxy(pw) as client:
            assert client.pw_rpc_version() == [1, 3, 0]
    finally:
        socket.setdefaulttimeout(before)


# What goes wrong between clients and TLS is a line of the log each.


def _plain(pw: fakepw.LiveServer) -> None:
    with Wire(pw.port) as wire:
        wire.send(post())
        assert not wire.rest().startswith(b"HTTP")


def _distrusts(pw: fakepw.LiveServer) -> None:
    with (
        socket.create_connection(("127.0.0.1", pw.port)) as sock,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        ssl.create_default_context().wrap_socket(sock, server_hostname="127.0.0.1")


def _hello(pw: fakepw.LiveServer) -> bytes:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        trusting(pw).wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def _cut(pw: fakepw.LiveServer) -> None:
    with Wire(pw.port) as wire:
        wire.send(_hello(pw)[:50])


def _vanishes(pw: fakepw.LiveServer) -> None:
    with Wire(pw.port) as wire:
        wire.send(_hello(pw))
        assert wire.socket.recv(1)
        wire.reset()


def _babbles(pw: fakepw.LiveServer) -> None:
    with Wire(pw.port) as wire:
        wire.send(b"SSH-2.0-OpenSSH_9.2\r\n")
        assert not wire.rest().startswith(b"HTTP")


def _breaks_off(pw: fakepw.LiveServer) -> None:
    with Secret(pw) as wire:
        wire.send(post())
        assert wire.answer().status == 200
        os.write(wire.socket.fileno(), b"garbage that no key has written")
        with pytest.raises(ssl.SSLError, match="ALERT"):
            wire.rest()


@pytest.mark.parametrize(
    ("misbehave", "says"),
    [
        (_plain, "was let go: it sent plain http, but this server speaks https"),
        (_distrusts, "was let go: it does not know the authority of this server's certificate"),
        (_cut, "was let go: it hung up in its TLS handshake"),
        (_vanishes, "was let go: it hung up in its TLS handshake"),
        (_babbles, "was let go: it spoke no TLS, which this server does"),
        (_breaks_off, "was let go: it spoke no TLS, which this server does"),
    ],
)
def test_a_client_that_does_not_come_to_speak_tls_is_one_line(
    pw: fakepw.LiveServer, misbehave: Any, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = len(pw._server.connections)
    with caplog.at_level(logging.DEBUG):
        misbehave(pw)
        assert until(lambda: len(pw._server.connections) <= before)
        with proxy(pw) as client:
            client.pw_rpc_version()
    said = [record.getMessage() for record in caplog.records if record.name == "fakepw"]
    assert len(said) == 1, said
    assert said[0].startswith("127.0.0.1:")
    assert said[0].endswith(says)
    assert not [r for r in caplog.records if r.levelno >= logging.WARNING and r.name != "fakepw"]


def test_those_who_have_not_come_to_tls_are_counted_among_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    limits = Limits(connections=3, request_timeout=1.0)
    with fakepw.serve("tiny", tls=True, limits=limits) as pw:
        idle = [Wire(pw.port) for _ in range(5)]
        idle[0].send(_hello(pw))  # and no more, where the others send nothing
        ends = [wire.rest() for wire in idle]  # two at once, the others in their time
        assert [bool(end) for end in ends] == [True, False, False, False, False]
        assert until(lambda: not pw._server.connections)
        with proxy(pw, "a:b") as client:
            assert client.pw_rpc_version() == [1, 3, 0]
        for wire in idle:
            wire.close()
        idle = [Wire(pw.port) for _ in range(2)]
        time.sleep(0.1)
    for wire in idle:  # which the end of the server ended
        assert wire.rest() == b""
        wire.close()
    said = [record.getMessage() for record in caplog.records]
    kinds = ("turned away: 3 are open", "did not end its TLS handshake within 1 s")
    assert len({end for end in kinds for line in said if line.endswith(end)}) == 2, said
    assert all(line.endswith(kinds) for line in said)  # some of them sum several up


# Files.


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(folder / "ca.pem"))
    for name in ("one", "other"):
        leaf = ca.issue_cert("127.0.0.1")
        leaf.cert_chain_pems[0].write_to_path(str(folder / f"{name}.pem"))
        leaf.private_key_pem.write_to_path(str(folder / f"{name}.key"))
        leaf.private_key_and_cert_chain_pem.write_to_path(str(folder / f"{name}.both"))
    key = serialization.load_pem_private_key((folder / "one.key").read_bytes(), None)
    (folder / "locked.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    (folder / "no.pem").write_text("no certificate")
    broken = (folder / "one.pem").read_text().splitlines()
    (folder / "broken.pem").write_text("\n".join([broken[0], "%%%%", *broken[2:]]))
    (folder / "empty.pem").write_bytes(b"")
    return folder


def test_a_certificate_of_ones_own(files: Path) -> None:
    for tls in ((files / "one.pem", files / "one.key"), (files / "one.both", files / "one.both")):
        with fakepw.serve("tiny", tls=tls) as pw:
            assert pw.ca_file is None
            far = fakepw.connect(pw.url, ca_file=files / "ca.pem")
            assert far.instance == pw.instance


@pytest.mark.parametrize(
    ("certificate", "key", "says"),
    [
        ("nowhere", "one.key", "the certificate {}/nowhere cannot be read: No such file"),
        ("", "one.key", "the certificate {}/ cannot be read: Is a directory"),
        ("one.pem", "nowhere", "the key {}/nowhere cannot be read: No such file"),
        ("one.pem", "other.key", "the key {0}/other.key is not that of the certificate {0}/one.p"),
        ("one.pem", "locked.key", "the key {}/locked.key is encrypted, and nobody is there"),
        ("no.pem", "one.key", "the certificate {}/no.pem is no PEM file with a certificate in it"),
        ("empty.pem", "one.key", "the certificate {}/empty.pem is no PEM file with a certificate"),
        ("one.key", "one.pem", "the certificate {}/one.key is no PEM file with a certificate"),
        ("one.pem", "one.pem", "the key {}/one.pem is no PEM file with a key in it"),
        ("broken.pem", "one.key", "{0}/broken.pem and {0}/one.key are no certificate and its key"),
    ],
)
def test_what_is_wrong_with_files_is_one_sentence(
    files: Path, certificate: str, key: str, says: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(says.format(files))) as raised:
        secured((f"{files}/{certificate}", f"{files}/{key}"))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("given", [(), ("a",), 7, None, (1, 2)])
def test_what_tls_cannot_be(given: Any) -> None:
    with pytest.raises(ValueError, match="tls is True, or the files of a certificate and its key"):
        fakepw.serve("tiny", tls=given)


def test_without_trustme_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from fakepw.serving import tls

    monkeypatch.setitem(sys.modules, "trustme", None)
    tls._authority.cache_clear()
    with pytest.raises(ModuleNotFoundError, match=r"trustme .pip install .* EXTRAS=tls"):
        fakepw.serve("tiny", tls=True)


def test_where_no_file_can_be_written_certificates_are_kept_in_memory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As in a container whose root is read-only."""
    from fakepw.serving import tls

    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", list)
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tls, "_MEMORY", str(tmp_path / "none"))
    tls._authority.cache_clear()
    with pytest.raises(FileNotFoundError, match="No usable temporary directory"):
        fakepw.serve("tiny", tls=True)
    monkeypatch.setattr(tls, "_MEMORY", str(tmp_path))
    with fakepw.serve("tiny", tls=True) as pw:
        assert pw.ca_file
        assert Path(pw.ca_file).parents[1] == tmp_path
        context = ssl.create_default_context(cafile=pw.ca_file)
        with urllib.request.urlopen(f"{pw.base_url}api/", timeout=5, context=context) as answer:
            assert answer.status == 200
    tls._authority.cache_clear()


# The command.


@pytest.mark.parametrize(
    ("options", "variables"),
    [(["--tls", "-v"], {}), ([], {"FAKEPW_TLS": "1"}), (["CERT"], {}), ([], {"CERT": "one.both"})],
)
def test_the_command_serves_https_and_says_by_whom(
    files: Path, options: list[str], variables: dict[str, str]
) -> None:
    own = "CERT" in options or "CERT" in variables
    if "CERT" in options:
        options = ["--tls-cert", f"{files}/one.pem", "--tls-key", f"{files}/one.key"]
    if "CERT" in variables:
        variables = {"FAKEPW_TLS_CERT": f"{files}/{variables['CERT']}"}
    command = [sys.executable, "-m", "fakepw", "serve", "--json", "tiny", *options]
    environment = {**os.environ, "FAKEPW_PORT": "0", **variables}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.readline())
        try:
            assert ("ca_file" in said) == (not own)
            trusted = str(files / "ca.pem") if own else said["ca_file"]
            far = fakepw.connect(said["url"], ca_file=trusted)
            assert (far.instance, said["control"]) == (said["instance"], far.control_url)
            context = ssl.create_default_context(cafile=trusted)
            url = f"{said['control']}ca.pem"
            if own:
                with pytest.raises(urllib.error.HTTPError, match="404") as refused:
                    urllib.request.urlopen(url, context=context)
                refused.value.close()
            else:
                with urllib.request.urlopen(url, context=context) as answer:
                    assert answer.read() == Path(trusted).read_bytes()
        finally:
            process.terminate()
        assert process.wait(10) == 0
    assert own or not Path(trusted).exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--tls-key", "one.key"], "--tls-key is of a certificate: --tls-cert says which"),
        (["--tls-cert", "one.pem"], "the key one.pem is no PEM file with a key in it"),
        (["--tls-cert", "no", "--tls-key", "one.key"], "the certificate no cannot be read: No suc"),
    ],
)
def test_what_is_wrong_with_its_options_is_one_sentence(
    files: Path, options: list[str], says: str
) -> None:
    command = [sys.executable, "-m", "fakepw", "serve", "--port", "0", *options]
    done = subprocess.run(command, cwd=files, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith(f"fakepw serve: {says}")
