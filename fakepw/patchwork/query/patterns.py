"""Regular expressions that clients send, matched in bounded time whatever they are.

A real server hands them to its database, and waits (servers.md 1.7: `date__year__regex`).  Here a
pattern is taken apart as Python's `re` would, and then *calculated*: for every part of it, from the
innermost out, from which places of the text to which others it leads.  A repetition is a power of
what it repeats, so `{60}` costs no more than `{2}`, and nothing is ever tried twice: the work grows
with the length of the pattern and with that of the text, and with nothing else.

What that cannot say, back references, conditions and atomic groups, is refused, as is what is
longer than any person writes: the database's own complaint about a pattern stands for its limits.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

#: Characters of a pattern.
LONGEST = 1000
#: Parts of a pattern times places in a text, over all the texts of one query.
MOST_STEPS = 100_000
#: Beyond which `re` takes no count.
_MOST_REPEATS = 2**32 - 1

#: From each place of a text, as bits, the places to which a part of a pattern leads.
Leads = list[int]
Test = Callable[[str], bool]


class BadPattern(ValueError):
    """A pattern that is none, or that is too much for a server."""


class _Part(NamedTuple):
    """A part of a pattern, the numbers of the parts in it, and how long its matches may be."""

    kind: str
    least: int
    most: int
    parts: tuple[int, ...] = ()
    detail: Any = None


class Pattern:
    """A pattern that can be looked for in texts, until that has taken MOST_STEPS.

    Raises BadPattern.
    """

    def __init__(self, pattern: str) -> None:
        if len(pattern) > LONGEST:
            raise BadPattern("too long")
        self._parts = _Parser(pattern).parse()
        self._steps = 0
        self._known: dict[str, bool] = {}

    def found_in(self, text: str) -> bool:
        """Whether it matches anywhere in a text. Raises BadPattern if it takes too long."""
        found = self._known.get(text)
        if found is None:
            self._steps += len(self._parts) * (len(text) + 1)
            if self._steps > MOST_STEPS:
                raise BadPattern("takes too long")
            found = self._known[text] = any(_leads(self._parts, text))
        return found


# -- matching ------------------------------------------------------------------------------


def _leads(parts: list[_Part], text: str) -> Leads:
    """Where the last part, which is all of the pattern, leads."""
    known: list[Leads] = []
    for part in parts:
        known.append(_WAYS[part.kind](part, [known[number] for number in part.parts], text))
    return known[-1]


def _nowhere_else(text: str) -> Leads:
    return [1 << place for place in range(len(text) + 1)]


def _then(first: Leads, second: Leads) -> Leads:
    """Where one leads after the other."""
    found = []
    for places in first:
        reached, place = 0, 0
        while places:
            if places & 1:
                reached |= second[place]
            places >>= 1
            place += 1
        found.append(reached)
    return found


def _power(leads: Leads, exponent: int, text: str) -> Leads:
    found = _nowhere_else(text)
    while exponent:
        if exponent & 1:
            found = _then(found, leads)
        exponent >>= 1
        if exponent:
            leads = _then(leads, leads)
    return found


def _one(part: _Part, _: list[Leads], text: str) -> Leads:
    test: Test = part.detail
    return [2 << place if test(char) else 0 for place, char in enumerate(text)] + [0]


def _at(part: _Part, _: list[Leads], text: str) -> Leads:
    holds: Callable[[str, int], bool] = part.detail
    return [1 << place if holds(text, place) else 0 for place in range(len(text) + 1)]


def _all(_: _Part, inner: list[Leads], text: str) -> Leads:
    found = _nowhere_else(text)
    for leads in inner:
        found = _then(found, leads)
    return found


def _any(_: _Part, inner: list[Leads], text: str) -> Leads:
    found = [0] * (len(text) + 1)
    for leads in inner:
        found = [one | other for one, other in zip(found, leads, strict=True)]
    return found


def _times(part: _Part, inner: list[Leads], text: str) -> Leads:
    least, most = part.detail
    once = inner[0]
    perhaps = [places | 1 << place for place, places in enumerate(once)]
    # More often than there are characters it can only match nothing, and once is as good as more.
    first, again = min(least, len(text) + 1), min(most - least, len(text))
    return _then(_power(once, first, text), _power(perhaps, again, text))


def _look(part: _Part, inner: list[Leads], text: str) -> Leads:
    ahead, wanted = part.detail
    if ahead:
        seen = [places != 0 for places in inner[0]]
    else:
        seen = [any(each >> place & 1 for each in inner[0]) for place in range(len(text) + 1)]
    return [1 << place if each is wanted else 0 for place, each in enumerate(seen)]


_WAYS: dict[str, Callable[[_Part, list[Leads], str], Leads]] = {
    "one": _one,
    "at": _at,
    "all": _all,
    "any": _any,
    "times": _times,
    "look": _look,
}


# -- parsing -------------------------------------------------------------------------------


def _word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _border(text: str, place: int) -> bool:
    before = place > 0 and _word(text[place - 1])
    return before != (place < len(text) and _word(text[place]))


def _not(test: Test) -> Test:
    return lambda char: not test(char)


_CLASSES: dict[str, Test] = {"d": str.isdecimal, "w": _word, "s": str.isspace}
_CLASSES |= {name.upper(): _not(test) for name, test in _CLASSES.items()}
_PLACES: dict[str, Callable[[str, int], bool]] = {
    "A": lambda _, place: place == 0,
    "Z": lambda text, place: place == len(text),
    "b": _border,
    "B": lambda text, place: not _border(text, place),
    "^": lambda _, place: place == 0,
    "$": lambda text, place: place == len(text) or text[place:] == "\n",
}
_CONTROLS = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HEX = {"x": 2, "u": 4, "U": 8}
_COUNT = re.compile(r"\{(?!\})(\d*)(?:(,)(\d*))?\}", re.ASCII)
_FLAGS = re.compile(r"([aiLmsux]*)(?:-([imsx]+))?([:)])")
_NAME = re.compile(r"P<([^>]*)>")
_GROUPS = {"=": (True, True), "!": (True, False), "<=": (False, True), "<!": (False, False)}


@dataclass(slots=True)
class _Open:
    """A group that is not closed yet: what it is, its branches and the one that is being read."""

    look: tuple[bool, bool] | None = None
    verbose: bool = False
    branches: list[int] = field(default_factory=list)
    branch: list[int] = field(default_factory=list)


class _Parser:
    """Takes a pattern apart; `parts` come in an order in which what is inside comes first."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.parts: list[_Part] = []
        self.open = [_Open()]
        self.names: set[str] = set()

    def parse(self) -> list[_Part]:
        """The parts, of which the last is all of it. Raises BadPattern."""
        while self.at < len(self.pattern):
            char = self.pattern[self.at]
            self.at += 1
            self._read(char)
        if len(self.open) > 1:
            raise BadPattern("missing )")
        self._branches(self.open[0])
        return self.parts

    def _read(self, char: str) -> None:
        group = self.open[-1]
        if group.verbose and char in " \t\n\r\v\f#":
            if char == "#":
                self.at = self.pattern.find("\n", self.at) + 1 or len(self.pattern)
        elif char == "(":
            self._begin()
        elif char == ")":
            self._end()
        elif char == "|":
            group.branches.append(self._add_all(group.branch))
            group.branch = []
        elif char in "*+?" or (char == "{" and _COUNT.match(self.pattern, self.at - 1)):
            self._repeat(char)
        elif char in "^$":
            self._append(_Part("at", 0, 0, detail=_PLACES[char]))
        elif char == "\\" and self._peek() in ("A", "Z", "b", "B"):
            self._append(_Part("at", 0, 0, detail=_PLACES[self._next()]))
        else:
            self._append(_Part("one", 1, 1, detail=self._test(char)))

    def _test(self, char: str) -> Test:
        """What matches one character."""
        if char == "[":
            return self._set()
        if char == ".":
            return lambda char: char != "\n"
        test = self._escape(in_set=False) if char == "\\" else char
        return test.__eq__ if isinstance(test, str) else test

    def _peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def _next(self) -> str:
        char = self._peek()
        if not char:
            raise BadPattern("unexpected end")
        self.at += 1
        return char

    # Parts.

    def _add(self, part: _Part) -> int:
        self.parts.append(part)
        return len(self.parts) - 1

    def _append(self, part: _Part) -> None:
        self.open[-1].branch.append(self._add(part))

    def _add_all(self, branch: list[int]) -> int:
        inner = [self.parts[number] for number in branch]
        least, most = sum(part.least for part in inner), sum(part.most for part in inner)
        return self._add(_Part("all", _capped(least), _capped(most), tuple(branch)))

    def _branches(self, group: _Open) -> int:
        branches = (*group.branches, self._add_all(group.branch))
        inner = [self.parts[number] for number in branches]
        least, most = min(p.least for p in inner), max(p.most for p in inner)
        return self._add(_Part("any", least, most, branches))

    # Groups.

    def _begin(self) -> None:
        group = _Open(verbose=self.open[-1].verbose)
        if self._peek() == "?":
            self.at += 1
            if self._special(group):
                return
        self.open.append(group)

    def _special(self, group: _Open) -> bool:
        """Read what is behind `(?`. True if it opens no group after all."""
        if self._peek() == "#":
            self.at = self.pattern.find(")", self.at) + 1
            if not self.at:
                raise BadPattern("missing )")
            return True
        for sign, look in _GROUPS.items():
            if self.pattern.startswith(sign, self.at):
                self.at += len(sign)
                group.look = look
                return False
        if name := _NAME.match(self.pattern, self.at):
            if not name[1].isidentifier() or name[1] in self.names:
                raise BadPattern("bad name")
            self.names.add(name[1])
            self.at = name.end()
            return False
        return self._flagged(group)

    def _flagged(self, group: _Open) -> bool:
        flags = _FLAGS.match(self.pattern, self.at)
        if flags is None or "L" in flags[1] or {"a", "u"} <= {*flags[1]}:
            raise BadPattern("unknown extension")
        on, off, end = flags.groups()
        everywhere = end == ")"
        if {*on} & {*(off or "")} or (everywhere and (off or not on)):
            raise BadPattern("bad flags")
        if everywhere and (len(self.open) > 1 or self.open[0].branches or self.open[0].branch):
            raise BadPattern("flags not at the start")
        self.at = flags.end()
        (self.open[-1] if everywhere else group).verbose |= "x" in on
        group.verbose &= "x" not in (off or "")
        return everywhere

    def _end(self) -> None:
        if len(self.open) == 1:
            raise BadPattern("unbalanced )")
        group = self.open.pop()
        number = self._branches(group)
        if group.look is not None:
            inner = self.parts[number]
            if not group.look[0] and inner.least != inner.most:
                raise BadPattern("look-behind requires fixed-width pattern")
            number = self._add(_Part("look", 0, 0, (number,), group.look))
        self.open[-1].branch.append(number)

    # Repetitions.

    def _repeat(self, char: str) -> None:
        least, most = {"*": (0, _MOST_REPEATS), "+": (1, _MOST_REPEATS)}.get(char, (0, 1))
        if char == "{":
            least, most = self._count()
        branch = self.open[-1].branch
        if not branch or self.parts[branch[-1]].kind == "at":
            raise BadPattern("nothing to repeat")
        if self.parts[branch[-1]].kind == "times":
            raise BadPattern("multiple repeat")
        if self._peek() == "+":
            raise BadPattern("possessive")
        self.at += self._peek() == "?"
        number = branch.pop()
        inner = self.parts[number]
        bounds = _capped(inner.least * least), _capped(inner.most * most)
        self._append(_Part("times", *bounds, (number,), (least, most)))

    def _count(self) -> tuple[int, int]:
        found = _COUNT.match(self.pattern, self.at - 1)
        assert found is not None
        low, comma, high = found.groups()
        self.at = found.end()
        least = int(low or 0)
        most = least if comma is None else int(high) if high else _MOST_REPEATS
        if least >= _MOST_REPEATS or most > _MOST_REPEATS or least > most:
            raise BadPattern("bad repetition")
        return least, most

    # Characters.

    def _escape(self, *, in_set: bool) -> str | Test:
        """What is behind a backslash: a character, or a test of one."""
        char = self._next()
        if char in _CLASSES:
            return _CLASSES[char]
        if char in _CONTROLS and (in_set or char != "b"):
            return _CONTROLS[char]
        if char in _HEX:
            return self._code(_HEX[char], string.hexdigits, 16)
        if char in string.octdigits and (in_set or char == "0" or self._octal()):
            self.at -= 1
            return self._code(3, string.octdigits, 8, exact=False)
        if char in string.digits or char in string.ascii_letters:
            raise BadPattern("bad escape")  # a back reference among them
        return char

    def _octal(self) -> bool:
        """Whether this escape is three octal digits, and so no reference to a group."""
        digits = self.pattern[self.at - 1 : self.at + 2]
        return len(digits) == 3 and {*digits} <= {*string.octdigits}

    def _code(self, most: int, digits: str, base: int, *, exact: bool = True) -> str:
        start = self.at
        while self.at - start < most and self._peek() and self._peek() in digits:
            self.at += 1
        shown = self.pattern[start : self.at]
        if (exact and len(shown) < most) or not shown:
            raise BadPattern("incomplete escape")
        code = int(shown, base)
        if code > (0x10FFFF if exact else 0o377):
            raise BadPattern("bad escape")
        return chr(code)

    def _set(self) -> Test:
        """The rest of a `[…]`."""
        negated = self._peek() == "^"
        self.at += negated
        tests: list[Test] = []
        start = self.at
        while True:
            char = self._next()
            if char == "]" and self.at > start + 1:
                break
            first = self._escape(in_set=True) if char == "\\" else char
            if self._peek() != "-" or self.pattern[self.at + 1 : self.at + 2] == "]":
                tests.append(first.__eq__ if isinstance(first, str) else first)
                continue
            self.at += 1
            char = self._next()
            last = self._escape(in_set=True) if char == "\\" else char
            if not isinstance(first, str) or not isinstance(last, str) or first > last:
                raise BadPattern("bad character range")
            tests.append(_within(first, last))
        among: Test = lambda char: any(test(char) for test in tests)  # noqa: E731
        return _not(among) if negated else among


def _within(first: str, last: str) -> Test:
    return lambda char: first <= char <= last


def _capped(width: int) -> int:
    return min(width, _MOST_REPEATS)
