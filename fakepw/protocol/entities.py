"""Entity bombs: refused as expat refuses them, but before anything is expanded.

Bodies may declare internal entities and use them (servers.md 1.2).  Since 2.4 expat bounds what
they make of a body, to 8 MiB or 100 times what was read, whichever is more.  Getting there takes
it half a second, and a large body could still grow to hundreds of megabytes.  So the sizes are
summed up here once the declarations are read, and 8 MiB is the end for every body.

Declarations have other ways to bring a server down, which no real one survives either: entities
nested so deep that expat runs out of stack (up to 2.6), and attributes by the thousand, which it
goes through for each one declared and for every tag.  These are refused in the same words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NoReturn
from xml.parsers.expat import XMLParserType

from ..patchwork.words.faults import Fault

LIMIT = 8 * 1024 * 1024

# Entities within entities. A level takes expat less than a kilobyte of stack.
_DEEPEST = 1000

# Where attributes have defaults with entities in them, each declaration may change the size of all
# before it: so many steps of finding that out take a fraction of a second.
_MOST_STEPS = 250_000

# Attributes that expat goes through, for as long.
_MOST_LOOKUPS = 20_000_000

_REFERENCE = re.compile(r"&([^\s&;#]+);")
_NOT_EXPANDED = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>", re.S)
_DEFAULTS = re.compile(r"<!ATTLIST[^>]*>")
_LINE_END = re.compile(r"\r\n?|\n")


def declares(body: bytes) -> bool:
    """Whether the body may hold a document type declaration, in whatever encoding."""
    return b"<!DOCTYPE" in body or b"\0" in body[:4]


class Guard:
    """Watches a parser's document type declaration, and stops it at a bomb with a Fault."""

    def __init__(self, parser: XMLParserType, body: bytes) -> None:
        self._parser = parser
        self._body = body
        self._encoding = "utf-8"
        self._own: dict[str, int] = {}  # the bytes of each entity's text
        self._uses: dict[str, list[str]] = {}  # the entities in it
        self._in_defaults: Counter[str] = Counter()  # those in attributes' defaults
        self._defaults = 0  # bytes of these
        self._steps = 0
        self._attributes: Counter[str] = Counter()  # how many each element has
        self._lookups = 0
        parser.specified_attributes = True  # no attribute's default is handed out with every tag
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._start
        parser.EntityDeclHandler = self._entity
        parser.AttlistDeclHandler = self._attribute
        parser.EndDoctypeDeclHandler = self._end

    def _declared(self, version: str, encoding: str | None, standalone: int) -> None:
        self._encoding = encoding or "utf-8"

    def _start(
        self, name: str, system: str | None, public: str | None, has_internal_subset: bool
    ) -> None:
        defaults = "".join(_DEFAULTS.findall(self._text(0)))
        self._in_defaults = Counter(_REFERENCE.findall(defaults))
        self._defaults = len(defaults)

    def _entity(
        self,
        name: str,
        is_parameter: bool,
        value: str | None,
        base: str | None,
        system: str | None,
        public: str | None,
        notation: str | None,
    ) -> None:
        if is_parameter or value is None:
            return
        self._own[name] = len(value.encode())
        self._uses[name] = _REFERENCE.findall(value) if "&" in value else []
        if self._in_defaults:  # which are expanded before the declaration ends
            sizes = self._sizes()
            total = sum(sizes.get(used, 0) * n for used, n in self._in_defaults.items())
            self._steps += len(self._in_defaults)
            if total + min(self._defaults, LIMIT // 2) >= LIMIT or self._steps > _MOST_STEPS:
                self._refuse_here()

    def _attribute(
        self, element: str, name: str, kind: str, default: str | None, required: bool
    ) -> None:
        self._attributes[element] += 1
        self._lookups += self._attributes[element]
        if self._lookups > _MOST_LOOKUPS:
            self._refuse_here()

    def _end(self) -> None:
        read = self._parser.CurrentByteIndex
        text = self._text(read)
        if self._attributes:
            self._lookups += text.count("<") * max(self._attributes.values())
            if self._lookups > _MOST_LOOKUPS:
                self._refuse_here()
        if not self._own:
            return
        breach = self._breach(text, read)
        if breach is not None:
            before = self._text(0)[: -len(text)] + text[:breach]
            lines = _LINE_END.split(before)
            self._refuse(len(lines), len(lines[-1]))

    def _text(self, start: int) -> str:
        """The body from that byte on, in characters."""
        encoding = self._encoding
        if self._body[:2] in (b"\xff\xfe", b"<\0"):
            encoding = "utf-16-le"
        elif self._body[:2] in (b"\xfe\xff", b"\0<"):
            encoding = "utf-16-be"
        try:
            return self._body[start:].decode(encoding, "replace")
        except LookupError:
            return self._body[start:].decode("latin-1")

    def _breach(self, text: str, read: int) -> int | None:
        """Where in the text the reference is that passes the limit, if one does."""
        sizes = self._sizes()
        if text.count("&") * max(sizes.values()) < LIMIT:
            return None
        shown = _NOT_EXPANDED.sub(lambda found: " " * len(found[0]), text)
        total = 0
        for found in _REFERENCE.finditer(shown):
            total += sizes.get(found[1], 0)
            if total + min(read + found.end(), LIMIT // 2) >= LIMIT:
                return found.start()
        return None

    def _sizes(self) -> dict[str, int]:
        """What each entity expands to, in bytes, as expat counts: its text and all within.

        No more than LIMIT, and just that for one that is nested too deep.
        """
        alone = [name for name, uses in self._uses.items() if not uses]
        sizes = {name: min(self._own[name], LIMIT) for name in alone}
        depths = dict.fromkeys(alone, 1)
        self._steps += len(alone)
        for name in self._own:
            if name in sizes:
                continue
            for inner in self._innermost_first(name, sizes):
                uses = self._uses[inner]
                depth = 1 + max((depths.get(used, 0) for used in uses), default=0)
                size = self._own[inner] + sum(sizes.get(used, 0) for used in uses)
                depths[inner] = depth
                sizes[inner] = LIMIT if depth > _DEEPEST else min(size, LIMIT)
                self._steps += 1 + len(uses)
        return sizes

    def _innermost_first(self, name: str, known: dict[str, int]) -> Iterator[str]:
        """The entity and all that it uses, each after those that it uses itself."""
        waiting, entered = [name], set()
        while waiting:
            top = waiting[-1]
            if top in known or top in entered:
                waiting.pop()
                if top not in known:
                    yield top
                continue
            entered.add(top)
            waiting.extend(n for n in self._uses[top] if n in self._own and n not in entered)

    def _refuse_here(self) -> NoReturn:
        self._refuse(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber)

    def _refuse(self, line: int, column: int) -> NoReturn:
        raise Fault(
            "xml.parsers.expat.ExpatError",
            "limit on input amplification factor (from DTD and entities) breached: "
            f"line {line}, column {column}",
        )
