"""Requests as no client means them: seeds of every kind that is meant, broken at random."""

from __future__ import annotations

import base64
import random
import xmlrpc.client
from collections.abc import Sequence
from typing import Any

from fakepw.protocol.messages import Request

METHODS = [
    "pw_rpc_version",
    "person_list",
    "person_get",
    "project_list",
    "project_get",
    "patch_list",
    "patch_get",
    "patch_get_by_hash",
    "patch_get_by_project_hash",
    "patch_get_mbox",
    "patch_get_diff",
    "patch_set",
    "patch_count_by_state",
    "state_list",
    "state_get",
    "check_list",
    "check_get",
    "check_create",
    "patch_check_get",
    "system.listMethods",
    "system.methodHelp",
    "system.methodSignature",
    "system.multicall",
    "nosuch",
]
LOOKUPS = [
    "exact",
    "iexact",
    "contains",
    "icontains",
    "startswith",
    "istartswith",
    "endswith",
    "iendswith",
    "gt",
    "gte",
    "lt",
    "lte",
    "in",
    "isnull",
    "regex",
    "iregex",
    "range",
    "year",
    "month",
    "day",
    "week_day",
    "hour",
    "date",
]
FIELDS = [
    "id",
    "name",
    "project",
    "project_id",
    "submitter",
    "submitter_id",
    "delegate",
    "delegate_id",
    "archived",
    "state",
    "state_id",
    "date",
    "commit_ref",
    "hash",
    "msgid",
    "max_count",
    "patch",
    "user",
    "context",
    "target_url",
]
ODD: tuple[Any, ...] = (
    0,
    1,
    -1,
    2,
    2**31 - 1,
    -(2**31),
    "",
    "1",
    "New",
    "x" * 5000,
    "\u00e4\u4e2d\U0001f600",
    "2026-01-01",
    "((((.?){9}){9}){9}x",
    "[[a",
    "a{99999999999999999999}",
    "%",
    "_",
    "\\",
    True,
    False,
    1.5,
    float("inf"),
    [],
    [1, 2, 3],
    [[[[]]]],
    {},
    {"a": {"b": {"c": 1}}},
    xmlrpc.client.Binary(b"\x00\xff"),
    xmlrpc.client.DateTime("20260101T00:00:00"),
)
WORDS = (
    b"<", b">", b"&", b"&amp;", b"&#0;", b"&#x110000;", b"<value>", b"</value>", b"<nil/>", b"<i8>",
    b"<int>", b"<int>99999999999999999999</int>", b"<double>nan</double>", b"<boolean>2</boolean>",
    b"<array><data>", b"</data></array>", b"<struct>", b"<member>", b"<name>", b"<base64>",
    b"<dateTime.iso8601>", b"<fault>", b"<methodResponse>", b"<params>", b"<param>", b"<![CDATA[",
    b"]]>", b"<!--", b"-->", b"<?", b"?>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"\x00",
    b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"encoding='utf-16'", b"encoding='idna'",
    b"0x1", b"1e999", b"__regex", b"__in", b"__", b"\r\n", b"\r", b"\n", b"\t", b" ",
)  # fmt: skip
TARGETS = (
    b"/xmlrpc/", b"/xmlrpc", b"//xmlrpc/", b"/", b"/about/", b"/project/kettle/list/", b"/patch/1/",
    b"/patch/1/mbox/", b"/patch/99999999999999999999/raw/", b"/api/1.3/patches/1/", b"/user/login/",
    b"http://a/xmlrpc/", b"*", b"/%ff", b"/%00", b"/../xmlrpc/", b"/xmlrpc/?a=b#c", b"/comment/1/",
    b"/project/kettle/patch/x%0a/mbox/", b"/_fakepw/health", b"/_fakepw/rules", b"/_fakepw/load",
)  # fmt: skip
HEADERS = (
    (b"authorization", b"Basic " + base64.b64encode(b"kim:earl-grey")),
    (b"authorization", b"Basic " + base64.b64encode(b"kim:\xff")),
    (b"authorization", b"Basic ====="),
    (b"authorization", b"Bearer x"),
    (b"cookie", b"csrftoken=x; sessionid=\xff; a"),
    (b"host", b"evil.example"),
    (b"host", b"a b"),
    (b"host", b"[::1"),
    (b"content-type", b"application/json"),
    (b"content-length", b"5"),
    (b"x", b"\xff" * 300),
)
_LENGTH = b"content-length"
Headers = Sequence[tuple[bytes, bytes]]
#: What a test may ask of the control API: method, path behind `/_fakepw/`, body. None of it has
#: answers wait, or there would be no telling whether one comes.
CONTROLS = (
    (b"POST", b"rules", b'{"rule": "patch_get: status=503 first=2"}'),
    (b"POST", b"rules", b'{"rule": "patch_list: status=429 on=2,3"}'),
    (b"POST", b"rules", b'{"method": "check_create", "fault": "no", "code": 7}'),
    (b"GET", b"rules", b""),
    (b"DELETE", b"rules/1", b""),
    (b"POST", b"scenarios", b'{"steps": [{"after": "1 patch_set", "patches": [{"name": "x"}]}]}'),
    (b"POST", b"scenarios/1/steps", b'{"after": "1 patch_get"}'),
    (b"POST", b"patches", b'{"name": "[PATCH] x", "state": "New"}'),
    (b"PATCH", b"patches/1", b'{"state": "Accepted"}'),
    (b"GET", b"patches/1", b""),
    (b"POST", b"snapshots", b'{"name": "a"}'),
    (b"POST", b"snapshots/a/restore", b""),
    (b"POST", b"worlds", b'{"id": "w1"}'),
    (b"DELETE", b"worlds/w1", b""),
    (b"POST", b"strict", b'{"strict": true}'),
    (b"POST", b"clock", b'{"set": "2026-01-31T12:00"}'),
    (b"POST", b"reset", b""),
    (b"GET", b"journal", b""),
    (b"GET", b"unmet", b""),
    (b"GET", b"openapi.json", b""),
)
#: What other protocols begin with.
STRANGE = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
    b"GET /xmlrpc/\r\n",
    b"SSH-2.0-x\r\n",
    b"\x05\x01\x00",
    b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /xmlrpc/ HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: upgrade\r\n"
    b"HTTP2-Settings: AAMAAABkAAQ\r\nContent-Length: 0\r\n\r\n",
    b"POST /xmlrpc/ HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=x\r\n"
    b'Content-Length: 62\r\n\r\n--x\r\nContent-Disposition: form-data; name="\x00"\r\n\r\ny'
    b"\r\n--x--\r\n",
)


class Mutator:
    """Makes requests from a seed: the same seed, the same requests; with `controls` such as change
    what the server does, too."""

    def __init__(self, seed: int, controls: bool = False) -> None:
        self.chance, self.controls = random.Random(seed), controls
        self.kept: list[bytes] = []

    def request(self) -> Request:
        """A request as the reader of HTTP would give it."""
        chance = self.chance
        method, target, body = b"POST", b"/xmlrpc/", self.body()
        if chance.random() < 0.15:
            target = chance.choice(TARGETS)
            method = chance.choice((b"GET", b"POST", b"HEAD", b"PUT", b"A", b"post", b"DELETE"))
            if chance.random() < 0.5:
                target = self.broken(target, 2)
        headers = {b"host": b"127.0.0.1", b"content-length": b"%d" % len(body)}
        if chance.random() < 0.3:
            headers.update([chance.choice(HEADERS)])
        pairs = [*headers.items()]
        if chance.random() < 0.05:
            pairs += chance.sample(HEADERS, 3)
        return Request(method, target, pairs, body)

    def wire(self) -> bytes:
        """A request as bytes, which may be broken anywhere."""
        chance = self.chance
        way = chance.random()
        if way < 0.02:
            data = chance.choice(STRANGE)
        elif way < 0.08 and self.controls:
            data = self._control()
        else:
            request = self.request()
            target = request.target.replace(b" ", b"%20")
            if way < 0.12:
                target = chance.choice((b"/w/w1", b"/w/nosuch", b"/w/")) + target
            data = self._framed(request.method, target, request.headers, request.body)
        return self.broken(data, 3) if chance.random() < 0.3 else data

    def _framed(self, method: bytes, target: bytes, headers: Headers, body: bytes) -> bytes:
        """A request whose body has a length, or comes in chunks."""
        chunked = self.chance.random() < 0.1
        lines = [b"%b %b HTTP/1.1" % (method, target)]
        lines += [b"%b: %b" % pair for pair in headers if not chunked or pair[0] != _LENGTH]
        lines += [b"transfer-encoding: chunked"] if chunked else []
        return b"\r\n".join([*lines, b"", b""]) + (self._chunks(body) if chunked else body)

    def _chunks(self, body: bytes) -> bytes:
        chance, parts = self.chance, list[bytes]()
        while body:
            size = chance.choice((1, 7, 100, 4000))
            piece, body = body[:size], body[size:]
            more = chance.choice((b"", b"", b";a=b", b' ; x="\r"', b";" + b"y" * 300))
            parts.append(b"%x%b\r\n%b\r\n" % (len(piece), more, piece))
        trailer = chance.choice((b"", b"", b"X: y\r\n", b"Content-Length: 5\r\n"))
        return b"".join([*parts, b"0\r\n", trailer, b"\r\n"])

    def _control(self) -> bytes:
        """What a test asks, mostly broken within its body."""
        method, path, body = self.chance.choice(CONTROLS)
        if body and self.chance.random() < 0.5:
            body = self.broken(body, 2)
        world = self.chance.choice((b"", b"", b"", b"/w/w1"))
        headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
        headers.append((_LENGTH, b"%d" % len(body)))
        return self._framed(method, world + b"/_fakepw/" + path, headers, body)

    def body(self) -> bytes:
        """A methodCall, mostly broken."""
        chance = self.chance
        body = chance.choice(self.kept) if self.kept and chance.random() < 0.3 else self._call()
        return body if chance.random() < 0.2 else self.broken(body, chance.choice((1, 1, 2, 4, 8)))

    def keep(self, body: bytes) -> None:
        """Go on from a body that was answered as none before."""
        if len(self.kept) < 2000:
            self.kept.append(body)
        else:
            self.kept[self.chance.randrange(2000)] = body

    def _call(self) -> bytes:
        chance = self.chance
        params: list[Any] = [self._value() for _ in range(chance.choice((0, 1, 1, 1, 2, 2, 3, 5)))]
        try:
            text = xmlrpc.client.dumps(tuple(params), chance.choice(METHODS))
        except (OverflowError, TypeError):
            return b""
        return text.encode("utf-8", "surrogatepass")

    def _value(self) -> Any:
        chance = self.chance
        if chance.random() < 0.5:
            return chance.choice(ODD)
        return {self._key(): chance.choice(ODD) for _ in range(chance.randint(0, 3))}

    def _key(self) -> str:
        chance = self.chance
        parts = [chance.choice(FIELDS)]
        while chance.random() < 0.5 and len(parts) < 4:
            parts.append(chance.choice(LOOKUPS if chance.random() < 0.7 else FIELDS))
        return "__".join(parts)

    def broken(self, data: bytes, times: int) -> bytes:
        """Bytes with so many things wrong."""
        chance, found = self.chance, bytearray(data)
        for _ in range(times):
            at = chance.randrange(len(found) + 1)
            end = min(len(found), at + chance.choice((1, 1, 2, 8, 40)))
            way = chance.randrange(6)
            if way == 0 and at < len(found):
                found[at] = chance.randrange(256)
            elif way == 1:
                del found[at:end]
            elif way == 2:
                found[at:at] = chance.choice(WORDS)
            elif way == 3:
                found[at:end] = chance.choice(WORDS)
            elif way == 4:
                found[at:at] = found[at:end] * chance.choice((1, 2, 50))
            else:
                other = chance.randrange(len(found) + 1)
                found[at:at] = found[min(at, other) : max(at, other)][:300]
        return bytes(found)
