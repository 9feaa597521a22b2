"""Requests and answers as plain values: nothing here knows a socket."""

from __future__ import annotations

import base64
import contextlib
import re
import xmlrpc.client
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any
from xml.sax.saxutils import escape

from . import secrecy
from .counting import counted
from .wire import Fault, IllFormed, Node, NotXmlRpc, Reply, parse

#: Stands where the endpoint's own path belongs, so that a request can be built before it is known.
ENDPOINT = "{endpoint}"
BASE = "{base}"
ABSOLUTE = "{absolute}"

#: The same for people, and how much of a body is shown in a line, in bytes.
SHOWN = {ENDPOINT: "/xmlrpc/", BASE: "", ABSOLUTE: "http://HOST/xmlrpc/"}
_PLACEHOLDERS = re.compile("|".join(map(re.escape, SHOWN)))
EXCERPT = 80
#: How much of an answer is told in words, in characters.
LONGEST = 20_000

#: A patch that cannot exist: no database's serial column ever yields it.
NOWHERE = -1

#: Method names that can change something; never sent without need, never but for `NOWHERE`.
WRITES = frozenset({"patch_set", "check_create"})


@dataclass(frozen=True)
class Raw:
    """XML to be put into a call as it stands, for values that no encoder would write."""

    xml: str


@dataclass(frozen=True)
class Basic:
    """Stands for the operator's own credentials; the transport alone knows what they are.

    `form` is how they are put into the header, so that odd spellings can be tried.
    """

    form: str = "Basic {token}"


@dataclass(frozen=True)
class Request:
    """One HTTP request. `target` may hold ENDPOINT, BASE or ABSOLUTE.

    `authorization` is the header's value, or Basic() for the operator's credentials, or None.
    `login` says that a wrong but well-formed user:password is inside: at most two are ever sent.
    `follows` says that it goes over the connection of the one before, if that is still open, though
    it names a method that writes: only for a patch that cannot exist.
    """

    body: bytes = b""
    method: str = "POST"
    target: str = ENDPOINT
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/xml"),)
    authorization: str | Basic | None = None
    version: str = "1.1"
    content_length: bool = True
    login: bool = False
    follows: bool = field(default=False, compare=False)

    @cached_property
    def rpc(self) -> tuple[str, tuple[Any, ...]] | None:
        """(method name, parameters) if the body is a call that `xmlrpc.client` can read."""
        return _decode(self.body)

    @property
    def rpc_name(self) -> str:
        """The method that is called; '' if none can be read."""
        return self.rpc[0] if self.rpc else ""

    @property
    def writes(self) -> bool:
        """Whether a server that lets it through could change something."""
        return any(name.encode() in self.body for name in WRITES)

    def describe(self) -> str:
        """For people: the call in Python form, or the request line."""
        plain = self.method == "POST" and self.target == ENDPOINT
        said = f"{self.rpc[0]}({', '.join(map(show, self.rpc[1]))})" if self.rpc else ""
        if said and plain:
            return said
        path = _PLACEHOLDERS.sub(lambda found: SHOWN[found[0]], self.target)
        if self.body:
            said = said or f"{self.body[:EXCERPT]!r}{'…' if len(self.body) > EXCERPT else ''}"
            return f"{self.method} {path} with {said} ({counted(len(self.body), 'byte')})"
        return f"{self.method} {path}"

    @property
    def oddities(self) -> str:
        """For people: what it carries beside an ordinary call; '' if nothing. Of the operator's
        credentials only how they are put."""
        carried = [pair for pair in self.headers if pair != ("Content-Type", "text/xml")]
        if not any(name.lower() == "content-type" for name, _ in self.headers) and self.body:
            carried.append(("no Content-Type", ""))
        sent = self.authorization
        if isinstance(sent, Basic):
            put = sent.form.format(token="…", wrong="… of the password and a letter more")
            carried += [("Authorization", put)] if sent != Basic() else []
        elif sent is not None:
            carried.append(("Authorization", sent or "(empty)"))
        told = [f"{name}: {value}".rstrip(": ") for name, value in carried]
        told += [f"HTTP/{self.version}"] if self.version != "1.1" else []
        return secrecy.redact(" and ".join(told))


def show(value: Any, limit: int = 300) -> str:
    """A value for people, shortened in the middle of nowhere if it is long."""
    if isinstance(value, xmlrpc.client.Binary):
        value = value.data
    text = str(value) if isinstance(value, xmlrpc.client.DateTime) else repr(value)
    if len(text) <= limit:
        return secrecy.redact(text)
    return f"{secrecy.excerpt(text, limit)}… ({len(text)} characters)"


@lru_cache(maxsize=8192)
def _decode(body: bytes) -> tuple[str, tuple[Any, ...]] | None:
    try:
        params, name = xmlrpc.client.loads(body)
    except Exception:
        return None
    return (name, params) if isinstance(name, str) else None


def encode(value: Any) -> str:
    """The XML of one value. Raw goes in as it is; None is `<nil/>`."""
    if isinstance(value, Raw):
        return value.xml
    if value is None:
        return "<nil/>"
    if isinstance(value, bool):
        return f"<boolean>{int(value)}</boolean>"
    if isinstance(value, int):
        return f"<int>{value}</int>"
    if isinstance(value, float):
        return f"<double>{value!r}</double>"
    if isinstance(value, str):
        return f"<string>{escape(value)}</string>".replace("\r", "&#13;")
    if isinstance(value, bytes):
        return f"<base64>{base64.b64encode(value).decode()}</base64>"
    if isinstance(value, Mapping):
        members = "".join(
            f"<member><name>{escape(name)}</name><value>{encode(item)}</value></member>"
            for name, item in value.items()
        )
        return f"<struct>{members}</struct>"
    items = "".join(f"<value>{encode(item)}</value>" for item in value)
    return f"<array><data>{items}</data></array>"


def call(
    name: str,
    *params: Any,
    auth: str | Basic | None = None,
    login: bool = False,
    headers: tuple[tuple[str, str], ...] = (("Content-Type", "text/xml"),),
) -> Request:
    """The request that calls a method."""
    given = "".join(f"<param><value>{encode(param)}</value></param>" for param in params)
    body = (
        f"<?xml version='1.0'?>\n<methodCall><methodName>{escape(name)}</methodName>"
        f"<params>{given}</params></methodCall>\n"
    )
    return Request(body.encode(), headers=headers, authorization=auth, login=login)


def page(target: str, method: str = "GET") -> Request:
    """The request for a page."""
    return Request(method=method, target=target, headers=())


@dataclass(frozen=True)
class Answer:
    """One HTTP answer."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    #: Page facts that a recording kept where it left the page out (recordings' README).
    page_facts: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case; None if there is none."""
        return next((v for k, v in self.headers if k.lower() == name.lower()), None)

    @property
    def reply(self) -> Reply:
        """What the body says, read leniently as to characters that XML cannot carry."""
        return parse(self.body).reply

    @property
    def flaw(self) -> IllFormed | None:
        """Why the body is not well-formed as sent; None if it is."""
        return parse(self.body).flaw

    @property
    def documented(self) -> dict[str, str]:
        """Method -> signature as the documentation page lists them; {} if it is no such page."""
        if "documented" in self.page_facts:
            return dict(self.page_facts["documented"])
        return documented(self.body.decode("utf-8", "replace"))

    @property
    def api_status(self) -> dict[str, str]:
        """API -> enabled/disabled as the about page says; {} if it does not say."""
        if "api_status" in self.page_facts:
            return dict(self.page_facts["api_status"])
        return api_status(self.body.decode("utf-8", "replace"))

    @property
    def html(self) -> bool:
        """Whether the body is a page for people."""
        return bool(self.page_facts.get("html")) or bool(
            re.match(rb"\s*(<!doctype\s+html|<html|<\?xml[^>]*>\s*<!doctype html)", self.body, re.I)
        )

    def describe(self) -> str:
        """For people, without secrets. A text may hold line feeds."""
        text = self._described()
        if len(text) <= LONGEST:
            return secrecy.redact(text)
        return f"{secrecy.excerpt(text, LONGEST)}… ({len(text)} characters)"

    def _described(self) -> str:
        if not self.status:
            return "nothing at all"
        reply = self.reply
        if self.status != 200:
            where = f" to {loc}" if (loc := self.header("location")) else ""
            with_ = "" if isinstance(reply, NotXmlRpc) else f" with {self._said(reply)}"
            return f"HTTP {self.status}{where}{with_}"
        if isinstance(reply, NotXmlRpc):
            return f"HTTP 200, but {reply.reason}"
        return self._said(reply)

    @staticmethod
    def _said(reply: Node | Fault) -> str:
        return (
            f"fault {reply.code}: {reply.text}" if isinstance(reply, Fault) else show(reply.plain)
        )


#: Stands where no answer came.
SILENCE = Answer(0)


def documented(markup: str) -> dict[str, str]:
    """Method -> signature out of a pydoc page of any Python (servers.md 1.11)."""
    found = {}
    for piece in markup.split("<dt>")[1:]:
        entry, end, _ = piece.partition("</dt>")
        if end and (head := _ENTRY.match(entry)):
            found[head[1]] = _unescaped(_TAG.sub("", entry[head.end() :])).strip()
    return found


#: The head of an entry of a pydoc page.
_ENTRY = re.compile(r'<a name="-([^"]+)"><strong>[^<]*</strong></a>')
#: A tag. It ends before the next one begins: else a page of `<` would be looked through for each.
_TAG = re.compile(r"<[^<>]*+>")


def _unescaped(text: str) -> str:
    """The text with its character references resolved, unless one of them is no number at all."""
    from html import unescape

    try:
        return unescape(text)
    except ValueError:  # more digits than Python reads
        return text


def api_status(markup: str) -> dict[str, str]:
    """API -> enabled/disabled out of the about page (servers.md 1.1)."""
    text = re.sub(r"\s+", " ", _TAG.sub(" ", markup))
    found = re.findall(r"\b(REST|XML-RPC) (enabled|disabled)\b", text)
    found += [
        (name, status)
        for status, name in re.findall(
            r"\b(enabled|disabled) (REST|XML-RPC)\b(?! (?:enabled|disabled))", text
        )
        if name not in dict(found)
    ]
    return dict(found)


@dataclass(frozen=True)
class Exchange:
    """A request and the answer to it."""

    request: Request
    answer: Answer

    @property
    def reply(self) -> Reply:
        """Short for `answer.reply`."""
        return self.answer.reply

    @property
    def fault(self) -> Fault | None:
        """The fault, if the reply is one."""
        reply = self.reply
        return reply if isinstance(reply, Fault) else None

    @property
    def value(self) -> Node | None:
        """The value, if the reply is one."""
        reply = self.reply
        return reply if isinstance(reply, Node) else None

    @property
    def method(self) -> str:
        """The XML-RPC method that was called; '' if none can be read."""
        return self.request.rpc_name

    @property
    def params(self) -> tuple[Any, ...]:
        """The parameters that were sent."""
        return self.request.rpc[1] if self.request.rpc else ()


#: Stands in what the suite makes up for a secret, so that its echo could be told.
MARK = "pw-conformance-secret-5d1f"
#: The user and password of nobody.
NOBODY = "pw-conformance-nobody:wrong-password"
#: One is in all credentials that the suite makes up, or in what they are the base64 of.
MADE_UP = (MARK, NOBODY)
#: What cannot be anybody's credentials: no base64 at all, and wrongly padded base64 of `abc`.
NOBODYS = frozenset({"!!!!", "YWJjZA"})


def made_up(authorization: str) -> bool:
    """Whether the value of an Authorization header is the suite's own, and so no secret."""
    scheme, _, token = authorization.strip().replace("\t", " ").partition(" ")
    if not token.strip():
        return scheme.lower() in ("", "basic")
    with contextlib.suppress(ValueError):
        token = base64.b64decode(token, validate=True).decode()
    return token in NOBODYS or any(mark in token for mark in MADE_UP)


def redacted(request: Request) -> Request:
    """The request without credentials that could be anybody's."""
    value = request.authorization
    if value is None or isinstance(value, Basic) or made_up(value):
        return request
    scheme, blank, _ = value.partition(" ")
    return replace(request, authorization=f"{scheme} [redacted]" if blank else "[redacted]")


def to_json(request: Request) -> dict[str, Any]:
    """A request as JSON values, without credentials; `from_json` undoes it."""
    kept: dict[str, Any] = {
        "method": request.method,
        "target": request.target,
        "headers": [list(pair) for pair in request.headers],
        "version": request.version,
        "content_length": request.content_length,
        "login": request.login,
        "follows": request.follows,
        "body_b64": base64.b64encode(request.body).decode(),
    }
    if isinstance(request.authorization, Basic):
        kept["credentials"] = request.authorization.form
    elif request.authorization is not None:
        kept["authorization"] = redacted(request).authorization
    return kept


def from_json(kept: Mapping[str, Any]) -> Request:
    """The request that `to_json` wrote; the operator's credentials are put in again when sent."""
    authorization: str | Basic | None = kept.get("authorization")
    if kept.get("credentials"):
        authorization = Basic(kept["credentials"])
    return Request(
        body=base64.b64decode(kept["body_b64"]),
        method=kept["method"],
        target=kept["target"],
        headers=tuple((k, v) for k, v in kept["headers"]),
        authorization=authorization,
        version=kept["version"],
        content_length=kept["content_length"],
        login=kept.get("login", False),
        follows=kept.get("follows", False),
    )
