"""What an XML-RPC answer says on the wire, strictly: types, member order, and what is broken.

`xmlrpc.client` forgives much and forgets wire types; a conformance suite may do neither.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from xml.parsers import expat

from .remembering import Remembered
from .secrecy import excerpt

#: What XML 1.0 cannot carry (its section 2.2), and real servers send raw (servers.md 1.3).
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def carried(text: str) -> str:
    """What a <string> makes of a text that <base64> keeps: line ends become LF (servers.md 1.3),
    and `parse` reads U+FFFD where XML has no such character."""
    return FORBIDDEN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))


SCALARS = frozenset(
    {"int", "i4", "i8", "boolean", "double", "string", "base64", "dateTime.iso8601"}
)


@dataclass(frozen=True)
class Node:
    """One value: its wire type and what it holds.

    `value` is text for scalars, nodes in a tuple for an array, (name, node) pairs for a struct.
    """

    kind: str
    value: Any

    @cached_property
    def plain(self) -> Any:
        """The value as a client sees it: base64 becomes the text that it carries."""
        if self.kind == "array":
            return [node.plain for node in self.value]
        if self.kind == "struct":
            return {name: node.plain for name, node in self.value}
        if self.kind in ("int", "i4", "i8"):
            return int(self.value)
        if self.kind == "boolean":
            return self.value == "1"
        if self.kind == "double":
            return float(self.value)
        if self.kind == "base64":
            return base64.b64decode(self.value).decode("utf-8", "replace")
        if self.kind == "nil":
            return None
        return self.value

    @property
    def members(self) -> dict[str, Node]:
        """A struct's members by name; of duplicates the last."""
        return dict(self.value) if self.kind == "struct" else {}

    def __iter__(self) -> Iterator[Node]:
        """An array's items; nothing for other values."""
        return iter(self.value if self.kind == "array" else ())


@dataclass(frozen=True)
class Fault:
    """A fault: `code`, `text`, and the Python exception class that the text names."""

    code: int
    text: str

    @property
    def type_name(self) -> str:
        """The full class, for example `exceptions.TypeError` or `django.db.utils.DataError`."""
        found = re.match(r"<(?:class|type) '([^']*)'>:", self.text)
        return found[1] if found else ""

    @property
    def kind(self) -> str:
        """The class without its module, for example `TypeError`."""
        return self.type_name.rpartition(".")[2]

    @property
    def message(self) -> str:
        """The text behind the class."""
        return re.sub(r"^<(?:class|type) '[^']*'>:", "", self.text)

    @property
    def python(self) -> int | None:
        """2 or 3, by how a built-in class is spelt (servers.md 2); None if none is."""
        if "<type 'exceptions." in self.text:
            return 2
        if re.match(r"<class '[A-Z]\w+'>:", self.text):
            return 3
        return None


@dataclass(frozen=True)
class NotXmlRpc:
    """The body is no XML-RPC answer at all, and why."""

    reason: str


@dataclass(frozen=True)
class IllFormed:
    """The body is not well-formed XML as sent.

    `where` names the place as closely as the text before it allows, for example
    `row 3 (id 57), member name`.
    """

    reason: str
    where: str
    character: str = ""


Reply = Node | Fault | NotXmlRpc


@dataclass(frozen=True)
class Parsed:
    """A body read: the reply, and the flaw that had to be overlooked to read it, if any."""

    reply: Reply
    flaw: IllFormed | None = None


@dataclass
class _Frame:
    tag: str
    text: list[str] = field(default_factory=list)
    nodes: list[Any] = field(default_factory=list)


class _Invalid(Exception):
    pass


#: How deep elements may stand inside one another: a patch in a list takes twelve.
DEEPEST = 100
#: How much of what was sent is quoted to say what is wrong with it, in characters.
QUOTED = 200
#: How many different short texts of an answer are kept once only, however often they come.
SHARED = 2000


class _Reader:
    """Builds nodes from expat's events and refuses whatever XML-RPC does not allow."""

    def __init__(self) -> None:
        self.stack: list[_Frame] = [_Frame("")]
        self.known: dict[tuple[str, str], Any] = {}
        self.parser = expat.ParserCreate("utf-8", intern={})
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.data
        self.parser.StartDoctypeDeclHandler = self.doctype

    def done(self) -> None:
        """Let go of all that was read: the parser and its handlers refer to one another, and so
        would stay until somebody collects garbage."""
        del self.parser
        self.stack.clear()

    def doctype(self, *_: object) -> None:
        raise _Invalid("the answer carries a DOCTYPE")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.stack) > DEEPEST:
            raise _Invalid(f"elements stand more than {DEEPEST} deep in one another")
        self.stack.append(_Frame(tag))

    def data(self, text: str) -> None:
        self.stack[-1].text.append(text)

    def end(self, tag: str) -> None:
        frame = self.stack.pop()
        self.stack[-1].nodes.append((tag, self.built(frame)))

    def built(self, frame: _Frame) -> Any:
        """What an element holds: the same object for the same words, as nothing changes it."""
        if frame.nodes or len(frame.text) > 1:
            return _build(frame)
        key = frame.tag, frame.text[0] if frame.text else ""
        if (known := self.known.get(key)) is None:
            known = _build(frame)
            if len(self.known) < SHARED and len(key[1]) < QUOTED:
                self.known[key] = known
        return known

    def where(self) -> str:
        """The innermost row and member that the parser was inside of."""
        row = member = ""
        for depth, frame in enumerate(self.stack):
            if frame.tag == "data" and depth + 1 < len(self.stack):
                row = f"row {len(frame.nodes)}"
            if frame.tag == "struct":
                names = dict(node for tag, node in frame.nodes if tag == "member")
                if "id" in names:
                    row += f" (id {excerpt(str(names['id'].plain), QUOTED)})"
            if frame.tag == "member" and frame.nodes and frame.nodes[0][0] == "name":
                member = f"member {excerpt(frame.nodes[0][1], QUOTED)}"
        return ", ".join(part for part in (row, member) if part)


def _build(frame: _Frame) -> Any:
    tag, text, nodes = frame.tag, "".join(frame.text), frame.nodes
    if tag in SCALARS:
        if nodes:
            raise _Invalid(f"<{tag}> has elements inside")
        return Node(tag, _scalar(tag, text))
    if tag == "nil":
        return Node(tag, None)
    if tag in ("name", "methodName"):
        return text
    if tag == "value":
        if len(nodes) > 1:
            raise _Invalid("a <value> holds more than one value")
        return nodes[0][1] if nodes else Node("string", text)
    if text.strip():
        raise _Invalid(f"text inside <{tag}>: {excerpt(text.strip(), 40)!r}")
    if tag == "data":
        return tuple(_only(nodes, "value", tag))
    if tag == "array":
        (items,) = _exactly(nodes, ("data",), tag)
        return Node("array", items)
    if tag == "member":
        return tuple(_exactly(nodes, ("name", "value"), tag))
    if tag == "struct":
        return Node("struct", tuple(_only(nodes, "member", tag)))
    if tag in ("param", "fault"):
        return _exactly(nodes, ("value",), tag)[0]
    if tag == "params":
        return _exactly(nodes, ("param",), tag)[0]
    if tag == "methodResponse":
        if len(nodes) != 1 or nodes[0][0] not in ("params", "fault"):
            raise _Invalid("<methodResponse> must hold one <params> or one <fault>")
        return nodes[0]
    raise _Invalid(f"<{tag}> is no element of an XML-RPC answer")


_SHAPES = {
    "int": re.compile(r"[+-]?[0-9]{1,40}\Z"),
    "i4": re.compile(r"[+-]?[0-9]{1,40}\Z"),
    "i8": re.compile(r"[+-]?[0-9]{1,40}\Z"),
    "boolean": re.compile(r"[01]\Z"),
    "double": re.compile(r"[+-]?([0-9]++(\.[0-9]*+)?|\.[0-9]++)([eE][+-]?[0-9]{1,9})?\Z"),
}


def _scalar(tag: str, text: str) -> str:
    shape = _SHAPES.get(tag)
    if shape and not shape.match(text):
        raise _Invalid(f"<{tag}> holds {excerpt(text, 40)!r}")
    if tag == "base64":
        try:
            base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise _Invalid(f"<base64> holds {excerpt(text, 40)!r}: {error}") from None
    return text


def _only(nodes: list[Any], tag: str, parent: str) -> list[Any]:
    for found, _ in nodes:
        if found != tag:
            raise _Invalid(f"<{found}> inside <{parent}>")
    return [node for _, node in nodes]


def _exactly(nodes: list[Any], tags: tuple[str, ...], parent: str) -> list[Any]:
    found = tuple(tag for tag, _ in nodes)
    if found != tags:
        raise _Invalid(f"<{parent}> holds {', '.join(found) or 'nothing'}, not {', '.join(tags)}")
    return [node for _, node in nodes]


def _read(body: bytes) -> tuple[Reply | None, IllFormed | None]:
    reader = _Reader()
    try:
        return _read_by(reader, body)
    finally:
        reader.done()


def _read_by(reader: _Reader, body: bytes) -> tuple[Reply | None, IllFormed | None]:
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as error:
        at = reader.parser.ErrorByteIndex
        character = body[at : at + 4].decode("utf-8", "replace")[:1]
        return None, IllFormed(str(error), reader.where(), character)
    except _Invalid as error:
        return NotXmlRpc(excerpt(str(error), QUOTED)), None
    tag, answer = reader.stack[0].nodes[0]
    if tag != "methodResponse":
        return NotXmlRpc(f"the root element is <{excerpt(tag, QUOTED)}>"), None
    kind, node = answer
    return (_fault(node) if kind == "fault" else node), None


def _fault(node: Node) -> Reply:
    members = node.members
    if set(members) != {"faultCode", "faultString"} or len(node.value) != 2:
        return NotXmlRpc("a <fault> without exactly faultCode and faultString")
    code, text = members["faultCode"], members["faultString"]
    if code.kind not in ("int", "i4") or text.kind != "string":
        return NotXmlRpc("a <fault> whose code is no int or whose string is no string")
    return Fault(code.plain, text.plain)


#: Bytes of bodies that are remembered once they are read: that takes ten times as much, or more.
REMEMBERED = 4 << 20


_remembered: Remembered[bytes, Parsed] = Remembered(REMEMBERED)


def parse(body: bytes) -> Parsed:
    """Read a methodResponse, or recall what it says.

    Text that XML cannot carry is reported as the flaw and then read with U+FFFD in their place, so
    that one bad row does not hide the others. Never raises.
    """
    if (known := _remembered.of(body)) is not None:
        return known
    _remembered.make_room(len(body))  # before: both at once would be too much
    parsed = _parse(body)
    _remembered.add(body, parsed, len(body))
    return parsed


def _parse(body: bytes) -> Parsed:
    if not body.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"<"):
        return Parsed(NotXmlRpc("the body is empty" if not body.strip() else "the body is no XML"))
    if re.match(rb"\s*<(!doctype\s+html|html)", body, re.I):
        return Parsed(NotXmlRpc("the body is an HTML page"))
    reply, flaw = _read(body)
    if reply is not None:
        return Parsed(reply)
    assert flaw is not None
    reply, _ = _read(FORBIDDEN.sub("\ufffd", body.decode("utf-8", "replace")).encode())
    return Parsed(reply or NotXmlRpc(f"the body is not well-formed XML: {flaw.reason}"), flaw)
