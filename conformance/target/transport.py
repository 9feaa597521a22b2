"""How requests travel: over a socket, byte for byte as asked, and never further than asked.

No redirect is followed, no proxy is used, no header is added that a request did not ask for.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import ipaddress
import socket
import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol
from urllib.parse import quote, urljoin, urlsplit

from .budget import Budget
from .exchange import ABSOLUTE, BASE, ENDPOINT, Answer, Basic, Request, redacted

#: The largest answer that is read, in bytes.
LARGEST = 64 * 1024 * 1024
#: What front ends say in trouble; with the latter two they did not pass the request on.
BUSY, UNDONE = frozenset({429, 502, 503, 504}), frozenset({429, 503})
#: The longest Retry-After that is waited for, in seconds.
PATIENCE = 60.0

try:
    VERSION = version("fakepw")
except PackageNotFoundError:  # run from a checkout that was never installed
    VERSION = "0"
USER_AGENT = f"pw-conformance/{VERSION} (Patchwork XML-RPC conformance suite)"
#: The password that is tried where the operator's own user must be refused.
WRONG_PASSWORD = "pw-conformance-wrong-password"


#: Why credentials stay here.
IN_THE_CLEAR = (
    "credentials are not sent over plain http to {url}; give an https:// URL, or --plain-http"
)


class Trouble(Exception):
    """No answer could be had, and why, in one sentence; says nothing about conformance."""


class NoAnswer(Trouble):
    """The connection stood, but no answer came, or the peer hung up instead."""


@dataclass(frozen=True)
class Endpoint:
    """Where the API is. `prefix` is the path in front of `/xmlrpc/`, without a slash at the end."""

    scheme: str
    host: str
    port: int
    prefix: str = ""
    path: str = "/xmlrpc/"

    @property
    def netloc(self) -> str:
        """Host and port as a Host header has them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == default else f"{host}:{self.port}"

    @property
    def base(self) -> str:
        """The URL that the pages hang below, without a slash at the end."""
        return f"{self.scheme}://{self.netloc}{self.prefix}"

    @property
    def url(self) -> str:
        """The URL that calls are posted to."""
        return self.base + self.path

    @property
    def loopback(self) -> bool:
        """Whether the host is this machine."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def target(self, target: str) -> str:
        """A request's target with its placeholders filled in."""
        return (
            target.replace(ENDPOINT, self.prefix + self.path)
            .replace(ABSOLUTE, self.url)
            .replace(BASE, self.prefix)
        )


@dataclass(frozen=True)
class Credentials:
    """The operator's own. Never shown, never stored."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(…)"

    @property
    def token(self) -> str:
        """What stands behind `Basic `."""
        return base64.b64encode(f"{self.username}:{self.password}".encode()).decode()


class Transport(Protocol):
    """Something that a request can be sent through."""

    endpoint: Endpoint

    def send(self, request: Request, *, alone: bool = False) -> Answer:
        """The answer to a request. Raises Trouble, or BudgetSpent.

        `alone` asks for a connection of its own, so that several may be under way at once.
        """


def target_of(request: Request, endpoint: Endpoint) -> str:
    """A request's target as it goes over the wire."""
    return quote(endpoint.target(request.target), safe="/:?&=%@+,;!$'()*~[]-._")


def compose(request: Request, endpoint: Endpoint, authorization: str | None) -> bytes:
    """The bytes of a request."""
    headers = [("Host", endpoint.netloc)]
    given = {name.lower() for name, _ in request.headers}
    if "host" in given:
        headers = []
    if "user-agent" not in given:
        headers.append(("User-Agent", USER_AGENT))
    headers += [(name, value) for name, value in request.headers]
    if authorization is not None:
        headers.append(("Authorization", authorization))
    if request.content_length and (request.body or request.method == "POST"):
        headers.append(("Content-Length", str(len(request.body))))
    if "connection" not in given and request.version == "1.1":
        headers.append(("Connection", "keep-alive"))
    lines = [f"{request.method} {target_of(request, endpoint)} HTTP/{request.version}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + request.body


def shown(request: Request, endpoint: Endpoint) -> bytes:
    """The bytes of a request with the credentials blotted out."""
    value = redacted(request).authorization
    if isinstance(value, Basic):
        value = value.form.format(token="[redacted]", wrong="[redacted]")
    return compose(request, endpoint, value)


def written(answer: Answer) -> bytes:
    """The bytes of an answer, its framing aside."""
    if not answer.status:
        return b""
    reason = http.client.responses.get(answer.status, "")
    lines = [f"HTTP/1.1 {answer.status} {reason}".rstrip()]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + answer.body


class HttpTransport:
    """Sends requests to one endpoint over sockets, within a budget.

    `timeout` is in seconds and holds for a whole answer, not for each read. Credentials are sent
    over plain http to this machine alone, unless `plain_ok`.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        budget: Budget,
        *,
        credentials: Credentials | None = None,
        timeout: float = 30.0,
        ca: str | None = None,
        insecure: bool = False,
        plain_ok: bool = False,
    ) -> None:
        self.endpoint, self.budget, self.timeout = endpoint, budget, timeout
        self.credentials, self.ca, self.insecure = credentials, ca, insecure
        self.plain_ok = plain_ok
        self._kept: socket.socket | None = None

    def close(self) -> None:
        """Close the connection that is kept open, if one is."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def send(self, request: Request, *, alone: bool = False) -> Answer:
        """The answer, after up to two polite retries if a gateway says that it is busy."""
        for attempt in range(3):
            self.budget.take(login=request.login)
            answer = self._once(request, alone)
            wait = retry_after(answer)
            again = answer.status in (UNDONE if request.writes else BUSY)
            if not again or attempt == 2 or wait > PATIENCE:
                return answer
            self.budget.hold(max(wait, 1.0), slower=answer.status == 429)
        raise AssertionError("unreachable")

    def _once(self, request: Request, alone: bool) -> Answer:
        data = compose(request, self.endpoint, self._authorization(request))
        started = time.monotonic()
        kept = None if alone else self._kept
        if kept is not None:
            self._kept = None
            try:
                return self._talk(kept, data, request, started, alone)
            except NoAnswer:
                if request.writes:  # it may have been carried out
                    raise
        return self._talk(self._connect(), data, request, started, alone)

    def _authorization(self, request: Request) -> str | None:
        value = request.authorization
        if not isinstance(value, Basic):
            return value
        if self.credentials is None:
            raise Trouble("this request needs credentials, and none were given")
        if self.endpoint.scheme == "http" and not (self.endpoint.loopback or self.plain_ok):
            raise Trouble(IN_THE_CLEAR.format(url=self.endpoint.url))
        wrong = Credentials(self.credentials.username, WRONG_PASSWORD)
        return value.form.format(token=self.credentials.token, wrong=wrong.token)

    def _connect(self) -> socket.socket:
        host, port = self.endpoint.host, self.endpoint.port
        try:
            plain = socket.create_connection((host, port), timeout=self.timeout)
        except socket.gaierror:
            raise Trouble(f"the name {host} does not resolve; check the spelling or DNS") from None
        except TimeoutError:
            raise Trouble(
                f"{host}:{port} did not accept a connection within {self.timeout:g} s;"
                " check the host, the port and firewalls"
            ) from None
        except ConnectionRefusedError:
            raise Trouble(f"nothing listens on {host}:{port}; check the port") from None
        except OSError as error:
            raise Trouble(f"cannot connect to {host}:{port}: {error.strerror or error}") from None
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.endpoint.scheme == "http":
            return plain
        context = ssl.create_default_context(cafile=self.ca)
        if self.insecure:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        try:
            return context.wrap_socket(plain, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise Trouble(
                f"the certificate of {host} is not trusted ({error.verify_message});"
                " name its authority with --ca FILE"
            ) from None
        except (ssl.SSLError, OSError) as error:
            reason = getattr(error, "reason", None) or error
            raise Trouble(
                f"{host}:{port} does not speak TLS ({reason}); is it an http:// address?"
            ) from None

    def _talk(
        self, sock: socket.socket, data: bytes, request: Request, started: float, alone: bool
    ) -> Answer:
        deadline = started + self.timeout
        try:
            sock.settimeout(self.timeout)
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                sock.sendall(data)  # it may have answered early and stopped reading
            response = http.client.HTTPResponse(sock, method=request.method)
            response.begin()
            chunks, size = [], 0
            while chunk := response.read1(1 << 20):
                chunks.append(chunk)
                size += len(chunk)
                if size > LARGEST:
                    raise Trouble(f"an answer larger than {LARGEST >> 20} MB was given up")
                if time.monotonic() > deadline:
                    raise TimeoutError
        except TimeoutError:
            sock.close()
            raise NoAnswer(f"no complete answer within {self.timeout:g} s") from None
        except (http.client.HTTPException, OSError) as error:
            sock.close()
            what = str(error) or type(error).__name__
            raise NoAnswer(f"the connection ended without an answer ({what})") from None
        except Trouble:
            sock.close()
            raise
        # Python 3.11 does not close a response that read1 came to the end of.
        whole = response.isclosed() or response.length == 0
        response.close()
        if response.will_close or alone or request.version != "1.1" or not whole:
            sock.close()
        else:
            self.close()
            self._kept = sock
        headers = tuple(response.getheaders())
        return Answer(response.status, headers, b"".join(chunks), time.monotonic() - started)


def retry_after(answer: Answer) -> float:
    """The seconds that a Retry-After header asks for; 0 if there is none."""
    value = (answer.header("retry-after") or "").strip()
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return 0.0


def endpoint_of(url: str) -> list[Endpoint]:
    """The endpoints that a URL in any form may mean, the likeliest first.

    Raises ValueError, in one sentence, if it is no address at all.
    """
    text = url.strip()
    if not text or any(c.isspace() for c in text):
        raise ValueError(f"{url!r} is no URL; give a host or an http(s):// address")
    schemes = ["http", "https"]
    if "://" in text:
        scheme, _, rest = text.partition("://")
        if scheme.lower() not in schemes:
            raise ValueError(f"{scheme}:// is not spoken here; give an http(s):// address")
        schemes = [scheme.lower()]
        text = rest
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ValueError(f"{url!r} is no URL: {error}") from None
    if not host:
        raise ValueError(f"{url!r} names no host")
    if port == 0:
        raise ValueError(f"{url!r} is no URL: nothing can listen on port 0")
    try:
        host = host.encode("idna").decode()
    except UnicodeError:
        raise ValueError(f"{host!r} is no name that a host can have") from None
    if parts.username is not None:
        raise ValueError("credentials do not belong in the URL; use --username")
    path = parts.path.rstrip("/")
    prefix = path.removesuffix("/xmlrpc")
    found = [
        Endpoint(scheme, host, port or {"http": 80, "https": 443}[scheme], prefix)
        for scheme in schemes
    ]
    if len(found) == 2 and not found[0].loopback and port is None:
        found.reverse()
    return found


def moved(endpoint: Endpoint, location: str) -> Endpoint | None:
    """Where a redirect leads, if that could be the same API; None if it is no such address."""
    try:
        return endpoint_of(urljoin(endpoint.url, location.split("?")[0]))[0]
    except ValueError:
        return None
