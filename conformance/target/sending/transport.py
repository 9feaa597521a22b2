"""How requests travel: to an endpoint, byte for byte as asked, and never further than asked.

No redirect is followed, no proxy is used, no header is added that a request did not ask for.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol
from urllib.parse import quote, urljoin, urlsplit

from ..exchange import ABSOLUTE, BASE, ENDPOINT, Answer, Basic, Request, redacted

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
#: What is put behind the operator's password to make a wrong one: a server that compares the first
#: letters only, or stops where the right one ends, takes it for right.
TAIL = "x"
#: The bytes of a password that bcrypt looks at: what is behind them makes no other one of it, so a
#: letter more stands before a password of that length.
BCRYPT = 72


#: Why credentials, and headers that may be some, stay here.
IN_THE_CLEAR = (
    "credentials are not sent over plain http to {url}; give an https:// URL, or --plain-http"
)


class Trouble(Exception):
    """No answer could be had, and why, in one sentence; says nothing about conformance."""


class NoAnswer(Trouble):
    """The connection stood, but no answer came, or the peer hung up instead."""


class Unreachable(Trouble):
    """No connection could be had at all."""


class Untrusted(Unreachable):
    """Somebody is there, whose certificate is not trusted."""


class Withheld(Trouble):
    """A request was not sent, for something that it needs was not given."""


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
    def origin(self) -> tuple[str, str, int]:
        """What secrets are bound to."""
        return self.scheme, self.host, self.port

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

    @property
    def wrong(self) -> str:
        """The same for a password that is nearly right, and yet wrong however it is stored."""
        longer = self.password + TAIL
        if len(self.password.encode()) >= BCRYPT:
            longer = ("y" if self.password.startswith(TAIL) else TAIL) + self.password
        return Credentials(self.username, longer).token


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


def compose(
    request: Request,
    endpoint: Endpoint,
    authorization: str | None,
    more: Sequence[tuple[str, str]] = (),
) -> bytes:
    """The bytes of a request; `more` are the operator's own header fields."""
    headers = [("Host", endpoint.netloc)]
    given = {name.lower() for name, _ in (*request.headers, *more)}
    if "host" in given:
        headers = []
    if "user-agent" not in given:
        headers.append(("User-Agent", USER_AGENT))
    headers += [*request.headers, *more]
    if authorization is not None:
        headers.append(("Authorization", authorization))
    if request.content_length and (request.body or request.method == "POST"):
        headers.append(("Content-Length", str(len(request.body))))
    if "connection" not in given and request.version == "1.1":
        headers.append(("Connection", "keep-alive"))
    lines = [f"{request.method} {target_of(request, endpoint)} HTTP/{request.version}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + request.body


def shown(request: Request, endpoint: Endpoint, more: Sequence[str] = ()) -> bytes:
    """The bytes of a request with the credentials blotted out; `more` are the names of the
    operator's own header fields."""
    value = redacted(request).authorization
    if isinstance(value, Basic):
        value = value.form.format(token="[redacted]", wrong="[redacted]")
    return compose(request, endpoint, value, [(name, "[redacted]") for name in more])


def written(answer: Answer) -> bytes:
    """The bytes of an answer, its framing aside."""
    if not answer.status:
        return b""
    reason = http.client.responses.get(answer.status, "")
    lines = [f"HTTP/1.1 {answer.status} {reason}".rstrip()]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + answer.body


def retry_after(answer: Answer) -> float:
    """The seconds that a Retry-After header asks for; 0 if there is none."""
    value = (answer.header("retry-after") or "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])  # more digits are longer than anybody waits, too
    try:
        then = parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        return 0.0
    try:  # by the server's own clock, which alone it can mean
        now = parsedate_to_datetime(answer.header("date") or "").timestamp()
    except (TypeError, ValueError, OverflowError, OSError):
        now = time.time()
    return max(0.0, then - now)


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
