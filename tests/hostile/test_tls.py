"""Who speaks TLS as none should is a sentence, in time; what may be cut off is never judged."""

from __future__ import annotations

import contextlib
import socket
import ssl
import xmlrpc.client
from pathlib import Path
from typing import Any

import pytest

import fakepw
from conformance.target.exchange import call
from conformance.target.sending.budget import Budget
from conformance.target.sending.ciphered import Ciphered
from conformance.target.sending.sockets import HttpTransport
from conformance.target.sending.transport import Trouble, endpoint_of

from . import tls_peers
from .tls_peers import PEERS


@pytest.mark.parametrize("name", PEERS)
def test_what_it_does_ends_in_an_answer_or_a_sentence(name: str, tmp_path: Path) -> None:
    peer, certified, said = PEERS[name]
    with tls_peers.listening(peer, certified()) as url:
        slow = said.endswith("within")
        transport = HttpTransport(
            endpoint_of(url)[0],
            Budget(tmp_path / "budget"),
            timeout=1 if slow else 60,
            insecure=True,
            patient=False,
        )
        if said:
            with pytest.raises(Trouble, match=said) as found:
                transport.send(call("pw_rpc_version"))
            assert len(str(found.value)) < 300
        else:
            assert transport.send(call("pw_rpc_version")).status == 200
        transport.close()


def test_time_is_looked_at_however_much_comes_that_is_no_data(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As tickets and new keys are: a socket of `ssl` would read on for as long as they come."""
    context = tls_peers.context()
    context.num_tickets = 2000
    came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = context.wrap_bio(came, goes, server_side=True)
    waiting = bytearray()

    class Network:
        """What goes to the server, and comes from it: a second passes with each piece."""

        now = 0.0

        def settimeout(self, seconds: float) -> None:
            assert seconds > 0

        def send(self, data: memoryview) -> int:
            came.write(data)
            with contextlib.suppress(ssl.SSLWantReadError):
                server.do_handshake()
            waiting.extend(goes.read())
            return len(data)

        def recv(self, size: int) -> bytes:
            self.now += 1
            piece = bytes(waiting[: min(size, 4096)])
            del waiting[: len(piece)]
            return piece

    network: Any = Network()
    monkeypatch.setattr("conformance.target.sending.ciphered.time.monotonic", lambda: network.now)
    mine = ssl.create_default_context()
    mine.check_hostname, mine.verify_mode = False, ssl.CERT_NONE
    secret = Ciphered(network, mine, "127.0.0.1")
    secret.settimeout(100)
    secret.shake_hands()
    secret.settimeout(20)
    with pytest.raises(TimeoutError):
        secret.recv_into(memoryview(bytearray(100)))
    assert len(waiting) > 50 * 4096


def test_a_client_that_ends_its_half_is_answered_and_one_that_breaks_tls_hinders_nobody() -> None:
    asked = xmlrpc.client.dumps((), "pw_rpc_version").encode()
    head = f"POST /xmlrpc/ HTTP/1.1\r\nHost: x\r\nContent-Length: {len(asked)}\r\n\r\n"
    request = head.encode() + asked
    with fakepw.serve("tiny", tls=True) as pw:
        context = ssl.create_default_context(cafile=pw.ca_file)

        def talked(*bits: bytes, notify: bool = False) -> bytes:
            """What is answered to the request, and to these bytes behind it, outside of TLS."""
            came, goes, got = ssl.MemoryBIO(), ssl.MemoryBIO(), b""
            client = context.wrap_bio(came, goes, server_hostname="127.0.0.1")
            with socket.create_connection(("127.0.0.1", pw.port), 60) as sock:
                while client.version() is None:
                    with contextlib.suppress(ssl.SSLWantReadError):
                        client.do_handshake()
                    sock.sendall(goes.read())
                    if client.version() is None:
                        came.write(sock.recv(65536))
                client.write(request if not bits else request[:40])
                if notify:
                    with contextlib.suppress(ssl.SSLError):
                        client.unwrap()
                sock.sendall(goes.read() + b"".join(bits))
                sock.shutdown(socket.SHUT_WR)
                with contextlib.suppress(OSError):
                    while data := sock.recv(65536):
                        came.write(data)
                came.write_eof()
                with contextlib.suppress(ssl.SSLError):
                    while data := client.read(65536):
                        got += data
            return got

        for notify in (False, True):
            assert talked(notify=notify).startswith(b"HTTP/1.1 200 OK")
        for noise in (
            b"\x17\x03\x03\x00\x20" + b"x" * 32,
            request,
            b"\x15\x03\x03\x00\x02\x02\x50",
        ):
            assert b"HTTP/1.1 200" not in talked(noise)
        assert talked().startswith(b"HTTP/1.1 200 OK")
