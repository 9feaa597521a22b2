"""Calls that cost a client little: how long does each keep the server from all others?

`python -m benchmarks --nasty` prints the table: the call, its bytes, seconds at three sizes.  Every
method, filter and lookup is given what is huge, deep, many or built to collide, of up to 2.5 MB,
which is what a Django reads.
"""

from __future__ import annotations

import base64
import time
import xmlrpc.client
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import fakepw
from fakepw.patchwork.instances.instances import DEFAULT
from fakepw.patchwork.patchwork import METHODS, Patchwork
from fakepw.patchwork.query.filters import LOOKUP_NAMES

from . import data

#: Bytes of a body: just below what Django reads.
MOST = 2_500_000
#: Seconds that any of them may take.
TARGET = 0.5
#: What Python reduces integers by before it hashes them, so that its multiples are all one to it.
_MERSENNE = 2**61 - 1


@dataclass(frozen=True)
class Nasty:
    """A call: what is nasty about it, and its body."""

    what: str
    method: str
    body: bytes


@dataclass(frozen=True)
class Taken:
    """How long one of them took, by the number of patches, where it took longest."""

    nasty: Nasty
    instance: str
    seconds: dict[int, float]


_TEXTS = ("contains", "icontains", "iexact", "regex", "iregex")
#: Methods and the filters that they take: every lookup on a field of each kind.
FILTERS = [
    *(
        ("patch_list", f"{field}{lookup}")
        for field in ("id", "name", "date", "archived", "hash", "project_id", "max_count")
        for lookup in ("", *(f"__{name}" for name in sorted(LOOKUP_NAMES)))
    ),
    *(("patch_list", f"date__year__{name}") for name in ("in", "range", "gt", *_TEXTS)),
    *(
        ("check_list", f"{field}{lookup}")
        for field in ("id", "user")
        for lookup in ("", "__in", "__range", "__gt")
    ),
]


def calls(most: int = MOST) -> Iterator[Nasty]:
    """All of them, of about `most` bytes each."""
    values = {kind: _Raw(_xml(value)) for kind, value in _values(most).items()}
    for kind, value in values.items():
        for method in METHODS.values():
            params = [value] * (method.most - method.auth)
            yield _nasty(f"{method.name}: {kind}", method.name, *params)
            if method.name in ("patch_set", "check_create"):
                yield _nasty(f"{method.name} of 1: {kind}", method.name, 1, *params[1:])
        for name, key in FILTERS:
            yield _nasty(f"{name} {key}: {kind}", name, {key: value})
        yield _nasty(f"patch_set state: {kind}", "patch_set", 1, {"state": value})
        yield _nasty(f"patch_set commit_ref: {kind}", "patch_set", 1, {"commit_ref": value})
        yield _nasty(f"patch_set archived: {kind}", "patch_set", 1, {"archived": value})
    yield from _keys(most)


def _values(most: int) -> dict[str, Any]:
    """Values of about that many bytes of XML."""
    items = most // 60  # `<value><string>…</string></value>` around what is 30 bytes long
    return {
        "a long text": "x" * most,
        "a long text of wildcards": "%_\\" * (most // 3),
        "a long text beyond ASCII": "\u00fc" * (most // 2),
        "a long text beyond the plane": "\U0001f600" * (most // 4),
        "blanks": " " * most,
        "digits": "9" * most,
        "line ends": "\n" * most,
        "NULs of base64": xmlrpc.client.Binary(b"\0" * (most * 3 // 4)),
        "a long base64": xmlrpc.client.Binary(b"\xfc" * (most * 3 // 4)),
        "a long date": xmlrpc.client.DateTime("2" * most),
        "a huge number": _Raw(f"<int>{'9' * most}</int>"),
        "a huge decimal": _Raw(f"<bigdecimal>{'9' * most}</bigdecimal>"),
        "a huge exponent": _Raw("<bigdecimal>1e999999999999999999</bigdecimal>"),
        "a big exponent": _Raw("<bigdecimal>1e999999</bigdecimal>"),
        "a huge double": 1e308,
        "integers that collide": [_MERSENNE * number for number in range(1, items)],
        "integers": list(range(items)),
        "floats": [number + 0.5 for number in range(items)],
        "texts": [f"text number {number}" for number in range(items)],
        "texts of digits": [str(number) for number in range(items)],
        "texts of digits that collide": [str(_MERSENNE * number) for number in range(1, items)],
        "dates": [
            f"20{n // 1000 % 30:02}-01-01 {n // 60 % 24:02}:{n % 60:02}" for n in range(items)
        ],
        "a mix": [
            each for number in range(items // 4) for each in (number, str(number), number / 7, None)
        ],
        "arrays in an array": [[number] for number in range(items // 2)],
        "structs in an array": [{"a": number} for number in range(items // 3)],
        "deep arrays": _Raw(
            "<array><data><value>" * (most // 50) + "</value></data></array>" * (most // 50)
        ),
        "fairly deep arrays": _Raw("<array><data><value>" * 800 + "</value></data></array>" * 800),
        "deep structs": _Raw(
            "<struct><member><name>a</name><value>" * (most // 70)
            + "</value></member></struct>" * (most // 70)
        ),
        "wide arrays in arrays": [[number] * 50 for number in range(items // 50)],
        "members": {f"member {number}": number for number in range(items // 2)},
    }


def _keys(most: int) -> Iterator[Nasty]:
    """Filters of many keys, and of long ones."""
    many = most // 110
    for name in "patch_list", "check_list":
        for begin in "id", "name", "date__year", "max_count", "patch_id", "project_id":
            keys = {f"{begin}__gt__{number}": 1 for number in range(many)}
            yield _nasty(f"{name}: many {begin}__gt__N", name, keys)
            longest = {begin + "__gt" + "__x" * (most // 3): 1}
            yield _nasty(f"{name}: {begin}__gt__x__x…", name, longest)
            yield _nasty(f"{name}: {begin}__LONG", name, {f"{begin}__gt__{'gte' * (most // 3)}": 1})
        yield _nasty(f"{name}: unknown keys", name, {f"key {number}": 1 for number in range(many)})
        yield _nasty(
            f"{name}: names of names", name, [f"id__gt__{number}" for number in range(many)]
        )
    yield _nasty("patch_set: many members", "patch_set", 1, {f"k{n}": n for n in range(many)})
    yield _nasty("a long method name", "x" * most)
    yield _nasty("many parameters", "patch_list", *range(most // 40))
    yield Nasty("an entity in an entity", "", _laughs(most))
    yield Nasty("an unclosed body", "", b"<a>" * (most // 3))
    yield Nasty(
        "attributes", "", b"<a " + b" ".join(b'b%d="c"' % n for n in range(most // 12)) + b"/>"
    )
    yield Nasty("no XML", "", b"<" * most)
    yield Nasty("a comment", "", b"<!--" + b"-x" * (most // 2))
    entities = b"".join(b'<!ENTITY e%d "x">' % number for number in range(most // 24))
    yield Nasty("many entities", "", b"<!DOCTYPE a [%b]><a/>" % entities)
    long = b"x" * (most // 2)
    yield Nasty(
        "a long entity, often",
        "",
        b'<!DOCTYPE a [<!ENTITY e "%b">]><methodCall><methodName>%b</methodName></methodCall>'
        % (long, b"&e;" * 3),
    )


def _laughs(most: int) -> bytes:
    levels = [b'<!ENTITY e0 "%b">' % (b"ha" * 100)]
    levels += [
        b'<!ENTITY e%d "%b">' % (level, b"&e%d;" % (level - 1) * 10) for level in range(1, 9)
    ]
    body = b"<methodCall><methodName>&e8;</methodName></methodCall>"
    return b"<?xml version='1.0'?><!DOCTYPE a [%b]>%b" % (b"".join(levels), body)


class _Raw(str):
    """XML of a value as it stands."""


class _Marshaller(xmlrpc.client.Marshaller):
    def dump_any(self, value: Any, write: Callable[[str], Any]) -> None:
        tag = "i4" if -(2**31) <= value < 2**31 else "i8"
        write(f"<value><{tag}>{value}</{tag}></value>\n")

    def dump_raw(self, value: str, write: Callable[[str], Any]) -> None:
        write(value)

    dispatch = {  # noqa: RUF012
        **xmlrpc.client.Marshaller.dispatch,
        int: dump_any,  # type: ignore[dict-item]
        _Raw: dump_raw,  # type: ignore[dict-item]
    }


def _xml(value: Any) -> str:
    """A parameter's XML, to be written once for all the calls that it is in."""
    if isinstance(value, _Raw):
        return f"<value>{value}</value>\n"
    (text,) = _Marshaller(encoding="utf-8", allow_none=True).dumps((value,)).split("<param>\n")[1:]
    return text.partition("</param>")[0]


def _nasty(what: str, method: str, *params: Any) -> Nasty:
    xml = _Marshaller(encoding="utf-8", allow_none=True).dumps(params)
    name = f"<methodName>{method}</methodName>\n"
    body = f"<?xml version='1.0'?>\n<methodCall>\n{name}{xml}</methodCall>\n"
    return Nasty(what, method, body.encode())


# -- measuring -----------------------------------------------------------------------------

#: Of each Python and each database one.
INSTANCES = (DEFAULT, "3.2-py3-mariadb", "main-py3-sqlite", "2.0-py3-sqlite", "1.1-py2-sqlite")
_LOGIN = b"Basic " + base64.b64encode(f"{data.USERNAME}:{data.PASSWORD}".encode())


def slowest(
    most: int,
    sizes: Sequence[int],
    count: int,
    instances: Sequence[str] = INSTANCES,
    every: int = 1,
) -> list[Taken]:
    """The slowest of all, or of every so many, on any of the instances and at the largest size;
    their times at each."""
    found: list[Taken] = []
    for instance in instances:
        patchwork = Patchwork(data.dataset(sizes[-1]), instance)
        for each in islice(calls(most), None, None, every):
            found.append(Taken(each, instance, {sizes[-1]: seconds(each, patchwork)}))
            if len(found) > 2 * count:  # all of their bodies together would be gigabytes
                found = _longest(found, sizes[-1], count)
    found = _longest(found, sizes[-1], count)
    for size in sizes[:-1]:
        patchworks = {name: Patchwork(data.dataset(size), name) for name in instances}
        for slow in found:
            slow.seconds[size] = seconds(slow.nasty, patchworks[slow.instance])
    return found


def _longest(taken: list[Taken], size: int, count: int) -> list[Taken]:
    """Of each kind of call the one that took longest; of these the first `count`."""
    best: dict[str, Taken] = {}
    for each in sorted(taken, key=lambda each: -each.seconds[size]):
        best.setdefault(each.nasty.what, each)
    return list(best.values())[:count]


def seconds(nasty: Nasty, patchwork: Patchwork) -> float:
    """How long the server is busy with it, at best: once more if that was long."""
    headers = [(b"content-length", b"%d" % len(nasty.body)), (b"authorization", _LOGIN)]
    request = fakepw.Request(b"POST", b"/xmlrpc/", headers, nasty.body)
    taken = _busy(request, patchwork)
    return taken if taken < TARGET / 5 else min(taken, _busy(request, patchwork))


def _busy(request: fakepw.Request, patchwork: Patchwork) -> float:
    start = time.process_time()
    fakepw.respond(request, patchwork)
    taken = time.process_time() - start
    patchwork.reset()
    return taken


def table(found: Sequence[Taken]) -> Iterator[str]:
    """The table, line by line."""
    sizes = sorted(found[0].seconds)
    heads = "".join(f"{f'{size} rows':>14}" for size in sizes)
    yield f"{'call':50}{'bytes':>9}{heads}  instance"
    for each in found:
        times = "".join(f"{each.seconds[size]:12.3f} s" for size in sizes)
        yield f"{each.nasty.what:50}{len(each.nasty.body):9}{times}  {each.instance}"
    worst = max(max(each.seconds.values()) for each in found)
    verdict = "met" if worst <= TARGET else "MISSED"
    yield f"the slowest took {worst:.2f} s; aim: {TARGET} s  {verdict}"
