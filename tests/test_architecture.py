"""The plan of the house, as data; and that the code keeps to it.

Rooms stand in the order of the house, from the ground up: a room may use only rooms that stand
before it, and of those only the ones that it names. What is imported for types alone counts, too.
"""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.memory import kept
from tools.house import PACKAGES, House, circles, functions, house

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Room:
    """Folders or modules that belong together; which rooms and which libraries they may use.

    `libraries` is None where other people's libraries are nobody's business.
    """

    places: tuple[str, ...]
    uses: tuple[str, ...] = ()
    libraries: frozenset[str] | None = frozenset({"msgspec"})


def _room(*places: str, uses: str = "", libraries: str | None = "msgspec") -> Room:
    return Room(
        places, tuple(uses.split()), None if libraries is None else frozenset(libraries.split())
    )


_P = "fakepw/patchwork/"

HOUSE = {
    # What both packages stand on, and nothing of Patchwork.
    "containers": _room("pw_containers", libraries="docker requests"),
    # What a Patchwork is.
    "words": _room(_P + "words", libraries="msgspec tzdata"),
    "rows": _room(_P + "rows", uses="words"),
    "instances": _room(_P + "instances", uses="words"),
    "mail": _room(_P + "mail", uses="words rows instances"),
    "query": _room(_P + "query", uses="words rows instances"),
    "patchwork": _room("fakepw/patchwork", uses="words rows instances mail query"),
    # How it speaks, how data comes in, how it runs, and how people reach it.
    "protocol": _room("fakepw/protocol", uses="words rows instances mail query patchwork"),
    "wording": _room("fakepw/telling/wording", uses="words"),
    "outcomes": _room("fakepw/double/outcome", uses="protocol"),
    "journal": _room("fakepw/double/journal", uses="words protocol wording"),
    "rules": _room("fakepw/rules", uses="words protocol wording"),
    "effects": _room(
        "fakepw/double/rules",
        uses="words patchwork protocol rules journal outcomes",
    ),
    "fixtures": _room("fakepw/fixtures", uses="words rows instances mail wording rules"),
    "progress": _room("fakepw/telling/progress", libraries="rich"),
    "generating": _room(
        "fakepw/generating",
        uses="words rows mail fixtures progress",
        libraries="click msgspec",
    ),
    "double": _room(
        "fakepw/double",
        uses="words rows instances patchwork protocol wording fixtures journal rules"
        " outcomes effects",
    ),
    "handles": _room(
        "fakepw/double/handles",
        uses="words rows instances wording fixtures journal rules double",
    ),
    "operations": _room(
        "fakepw/double/control",
        uses="patchwork wording fixtures journal rules double",
    ),
    "http": _room(
        "fakepw/serving/http",
        "fakepw/serving/limits",
        uses="protocol",
        libraries="httptools msgspec",
    ),
    # Whose turn it is at a double: the loop's, or that of a thread of the test's.
    "turns": _room("fakepw/serving/alone", uses="protocol wording outcomes"),
    "connections": _room("fakepw/serving/connections", uses="words protocol outcomes http"),
    "guarding": _room("fakepw/serving/guarding", uses="words protocol"),
    "people": _room(
        "fakepw/serving/people",
        uses="words rows protocol fixtures journal outcomes double guarding",
    ),
    "control": _room(
        "fakepw/serving/control",
        uses="words protocol wording fixtures outcomes double operations guarding people",
    ),
    "reach": _room(
        "fakepw/serving/reach",
        uses="words rows instances patchwork protocol wording fixtures journal rules outcomes"
        " double handles operations http turns",
    ),
    "serving": _room(
        "fakepw/serving",
        uses="words rows instances patchwork protocol wording fixtures journal rules outcomes"
        " double operations guarding control reach http turns connections",
        libraries="click msgspec trustme uvloop",
    ),
    "usage": _room(
        "fakepw/usage",
        uses="words rows instances query patchwork protocol fixtures journal operations",
        libraries="click msgspec",
    ),
    "fakepw": _room(
        "fakepw",
        uses="containers words rows instances query patchwork protocol wording fixtures journal"
        " rules double handles http guarding reach serving",
        libraries="click hypothesis msgspec pytest",
    ),
    # The suite. It must never learn the right answer from fakepw's code: no room of its is named.
    "target": _room("conformance/target", libraries=None),
    # What asks a live server asks as the suite does, through rooms that know nothing of fakepw.
    "recording": _room(
        "fakepw/recording",
        uses="words rows instances mail patchwork protocol wording fixtures progress generating"
        " target",
        libraries="click msgspec",
    ),
    "requirements": _room("conformance/requirements", uses="target", libraries=None),
    "verdicts": _room("conformance/verdicts", uses="target requirements", libraries=None),
    "deciding": _room("conformance/deciding", uses="target requirements verdicts", libraries=None),
    "bridge": _room("conformance/bridge", uses="target deciding", libraries=None),
    "asking": _room(
        "conformance/chapters/asking", uses="target requirements verdicts deciding", libraries=None
    ),
    "chapters": _room(
        "conformance/chapters", uses="target requirements verdicts deciding asking", libraries=None
    ),
    "safe": _room("conformance/reports/safe", uses="target verdicts", libraries=None),
    "reports": _room(
        "conformance/reports", uses="target requirements verdicts safe", libraries=None
    ),
    "shown": _room(
        "conformance/reports/shown",
        uses="target requirements verdicts deciding bridge safe reports",
        libraries=None,
    ),
    "kept": _room(
        "conformance/kept",
        uses="target requirements verdicts deciding safe reports",
        libraries=None,
    ),
    "commands": _room(
        "conformance/commands",
        uses="containers target requirements verdicts deciding bridge chapters safe"
        " reports shown kept",
        libraries=None,
    ),
    "conformance": _room("conformance", uses="target commands", libraries=None),
}

#: Rooms that must not know that there is a machine around them.
SANS_IO = ["words", "rows", "instances", "mail", "query", "patchwork", "protocol", "wording"]
SANS_IO += ["outcomes", "journal", "rules", "effects", "fixtures", "double", "http"]
MACHINE = {"asyncio", "socket", "threading", "http.client", "http.server", "subprocess", "time"}
#: The most lines of a module, and of a function: what is read at one sitting, and on one screen.
LONGEST, SCREEN = 450, 50
#: Commands, and what stands for one in Python: what can be asked for is in their signatures.
LONGER = {f"conformance/commands/cli.py: {name}" for name in ("run", "diff")} | {
    "fakepw/serving/commands/command.py: serve",
    "fakepw/generating/command.py: generate",
    "conformance/commands/bridging.py: replay_recording",
    "fakepw/docker.py: serve",
    "fakepw/recording/command.py: record_",
    "fakepw/serving/thread.py: serve",
}
STDLIB = sys.stdlib_module_names | {"_typeshed"}


@kept
def found() -> House:
    """All packages, parsed once."""
    return house(ROOT)


def modules() -> dict[str, Path]:
    """Every module of the packages by its dotted name."""
    return {name: path for name, (path, _) in found().modules.items()}


@cache
def room_of(path: Path) -> str:
    """The room in which a module lives: that of the longest place which holds it."""
    name = path.relative_to(ROOT).with_suffix("").as_posix()
    fits = {
        place: key
        for key, room in HOUSE.items()
        for place in room.places
        if f"{name}/".startswith(f"{place}/")
    }
    return fits[max(fits, key=len)]


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("key", HOUSE)
def test_a_room_uses_only_what_the_plan_allows(key: str) -> None:
    room = HOUSE[key]
    wrong = []
    for name, path in modules().items():
        if room_of(path) != key:
            continue
        used = set(found().imports(name))
        wrong += [
            f"{shown(path)} imports {shown(modules()[other])}"
            for other in used & set(modules())
            if room_of(modules()[other]) not in {key, *room.uses}
        ]
        for top in {other.split(".")[0] for other in used} - set(PACKAGES):
            if room.libraries is not None and top not in room.libraries | STDLIB:
                wrong.append(f"{shown(path)} imports {top}")
    assert wrong == []


def test_the_plan_allows_no_more_than_is_used() -> None:
    used: dict[str, set[str]] = {key: set() for key in HOUSE}
    for name, path in modules().items():
        used[room_of(path)] |= {
            room_of(modules()[other]) for other in found().imports(name) if other in modules()
        }
    idle = {key: set(room.uses) - used[key] for key, room in HOUSE.items()}
    assert {key: rooms for key, rooms in idle.items() if rooms} == {}


def test_no_arrow_runs_up() -> None:
    order = list(HOUSE)
    wrong = [
        f"{key} uses {below}"
        for key, room in HOUSE.items()
        for below in room.uses
        if order.index(below) >= order.index(key)
    ]
    assert wrong == []


def test_every_room_is_lived_in() -> None:
    assert set(HOUSE) - {room_of(path) for path in modules().values()} == set()


def test_no_two_modules_import_each_other() -> None:
    assert circles(found().graph()) == []


def test_no_two_rooms_of_a_folder_import_each_other() -> None:
    """Of what stands in one folder, modules and folders alike, nothing leads back to itself."""
    rings = {hall: circles(rooms) for hall, rooms in found().halls()}
    assert {hall: ring for hall, ring in rings.items() if ring} == {}


def test_the_middle_knows_no_sockets_and_no_threads() -> None:
    wrong = [
        f"{shown(path)} imports {name}"
        for module, path in modules().items()
        if room_of(path) in SANS_IO
        for name in found().imports(module)
        if any(f"{name}.".startswith(f"{each}.") for each in MACHINE)
    ]
    assert wrong == []


def test_nothing_imports_a_test_module() -> None:
    """What two test modules need has a home of its own, in a module that is no test."""
    every = [*modules().values(), *sorted((ROOT / "tests").rglob("*.py"))]
    wrong = [
        f"{shown(path)} imports {name}"
        for path in every
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or "", *(alias.name for alias in node.names)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name.rpartition(".")[2].startswith("test_")
    ]
    assert wrong == []


def test_modules_stay_readable_at_one_sitting() -> None:
    paths = [*modules().values(), *sorted((ROOT / "demo").rglob("*.py"))]
    lengths = {shown(path): len(path.read_text().splitlines()) for path in paths}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_functions_fit_a_screen() -> None:
    lengths = {
        f"{shown(path)}: {function}": lines
        for path, tree in found().modules.values()
        for lines, function in functions(tree)
    }
    assert {name for name, lines in lengths.items() if lines > SCREEN} == LONGER
