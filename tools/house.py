"""How the house stands: rooms, arrows, floors, circles, and what is longest.

    python -m tools.house [FOLDER]    prints it as Markdown; of this working tree unless told

A *hall* is a package, or a folder in one; its *rooms* are the modules and folders that stand in it.
An *arrow* runs from a room to another one of the hall that it imports from, wherever in a module
and for whatever reason: types count. *Floors* are the rooms of the longest chain of arrows, circles
counting as one. *Circles* are sets of rooms that reach one another.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("fakepw", "conformance", "pw_containers")

Graph = Mapping[str, set[str]]


@dataclass(frozen=True)
class House:
    """The packages under a folder, parsed."""

    root: Path
    #: Every module by its dotted name: its path and its tree.
    modules: Mapping[str, tuple[Path, ast.Module]]

    def imports(self, name: str) -> Iterator[str]:
        """The dotted names of all that a module imports, wherever in it; modules if it can."""
        path, tree = self.modules[name]
        package = path.relative_to(self.root).with_suffix("").parts[:-1]
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = package[: len(package) - node.level + 1] if node.level else ()
                source = ".".join([*base, *([node.module] if node.module else [])])
                for alias in node.names:
                    full = f"{source}.{alias.name}"
                    yield full if full in self.modules or source not in self.modules else source

    def graph(self) -> Graph:
        """Module -> the other modules of the house that it imports."""
        return {
            name: {other for other in self.imports(name) if other in self.modules} - {name}
            for name in self.modules
        }

    def halls(self) -> Iterator[tuple[str, Graph]]:
        """Each folder of more than one room, and which of its rooms imports from which."""
        modules = self.graph()
        for hall in sorted({name.rpartition(".")[0] for name in modules} - {""}):
            rooms: dict[str, set[str]] = {}
            for name, others in modules.items():
                if (room := room_in(hall, name)) is not None:
                    mine = rooms.setdefault(room, set())
                    mine |= {r for o in others if (r := room_in(hall, o)) is not None} - {room}
            if len(rooms) > 1:
                yield hall, rooms


def house(root: Path, packages: Iterable[str] = PACKAGES) -> House:
    """Read the packages of that name under a folder."""
    found = {}
    for package in packages:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            dotted = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found[dotted] = (path, ast.parse(path.read_text(encoding="utf-8")))
    return House(root, found)


def room_in(hall: str, module: str) -> str | None:
    """The room of a hall in which a module lives; None if it lives elsewhere, or is the hall's own
    `__init__`, which only says what the hall is."""
    if not module.startswith(f"{hall}."):
        return None
    return module.removeprefix(f"{hall}.").partition(".")[0]


def reached(graph: Graph) -> dict[str, set[str]]:
    """Each node, and all that can be reached from it."""
    found = {}
    for start in graph:
        there: set[str] = set()
        ahead = [*graph[start]]
        while ahead:
            node = ahead.pop()
            if node not in there:
                there.add(node)
                ahead += graph[node]
        found[start] = there
    return found


def circles(graph: Graph) -> list[set[str]]:
    """Sets of nodes that reach one another, each once."""
    reach = reached(graph)
    found: list[set[str]] = []
    for node in graph:
        ring = {other for other in reach[node] if node in reach[other]}
        if ring and ring not in found:
            found.append(ring)
    return found


def floors(graph: Graph) -> int:
    """How many nodes the longest chain has; those of a circle stand on one floor."""
    reach = reached(graph)
    known: dict[str, int] = {}

    def height(node: str) -> int:
        if node not in known:
            ring = {other for other in reach[node] if node in reach[other]} | {node}
            below = {other for each in ring for other in graph[each]} - ring
            known.update(dict.fromkeys(ring, 1 + max(map(height, below), default=0)))
        return known[node]

    return max(map(height, graph), default=0)


def functions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """How many lines each function takes, its decorators and docstring included, and its name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            yield (node.end_lineno or first) - first + 1, node.name


def longest(found: House) -> Iterator[tuple[str, int, str]]:
    """What is longest of its kind: the kind, its lines, where."""
    if not found.modules:
        return
    where = {name: path.relative_to(found.root) for name, (path, _) in found.modules.items()}
    lines, name = max(
        (len(path.read_text(encoding="utf-8").splitlines()), name)
        for name, (path, _) in found.modules.items()
    )
    yield "module", lines, str(where[name])
    lines, function, name = max(
        (*each, name) for name, (_, tree) in found.modules.items() for each in functions(tree)
    )
    yield "function", lines, f"{where[name]}: {function}"


def table(found: House) -> Iterator[str]:
    """The house as Markdown, line by line."""
    modules = found.graph()
    rows = [
        ("all modules", modules),
        *((hall.replace(".", "/") + "/", rooms) for hall, rooms in found.halls()),
    ]
    yield "| hall | rooms | arrows | floors | circles |"
    yield "|---|---:|---:|---:|---:|"
    for hall, graph in rows:
        arrows = sum(map(len, graph.values()))
        yield f"| {hall} | {len(graph)} | {arrows} | {floors(graph)} | {len(circles(graph))} |"
    yield ""
    for kind, lines, where in longest(found):
        yield f"* longest {kind}: {lines} lines, {where}"
    for ring in circles(modules):
        yield f"* circle: {', '.join(sorted(ring))}"


if __name__ == "__main__":
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    print("\n".join(table(house(folder))))
