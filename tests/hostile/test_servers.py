"""The misbehaving servers misbehave as they say, and an honest one is none of them."""

from __future__ import annotations

import socket
import xmlrpc.client

import pytest

from . import servers


def first_bytes(server: servers.Misbehaving, count: int = 40) -> bytes:
    """What the server says to a call, at first."""
    with socket.create_connection(("127.0.0.1", server.port), 5) as sock:
        body = xmlrpc.client.dumps((), "pw_rpc_version").encode()
        head = f"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        sock.sendall(head.encode() + body)
        found = b""
        while len(found) < count and (more := sock.recv(65536)):
            found += more
        return found


def test_an_honest_one_is_a_patchwork() -> None:
    with servers.misbehaving(servers.honest) as server:
        address = server.url.replace("http://", "http://kim:earl-grey@")
        with xmlrpc.client.ServerProxy(f"{address}/xmlrpc/") as proxy:
            assert proxy.pw_rpc_version() == [1, 3, 0]
            assert proxy.patch_set(1, {"commit_ref": "abc"}) is True
        assert server.call("patch_get", 1)["commit_ref"] == "abc"
    assert [turn.writes for turn in server.turns] == [False, True]


@pytest.mark.parametrize("manner", [m for m in servers.ENDLESS if m is not servers.silent])
def test_the_endless_begin(manner: servers.Manner) -> None:
    with servers.misbehaving(manner) as server:
        assert first_bytes(server, 1)


def test_they_stop_whatever_hangs() -> None:
    with (
        servers.misbehaving(servers.silent) as server,
        socket.create_connection(("127.0.0.1", server.port), 5) as sock,
    ):
        sock.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert servers.until(lambda: bool(server.turns))
