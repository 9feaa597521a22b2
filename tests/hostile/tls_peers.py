"""Servers that speak TLS as none should: each is given a connection, does as its name says, and
ends. What they say within TLS is `servers`' affair."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from .servers import value, written

#: What a peer does with a connection; `stopping` is set once nobody looks any more.
Peer = Callable[[socket.socket, ssl.SSLContext, threading.Event], None]
ANSWER = written(200, value("<array><data><value><int>1</int></value></data></array>"))
#: An answer that goes on until the connection is ended.
UNENDED = b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n" + ANSWER.partition(b"\r\n\r\n")[2]


@cache
def authority() -> Any:
    """Who signs the certificates of these servers."""
    import trustme

    return trustme.CA()


def context(*names: str) -> ssl.SSLContext:
    """A server's, with a certificate for this machine and more names."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("127.0.0.1", *names).configure_cert(made)
    return made


def long_chain() -> ssl.SSLContext:
    """A certificate, and those of a hundred authorities that have nothing to do with it."""
    import trustme

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    whole = authority().issue_cert("127.0.0.1").private_key_and_cert_chain_pem.bytes()
    whole += b"".join(trustme.CA().cert_pem.bytes() for _ in range(100))
    with trustme.Blob(whole).tempfile() as path:
        made.load_cert_chain(path)
    return made


def many_tickets() -> ssl.SSLContext:
    """Offers to be resumed a hundred times."""
    made = context()
    made.num_tickets = 100
    return made


def another_protocol() -> ssl.SSLContext:
    """Speaks HTTP/2 to whoever asks for that, and nobody did."""
    made = context()
    made.set_alpn_protocols(["h2"])
    return made


def wants_a_certificate() -> ssl.SSLContext:
    """Asks who is there."""
    made = context()
    made.verify_mode = ssl.CERT_REQUIRED
    authority().configure_trust(made)
    return made


@contextmanager
def asked(sock: socket.socket, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    """The connection, once a request came."""
    with context.wrap_socket(sock, server_side=True) as secret:
        got = b""
        while b"</methodCall>" not in got:
            if not (data := secret.recv(65536)):
                raise OSError("nothing more comes")
            got += data
        yield secret


def says(data: bytes, *, ended: bool) -> Peer:
    """These bytes to everybody, and the end of the connection; of TLS, too, only if `ended`."""

    def peer(sock: socket.socket, context: ssl.SSLContext, stopping: threading.Event) -> None:
        with asked(sock, context) as secret:
            secret.sendall(data)
            if ended:
                secret.unwrap().close()

    return peer


def goes_after(data: bytes) -> Peer:
    """These bytes in place of its part of the handshake."""

    def peer(sock: socket.socket, context: ssl.SSLContext, stopping: threading.Event) -> None:
        sock.recv(1)
        sock.sendall(data)
        stopping.wait(0.2)  # whoever goes at once takes back what was not read yet

    return peer


def garbles(sock: socket.socket, context: ssl.SSLContext, stopping: threading.Event) -> None:
    """Amid an answer a record that nobody can decipher."""
    with asked(sock, context) as secret:
        secret.sendall(UNENDED[:60])
        with socket.socket(fileno=secret.detach()) as raw:
            raw.sendall(b"\x17\x03\x03\x00\x20" + b"x" * 32)
            stopping.wait(60)


def drips(sock: socket.socket, context: ssl.SSLContext, stopping: threading.Event) -> None:
    """A handshake of a byte every tenth of a second."""
    came, goes = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = context.wrap_bio(came, goes, server_side=True)
    came.write(sock.recv(65536))
    with contextlib.suppress(ssl.SSLWantReadError):
        session.do_handshake()
    for byte in goes.read():
        if stopping.wait(0.1):
            return
        sock.sendall(bytes([byte]))


def silent(sock: socket.socket, context: ssl.SSLContext, stopping: threading.Event) -> None:
    """Agrees on everything, and says nothing."""
    with asked(sock, context):
        stopping.wait(60)


CUT = "ended within the answer"
#: What each does, whose certificate it has, and what is said of it: '' if it is answered well.
PEERS: dict[str, tuple[Peer, Callable[[], ssl.SSLContext], str]] = {
    "all is said, and TLS is not ended": (says(ANSWER, ended=False), context, ""),
    "all is said, and TLS is ended": (says(UNENDED, ended=True), context, ""),
    "cut in its head": (says(ANSWER[:20], ended=False), context, CUT),
    "cut in its head, as TLS says": (says(ANSWER[:20], ended=True), context, CUT),
    "cut in its body": (says(ANSWER[:-9], ended=False), context, CUT),
    "cut in a body that the end ends": (says(UNENDED[:-9], ended=False), context, CUT),
    "cut behind a body that the end ends": (says(UNENDED, ended=False), context, CUT),
    "cut before a word": (says(b"", ended=False), context, "without an answer"),
    "a record that nobody can decipher": (garbles, context, "without an answer"),
    "a handshake that drips": (drips, context, "did not finish TLS within"),
    "nothing at all": (silent, context, "no complete answer within"),
    "an alert": (goes_after(b"\x15\x03\x03\x00\x02\x02\x28"), context, "do not agree on TLS"),
    "noise": (goes_after(b"\x16\x03\x03\x40\x00" + b"x" * 0x4000), context, "do not agree on TLS"),
    "plain http": (goes_after(b"HTTP/1.1 400 Bad Request\r\n\r\n"), context, "is it an http://"),
    "the end at once": (goes_after(b""), context, "is it an http://"),
    "a hundred authorities": (says(ANSWER, ended=True), long_chain, ""),
    "a certificate of thousands of names": (
        says(ANSWER, ended=True),
        lambda: context(*[f"a{n}.{'x' * 60}.example" for n in range(3000)]),
        "do not agree on TLS",
    ),
    "a hundred tickets": (says(ANSWER, ended=True), many_tickets, ""),
    "another protocol": (says(ANSWER, ended=True), another_protocol, ""),
    "it wants to know who is there": (says(ANSWER, ended=True), wants_a_certificate, "certificate"),
}  # fmt: skip


@contextmanager
def listening(peer: Peer, context: ssl.SSLContext) -> Iterator[str]:
    """The URL of that peer, as long as the block lasts."""
    stopping, threads = threading.Event(), list[threading.Thread]()
    listener = socket.create_server(("127.0.0.1", 0))

    def meet(sock: socket.socket) -> None:
        with contextlib.suppress(OSError), sock:
            peer(sock, context, stopping)

    def accept() -> None:
        with contextlib.suppress(OSError):
            while not stopping.is_set():
                threads.append(threading.Thread(target=meet, args=(listener.accept()[0],)))
                threads[-1].start()

    threads.append(threading.Thread(target=accept))
    threads[0].start()
    port = listener.getsockname()[1]
    try:
        yield f"https://127.0.0.1:{port}"
    finally:
        stopping.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
        listener.close()
        for thread in threads:
            thread.join(10)
