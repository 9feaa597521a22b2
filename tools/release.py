"""Whether what would be released is fit to be: `make release-check`, which releases nothing.

    python -m tools.release               everything, with every Python from 3.11 on that there is
    python -m tools.release --python 3.12 only those
    python -m tools.release --tag v1.0.0 --keep dist
                                          refuses another version; keeps what was built and tried
    python -m tools.release --notes 1.0.0 prints what CHANGELOG.md says of it, and does nothing else

1. The working tree is committed, and its version has a section in CHANGELOG.md (a development
   version has not, and is told so, not refused).
2. Wheel and sdist are built twice, in two folders, at two times, by two umasks: the same bytes.
3. What they hold is what is meant to be installed, and nothing else; metadata is complete.
4. In clean environments of each Python, which hear nothing of this checkout: the wheel installs
   with what it needs and no more, runs (a server, the real requests, a fixture made, a server
   recorded), and so does the suite with its extra, against that server.

It ends with 1, and says what in a line each, if anything is not so.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from email.message import Message
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Seconds since 1970 that files in archives are of, where git does not say.
EPOCH = "1577836800"
#: What stands at the top of the wheel.
TOPS = {"fakepw", "pw_conformance", "pw_containers"}
#: Files that must be in the wheel, and what no file there may look like.
NEEDED = (
    "fakepw/py.typed",
    "fakepw/_fixtures/demo.json",
    "fakepw/_fixtures/schema.json",
    "pw_conformance/pytest.ini",
    "pw_conformance/requirements/recorded.json",
    "pw_conformance/reports/outputs.schema.json",
    "pw_conformance/reports/report.schema.json",
)
UNWANTED = re.compile(r"(^|/)(tests?|\.git|\.venv|__pycache__)/|\.(pyc|orig|rej|swp)$|~$")
#: What the metadata must say, each at least once.
FIELDS = (
    *("Name", "Version", "Summary", "License-Expression", "License-File", "Requires-Python"),
    *("Classifier", "Requires-Dist", "Provides-Extra", "Keywords", "Project-URL"),
    "Description-Content-Type",
)

#: What each Python does with the wheel alone.
SMOKE = """
import json, sys
from xmlrpc.client import ServerProxy
import fakepw
from fakepw.generating import generate

with fakepw.serve(generate(40, "kernel"), instance="2.2-py3-sqlite") as pw:
    assert len(ServerProxy(pw.url).patch_list({})) == 40
    print(json.dumps({"url": pw.url}), flush=True)
    sys.stdin.readline()
"""


class Unfit(Exception):
    """Something is not as it should be; what, in a line."""


def run(*command: object, **options: object) -> str:
    """What a program prints. Raises Unfit if it fails."""
    line = [str(part) for part in command]
    done = subprocess.run(line, capture_output=True, text=True, **options)  # type: ignore[call-overload]
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it says nothing"]
        raise Unfit(f"{' '.join(line[:6])} ends with {done.returncode}: {last[0]}")
    return str(done.stdout)


# -- 1: the tree -------------------------------------------------------------------------------


def tree(tag: str | None) -> Iterator[str]:
    """What is to be known of it. Raises Unfit if it is not to be released, as that tag if given."""
    if changed := run("git", "status", "--porcelain", cwd=ROOT).splitlines():
        raise Unfit(f"{len(changed)} files are not committed, {changed[0].strip()} among them")
    version = run(sys.executable, "-m", "hatchling", "version", cwd=ROOT).strip()
    if tag is not None and tag != f"v{version}":
        raise Unfit(f"the tag is {tag}, and the version {version}")
    if tag is not None or re.fullmatch(r"\d+\.\d+\.\d+", version):
        notes((ROOT / "CHANGELOG.md").read_text(), version)
        yield f"version {version}, which CHANGELOG.md tells of"
    else:
        yield f"version {version} is a development version: to be built and tried, not released"


def notes(changelog: str, version: str) -> str:
    """What a changelog says of a version. Raises Unfit if that is nothing."""
    found = re.search(
        rf"^## \[{re.escape(version)}\].*?\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if found is None or not found[1].strip():
        raise Unfit(f"CHANGELOG.md says nothing of a version [{version}]")
    return found[1].strip()


# -- 2: the archives ---------------------------------------------------------------------------


def build(folder: Path, umask: int) -> list[Path]:
    """Wheel and sdist, built from a copy of what is committed."""
    source = folder / "source"
    source.mkdir(parents=True)
    archive = subprocess.run(
        ["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", source], input=archive, check=True, umask=umask)
    environment = {**os.environ, "SOURCE_DATE_EPOCH": _committed()}
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", folder / "dist", source]
    run(*command, env=environment, umask=umask)
    return sorted((folder / "dist").iterdir())


def _committed() -> str:
    """When the last commit was made: what is built of it is always of that moment."""
    found = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True
    )
    return found.stdout.strip() or EPOCH


def twice(folder: Path) -> list[Path]:
    """Both archives. Raises Unfit unless two builds are the same."""
    first = build(folder / "one", 0o022)
    second = build(folder / "other", 0o077)
    if [path.name for path in first] != [path.name for path in second]:
        raise Unfit("two builds made files of different names")
    for one, other in zip(first, second, strict=True):
        if one.read_bytes() != other.read_bytes():
            raise Unfit(f"two builds of {one.name} differ")
    return first


# -- 3: what is in them ------------------------------------------------------------------------


def contents(archives: Sequence[Path]) -> Iterator[str]:
    """What they hold. Raises Unfit for what is missing or does not belong there."""
    wheel = next(path for path in archives if path.suffix == ".whl")
    sdist = next(path for path in archives if path.name.endswith(".tar.gz"))
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        (place,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        metadata = Parser().parsestr(archive.read(place).decode())
    check_wheel(names)
    check_metadata(metadata)
    with tarfile.open(sdist) as file:
        inside = {name.partition("/")[2] for name in file.getnames()}
    tracked = set(run("git", "ls-files", cwd=ROOT).splitlines())
    if missing := sorted(tracked - inside):
        raise Unfit(f"the sdist lacks {missing[0]}")
    if more := sorted(inside - tracked - {"", "PKG-INFO"} - _folders(tracked)):
        raise Unfit(f"the sdist holds {more[0]}, which is not committed")
    for path in archives:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        yield f"{path.name}: {path.stat().st_size} bytes, sha256 {digest}"


def _folders(names: set[str]) -> set[str]:
    return {str(parent) for name in names for parent in Path(name).parents}


def check_wheel(names: Sequence[str]) -> None:
    """Raises Unfit for a file that is missing or does not belong into the wheel."""
    if missing := [name for name in NEEDED if name not in names]:
        raise Unfit(f"the wheel lacks {missing[0]}")
    for name in names:
        top = name.partition("/")[0]
        if top not in TOPS and not top.endswith(".dist-info"):
            raise Unfit(f"the wheel holds {name}, which is in none of {', '.join(sorted(TOPS))}")
        if UNWANTED.search(name):
            raise Unfit(f"the wheel holds {name}, which nobody needs")


def check_metadata(metadata: Message) -> None:
    """Raises Unfit for a field that is missing, or that says what cannot be so."""
    for field in FIELDS:
        if not metadata[field]:
            raise Unfit(f"the metadata has no {field}")
    if "](docs/" in str(metadata.get_payload()):
        raise Unfit("the description has links that lead nowhere on an index")
    if [each for each in metadata.get_all("Requires-Dist", []) if " @ " in each]:
        raise Unfit("a requirement is a URL, which no index takes")


# -- 4: in clean environments ------------------------------------------------------------------


def pythons(wanted: Sequence[str]) -> dict[str, str]:
    """Interpreters by their minor version: this one, those on PATH, and pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    places = [sys.executable, *map(str, sorted(pyenv.glob("versions/*/bin/python")))]
    places += filter(None, (shutil.which(f"python3.{minor}") for minor in range(11, 20)))
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    found: dict[str, str] = {}
    for place in places:
        asked = subprocess.run([place, "-c", ask], capture_output=True, text=True)
        version = asked.stdout.strip()
        if re.fullmatch(r"3\.(1[1-9]|[2-9]\d)", version):
            found.setdefault(version, place)
    if missing := [version for version in wanted if version not in found]:
        raise Unfit(f"there is no Python {missing[0]}; found {', '.join(sorted(found))}")
    return {version: found[version] for version in sorted(wanted or found)}


def tried(python: str, wheel: Path, folder: Path) -> None:
    """Install the wheel where nothing else is, and use it. Raises Unfit."""
    outside = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}
    run(python, "-m", "venv", folder, env=outside)
    own = folder / "bin" / "python"
    pip = [own, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    run(*pip, wheel, env=outside, cwd=folder)
    needed = {"fakepw", "httptools", "msgspec", "click", "tzdata"}
    listed = run(own, "-m", "pip", "list", "--format=freeze", "--disable-pip-version-check")
    if more := sorted(
        {line.split("==")[0] for line in listed.split()} - needed - {"pip", "setuptools"}
    ):
        raise Unfit(f"{more[0]} is installed with the wheel, and nothing should need it")
    used(folder, [own, "-m", "fakepw"], outside)
    run(*pip, f"{wheel}[conformance,strategies]", env=outside, cwd=folder)
    used(folder, [own, "-m", "fakepw"], outside, folder / "bin" / "pw-conformance")


def used(
    folder: Path, fakepw: Sequence[object], outside: dict[str, str], suite: Path | None = None
) -> None:
    """Serve, record what is served, check that; and try the suite on it."""
    server = subprocess.Popen(
        [str(folder / "bin" / "python"), "-c", SMOKE],
        cwd=folder, env=outside, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert server.stdin is not None
    assert server.stdout is not None
    try:
        found = re.search(r'"url": "([^"]+)"', server.stdout.readline())
        if found is None:
            raise Unfit("the installed wheel serves nothing")
        file = folder / "recorded.json"
        run(*fakepw, "record", found[1], "--checks", "-o", file, cwd=folder, env=outside)
        if "40 patches" not in run(*fakepw, "check", file, cwd=folder, env=outside):
            raise Unfit("the installed wheel did not record what it served")
        if suite is not None:
            run(
                suite,
                "run",
                found[1],
                "--select",
                "VER",
                "--select",
                "READ",
                cwd=folder,
                env=outside,
            )
    finally:
        server.stdin.close()
        server.wait(30)
        server.stdout.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.release",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--python", action="append", default=[], metavar="3.N")
    parser.add_argument("--tag", metavar="vX.Y.Z")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--notes", metavar="X.Y.Z")
    options = parser.parse_args(arguments)
    try:
        if options.notes:
            print(notes((ROOT / "CHANGELOG.md").read_text(), options.notes))
            return 0
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for line in tree(options.tag):
                print(line, flush=True)
            archives = twice(folder)
            print("built twice: the same bytes", flush=True)
            for line in contents(archives):
                print(line, flush=True)
            (wheel,) = [path for path in archives if path.suffix == ".whl"]
            for version, python in pythons(options.python).items():
                tried(python, wheel, folder / f"python-{version}")
                print(f"Python {version}: installs and runs from the wheel alone", flush=True)
            if options.keep:
                options.keep.mkdir(parents=True, exist_ok=True)
                for path in archives:
                    shutil.copy(path, options.keep)
    except Unfit as error:
        print(f"not fit to be released: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
