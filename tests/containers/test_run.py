"""`pw-conformance run docker://IMAGE`: fakepw's own image, an operator's own, and all that is in
the way; nothing stays behind."""

from __future__ import annotations

import io
import json
import os
import shlex
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from click.testing import CliRunner

from conformance.commands.cli import main
from pw_containers import owners
from tests import tools
from tools.image import ROOT

if TYPE_CHECKING:
    from docker import DockerClient

needs_engine = pytest.mark.needs(tools.ENGINE)
PW = [sys.executable, "-m", "conformance"]

#: An operator's server: it takes a while to start, is not healthy at once, serves what it was
#: filled with, and says what it was told.
OWN = """
import os, time
import fakepw
print("secret is", os.environ.get("SECRET"), flush=True)
time.sleep(float(os.environ.get("SLOW", 0)))
with fakepw.serve("tiny", host="0.0.0.0", port=9000) as pw:
    while not os.path.exists("/tmp/filled"):
        time.sleep(0.01)
    pw.load("/tmp/filled")
    time.sleep(600)
"""
FILL = """
printf %s "$1" > /tmp/new
mv /tmp/new /tmp/filled
until fakepw health http://127.0.0.1:9000 | grep -q "as 2.0-py2-sqlite: 1 patches"
do sleep 0.1; done
"""


class Ran(NamedTuple):
    """A run that is over: its process's number, its status, what it said."""

    pid: int
    returncode: int
    stdout: str
    stderr: str


def begun(*words: str, folder: Path, **variables: str) -> subprocess.Popen[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT), **variables}
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen([*PW, "run", *words], cwd=folder, env=environment, text=True, **streams)


def run(*words: str, folder: Path, **variables: str) -> Ran:
    process = begun(*words, folder=folder, **variables)
    said = process.communicate()
    return Ran(process.pid, process.returncode, *said)


def of(client: DockerClient, pid: int) -> list[str]:
    """The containers that a run has started; other workers have theirs, of the same image."""
    found = client.api.containers(all=True, filters={"label": owners.LABEL})
    return [each["Id"] for each in found if f" {pid} " in each["Labels"][owners.LABEL]]


@pytest.fixture(scope="module")
def own(client: DockerClient, image: str) -> Iterator[str]:
    """An image of somebody else's: other port, other user, no health check."""
    name = f"{image.partition(':')[0]}-own:{os.getpid()}"
    files = {
        "Dockerfile": f"FROM {image}\nUSER root\nENV HOME=/\nHEALTHCHECK NONE\n"
        'COPY server.py /server.py\nEXPOSE 9000\nCMD ["python3", "/server.py"]\n',
        "server.py": OWN,
    }
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for file, text in files.items():
            info = tarfile.TarInfo(file)
            info.size = len(text.encode())
            archive.addfile(info, io.BytesIO(text.encode()))
    packed.seek(0)
    client.images.build(fileobj=packed, custom_context=True, tag=name, network_mode="none")
    yield name
    client.images.remove(name, force=True)


@needs_engine
def test_fakepws_own_image_is_conformant(client: DockerClient, image: str, tmp_path: Path) -> None:
    done = run(
        f"docker://{image}",
        "--env",
        "FAKEPW_VERBOSE=1",
        "--report=json=report.json",
        "--bundle=all.zip",
        "--select=VER",
        "--select=SIG",
        "-n",
        "2",
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["url"] == f"docker://{image}"
    assert report["settings"]["image"] == image
    assert report["settings"]["image_id"] == client.images.get(image).id
    log = (tmp_path / "report.container.log").read_text()
    assert "patch_list(" in log
    assert "the container's log is in report.container.log" in done.stdout
    with zipfile.ZipFile(tmp_path / "all.zip") as bundle:
        assert bundle.read("logs/container.txt").decode().splitlines()[-1] in log
    assert of(client, done.pid) == []


@needs_engine
def test_an_operators_image_is_filled_and_tested(
    client: DockerClient, own: str, tmp_path: Path
) -> None:
    rows = json.dumps({"patches": [{"name": "[PATCH] seeded"}], "instance": "2.0-py2-sqlite"})
    fill = shlex.join(["sh", "-c", FILL, "sh", rows])
    done = run(
        f"docker://{own}",
        "--container-port=9000",
        "--ready=/about/",
        "--exec",
        fill,
        "--env=SLOW=0.5",
        "--env=SECRET",
        "--expect-release=2.0",
        "--select=VER",
        "--report=json=report.json",
        "--failures=failures",
        folder=tmp_path,
        SECRET="correct-horse",
    )
    text = (tmp_path / "report.json").read_text()
    report = json.loads(text)
    assert done.returncode == 0, done.stdout + done.stderr
    assert report["settings"]["env"] == ["SLOW", "SECRET"]
    log = (tmp_path / "report.container.log").read_text()
    assert log.startswith("secret is [redacted]\n")
    assert "correct-horse" not in log
    assert "correct-horse" not in text + done.stdout
    assert of(client, done.pid) == []


@needs_engine
@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (
            ["--exec=sh -c 'echo no rows; exit 3'"],
            3,
            "sh -c echo no rows; exit 3 failed in {image} with status 3; its last lines: | no rows",
        ),
        (
            ["--exec=nowhere"],
            3,
            "nowhere failed in {image} with status 126; its last lines: | OCI runtime exec failed",
        ),
        (["--env=SLOW=no"], 3, "{image} ended with status 1; its last lines: | "),
        (["--ready=/nowhere", "--wait=1"], 3, "{image} does not answer after 1 s"),
        (["--container-port=9001", "--wait=1"], 3, "{image} does not answer after 1 s"),
    ],
    ids=["exec fails", "no such command", "it died", "never ready", "wrong port"],
)
def test_what_is_in_the_way_is_said_and_reported(
    client: DockerClient, own: str, tmp_path: Path, words: list[str], status: int, said: str
) -> None:
    port = [] if "--container-port=9001" in words else ["--container-port=9000"]
    done = run(f"docker://{own}", *port, *words, "--report=json=report.json", folder=tmp_path)
    assert done.returncode == status, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["trouble"].startswith(said.format(image=own))
    assert "\n" not in report["trouble"]
    assert of(client, done.pid) == []


@needs_engine
def test_a_port_that_is_not_plain_is_asked_for(own: str, tmp_path: Path) -> None:
    done = run(f"docker://{own}", folder=tmp_path)
    assert done.returncode == 3
    assert (
        "exposes the ports 8000, 9000: say which one is meant; give --container-port"
        in " ".join(done.stdout.split())
    )


@needs_engine
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing_behind(
    client: DockerClient, own: str, tmp_path: Path, number: signal.Signals
) -> None:
    words = [
        f"docker://{own}",
        "--container-port=9000",
        "--env=SLOW=600",
        "--report=json=report.json",
    ]
    process = begun(*words, folder=tmp_path)
    while not of(client, process.pid):
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(number)
    process.communicate()
    assert process.returncode == 3
    assert json.loads((tmp_path / "report.json").read_text())["trouble"] == "interrupted"
    assert of(client, process.pid) == []


@needs_engine
def test_one_that_dies_in_mid_run_is_told_and_a_deadline_removes_it(
    client: DockerClient, image: str, tmp_path: Path
) -> None:
    die = "sh -c 'fakepw health && (sleep 1; kill 1) >/dev/null 2>&1 &'"
    done = run(f"docker://{image}", "--exec", die, "--report=json=report.json", folder=tmp_path)
    trouble = json.loads((tmp_path / "report.json").read_text())["trouble"]
    assert done.returncode == 3, trouble
    assert f"{image} ended with status 0" in trouble
    done = run(f"docker://{image}", "--max-time=1", folder=tmp_path)
    assert done.returncode == 3
    assert of(client, done.pid) == []


def test_what_makes_no_sense_is_refused() -> None:
    for words, said in (
        (["docker://"], "docker:// names no image: docker://IMAGE[:TAG]"),
        (["http://127.0.0.1:1", "--ready=/"], "--ready is about a container: give docker://IMAGE"),
        (["docker://x", "--ready=about"], "'about' is no path: it begins with / and has no spaces"),
        (["docker://x", "--exec=sh -c 'x"], "--exec sh -c 'x: No closing quotation"),
        (["docker://x", "--env=A B=c"], "'A B' is no name of a variable"),
        (
            ["docker://x", "--env=NOT_SET"],
            "NOT_SET has no value: give NOT_SET=VALUE, or set NOT_SET",
        ),
    ):
        done = CliRunner().invoke(main, ["run", *words], env={"NOT_SET": None})
        assert done.exit_code == 2
        assert said in done.stderr


def test_without_an_engine_there_is_a_report_all_the_same(tmp_path: Path) -> None:
    done = run(
        "docker://x", "--report=json=report.json", folder=tmp_path, DOCKER_HOST="unix:///none"
    )
    assert done.returncode == 3
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["trouble"].startswith("no container engine answers at unix:///none (No such file")
    assert report["url"] == "docker://x"
