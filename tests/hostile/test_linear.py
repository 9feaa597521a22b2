"""What reads a server's bytes takes no more than twice the time for twice as many.

Every pattern in `conformance/` is found and attacked: what it begins with, then what it may repeat,
a great many times, so that it never comes to an end. Growth is compared, never a time.
"""

from __future__ import annotations

import ast
import re
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import conformance
from conformance.reports import junit, markdown
from conformance.reports.safe.redaction import redact
from conformance.reports.safe.visible import line, pieces, plain
from conformance.target import secrecy
from conformance.target.exchange import Answer, api_status, documented
from conformance.target.wire import Fault, _parse

ROOT = Path(conformance.__file__).parent
SIZES = 2_000, 16_000
#: Sixteen times the work for eight times the input would be far beyond any noise; squares make 64.
GROWTH = 20
#: What cannot be measured takes as long as this, in seconds: else noise would be growth.
LEAST = 2e-3

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    import re._parser as parser  # type: ignore[import-not-found]

FUNCTIONS = {"compile", "match", "search", "sub", "findall", "fullmatch", "finditer", "split"}


def patterns() -> Iterator[tuple[str, tuple[str, str | bytes]]]:
    """Every pattern that is written out in the suite, where, and what is done with it."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            called = ast.unparse(node.func).removeprefix("re.")
            found = written(node.args[0]) if called in FUNCTIONS and node.args else None
            if found is not None:
                yield f"{path.relative_to(ROOT)}:{node.lineno}", (called, found)


def written(node: ast.expr) -> str | bytes | None:
    """A pattern as text; what is put into it is a word."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "word" for part in node.values
        )
    return None


PATTERNS = dict(patterns())


def example(tree: Any) -> str:
    """A short text that a part of a pattern matches, about."""
    found = ""
    for name, value in tree:
        match str(name):
            case "LITERAL":
                found += chr(value)
            case "NOT_LITERAL":
                found += "a" if value != ord("a") else "b"
            case "ANY":
                found += "a"
            case "IN":
                found += member(value)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                found += example(value[2]) * max(1, value[0])
            case "SUBPATTERN":
                found += example(value[3])
            case "ATOMIC_GROUP":
                found += example(value)
            case "BRANCH":
                found += example(value[1][0])
    return found


def member(items: Any) -> str:
    """A character of a class."""
    negated = str(items[0][0]) == "NEGATE"
    for c in "a <\\&0-'\"`\n/:@b>":
        inside = any(
            (str(kind) == "LITERAL" and value == ord(c))
            or (str(kind) == "RANGE" and value[0] <= ord(c) <= value[1])
            or (str(kind) == "CATEGORY" and re.match(CATEGORIES[str(value)], c))
            for kind, value in items
            if str(kind) != "NEGATE"
        )
        if inside != negated:
            return c
    return chr(next(v if str(k) == "LITERAL" else v[0] for k, v in items if str(k) != "NEGATE"))


CATEGORIES = {
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_NOT_WORD": r"\W",
}


def attacks(pattern: str | bytes) -> set[tuple[str, str]]:
    """(beginning, what is repeated) for each repetition in a pattern."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    found = {("", c) for c in ("<", "\\", " ", "a", "0", "\n", "`", "&", "'", ">")}

    def walk(tree: Any, before: str) -> str:
        for name, value in tree:
            match str(name):
                case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                    once = example(value[2]) or "a"
                    found.update({(before, once), ("", before + once), (once, before + once)})
                    walk(value[2], before)
                case "SUBPATTERN":
                    walk(value[3], before)
                case "BRANCH":
                    for branch in value[1]:
                        walk(branch, before)
                case "ATOMIC_GROUP":
                    walk(value, before)
            before += example([(name, value)])
        return before

    whole = walk(parser.parse(text), "")
    return found | ({("", whole)} if whole else set())


def takes(function: Callable[[Any], Any], data: Any) -> float:
    """The least time of a few tries."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        function(data)
        best = min(best, time.process_time() - started)
        if best < LEAST:
            break
    return max(best, LEAST)


def grows(function: Callable[[Any], Any], make: Callable[[int], Any]) -> bool:
    """Whether eight times as much takes far more than eight times as long, each time anew."""
    for _ in range(3):
        small, large = (takes(function, make(size)) for size in SIZES)
        if large / small < GROWTH:
            return False
    return True


@pytest.mark.parametrize("where", PATTERNS)
def test_no_pattern_grows_faster_than_its_input(where: str) -> None:
    called, pattern = PATTERNS[where]
    compiled: Any = re.compile(pattern, re.S | re.M)
    # What must reach the very end, or begin at the beginning, is never searched for.
    ends = pattern[-2:] in ("\\Z", b"\\Z")
    anchored = called in ("match", "fullmatch") or (called == "compile" and ends)
    uses: list[Callable[[Any], Any]] = [compiled.match]
    if not anchored:
        uses.append(lambda data: list(compiled.finditer(data)))
    for beginning, repeated in attacks(pattern):

        def text(size: int, beginning: str = beginning, repeated: str = repeated) -> Any:
            whole = beginning + repeated * (size // len(repeated)) + "\x00"
            return whole.encode("latin-1", "replace") if isinstance(pattern, bytes) else whole

        for use in uses:
            assert not grows(use, text), f"{where}: {pattern!r} on {beginning!r} {repeated!r}…"


def test_patterns_are_found() -> None:
    assert len(PATTERNS) > 40
    assert any("exchange.py" in where for where in PATTERNS)


def test_no_pattern_has_a_group_that_gives_nothing_back() -> None:
    """Pythons before 3.11.5, such as Debian 12's, match `(…)*+` wrongly where the group could give
    back; that a class of characters does not, as in `[^<]*+`, is well."""
    wrong = [
        f"{path}:{node.lineno}: {node.value!r}"
        for package in (ROOT, ROOT.parent / "fakepw")
        for path in sorted(package.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        if re.search(r"[^(\\]\)(?:[*+?]|\{[\d,]+\})\+|\(\?>", _text(node.value))
    ]
    assert wrong == []


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def test_a_quadratic_pattern_is_noticed() -> None:
    """What the suite once had."""
    for pattern, repeated in ((r"<[^>]*>", "<"), (r"\\*'", "\\")):
        compiled = re.compile(pattern)
        assert grows(partial(compiled.sub, ""), repeated.__mul__)


def answer(text: str) -> Answer:
    return Answer(200, (("Content-Type", "text/html"),), text.encode("utf-8", "surrogatepass"))


READERS: dict[str, Callable[[str], Any]] = {
    "api_status": api_status,
    "documented": documented,
    "html": lambda text: answer(text).html,
    "parse": lambda text: _parse(text.encode()),  # past what it remembers
    "parse inside": lambda text: _parse(f"<methodResponse>{text}".encode()),
    "describe": lambda text: answer(text).describe(),
    "a fault's class": lambda text: Fault(1, text).kind,
    "a fault's words": lambda text: Fault(1, text).message,
    "a fault's Python": lambda text: Fault(1, text).python,
    "redact": lambda text: redact(text + "!" * (time.perf_counter_ns() % 7), ["hunter22", "päss"]),
    "excerpt": lambda text: secrecy.excerpt(text, 300),
    "plain": plain,
    "line": line,
    "pieces": lambda text: list(pieces(text)),
    "markdown text": markdown.text,
    "markdown code": markdown.code,
    "markdown block": markdown.block,
    "junit": junit.oneline,
}
PUMPS = (
    "<", "\\", "&", "&#", "&#0", "%", "%4", "a", "0", " ", "\n", "\r", "`", "'", '"', "=", "://",
    "a@", "://a:", "<dt>", '<dt><a name="-', '<dt><a name="-x"><strong>x</strong></a>(',
    "</dt>", "<a<",
    "authorization:", "authorization: ", "basic ", "basic aaaa", "REST enabled ", "enabled REST ",
    "<!doctype ", "<?xml ", "::a", "##[", "section_", "\ud800", "é", "<class '", "A" * 60 + "\n",
    "aHVudGVyMjI", "\\u00", "22retnuh", "hunter2", "<a>", "<value>", "<a b='c'/>",
)  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_no_reader_grows_faster_than_its_input(name: str) -> None:
    read = READERS[name]
    for pump in PUMPS:
        if "parse" in name and "\ud800" in pump:
            continue

        def text(size: int, pump: str = pump) -> str:
            return pump * (size // len(pump))

        assert not grows(read, text), f"{name} on {pump!r}"
