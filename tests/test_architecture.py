"""Imports go one way: serving -> protocol -> patchwork <- fixtures; the suite stands beside."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

#: What each part may import of the project, and of other people's libraries.
ALLOWED = {
    "fakepw/patchwork": ({"fakepw.patchwork"}, {"msgspec"}),
    "fakepw/fixtures": ({"fakepw.fixtures", "fakepw.patchwork"}, {"msgspec"}),
    "fakepw/protocol": ({"fakepw.protocol", "fakepw.patchwork"}, {"msgspec"}),
    "fakepw/serving": (
        {"fakepw.serving", "fakepw.protocol", "fakepw.patchwork", "fakepw.fixtures"},
        {"click", "httptools", "msgspec", "uvloop"},
    ),
    "conformance": ({"conformance"}, None),
}
#: Whether a module of these rooms imports more is none of the rooms' business.
PARTS = sorted(ALLOWED)
LONGEST = 550
STDLIB = sys.stdlib_module_names | {"_typeshed"}


def modules(part: str) -> list[Path]:
    return sorted((ROOT / part).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The absolute names of all modules that a module imports, wherever in it."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            name = ".".join([*base, *([node.module] if node.module else [])])
            if node.module:
                yield name
            else:
                yield from (f"{name}.{alias.name}" for alias in node.names)


def within(name: str, allowed: set[str]) -> bool:
    return any(name == each or name.startswith(f"{each}.") for each in allowed)


@pytest.mark.parametrize("part", PARTS)
def test_a_part_imports_only_what_lies_below_it(part: str) -> None:
    own, libraries = ALLOWED[part]
    wrong = []
    for path in modules(part):
        for name in imports(path):
            top = name.split(".")[0]
            if top in {"fakepw", "conformance"}:
                fine = within(name, own)
            else:
                fine = libraries is None or top in libraries or top in STDLIB
            if not fine:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []


def test_every_part_is_there() -> None:
    assert [part for part in PARTS if not modules(part)] == []


@pytest.mark.parametrize("part", ["fakepw/patchwork", "fakepw/protocol", "fakepw/fixtures"])
def test_the_middle_knows_no_sockets_and_no_threads(part: str) -> None:
    forbidden = {"asyncio", "socket", "threading", "http", "subprocess", "time"}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(part)
        for name in imports(path)
        if name.split(".")[0] in forbidden
    ]
    assert wrong == []


def test_modules_stay_readable_at_one_sitting() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for part in ("fakepw", "conformance", "demo")
        for path in modules(part)
    }
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
