"""What is built is what people install: the wheel works by itself, from any folder."""

from __future__ import annotations

import ast
import inspect
import json
import os
import re
import subprocess
import sys
import tarfile
import urllib.request
import venv
import zipfile
from collections.abc import Iterator, Sequence
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

import msgspec
import pytest

import fakepw
from fakepw import docker, pytest_plugin, strategies, testing
from fakepw.double.handles.parts import ClockHandle, Later, SnapshotHandle

ROOT = Path(__file__).parents[1]
JSON = {"demo.json", "hostile.json", "reproduced.json", "schema.json", "tiny.json"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an sdist, and the wheel that was built from that sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a virtual environment that has the wheel, and no checkout.

    It sees the libraries of this environment, so that nothing is downloaded.
    """
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin/python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", wheel)
    (own,) = folder.glob("lib/python*/site-packages")
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (own / "libraries.pth").write_text("\n".join(libraries) + "\n")
    return folder / "bin"


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


def run(*command: Any, **options: Any) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, encoding="utf-8", **options
    )
    assert done.returncode == 0, done.stderr + done.stdout
    return str(done.stdout)


def test_the_wheel_holds_the_package_and_its_fixtures(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {f"fakepw/_fixtures/{name}" for name in JSON} <= names
    assert {"fakepw/py.typed", "fakepw/cli.py", "fakepw/serving/commands/command.py"} <= names
    templates = (f"templates/report.{kind}" for kind in ("css", "html.j2", "js"))
    reports = {
        "report.schema.json",
        "outputs.schema.json",
        *templates,
        "templates/matrix.css",
        "templates/matrix.html.j2",
    }
    assert {f"pw_conformance/reports/{name}" for name in reports} <= names
    assert (
        "pw_conformance/requirements/recorded.json" in names
    )  # what explain says real servers answered
    assert (
        "pw_conformance/pytest.ini" in names
    )  # or it would run under the settings found on its way
    assert any(name.endswith("licenses/LICENSE") for name in names)
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops <= {"fakepw", "pw_conformance", "pw_containers"}
    assert not [name for name in names if "/recorded/" in name or name.endswith(".pyc")]


def test_the_sdist_holds_all_that_make_test_needs(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"Makefile", "README.md", "LICENSE", "pyproject.toml", "demo/run.py", ".ci/run"} <= names
    assert {"tests/test_packaging.py", "fixtures/demo.json", "fakepw/py.typed"} <= names
    assert not [name for name in names if name.startswith((".venv", ".git/"))]


def test_the_metadata_says_what_it_is(metadata: Message) -> None:
    assert metadata["Name"] == "fakepw"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert {"test", "dev", "demo", "uvloop"} <= set(metadata.get_all("Provides-Extra", []))
    assert "# fakepw" in metadata.get_payload()


def test_the_image_and_the_changelog_are_of_this_version(metadata: Message) -> None:
    version = metadata["Version"]
    assert f'org.opencontainers.image.version="{version}"' in (ROOT / "Dockerfile").read_text()
    assert f"\n## [{version}] - " in (ROOT / "CHANGELOG.md").read_text()


def test_the_core_needs_three_libraries_and_the_zones(metadata: Message) -> None:
    needed = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    assert sorted(line.split(">=")[0] for line in needed) == [
        "click",
        "httptools",
        "msgspec",
        "tzdata",
    ]


@pytest.fixture
def serving(installed: Path, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """`fakepw serve --port 0 --json` in an empty folder: what it prints."""
    command = [str(installed / "fakepw"), "serve", "--port", "0", "--json"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.terminate()
        assert process.wait(10) == 0


def test_the_installed_command_serves_the_demo(serving: dict[str, Any]) -> None:
    assert serving.keys() == {"url", "control", "instance", "pid"}
    assert serving["instance"] == "3.2-py3-postgresql"
    with ServerProxy(serving["url"]) as proxy:
        assert proxy.pw_rpc_version() == [1, 3, 0]
        projects: Any = proxy.project_list()
        assert [project["linkname"] for project in projects] == ["kettle"]
    with urllib.request.urlopen(serving["control"] + "health") as response:
        assert response.status == 200


def test_the_installed_command_finds_fixtures_and_schema(installed: Path, tmp_path: Path) -> None:
    for name in ("demo", "tiny", "hostile"):
        assert run(installed / "fakepw", "check", name, cwd=tmp_path).startswith("ok: ")
    schema = json.loads(run(installed / "fakepw", "schema", cwd=tmp_path))
    assert schema == json.loads((ROOT / "fixtures/schema.json").read_text())


def test_it_is_the_wheel_that_is_installed(installed: Path, tmp_path: Path) -> None:
    code = "import fakepw; print(fakepw.__file__, fakepw.__version__)"
    path, version = run(installed / "python", "-c", code, cwd=tmp_path).split()
    assert Path(path).is_relative_to(installed.parent)
    assert version in run(installed / "fakepw", "--version", cwd=tmp_path)
    assert run(installed / "python", "-m", "fakepw", "--version", cwd=tmp_path).endswith(
        f"{version}\n"
    )


@pytest.fixture
def crowded(tmp_path: Path) -> Path:
    """A project that has a folder `conformance`, and tests, of its own."""
    (tmp_path / "conformance").mkdir()
    for name in ("__init__.py", "conftest.py", "chapters.py"):
        (tmp_path / "conformance" / name).write_text("raise RuntimeError('not this one')\n")
    return tmp_path


def test_the_installed_command_makes_and_records_fixtures(installed: Path, tmp_path: Path) -> None:
    """In a wheel the rooms of the suite that it asks through have another name."""
    fakepw_ = installed / "fakepw"
    run(fakepw_, "generate", "--patches", 7, "-o", tmp_path / "made.json", cwd=tmp_path)
    with fakepw.serve(tmp_path / "made.json", instance="3.0-py3-sqlite") as pw:
        said = run(fakepw_, "record", pw.url, "-o", tmp_path / "recorded.json", cwd=tmp_path)
    assert "7 patches" in said
    assert "as 3.0-py3-sqlite" in said
    assert run(fakepw_, "check", tmp_path / "recorded.json").startswith("ok: ")


@pytest.mark.parametrize("how", ["command", "module"])
def test_a_folder_of_that_name_does_not_hide_the_suite(
    installed: Path, crowded: Path, how: str
) -> None:
    program: list[object] = [installed / "pw-conformance"]
    if how == "module":
        program = [installed / "python", "-m", "pw_conformance"]
    environment = {**os.environ, "PYTHONPATH": str(crowded)}
    listed = run(*program, "list", cwd=crowded, env=environment)
    assert "PW-VER-001" in listed
    with fakepw.serve("tiny") as pw:
        command = (*program, "run", pw.base_url, "--select", "PW-VER-001")
        assert "1 passed" in run(*command, cwd=crowded, env=environment)
        plugin = ("--pyargs", "pw_conformance.chapters", "-p", "pw_conformance.commands.plugin")
        options = (
            f"--pw-url={pw.base_url}",
            "-k",
            "the_version_is_one",
            "-q",
            "-p",
            "no:cacheprovider",
        )
        said = run(
            *(installed / "python", "-m", "pytest", *plugin, *options), cwd=crowded, env=environment
        )
        assert " passed" in said


def test_the_installed_suite_is_a_gate(installed: Path, tmp_path: Path) -> None:
    program = installed / "pw-conformance"
    with fakepw.serve("tiny") as pw:
        select = ("--select", "PW-VER-001", "--wait", "5", "--before", "true")
        run(program, "run", pw.base_url, *select, "--bundle", "b.zip", cwd=tmp_path)
        assert "PATCHWORK OK - version 1.3.0" in run(program, "probe", pw.base_url, cwd=tmp_path)
    assert "0 judged otherwise, 0 not judged" in run(program, "replay", "b.zip", cwd=tmp_path)
    assert "0 newly broken" in run(program, "compare", "b.zip", "b.zip", cwd=tmp_path)
    run(program, "baseline", "b.zip", "-o", "known.toml", cwd=tmp_path)
    run(program, "matrix", "--recorded", "--report", "html=m.html", cwd=tmp_path)
    assert "What real Patchworks do" in (tmp_path / "m.html").read_text()


def test_what_an_index_shows_has_no_link_that_leads_nowhere(metadata: Message) -> None:
    shown = str(metadata.get_payload())
    links = re.findall(r"\]\(([^)]+)\)", shown)
    assert [link for link in links if not link.startswith("https://")] == []
    assert "docs/conformance.md" in shown
    assert metadata["Keywords"]
    assert all(
        line.split(", ")[1].startswith("https://") for line in metadata.get_all("Project-URL", [])
    )


def test_importing_it_imports_nothing_else(installed: Path, tmp_path: Path) -> None:
    assert imported(installed, "import fakepw", tmp_path) == {"fakepw"}


def test_serving_imports_what_the_core_needs_and_no_more(installed: Path, tmp_path: Path) -> None:
    code = "import fakepw\nwith fakepw.serve('demo') as pw: pw.state()"
    allowed = {"fakepw", "httptools", "msgspec", "uvloop"}
    optional = {"typing_extensions"}  # which msgspec imports where it finds it
    assert imported(installed, code, tmp_path) - optional <= allowed


def imported(installed: Path, code: str, folder: Path) -> set[str]:
    """The distributions of which some code imports anything."""
    report = """
from importlib.metadata import packages_distributions
of = packages_distributions()
print(*{name for module in new for name in of.get(module, ())})
"""
    script = f"import sys\n{code}\nnew = {{m.partition('.')[0] for m in sys.modules}}\n{report}"
    return set(run(installed / "python", "-c", script, cwd=folder).split())


@pytest.mark.parametrize(
    ("command", "status", "says"),
    [
        (
            ["-m", "pw_conformance", "--help"],
            2,
            "pw-conformance needs hypothesis, which is not installed: "
            "pip install 'hypothesis>=6.120' 'jinja2>=3.1' 'pytest-xdist>=3.6.1' 'pytest>=9' "
            "'rich>=14.3'\n",
        ),
        (
            ["-c", "import fakepw.strategies"],
            1,
            "ModuleNotFoundError: fakepw.strategies needs Hypothesis: pip install hypothesis\n",
        ),
    ],
)
def test_an_extra_that_is_missing_is_named(
    installed: Path, tmp_path: Path, command: list[str], status: int, says: str
) -> None:
    hide = "raise ModuleNotFoundError('No module named ' + __name__, name=__name__)\n"
    for module in ("pytest", "hypothesis"):
        (tmp_path / f"{module}.py").write_text(hide)
    done = subprocess.run(
        [installed / "python", *command], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == status
    assert done.stderr.endswith(says)
    assert status == 1 or done.stderr == says


SUITE = Path(__file__).with_name("user_suite.py").read_text()

#: What a user gets hold of, beside what is imported by name.
HELD = [fakepw.Double, fakepw.LiveServer, fakepw.Rule, fakepw.Call, fakepw.Calls, testing.Server]
HELD += [ClockHandle, Later, SnapshotHandle, docker.ContainerDouble]
#: What of it is a sequence's, or the library's own that fakepw's stands on.
INHERITED = {*dir(Sequence), *dir(msgspec.Struct)}


def test_a_users_test_file_uses_every_public_name() -> None:
    """So whatever becomes public is used there, and has its types checked."""
    nodes = list(ast.walk(ast.parse(SUITE)))
    used = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    used |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    public = {name for package in (fakepw, strategies, testing, docker) for name in package.__all__}
    public |= {name for held in HELD for name in dir(held) if not name.startswith("_")} - INHERITED
    public |= {name for name, _ in inspect.getmembers(pytest_plugin, _is_fixture) if name[0] != "_"}
    assert sorted(public - used) == []


def _is_fixture(value: object) -> bool:
    return type(value).__name__ == "FixtureFunctionDefinition"


def test_a_users_test_file_runs(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_user.py").write_text(SUITE)
    said = run(installed / "python", "-m", "pytest", "-q", "test_user.py", cwd=tmp_path)
    assert " passed" in said


def test_types_are_published(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "test_user.py").write_text(SUITE + "\n\nreveal_type(pw.connect('').url)\n")
    done = run(
        sys.executable, "-m", "mypy", "--strict", "--python-executable", installed / "python",
        "test_user.py", cwd=tmp_path, env={**os.environ, "MYPY_CACHE_DIR": str(tmp_path / "cache")},
    )  # fmt: skip
    assert re.search(r'Revealed type is "(builtins\.)?str"', done)
