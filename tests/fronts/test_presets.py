"""What the presets say, nginx says: byte for byte, but for dates, each front as a real one."""

from __future__ import annotations

import contextlib
import re
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import fakepw
from fakepw.rules import nginx as said_by
from fakepw.rules import presets
from tests import tools

from ..ports import free_ports
from .fronts import await_port

pytestmark = pytest.mark.needs("nginx")

VERIFYING = presets._VERIFYING.decode().replace("\n", "\\n").replace('"', '\\"')
#: What a server of nginx does that stands for a preset; BACK is a Patchwork, SLOW never answers.
SERVERS = {
    "https-redirect": "return 301 https://$host$request_uri;",
    "slash-redirect": "location / { PASS } location /xmlrpc/ { PASS }",
    "ua-403": "location / { if ($http_user_agent ~* 'python|curl|bot') { return 403; } PASS }",
    "gateway-502": "location / { proxy_pass http://127.0.0.1:1; }",
    "gateway-504": "location / { proxy_pass http://127.0.0.1:SLOW; proxy_read_timeout 20ms; }",
    "maintenance": "location / { add_header Retry-After 300 always; return 503; }",
    "eats-authorization": (
        "location / { proxy_set_header Host $http_host; proxy_set_header Authorization ''; PASS }"
    ),
    "js-challenge": (
        "location /api { PASS } location / { if ($http_cookie !~ _js_ok=) {"
        f' add_header Cache-Control no-store; return 200 "{VERIFYING}"; }} PASS }}'
    ),
    "nginx-limit": "location / { PASS }",
}
#: Servers that are asked for more than their answers.
MORE = {"quick": "limit_req zone=calls burst=10 nodelay; location / { PASS }"}
CONFIG = """
daemon off; master_process off; pid {folder}/pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off; default_type text/html;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  limit_req_zone $binary_remote_addr zone=calls:1m rate=20r/s;
  proxy_set_header Host $http_host;
  {servers}
}}
"""


@pytest.fixture(scope="module")
def back() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("demo") as pw:
        yield pw


@pytest.fixture(scope="module")
def real(back: fakepw.LiveServer) -> Iterator[dict[str, int]]:
    """The ports of an nginx with a server for each preset."""
    with (
        socket.create_server(("127.0.0.1", 0)) as slow,
        tempfile.TemporaryDirectory(prefix="presets-", ignore_cleanup_errors=True) as folder,
    ):
        every = SERVERS | MORE
        ports = dict(zip(every, free_ports(len(every)), strict=True))
        servers = "\n".join(
            f"server {{ listen 127.0.0.1:{ports[name]}; {text} }}" for name, text in every.items()
        )
        servers = servers.replace("PASS", f"proxy_pass http://127.0.0.1:{back.port};")
        servers = servers.replace("SLOW", str(slow.getsockname()[1]))
        config = Path(folder) / "config"
        config.write_text(CONFIG.format(folder=folder, servers=servers))
        command = [tools.found("nginx") or "nginx", "-c", str(config), "-p", folder]
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            await_port(ports["https-redirect"], process, Path(folder) / "log")
            yield ports
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(scope="module")
def ours() -> Iterator[fakepw.LiveServer]:
    version = subprocess.run(
        [tools.found("nginx") or "nginx", "-v"], capture_output=True, text=True
    ).stderr
    found = re.search(r"nginx/[\d.]+", version)
    assert found
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(said_by, "SERVER", found[0])  # whatever this machine's is
        with fakepw.serve("demo") as pw:
            yield pw


CALL = "<methodCall><methodName>METHOD</methodName><params/></methodCall>"
WRITE = CALL.replace("METHOD", "patch_set").replace(
    "<params/>",
    "<params><param><value><int>5</int></value></param><param><value><struct/></value></param>"
    "</params>",
)


def post(body: str, target: str = "/xmlrpc/", version: str = "1.1", *lines: str) -> bytes:
    head = [f"POST {target} HTTP/{version}", "Host: HOST", f"Content-Length: {len(body)}", *lines]
    return ("\r\n".join([*head, "", ""]) + body).encode()


VERSION = CALL.replace("METHOD", "pw_rpc_version")
REQUESTS = {
    "a call": post(VERSION),
    "pwclient's": post(VERSION, "http://HOST/xmlrpc/", "1.1", "User-Agent: Python-xmlrpc/3.11"),
    "a write": post(WRITE, "/xmlrpc/", "1.1", "Authorization: Basic a2ltOmVhcmwtZ3JleQ=="),
    "the last": post(VERSION, "/xmlrpc/", "1.1", "Connection: close"),
    "an old client's": post(VERSION, "/xmlrpc/", "1.0"),
    "an old client's that stays": post(VERSION, "/xmlrpc/", "1.0", "Connection: keep-alive"),
    "a client without a host": b"GET / HTTP/1.0\r\n\r\n",
    "without its slash": post(VERSION, "/xmlrpc"),
    "without its slash, oddly": post(VERSION, "//%78mlrpc?a=%20b"),
    "a page": b"GET /about/?next=http://x/ HTTP/1.1\r\nHost: PW.Example.org:HOSTPORT\r\n\r\n",
    "a redirect": b"GET /about HTTP/1.1\r\nHost: HOST\r\n\r\n",
    "the head of a page": b"HEAD / HTTP/1.1\r\nHost: HOST\r\nUser-Agent: bot\r\n\r\n",
    "a browser's": b"GET / HTTP/1.1\r\nHost: HOST\r\nUser-Agent: Mozilla/5.0 Chrome/99\r\n\r\n",
    "solved": b"GET / HTTP/1.1\r\nHost: HOST\r\nCookie: _js_ok=1\r\n\r\n",
    "the REST API": b"GET /api/ HTTP/1.1\r\nHost: HOST\r\nUser-Agent: curl/8\r\n\r\n",
    "too much": post("x" * 1_048_577),
}


def said(port: int, request: bytes) -> tuple[bytes, bool]:
    """What is answered, without dates and ports, and whether the connection stays."""
    for word, text in ((b"HOSTPORT", b"%d"), (b"HOST", b"127.0.0.1:%d")):
        request = request.replace(word, text % port)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(10)
        with contextlib.suppress(ConnectionError):  # it does not always wait for the end
            client.sendall(request)
        data = b""
        while not _whole(data, request) and (part := client.recv(65536)):
            data += part
        stays = b"Connection: close" not in data
        if stays:
            client.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        try:
            assert (client.recv(1) != b"") == stays
        except ConnectionResetError:
            assert not stays
    data = re.sub(rb"(?m)^Date: .*\r$", b"Date: NOW\r", data)
    data = re.sub(rb"(?<=:)%d\b" % port, b"PORT", data)
    return data, stays


def _whole(data: bytes, request: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    if not end:
        return False
    if request.startswith(b"HEAD"):
        return True
    length = re.search(rb"Content-Length: (\d+)", head)
    if length:
        return len(body) >= int(length[1])
    return b"chunked" in head and body.endswith(b"0\r\n\r\n")


@pytest.mark.parametrize("name", SERVERS)
def test_a_preset_says_what_nginx_says(
    real: dict[str, int], ours: fakepw.LiveServer, back: fakepw.LiveServer, name: str
) -> None:
    wrong = []
    for what, request in REQUESTS.items():
        if name == "nginx-limit":
            ours.clock.advance(seconds=60)
        ours.reset()
        back.reset()
        ours.fault(preset=name, optional=True)
        wanted, got = said(real[name], request), said(ours.port, request)
        if wanted != got:
            wrong.append(
                f"{what}:\n{wanted[0].decode()!r} {wanted[1]}\n{got[0].decode()!r} {got[1]}"
            )
    assert wrong == [], "\n" + "\n\n".join(wrong)


def test_what_comes_too_quickly_is_counted_as_by_nginx(
    real: dict[str, int], ours: fakepw.LiveServer
) -> None:
    """A burst, and the first that are refused, in one go; and what those are told."""
    ours.reset()
    ours.clock.set("2026-01-01")
    ours.fault(preset="nginx-limit", optional=True)
    statuses, refusals = [], []
    for port in (real["quick"], ours.port):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.settimeout(10)
            client.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n" * 14)
            data = b""
            while data.count(b"\r\n\r\n") < 14:
                data += client.recv(65536)
        statuses.append([int(each) for each in re.findall(rb"HTTP/1.1 (\d+)", data)])
        refusals.append(said(port, REQUESTS["a call"]))
    assert refusals[0] == refusals[1]
    assert statuses[0] == statuses[1]
    assert statuses[1] == [200] * 11 + [503] * 3
