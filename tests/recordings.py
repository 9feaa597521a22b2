"""The recorded answers of real servers: how to read them, send their calls again and compare.

`fixtures/recorded/README.md` says what they are and what in them cannot be reproduced; `compare`
leaves out just that.  Three things follow from it that the README does not spell out:

* a body that holds something irreproducible may differ in length, so its `Content-Length` is
  compared with the body that it came with and not with the recorded one;
* where SQL leaves the order open, a slice (`max_count`) may hold other rows of equal rank;
* a `csrftoken` cookie is random and expires a year after it was set: the form of both is compared.
"""

from __future__ import annotations

import base64
import html
import lzma
import re
import xmlrpc.client
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from fakepw.protocol.messages import Request, Response

FOLDER = Path(__file__).parent.parent / "fixtures" / "recorded"
HOST = "pw.example.org"

#: Every recorded server, and whether its XML-RPC API was switched on.
INSTANCES = tuple(sorted(path.name.split(".jsonl")[0] for path in (FOLDER / "answers").iterdir()))

#: Servers that were seeded with an empty comment for a message that is null in the dataset, where
#: 1.1-py2-postgresql was given none (README.md).
_NULL_AS_EMPTY = ("1.1-py2-sqlite", "1.1-py3-sqlite")

Key = tuple[str, str]


class Call(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One recorded request, or (`op == "reset"`) the re-seeding of the server at that point."""

    dataset: str
    id: str
    method: str = ""
    path: str = ""
    headers: dict[str, str] = {}
    body: str | None = None
    body_b64: str | None = None
    big: int | None = None
    raw_length: bool = False
    http10: bool = False
    op: str | None = None

    @property
    def key(self) -> Key:
        return self.dataset, self.id

    @property
    def sent(self) -> bytes:
        """The bytes that followed the request's head."""
        if self.big is not None:
            return xmlrpc.client.dumps(("x" * self.big,), "state_list").encode()
        if self.body_b64 is not None:
            return base64.b64decode(self.body_b64)
        return (self.body or "").encode()

    @property
    def called(self) -> str:
        """The XML-RPC method, as far as the text of the body shows it."""
        found = re.search(r"<methodName>(\w+)</methodName>", self.body or "")
        return found[1] if found else ""


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a real server answered to the call of the same dataset and id."""

    dataset: str
    id: str
    status: int
    headers: tuple[tuple[str, str], ...]
    body: str | None = None
    body_b64: str | None = None
    html: bool = False
    json: bool = False
    script: bool = False
    documented: dict[str, str] | None = None
    api_status: dict[str, str] | None = None
    comments_left_out: bool = False

    @property
    def key(self) -> Key:
        return self.dataset, self.id

    @property
    def received(self) -> bytes | None:
        """The body, or None where the recording leaves it out."""
        if self.body_b64 is not None:
            return base64.b64decode(self.body_b64)
        return None if self.body is None else self.body.encode()


def _lines(path: Path) -> Iterator[bytes]:
    with lzma.open(path) as lines:
        yield from lines


@cache
def calls(dataset: str | None = None) -> tuple[Call, ...]:
    """All calls (of one dataset) in the order sent, resets among them."""
    decode = msgspec.json.Decoder(Call).decode
    every = (decode(line) for line in _lines(FOLDER / "calls.jsonl.xz"))
    return tuple(call for call in every if dataset in (None, call.dataset))


def answers(instance: str) -> dict[Key, Answer]:
    """The answers of one server by dataset and id (`3.2-py3-sqlite-disabled` has but 116)."""
    decode = msgspec.json.Decoder(Answer).decode
    every = (decode(line) for line in _lines(FOLDER / "answers" / f"{instance}.jsonl.xz"))
    return {answer.key: answer for answer in every}


def dataset(name: str, instance: str = "") -> dict[str, Any]:
    """What the server held: a fixture in canonical form."""
    rows: dict[str, Any] = msgspec.json.decode((FOLDER / "datasets" / f"{name}.json").read_bytes())
    if instance in _NULL_AS_EMPTY:
        for patch in rows["patches"]:
            patch["content"] = patch["content"] or ""
    return rows


def _head(call: Call) -> list[tuple[str, str]]:
    headers = list(call.headers.items())
    if "Host" not in call.headers:
        headers.insert(0, ("Host", HOST))
    if not call.raw_length and (call.sent or call.body is not None):
        headers.append(("Content-Length", str(len(call.sent))))
    return headers


def as_bytes(call: Call) -> bytes:
    """The request as it went over the wire."""
    version = "1.0" if call.http10 else "1.1"
    lines = [f"{call.method} {call.path} HTTP/{version}"]
    lines += [f"{name}: {value}" for name, value in _head(call)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + call.sent


def as_request(call: Call) -> Request:
    """The request as the serving layer hands it on: lower-case names, no transfer coding."""
    body = call.sent
    if call.headers.get("Transfer-Encoding") == "chunked":
        body = _unchunked(body)
    return Request(
        method=call.method.encode(),
        target=call.path.encode(),
        headers=[(k.lower().encode(), v.encode("latin-1")) for k, v in _head(call)],
        body=body,
        version="1.0" if call.http10 else "1.1",
    )


def _unchunked(framed: bytes) -> bytes:
    body = b""
    while True:
        size, rest = framed.split(b"\r\n", 1)
        if not (length := int(size, 16)):
            return body
        body += rest[:length]
        framed = rest[length + 2 :]


def framed(call: Call, response: Response) -> Response:
    """The response as it reaches the client: with what the server's front adds for its framing."""
    sized = any(name == "Content-Length" for name, _ in response.headers)
    if sized or call.http10 or call.method == "HEAD":
        return response
    headers = (("Transfer-Encoding", "chunked"), *response.headers)
    return Response(response.status, headers, response.body)


# Normalisation: what README.md lists, and nothing more.

_ADDRESS = re.compile(rb"0x(?:[0-9a-f]+|ADDRESS)\b")
_DRIVER = re.compile(rb"(&lt;class 'django\.db\.utils\.\w+'&gt;:).*?(?=</string>)", re.S)
_STRUCT = re.compile(rb"<value><struct>\n(?:(?!<struct>).)*?</struct></value>\n", re.S)
_ID = re.compile(rb"<name>id</name>\n<value><int>(-?\d+)</int>")
_DATE = re.compile(rb"(?<=<name>date</name>\n<value>)<(base64|string)>([^<]*)</\1>")
_WHEN = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?")
_CSRF = re.compile(r"csrftoken=(?:\.\.\.|\w{32}|\w{64}); expires=")
_EXPIRES = re.compile(r"[A-Z][a-z]{2}, \d\d([- ])[A-Z][a-z]{2}\1\d{4} \d\d:\d\d:\d\d GMT")
#: What a server's front adds by itself; the recordings leave them out.
_FRONT = {"date", "connection", "server"}
#: What keeps pages out of caches, which they leave out as well.
_CACHES = {"expires", "cache-control", "last-modified"}


@cache
def _seeded_checks(name: str) -> frozenset[int]:
    return frozenset(check["id"] for check in dataset(name).get("checks", ()))


def _created_check(struct: bytes, seeded: frozenset[int]) -> bool:
    found = _ID.search(struct)
    return (
        b"<name>target_url</name>" in struct
        and b"<name>context</name>" in struct
        and found is not None
        and int(found[1]) not in seeded
    )


def normalise(call: Call, body: bytes) -> bytes:
    """The body with everything replaced that no two runs of a server have in common."""

    def undated(found: re.Match[bytes]) -> bytes:
        text = base64.b64decode(found[2]) if found[1] == b"base64" else found[2]
        return b"<CREATED/>" if _WHEN.fullmatch(text) else found[0]

    def unborn(found: re.Match[bytes]) -> bytes:
        return _DATE.sub(undated, found[0]) if _created_check(found[0], seeded) else found[0]

    seeded = _seeded_checks(call.dataset)
    body = _ADDRESS.sub(b"0xADDRESS", body)
    body = _DRIVER.sub(rb"\1", body)
    if b"<name>target_url</name>" in body:
        body = _STRUCT.sub(unborn, body)
    return body


def normalise_headers(headers: Iterator[tuple[str, str]] | Any) -> list[tuple[str, str]]:
    """The headers in order, without those of the server's front; cookies without their chance."""
    kept = []
    for name, value in headers:
        if name.lower() in _FRONT | _CACHES:
            continue
        if name == "Set-Cookie" and _CSRF.match(value):
            value = _EXPIRES.sub(r"LATER\1", _CSRF.sub("csrftoken=...; expires=", value))
        kept.append((name, value))
    return kept


# Comparison.

_DOCUMENTED = re.compile(r'<dt><a name="-([^"]+)"><strong>[^<]*</strong></a>(.*?)</dt>', re.S)
_API_STATUS = re.compile(
    r'(REST|XML-RPC)\b(?:(?!REST|XML-RPC).)*?class="label label-(?:success|warning) pull-right">'
    r"\s*(enabled|disabled)",
    re.S,
)


def documented(page: str) -> dict[str, str]:
    """Method names and signatures that the documentation page shows (servers.md 1.11)."""
    return {
        name: html.unescape(re.sub(r"<[^>]+>", "", signature))
        for name, signature in _DOCUMENTED.findall(page)
    }


def api_status(page: str) -> dict[str, str]:
    """What the about page says of the two APIs (servers.md 1.1)."""
    return dict(_API_STATUS.findall(page))


def _without_comments(text: bytes) -> bytes:
    kept = [line for line in text.split(b"\n") if not line.startswith(b"#") and line.strip()]
    return b"\n".join(kept)


def _difference(expected: Any, got: Any, what: str) -> str | None:
    return None if expected == got else f"{what}: expected {expected!r}, got {got!r}"


def compare(call: Call, answer: Answer, response: Response) -> str | None:
    """Why the response is not what the real server gave, or None if it is.

    A reason that begins with `bytes:` says that at least the decoded values are equal.
    """
    body = b"".join(response.body)
    page = answer.html or answer.json or answer.script
    told = dict(answer.headers)
    # A HEAD that tells the length of a page tells nothing else of it.
    if call.method == "HEAD" and told.get("Content-Type", "").startswith("text/html"):
        page = page or told.get("Content-Length") != "0"
    return (
        _difference(answer.status, response.status, "status")
        or _compare_headers(call, answer, response, body, page)
        or _compare_body(call, answer, body)
    )


def _compare_headers(
    call: Call, answer: Answer, response: Response, body: bytes, page: bool
) -> str | None:
    expected, got = normalise_headers(answer.headers), normalise_headers(response.headers)
    length = dict(got).get("Content-Length")
    if length is not None and call.method != "HEAD" and length != str(len(body)):
        return f"Content-Length is {length}, but {len(body)} bytes came"
    recorded = answer.received
    loose = page or answer.comments_left_out
    loose = loose or (recorded is not None and normalise(call, recorded) != recorded)
    loose = loose or normalise(call, body) != body
    if loose:
        expected, got = (
            [(name, "?" if name == "Content-Length" else value) for name, value in pairs]
            for pairs in (expected, got)
        )
    return _difference(expected, got, "headers")


def _compare_body(call: Call, answer: Answer, body: bytes) -> str | None:
    if answer.documented is not None:
        return _difference(answer.documented, documented(body.decode()), "documented")
    if answer.api_status is not None:
        return _difference(answer.api_status, api_status(body.decode()), "api_status")
    recorded = answer.received
    if recorded is None:
        return None
    if answer.comments_left_out:
        return _difference(_without_comments(recorded), _without_comments(body), "text")
    if recorded == body:
        return None
    expected, got = normalise(call, recorded), normalise(call, body)
    if expected == got or _same_but_for_order(call, expected, got):
        return None
    if (value := _value(expected)) is not None and value == _value(got):
        return _difference(expected, got, "bytes")
    return _difference(expected, got, "value")


def _value(body: bytes) -> Any:
    """What the body decodes to, in a form that compares; None if it cannot be decoded."""
    try:
        return repr(xmlrpc.client.loads(body, use_builtin_types=True)[0])
    except xmlrpc.client.Fault as fault:
        return repr(fault)
    except Exception:
        return None


def _same_but_for_order(call: Call, expected: bytes, got: bytes) -> bool:
    """Whether both are lists that differ only in the order that SQL leaves open."""
    if call.called not in ("patch_list", "person_list", "check_list"):
        return False
    wanted, found = _STRUCT.findall(expected), _STRUCT.findall(got)
    if len(wanted) != len(found) or _STRUCT.sub(b"", expected) != _STRUCT.sub(b"", got):
        return False
    if call.called == "patch_list" and _dates(wanted) != _dates(found):
        return False
    if not _sliced(call):
        return sorted(wanted) == sorted(found)
    # Equal ranks may be cut anywhere: what both hold must be equal, what one holds be of a rank
    # at which the slice was cut.
    ours, theirs = ({_identity(row): row for row in rows} for rows in (found, wanted))
    if len(ours) != len(found) or any(theirs.get(key, row) != row for key, row in ours.items()):
        return False
    dates = _dates(wanted)
    strangers = [row for key, row in ours.items() if key not in theirs]
    return call.called != "patch_list" or set(_dates(strangers)) <= {dates[0], dates[-1]}


def _identity(row: bytes) -> bytes:
    found = _ID.search(row)
    return found[1] if found else row


def _dates(rows: list[bytes]) -> list[bytes]:
    return [found[2] if (found := _DATE.search(row)) else b"" for row in rows]


def _sliced(call: Call) -> bool:
    """Whether the call asks for some of the rows only: a filter's max_count, or a second value."""
    text = call.body or ""
    return "max_count" in text or (
        call.called == "person_list" and len(re.findall(r"<param>", text)) > 1
    )
