"""Who may steer a double: whoever reaches it by its own name, and no web page of somebody else's.

A test suite, curl and the double's own page may, with the token where one was given. A browser
that shows any other page reaches the server just as well, and so would let that page undo writes
and read the accounts' passwords in `state`. Four things tell it apart: the name that it asked for
(`Host`, which a rebound DNS name cannot hide), where its page is from (`Origin`, or `Sec-Fetch-
Site` where that is left out), and what it sends (no form can send JSON). Where a request comes
from (the peer's address) tells nothing: in a container every peer is the bridge.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from ipaddress import ip_address
from typing import NamedTuple

from ...patchwork.words.brief import brief
from ...protocol.messages import Request
from .addresses import is_loopback

JSON = "application/json"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
#: What a bearer token may be (RFC 6750), but for what reads like a switch.
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*")
_SWITCHES = frozenset({"yes", "no", "true", "false", "0", "1", "none", "null", "token"})
_ORIGIN = re.compile(r"(https?)://([^/?#@]+)")
#: Browsers that have given the token, and are remembered for it.
_MOST_SESSIONS = 64
#: Where the names end that no public DNS gives to anybody (RFC 6761, 6762, 8375, 9476).
_PRIVATE = (".localhost", ".local", ".internal", ".test", ".home.arpa", ".alt")


class Refused(NamedTuple):
    """Why a request is not carried out: a status of HTTP, and a sentence."""

    status: int
    text: str
    headers: tuple[tuple[str, str], ...] = ()


class Guard:
    """Looks at the requests to the control API of one server.

    `host` is the address that the server listens on.
    """

    def __init__(self, host: str, token: str | None = None) -> None:
        self._loopback = is_loopback(host)
        self._token = token
        # Cookies know no ports: each server on a host has one of its own.
        self._cookie = f"fakepw-{secrets.token_hex(4)}"
        self._sessions: deque[str] = deque(maxlen=_MOST_SESSIONS)

    @classmethod
    def of(cls, control: bool | str, host: str) -> Guard | None:
        """The guard of a server that listens on that address; None if nobody may steer it.

        `control` is what `control_of` gives.
        """
        if control is False:
            return None
        return cls(host, control if isinstance(control, str) else None)

    def refusal(self, request: Request) -> Refused | None:
        """Why a request is refused; None if it is carried out."""
        return self._first(request, _LOOKS)

    def foreign(self, request: Request) -> Refused | None:
        """Why a request is refused, whoever sends it; None if the token is all that matters."""
        return self._first(request, _FOREIGN)

    def _first(self, request: Request, looks: Iterable[_Look]) -> Refused | None:
        return next(filter(None, (look(self, request) for look in looks)), None)

    def trusts(self, request: Request) -> bool:
        """Whether a request has the token, or comes from a browser that has given it."""
        return self._bearer(request) is None

    def enter(self, token: str, request: Request) -> str | None:
        """The cookie for a browser that gives the token, once; None if that is another one.

        A page can send no token with a link or an event source; a cookie it need not know.
        """
        if self._token is None or not _same(token, self._token):
            return None
        session = secrets.token_urlsafe(24)
        self._sessions.append(session)
        secure = "; Secure" if request.secure else ""
        return f"{self._cookie}={session}; Path=/; HttpOnly; SameSite=Strict{secure}"

    def _name(self, request: Request) -> Refused | None:
        """By which name the server was asked; a token proves more than that."""
        if self._token is not None:
            return None
        for host in _hosts(request):
            if self._loopback and not is_loopback(_without_port(host)):
                names = "127.0.0.1, localhost or [::1], as it listens on loopback alone"
                return Refused(403, f"the Host is {brief(host)}, but this server is {names}")
            if not _private(_without_port(host)):
                names = (
                    "an address, a name without dots or a private one (.internal, .local, .test)"
                )
                text = (
                    f"the Host is {brief(host)}: without a token, this server is asked by {names}"
                )
                return Refused(403, text)
        return None

    def _origin(self, request: Request) -> Refused | None:
        """From where the page is that asks, as browsers say with all that is no plain GET."""
        own = {host.lower() for host in _hosts(request)}
        for origin in _all(request, b"origin"):
            found = _ORIGIN.fullmatch(origin)
            # Where http is spoken here, a front may have spoken https to the browser.
            downgraded = found is not None and request.secure and found[1] != "https"
            if found is None or {found[2].lower()} != own or downgraded:
                return Refused(
                    403, f"a page of the Origin {brief(origin)} may not steer this server"
                )
        return None

    def _site(self, request: Request) -> Refused | None:
        """The same, as newer browsers say with everything. A link may lead here from anywhere."""
        site = _all(request, b"sec-fetch-site")
        if all(each in ("same-origin", "none") for each in site):
            return None
        followed = _all(request, b"sec-fetch-mode") == ["navigate"] and _is_safe(request)
        if followed and _all(request, b"sec-fetch-dest") == ["document"]:
            return None
        return Refused(403, f"a page of another site ({brief(site[0])}) may not steer this server")

    def _bearer(self, request: Request) -> Refused | None:
        if self._token is None or self._has_entered(request):
            return None
        given = [value.partition(" ") for value in _all(request, b"authorization")]
        tokens = [rest.strip() for scheme, _, rest in given if scheme.lower() == "bearer"]
        if len(given) == 1 and tokens and _same(tokens[0], self._token):
            return None
        text = "this server is steered with its token: Authorization: Bearer TOKEN"
        return Refused(401, text, (("WWW-Authenticate", 'Bearer realm="fakepw"'),))

    def _has_entered(self, request: Request) -> bool:
        cookies = ";".join(_all(request, b"cookie")).split(";")
        pairs = [each.strip().partition("=") for each in cookies]
        given = [value for name, _, value in pairs if name == self._cookie]
        return any(_same(one, session) for one in given for session in self._sessions)

    def _type(self, request: Request) -> Refused | None:
        if _is_safe(request):
            return None
        types = _all(request, b"content-type")
        if [each.partition(";")[0].strip().lower() for each in types] == [JSON]:
            return None
        method = request.method.decode("latin-1")
        given = f", not {brief(types[0])}" if types else ""
        return Refused(415, f"{method} takes Content-Type: {JSON}{given} (also without a body)")


_Look = Callable[[Guard, Request], Refused | None]
_FOREIGN: tuple[_Look, ...] = (Guard._name, Guard._origin, Guard._site)
_LOOKS = (*_FOREIGN, Guard._bearer, Guard._type)


def control_of(text: str) -> str | bool:
    """What `--control` says: True (on), False (off), or the token. Raises ValueError."""
    word = text.strip()
    if word.lower() in ("on", "off"):
        return word.lower() == "on"
    if word.lower() in _SWITCHES or not _TOKEN.fullmatch(word):
        raise ValueError(
            "control is on, off, or a token of letters, digits and -._~+/, and no word such as yes"
        )
    return word


def _private(host: str) -> bool:
    """Whether nobody else can make a name mean this server, as the owner of a public one can."""
    host = host.lower().strip("[]").rstrip(".")
    if "." not in host or host.endswith(_PRIVATE):
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _hosts(request: Request) -> Iterator[str]:
    """The names by which a server is asked, with ports: the Host, and an absolute target's."""
    yield from _all(request, b"host")
    if not request.target.startswith(b"/") and b"://" in request.target:
        rest = request.target.partition(b"://")[2].decode("latin-1")
        yield re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]


def _without_port(host: str) -> str:
    return re.sub(r":\d*\Z", "", host)


def _all(request: Request, name: bytes) -> list[str]:
    return [value.decode("latin-1").strip() for key, value in request.headers if key == name]


def _is_safe(request: Request) -> bool:
    return request.method.decode("latin-1") in _SAFE


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("latin-1", "replace"), other.encode("latin-1", "replace"))
