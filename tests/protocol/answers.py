"""What every recorded instance answers to thousands of requests, as one line, on any Python.

    python -m tests.protocol.answers            a digest for each instance, and one for all
    python -m tests.protocol.answers --some     the same for a few instances
    python -m tests.protocol.answers --each     one for every request, to find what differs

It needs fakepw and msgspec, so that any Python can be asked; what it prints depends on nothing of
the machine.  The requests are the recorded ones, the bodies of `interpreters.jsonl.xz`, and values
of the kinds in which Pythons, their Unicodes, their expats and their time zones differ.
"""

from __future__ import annotations

import base64
import hashlib
import re
import sys
from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Any

import msgspec

from fakepw.patchwork.instances.instances import RECORDED
from fakepw.patchwork.patchwork import Patchwork
from fakepw.patchwork.rows.rows import Dataset
from fakepw.protocol import Request, respond
from tests import recordings

#: Instances that between them have all that could differ: the oldest and newest, each database.
SOME = (
    "1.1-py2-sqlite",
    "2.0-py3-sqlite",
    "3.1-py3-sqlite",
    "3.2-py3-postgresql",
    "3.2-py3-mariadb",
    "main-py3-sqlite",
)

#: Text of every kind: letters, digits and symbols that one Unicode has and another has not.
CHARACTERS = (
    *("\u0378", "\u0870", "\u180e", "\u19da", "\u0660", "\u2fff", "\ua7c0", "\ua7cb"),
    *("\U0001fae8", "\U0001fae9", "\U00011f51", "\U0001e4f1", "\U00011de1", "\U000105d2", "\u0264"),
    *("\xa0", "\xad", "\u2028", "\ue000", "\ufffd", "\U0010fffd", "ß", "ı", "ſ", "\u1c8a", "ǆ"),
)
WORDS = (
    *CHARACTERS,
    *(f'{char}1 it\'s "{char}"' for char in CHARACTERS),
    *("1" * 600, "1" * 700, "1" * 4300, "1" * 4301, "-" + "9" * 5000, "1_0", "\x7f\\", "t", "True"),
    *("\U0001e4f1", "1\U00011f51", "\uff11\uff12", "x\U00011f51", " 1 ", "\u30001", "1e400", "nan"),
)
DATES = (
    *("2020-01-02", "20200102", "2020-W01", "2020W013", "2020-01-02T24:00", "2020-01-02T12.5"),
    *("2020-01-02T12:34:56:12", "2020-01-02T1234", "2020-01-02T12:34:56.1234567Z", "2020-366"),
    *("2020-01-02T12:34:56+10:00", "2020-10-04 16:00:00+00:00", "1895-02-01 00:00+00:00"),
    *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "2020-01-02T12:x+00:00", "2020-01-02T12:+00"),
    *("2020-02-30", "2020-01-02T12:34:56+24:00", "2020-01-02 12:34:56 +0100", "12:34"),
    *("\u0662\u0660\u0662\u0660-01-02", "\U0001e4f2020-01-02", "2020-01-02\u00a012:34"),
)
PATTERNS = (
    *(
        "0++",
        "(?>0)",
        "0(?i)",
        r"\z",
        r"\Z",
        r"\B",
        r"\q",
        "[[a]",
        "(?P<é>0)",
        "(?a)0",
        r"\d",
        r"\w",
    ),
    *(
        "0{2,1}",
        "*",
        "(",
        r"\N{DIGIT ZERO}",
        "(?-i:0)",
        "(?L)0",
        "0**",
        r"\x",
        r"[\w-0]",
        "(0)(?(1)2)",
    ),
)
LOGINS = ("bWFpbnQ6bWFpbnRwYXNz", "bWFpbnQ6bWFpbnRwYXNz=", "bWFpbnQ6bWFpbnRwYXN6Cg==x", "A", "AA=A")
XML = (
    *(f"<?xml version='{v}'?><a/>" for v in ("2.0", "1.x", "", "x", "1.", "1.12", "_", "1.0 ")),
    *(f"<?xml version='2.0' encoding='{e}'?><a/>" for e in ("utf-8", "latin-1", "nosuch")),
    *(f"<?xml version='{v}'?>\n<a" for v in ("2.0", "abc", "")),
    "<?xml version='3' standalone='yes'?><a/>", "<?xml version='3' standalone='x'?><a/>",
    "<?xml version='3'encoding='x'?><a/>", "<?xml version=3?><a/>", "<?xml version='3'><a/>",
)  # fmt: skip


def _call(method: str, *values: str) -> bytes:
    params = "".join(f"<param><value>{value}</value></param>" for value in values)
    return f"<m><methodName>{method}</methodName><params>{params}</params></m>".encode()


def _text(value: str) -> str:
    carried = re.sub("[\x00-\x08\x0b-\x1f]", "?", value)
    return f"<string>{escape(carried, quote=False)}</string>"


def _struct(name: str, value: str) -> str:
    return f"<struct><member><name>{name}</name><value>{value}</value></member></struct>"


def _array(*values: str) -> str:
    return f"<array><data>{''.join(f'<value>{value}</value>' for value in values)}</data></array>"


def odd_bodies() -> Iterator[bytes]:
    """Calls with values that the machine could decide about."""
    for word in WORDS:
        text = _text(word)
        for method in ("patch_get", "person_list", "state_list", "patch_get_by_hash", "check_get"):
            yield _call(method, text)
        for kind in ("int", "double", "bigdecimal", "base64"):
            yield _call("patch_get", text.replace("string", kind))
        yield _call("patch_get", _array(text, _struct("x", text)))
        for name in ("id", "name__icontains", "name", "archived", "state_id", "max_count", "x"):
            yield _call("patch_list", _struct(name, text))
        yield _call("patch_list", _struct("id__in", _array(text)))
        yield f"<m><methodName>a</methodName><value><{'x'}>{escape(word)}</x></value></m>".encode(
            "utf-8", "replace"
        )
    for date in DATES:
        for name in ("date", "date__gt", "date__range", "date__year"):
            wrapped = _array(_text(date), _text("2030-01-01")) if "range" in name else _text(date)
            yield _call("patch_list", _struct(name, wrapped))
    for pattern in PATTERNS:
        for lookup in ("regex", "iregex"):
            yield _call("patch_list", _struct(f"date__year__{lookup}", _text(pattern)))
    for text in XML:
        yield text.encode()
        yield text.encode("utf-16")
        yield text.encode("utf-16-be")
    body = "<m><params/><value>x{}y</value></m>"
    for units in ("\ud800", "\udc00", "\udc00\ud800", "\ud834\udd1e", "\ud834\ud834\udd1e"):
        for codec in ("utf-16-le", "utf-16-be"):
            yield body.format(units).encode(codec, "surrogatepass")
            yield ("\ufeff" + body.format(units)).encode(codec, "surrogatepass")
    for depth in (100, 390, 400, 450, 480, 500, 900, 2000):
        yield (
            b"<m><fault><value><array>" * 1
            + b"<array>" * depth
            + b"</array>" * depth
            + (b"</array></value></fault></m>")
        )
        nested = "<array>" * depth + "</array>" * depth
        struct = f"<name>faultCode</name>1<name>faultString</name>{nested}"
        yield f"<m><fault><value><struct>{struct}</struct></value></fault></m>".encode()
        yield _call("patch_get", nested)


def requests() -> Iterator[tuple[str, str, Request | None]]:
    """Dataset, name and request; None where the rows are laid out anew."""
    for call in recordings.calls():
        yield call.dataset, call.id, None if call.op else recordings.as_request(call)
    yield "a", "", None
    from .interpreters import outcomes

    bodies = [body for body, _ in outcomes()] + list(odd_bodies())
    for number, body in enumerate(bodies):
        yield "a", f"body {number} {body[:60]!r}", _post(body)
    for login in LOGINS:
        for scheme in ("Basic ", "Basic \u00fc", "basic "):
            who = (b"authorization", (scheme + login).encode("latin-1"))
            yield "a", f"login {scheme}{login}", _post(_call("patch_set", "1", "<struct/>"), who)
    for word in (*WORDS, "1", "%"):
        path = "".join(f"%{byte:02X}" for byte in word.encode("utf-8", "replace"))
        for place in ("/patch/%s/", "/comment/%s/", "/project/%s/", "/api/%s/", "/patch/%s/mbox"):
            target = (place % path).encode()
            yield (
                "a",
                f"GET {place} {word[:9]!a}",
                Request(b"GET", target, [(b"host", b"a.example")]),
            )


def _post(body: bytes, *more: tuple[bytes, bytes]) -> Request:
    length = (b"content-length", b"%d" % len(body))
    return Request(b"POST", b"/xmlrpc/", [(b"host", b"a.example"), length, *more], body)


#: Of one dataset all that is as good as lost, and of the answers what is random by design.
_TOKEN = re.compile(r"csrftoken=\w+")


def answers(name: str, every: list[tuple[str, str, Request | None]]) -> Iterator[tuple[str, bytes]]:
    """Each request's name, and the digest of the instance's answer."""
    rows = {which: msgspec.convert(recordings.dataset(which), Dataset) for which in "abc"}
    servers: dict[str, Patchwork] = {}
    for dataset, label, request in every:
        if request is None:
            servers.pop(dataset, None)
            continue
        if dataset not in servers:
            clock = iter(lambda: datetime(2026, 1, 2, 3, 4, 5), None).__next__
            servers[dataset] = Patchwork(rows[dataset], name, clock=clock)
        response = respond(request, servers[dataset])
        shown: Any = (response.status, [(k, _TOKEN.sub("", v)) for k, v in response.headers])
        digest = hashlib.sha256(repr(shown).encode())
        digest.update(b"".join(response.body))
        yield label, digest.digest()


def main(*args: str) -> None:
    """Print the digests."""
    every = list(requests())
    whole = hashlib.sha256()
    names = SOME if "--some" in args else RECORDED
    for name in names:
        digest = hashlib.sha256()
        for label, answer in answers(name, every):
            digest.update(answer)
            if "--each" in args:
                print(name, base64.b16encode(answer[:4]).decode(), label)
        whole.update(digest.digest())
        if "--each" not in args:
            print(f"{name:20} {digest.hexdigest()[:32]}", flush=True)
    print(f"{len(every) * len(names)} answers: {whole.hexdigest()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
