"""Other Pythons of this machine, which are asked whether they answer as this one does.

    python -m tests.pythons    gives each what fakepw's core needs, in .venv/pythons

They are those on PATH and, where there is a pyenv, all of its own.  One that cannot be given what
it needs is named, and not asked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".venv" / "pythons"
#: What fakepw imports to answer a request.
NEEDED = ("msgspec>=0.19", "tzdata")

_ASK = "import sys; print('.'.join(map(str, sys.version_info[:3])), sys.version_info >= (3, 11))"


def found() -> dict[str, Path]:
    """The other Pythons that are new enough, by version."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    places = [shutil.which(f"python3.{minor}") for minor in range(11, 20)]
    places += sorted(map(str, pyenv.glob("versions/*/bin/python")))
    versions: dict[str, Path] = {}
    for place in filter(None, places):
        asked = subprocess.run([place, "-c", _ASK], capture_output=True, text=True)
        version, _, fits = asked.stdout.strip().partition(" ")
        if fits == "True" and version != ".".join(map(str, sys.version_info[:3])):
            versions.setdefault(version, Path(place))
    return versions


def libraries(version: str) -> Path:
    """Where the packages for that version are."""
    return FOLDER / version


def main() -> None:
    """Install what is needed for every Python that has not got it."""
    for version, python in found().items():
        folder = libraries(version)
        if folder.exists():
            continue
        pip = [sys.executable, "-m", "pip", "--python", str(python)]
        options = ["--quiet", "--disable-pip-version-check", "--target", str(folder)]
        done = subprocess.run([*pip, "install", *options, *NEEDED], capture_output=True, text=True)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            last = done.stderr.strip().splitlines()[-1:]
            print(f"Python {version} is not asked: {''.join(last)}", file=sys.stderr)


if __name__ == "__main__":
    main()
