"""Whether two answers have one shape, and what a client would notice where they have not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..target.exchange import Answer
from ..target.knowing.walls import wall
from ..target.sending.transport import BUSY
from ..target.wire import Fault, Node, NotXmlRpc

#: Faults that come from rows and not from the server: class, and what their text holds
#: (servers.md 1.5 to 1.9, 3, 4).
OF_ROWS = (
    ("MultipleObjectsReturned", ""),
    ("DoesNotExist", ""),
    ("AssertionError", "Negative indexing"),
    ("ValueError", "Negative indexing"),
    ("TypeError", "cannot marshal None"),
    ("OperationalError", ""),
    ("UnicodeEncodeError", ""),
    ("UnicodeDecodeError", ""),
)
#: What is the same whatever rows there are, and so is compared by value.
VALUES = frozenset({"pw_rpc_version"})
#: The most notices of one answer that are kept.
MANY = 50
#: Wire types that every client reads alike.
ALIKE = {"i4": "int", "i8": "int"}


@dataclass(frozen=True)
class Notice:
    """One thing that a client notices: where, what either side has, and what that does."""

    where: str
    ours: str
    theirs: str
    client: str


@dataclass(frozen=True)
class Noticed:
    """What came of a comparison: notices, or why there is nothing to compare; alike if neither."""

    notices: tuple[Notice, ...] = ()
    undecided: str = ""
    #: Whether both found something, so that no other rows would make a difference.
    sure: bool = False

    @property
    def alike(self) -> bool:
        """Whether a client notices nothing."""
        return not self.notices and not self.undecided


def compare(method: str, ours: Answer, theirs: Answer) -> Noticed:
    """What a client that was tested against our answer notices in theirs."""
    if theirs.status in BUSY and ours.status not in BUSY:
        return Noticed(undecided=f"a gateway in front answered HTTP {theirs.status}")
    if name := wall(theirs):
        return Noticed(undecided=f"{name} answered")
    if ours.status != theirs.status:
        said = theirs.describe()
        return _one("status", ours, theirs, f"ProtocolError instead of an answer: {said}")
    one, other = ours.reply, theirs.reply
    if isinstance(one, NotXmlRpc) or isinstance(other, NotXmlRpc):
        if type(one) is type(other):
            return Noticed()
        client = f"no XML-RPC: {other.reason}" if isinstance(other, NotXmlRpc) else "an answer"
        return _one("body", ours, theirs, client)
    if isinstance(one, Fault) or isinstance(other, Fault):
        return _faults(one, other, ours, theirs)
    if theirs.flaw is not None and ours.flaw is None:
        return Noticed(undecided=f"a row there breaks the XML: {theirs.flaw.where or 'somewhere'}")
    if method in VALUES and one.plain != other.plain:
        return replace(_one("result", ours, theirs, "another value"), sure=True)
    return _values(one, other)


def _one(where: str, ours: Answer, theirs: Answer, client: str) -> Noticed:
    return Noticed((Notice(where, ours.describe(), theirs.describe(), client),))


def _of_rows(reply: Node | Fault) -> bool:
    return isinstance(reply, Fault) and any(
        reply.kind == kind and text in reply.text for kind, text in OF_ROWS
    )


def _missed(one: Node | Fault, other: Node | Fault) -> bool:
    """Whether one found what the other, a 1.1, has not (servers.md 2)."""
    found = isinstance(one, Node) and not _empty(one) and one.plain != ""
    return found and isinstance(other, Fault) and "list index out of range" in other.text


def _faults(one: Node | Fault, other: Node | Fault, ours: Answer, theirs: Answer) -> Noticed:
    if isinstance(one, Fault) and isinstance(other, Fault) and one.kind == other.kind:
        return Noticed()
    if _of_rows(one) or _of_rows(other) or _missed(one, other) or _missed(other, one):
        return Noticed(
            undecided=f"it depends on rows: {ours.describe()} here, {theirs.describe()} there"
        )
    if not isinstance(other, Fault):
        return _one("result", ours, theirs, "no Fault, where your tests caught one")
    if not isinstance(one, Fault):
        return _one("result", ours, theirs, f"a Fault that your tests never saw: {other.text}")
    return _one("fault", ours, theirs, f"a Fault of class {other.kind}, not {one.kind}")


def _values(one: Node, other: Node) -> Noticed:
    if _empty(one) != _empty(other) and one.kind == other.kind:
        side = "there" if _empty(other) else "on the double"
        return Noticed(undecided=f"nothing was found {side}")
    ours, theirs = dict(_shape(one)), dict(_shape(other))
    notices = []
    for path, kinds in ours.items():
        if path not in theirs:
            if not path.endswith("[]") and _parent(path) in theirs:
                said = f"a KeyError: {path.rpartition('.')[2]!r} is missing"
                notices.append(Notice(path, f"<{kinds}>", "missing", said))
        elif kinds != theirs[path]:
            notices.append(
                Notice(path, f"<{kinds}>", f"<{theirs[path]}>", _retyped(kinds, theirs[path]))
            )
    for path, kinds in theirs.items():
        if path not in ours and not path.endswith("[]") and _parent(path) in ours:
            notices.append(Notice(path, "missing", f"<{kinds}>", "a member that is new to it"))
    return Noticed(tuple(notices[:MANY]), sure=True)


def _empty(node: Node) -> bool:
    return node.kind in ("array", "struct") and not node.value


def _retyped(ours: str, theirs: str) -> str:
    words = {"base64": "bytes (a Binary)", "string": "text", "nil": "None"}
    return f"{words.get(theirs, theirs)}, where your tests had {words.get(ours, ours)}"


def _parent(path: str) -> str:
    """The struct that a member is of."""
    return path.rpartition(".")[0] or "result"


def _shape(node: Node) -> list[tuple[str, str]]:
    """Every place of a value, and the wire types found there; rows of a list are one place."""
    found: dict[str, set[str]] = {}
    for path, kind in _places(node, "result"):
        found.setdefault(path, set()).add(ALIKE.get(kind, kind))
    return [(path, " or ".join(sorted(kinds))) for path, kinds in found.items()]


def _places(node: Node, path: str) -> Iterator[tuple[str, str]]:
    yield path, node.kind
    if node.kind == "struct":
        for name, value in node.value:
            yield from _places(value, f"{path}.{name}")
    for item in node:
        yield from _places(item, f"{path}[]")
