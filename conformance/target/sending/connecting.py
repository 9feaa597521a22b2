"""Connections to an instance: made within a deadline, over TLS where the URL says so."""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .ciphered import Ciphered
from .transport import Endpoint, NoAnswer, Trouble, Unreachable, Untrusted


class Deadline:
    """A moment by which an exchange must be over. `seconds` is how long that was to take."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.end = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds that are left. Raises TimeoutError if there are none."""
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


#: A connection, plain or in ciphers.
Connected = socket.socket | Ciphered


def quiet(sock: Connected) -> bool:
    """Whether nothing has arrived on an idle connection, its end included."""
    with selectors.DefaultSelector() as selector:
        selector.register(sock, selectors.EVENT_READ)
        return not selector.select(0)


def connect(
    endpoint: Endpoint, deadline: Deadline, trusting: Callable[[], ssl.SSLContext]
) -> Connected:
    """A connection to the endpoint, TLS and all. Raises Trouble, in one sentence.

    `trusting` makes the context of TLS, where that is spoken.
    """
    host, port = endpoint.host, endpoint.port
    try:
        plain = _reach(host, port, deadline)
    except socket.gaierror:
        raise Unreachable(f"the name {host} does not resolve; check the spelling or DNS") from None
    except TimeoutError:
        raise Unreachable(
            f"{host}:{port} did not accept a connection within {deadline.seconds:g} s;"
            " check the host, the port and firewalls"
        ) from None
    except ConnectionRefusedError:
        raise Unreachable(f"nothing listens on {host}:{port}; check the port") from None
    except OSError as error:
        what = error.strerror or error
        raise Unreachable(f"cannot connect to {host}:{port}: {what}") from None
    if endpoint.scheme == "http":
        return plain
    try:
        return _agreed(Ciphered(plain, trusting(), host), endpoint, deadline)
    except BaseException:
        plain.close()
        raise


def _agreed(wrapped: Ciphered, endpoint: Endpoint, deadline: Deadline) -> Ciphered:
    """The same, once both ends agree on TLS."""
    host, port = endpoint.host, endpoint.port
    try:
        wrapped.settimeout(deadline.left())
        wrapped.shake_hands()
        return wrapped
    except ssl.SSLCertVerificationError as error:
        raise Untrusted(
            f"the certificate of {host} is not trusted ({error.verify_message});"
            " name its authority with --ca FILE"
        ) from None
    except TimeoutError:
        # Who speaks http waits for the end of a request that never comes.
        asked = "" if wrapped.spoken else "; is it an http:// address?"
        raise NoAnswer(
            f"{host}:{port} did not finish TLS within {deadline.seconds:g} s{asked}"
        ) from None
    except (ssl.SSLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        if wrapped.spoken:
            told = f"{host}:{port} and this end do not agree on TLS ({reason})"
            raise Unreachable(told) from None
        raise Unreachable(
            f"{host}:{port} does not speak TLS ({reason}); is it an http:// address?"
        ) from None


def speaks_tls(endpoint: Endpoint, seconds: float) -> bool:
    """Whether that port speaks TLS, whatever the scheme says. Sends no request."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        connect(replace(endpoint, scheme="https"), Deadline(seconds), lambda: context).close()
    except Trouble:
        return False
    return True


def _reach(host: str, port: int, deadline: Deadline) -> socket.socket:
    """A TCP connection to the first address of the host that takes one."""
    trouble: OSError = socket.gaierror("no address")
    for family, kind, protocol, _, address in _addresses(host, port, deadline):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(deadline.left())
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
        except OSError as error:
            sock.close()
            trouble = error
        except BaseException:
            sock.close()
            raise
    raise trouble


def _addresses(host: str, port: int, deadline: Deadline) -> list[Any]:
    """The addresses of a host. A resolver knows no deadline, so it is waited for in a thread."""
    with contextlib.suppress(socket.gaierror):
        numeric = socket.AI_NUMERICHOST
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=numeric)
    found: list[Any] = []

    def resolve() -> None:
        try:
            found.append(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=resolve, daemon=True)
    thread.start()
    thread.join(deadline.left())
    if not found:
        raise socket.gaierror("the resolver did not answer")
    if isinstance(found[0], OSError):
        raise found[0]
    return list(found[0])
