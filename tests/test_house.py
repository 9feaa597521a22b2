"""What counts the rooms of the house counts right, on a made-up one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.house import circles, floors, house, longest, table

#: A package of two rooms and a module, of which the rooms reach each other by a type alone.
MADE_UP = {
    "fakepw/__init__.py": "",
    "fakepw/cli.py": "def run():\n    from .upper.top import call\n    call()\n",
    "fakepw/upper/__init__.py": "",
    "fakepw/upper/top.py": "import os\nfrom ..lower import base\ndef call(): ...\n",
    "fakepw/upper/words.py": "WORDS = ()\n",
    "fakepw/lower/__init__.py": "",
    "fakepw/lower/base.py": "if TYPE_CHECKING:\n    from ..upper.words import WORDS\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name, text in MADE_UP.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_arrows_are_found_wherever_they_stand(root: Path) -> None:
    graph = house(root).graph()
    assert graph["fakepw.cli"] == {"fakepw.upper.top"}
    assert graph["fakepw.upper.top"] == {"fakepw.lower.base"}
    assert graph["fakepw.lower.base"] == {"fakepw.upper.words"}
    assert circles(graph) == []
    assert floors(graph) == 4


def test_rooms_that_reach_each_other_are_a_circle_on_one_floor(root: Path) -> None:
    rooms = dict(house(root).halls())["fakepw"]
    assert rooms == {"cli": {"upper"}, "upper": {"lower"}, "lower": {"upper"}}
    assert circles(rooms) == [{"upper", "lower"}]
    assert floors(rooms) == 2


def test_the_longest_are_named(root: Path) -> None:
    assert list(longest(house(root))) == [
        ("module", 3, "fakepw/upper/top.py"),
        ("function", 3, "fakepw/cli.py: run"),
    ]


def test_it_is_told_as_a_table(root: Path) -> None:
    told = list(table(house(root)))
    assert "| fakepw/ | 3 | 3 | 2 | 1 |" in told
    assert "| all modules | 7 | 3 | 4 | 0 |" in told


def test_a_folder_without_the_packages_holds_nothing(tmp_path: Path) -> None:
    assert list(longest(house(tmp_path))) == []


def test_it_runs_from_the_command_line(root: Path) -> None:
    command = [sys.executable, "-m", "tools.house", str(root)]
    told = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[1]
    )
    assert "* longest module: 3 lines, fakepw/upper/top.py" in told.stdout
