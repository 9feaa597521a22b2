"""The calls of a journal, served again: where the instances differ for just these calls."""

from __future__ import annotations

import enum
import xmlrpc.client
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ..double.control.lines import Line
from ..double.journal.calls import WRITES, Call, plain
from ..patchwork.patchwork import Patchwork
from ..patchwork.rows.rows import Dataset
from ..patchwork.words.brief import brief, cut
from ..protocol.messages import Request
from ..protocol.site import respond
from .counting import kind_of

#: So many different calls are served on each instance, and no more.
MOST = 3000

#: What a call is told apart by: who asks, and with which body.
Asked = tuple[str, bytes]


@dataclass(frozen=True)
class Step:
    """A call to be served again, or (`call` None) a reset; `key` tells it from others."""

    call: Call | None
    key: Asked = ("", b"")


@dataclass
class Steps:
    """What is served again of a journal."""

    steps: list[Step] = field(default_factory=list)
    #: Calls that are there already, and those beyond MOST.
    again: int = 0
    left_out: int = 0

    @property
    def calls(self) -> list[Call]:
        """The calls among them."""
        return [step.call for step in self.steps if step.call is not None]


def steps_of(lines: Iterable[Line]) -> Steps:
    """What to serve again: each call once until something is written, in order, double by double.

    What a rule answered in Patchwork's place is not served.
    """
    found = Steps()
    by_double: dict[str, list[Step]] = {}
    numbers: dict[str, set[int]] = {}  # since the last reset, after which they begin anew
    seen: dict[str, set[Asked]] = {}
    for line in lines:
        steps = by_double.setdefault(line.double, [])
        known = seen.setdefault(line.double, set())
        before = numbers.setdefault(line.double, set())
        if before and (line.number == 1 or line.number in before):
            steps.append(Step(None))
            known.clear()
            before.clear()
        before.add(line.number)
        call = line.call()
        if call.method is None or not call.carried_out:
            continue
        key = (call.user or "", body_of(call))
        if key in known:
            found.again += 1
        elif len(known) >= MOST:
            found.left_out += 1
        else:
            if call.method in WRITES:
                known.clear()
            else:
                known.add(key)
            steps.append(Step(call, key))
    for steps in by_double.values():
        found.steps += [Step(None), *steps]
    beyond = len(found.calls) - MOST
    while beyond > 0:  # many doubles, few calls each
        beyond -= found.steps.pop().call is not None
        found.left_out += 1
    return found


def body_of(call: Call) -> bytes:
    """The methodCall as it was sent."""
    return call.request.partition(b"\r\n\r\n")[2]


def answers(steps: Steps, dataset: Dataset, name: str) -> Iterator[tuple[Call, Any]]:
    """What an instance over these rows answers, call by call: a value, or what was Told."""
    now = [datetime.min]
    patchwork = Patchwork(dataset, name, clock=lambda: now[0])  # the same on every instance
    passwords = {user.username: user.password for user in dataset.users}
    for step in steps.steps:
        if step.call is None:
            patchwork.reset()
        else:
            now[0] = step.call.when
            yield step.call, _served(patchwork, step.call, passwords)


#: What faults say of a login that is refused (servers.md 1.10).
_REFUSED = "Invalid username/password"


def _served(patchwork: Patchwork, call: Call, passwords: dict[str, str]) -> Any:
    body = body_of(call)
    headers = [(b"content-length", b"%d" % len(body))]
    if call.user is not None:  # the journal holds no password: the fixture does
        right = passwords.get(call.user, "")
        if call.fault is not None and _REFUSED in call.fault:
            right += " wrong"
        token = b64encode(f"{call.user}:{right}".encode())
        headers.append((b"authorization", b"Basic " + token))
    response = respond(Request(b"POST", b"/xmlrpc/", headers, body), patchwork)
    try:
        return xmlrpc.client.loads(b"".join(response.body))[0][0]
    except xmlrpc.client.Fault as fault:
        text = str(fault.faultString)
        return Told(kind_of(text), text.partition(">:")[2] or text)
    except Exception:  # control characters, or a status 500 without a body (servers.md 1.3, 2)
        return Told("", f"no XML-RPC (HTTP {response.status})")


# How two answers differ.


@dataclass(frozen=True)
class Told:
    """A fault that was answered, or (`kind` '') something that is no XML-RPC at all."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"fault {self.kind}: {cut(self.text, 60)}" if self.kind else self.text


_TYPES: dict[type, str] = {
    str: "a string",
    int: "an int",
    bool: "a boolean",
    float: "a double",
    list: "an array",
    dict: "a struct",
    xmlrpc.client.Binary: "base64",
}


class Kind(enum.IntEnum):
    """How two answers differ, in the order in which a client notices."""

    FAULT, TYPE, MISSING, ROWS, VALUE, MORE, WORDS = range(7)


class Place(NamedTuple):
    """Where and how two answers differ, and what either has there."""

    kind: Kind
    path: str
    what: str
    one: Any
    other: Any


def differences(base: Any, other: Any, path: str = "") -> Iterator[Place]:
    """How an answer differs from that of the instance one knows, as a client would say it."""
    if isinstance(base, Told) or isinstance(other, Told):
        yield from _faults(base, other)
    elif type(base) is not type(other):
        yield Place(Kind.TYPE, path, f"{_type(other)}, not {_type(base)}", base, other)
    elif isinstance(base, dict):
        for name in dict.fromkeys((*base, *other)):
            here = f"{path}.{name}" if path else name
            if name not in other:
                yield Place(Kind.MISSING, here, "missing", base[name], None)
            elif name not in base:
                yield Place(Kind.MORE, here, "there, too", None, other[name])
            else:
                yield from differences(base[name], other[name], here)
    elif isinstance(base, list) and all(isinstance(row, dict) for row in (*base, *other)):
        if [row.get("id") for row in base] != [row.get("id") for row in other]:
            yield Place(Kind.ROWS, path, "other rows", _ids(base), _ids(other))
            return
        for one, two in zip(base, other, strict=True):
            yield from differences(one, two, f"{path}[]" if path else "")
    elif base != other:
        yield Place(Kind.VALUE, path, "another value", base, other)


def _ids(rows: list[dict[str, Any]]) -> str:
    return f"the rows {brief([row.get('id') for row in rows])}"


def _faults(base: Any, other: Any) -> Iterator[Place]:
    if _type(base) != _type(other):
        yield Place(Kind.FAULT, "", f"{_type(other)}, not {_type(base)}", base, other)
    elif base.text != other.text:
        yield Place(Kind.WORDS, "", f"{_type(other)} in other words", base, other)


def _type(value: Any) -> str:
    if isinstance(value, Told):
        return f"the fault {value.kind}" if value.kind else "no XML-RPC"
    return _TYPES.get(type(value), type(value).__name__)


@dataclass
class Difference:
    """Where some instances differ from the one that is known, for calls of one method."""

    method: str
    kind: Kind
    what: str
    #: The members that it shows in; '' is the result as a whole.
    paths: dict[str, None]
    instances: list[str]
    calls: int
    example: str


def compared(steps: Steps, dataset: Dataset, known: str, others: Iterable[str]) -> list[Difference]:
    """Where others differ from the instance that is known, what a client notices first foremost."""
    base = list(answers(steps, dataset, known))
    found: dict[tuple[str, str, str], Difference] = {}
    for name in others:
        counts: Counter[tuple[str, str, str]] = Counter()
        for (call, left), (_, right) in zip(base, answers(steps, dataset, name), strict=True):
            for place in {(at.path, at.what): at for at in differences(left, right)}.values():
                key = call.method or "", place.path, place.what
                counts[key] += 1
                if key not in found:
                    at = f" {place.path}" if place.path else ""
                    said = f"{_said(place.one)}, but {_said(place.other)} on {name}"
                    found[key] = Difference(
                        key[0], place.kind, place.what, {place.path: None}, [], 0,
                        f"{call.asked}{at}: {said}",
                    )  # fmt: skip
        for key, count in counts.items():
            found[key].instances.append(name)
            found[key].calls = max(found[key].calls, count)
    return sorted(_together(found.values()), key=lambda each: (each.kind, -len(each.instances)))


def _together(found: Iterable[Difference]) -> Iterable[Difference]:
    """Members of one method that differ alike, on the same instances, as one difference."""
    together: dict[Any, Difference] = {}
    for each in found:
        key = each.method, each.what, tuple(each.instances)
        first = together.setdefault(key, each)
        first.paths |= each.paths
        first.calls = max(first.calls, each.calls)
    return together.values()


def _said(value: Any) -> str:
    if isinstance(value, Told):
        return str(value)
    if isinstance(value, xmlrpc.client.Binary):
        return f"base64 of {brief(value.data)}"
    return "nothing" if value is None else brief(plain(value), 1)
