"""Whether a server answers as one that was recorded: all that no two runs have in common aside.

`fixtures/recorded/README.md` says what that is.  Three things follow from it that it does not spell
out:

* a body that holds something irreproducible may differ in length, so its `Content-Length` is
  compared with the body that it came with and not with the recorded one;
* where SQL leaves the order open, a slice (`max_count`) may hold other rows of equal rank;
* a `csrftoken` cookie is random and expires a year after it was set: the form of both is compared.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from ..target.exchange import Answer
from ..target.wire import Fault, Node, parse
from .recordings import Call, Corpus, Recorded

_ADDRESS = re.compile(rb"0x(?:[0-9a-f]+|ADDRESS)\b")
_DRIVER = re.compile(rb"((?<=<string>)&lt;class 'django\.db\.utils\.\w+'&gt;:)[^<]*+(?=</string>)")
#: A struct that holds no other.
_STRUCT = re.compile(
    rb"<value><struct>\n(?:[^<]++|<(?!struct>|/struct></value>\n))*</struct></value>\n"
)
_ID = re.compile(rb"<name>id</name>\n<value><int>(-?\d+)</int>")
_DATE = re.compile(rb"(?<=<name>date</name>\n<value>)<(base64|string)>([^<]*+)</\1>")
_WHEN = re.compile(rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{6})?")
_CSRF = re.compile(r"csrftoken=(?:\.\.\.|\w{32}|\w{64}); expires=")
_EXPIRES = re.compile(r"[A-Z][a-z]{2}, \d\d([- ])[A-Z][a-z]{2}\1\d{4} \d\d:\d\d:\d\d GMT")
#: What a server's front adds by itself, and what keeps pages out of caches: the recordings leave
#: both out.
_LEFT_OUT = {"date", "connection", "server", "expires", "cache-control", "last-modified"}
#: How much longer than the recorded one a body may be, and still be looked into.
_LONGER = 100_000


class Comparer:
    """Compares answers with those of a corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus

    @cached_property
    def _seeded(self) -> dict[str, frozenset[int]]:
        """The checks that each dataset holds, by id."""
        names = {call.dataset for call in self.corpus.calls()}
        return {
            name: frozenset(check["id"] for check in self.corpus.dataset(name).get("checks", ()))
            for name in names
        }

    def compare(
        self, call: Call, recorded: Recorded, answer: Answer, *, fields: bool = True
    ) -> str | None:
        """Why the answer is not what the real server gave, or None if it is.

        A reason that begins with `bytes:` says that at least the decoded values are equal.
        Without `fields` header fields are not compared: a front may have changed them.
        """
        page = recorded.html or recorded.json or recorded.script
        told = dict(recorded.headers)
        # A HEAD that tells the length of a page tells nothing else of it.
        if call.method == "HEAD" and told.get("Content-Type", "").startswith("text/html"):
            page = page or told.get("Content-Length") != "0"
        size = len(recorded.received or b"")
        if not page and len(answer.body) > size + _LONGER:
            return f"value: expected {size} bytes, got {len(answer.body)}"
        return (
            _difference(recorded.status, answer.status, "status")
            or (self._headers(call, recorded, answer, page) if fields else None)
            or self._body(call, recorded, answer)
        )

    def normalise(self, call: Call, body: bytes) -> bytes:
        """The body with everything replaced that no two runs of a server have in common."""
        seeded = self._seeded.get(call.dataset, frozenset())
        body = _ADDRESS.sub(b"0xADDRESS", body)
        body = _DRIVER.sub(rb"\1", body)
        if b"<name>target_url</name>" in body:
            body = _STRUCT.sub(lambda found: _unborn(found[0], seeded), body)
        return body

    def _headers(self, call: Call, recorded: Recorded, answer: Answer, page: bool) -> str | None:
        body = answer.body
        expected, got = normalise_headers(recorded.headers), normalise_headers(answer.headers)
        length = dict(got).get("Content-Length")
        if length is not None and call.method != "HEAD" and length != str(len(body)):
            return f"Content-Length is {length}, but {len(body)} bytes came"
        if expected == got:
            return None
        received = recorded.received
        loose = page or recorded.comments_left_out
        loose = loose or (received is not None and self.normalise(call, received) != received)
        if loose or self.normalise(call, body) != body:
            expected, got = (
                [(name, "?" if name == "Content-Length" else value) for name, value in pairs]
                for pairs in (expected, got)
            )
        return _difference(expected, got, "headers")

    def _body(self, call: Call, recorded: Recorded, answer: Answer) -> str | None:
        if recorded.documented is not None:
            return _difference(recorded.documented, answer.documented, "documented")
        if recorded.api_status is not None:
            return _difference(recorded.api_status, answer.api_status, "api_status")
        received = recorded.received
        if received is None or received == answer.body:
            return None
        if recorded.comments_left_out:
            return _difference(_uncommented(received), _uncommented(answer.body), "text")
        expected, got = self.normalise(call, received), self.normalise(call, answer.body)
        if expected == got or _same_but_for_order(call, expected, got):
            return None
        if (value := _value(expected)) is not None and value == _value(got):
            return _difference(expected, got, "bytes")
        return _difference(expected, got, "value")


def _unborn(struct: bytes, seeded: frozenset[int]) -> bytes:
    """A struct without its date, if it is that of a check which was created on the way."""

    def undated(found: re.Match[bytes]) -> bytes:
        try:
            text = base64.b64decode(found[2]) if found[1] == b"base64" else found[2]
        except ValueError:
            return found[0]
        return b"<CREATED/>" if _WHEN.fullmatch(text) else found[0]

    number = _ID.search(struct)
    created = (
        b"<name>target_url</name>" in struct
        and b"<name>context</name>" in struct
        and number is not None
        and int(number[1][:40]) not in seeded
    )
    return _DATE.sub(undated, struct) if created else struct


def normalise_headers(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The headers in order, without those of the server's front; cookies without their chance."""
    kept = []
    for name, value in headers:
        if name.lower() in _LEFT_OUT:
            continue
        if name == "Set-Cookie" and _CSRF.match(value):
            value = _EXPIRES.sub(r"LATER\1", _CSRF.sub("csrftoken=...; expires=", value))
        kept.append((name, value))
    return kept


def _uncommented(text: bytes) -> bytes:
    kept = [line for line in text.split(b"\n") if not line.startswith(b"#") and line.strip()]
    return b"\n".join(kept)


def _difference(expected: Any, got: Any, what: str) -> str | None:
    return None if expected == got else f"{what}: expected {expected!r}, got {got!r}"


def _value(body: bytes) -> Any:
    """What the body says, in a form that compares; None if it is no XML-RPC."""
    reply = parse(body).reply
    if isinstance(reply, Node):
        return reply.plain
    return reply if isinstance(reply, Fault) else None


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
