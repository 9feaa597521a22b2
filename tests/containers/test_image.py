"""The image: small, the same for the same source, modest, and told by variables what to do."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
import urllib.request
import xmlrpc.client
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from docker.errors import APIError

import fakepw
from tests import tools
from tools.image import ROOT, context

from .image import SUITE

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.containers import Container

pytestmark = pytest.mark.needs(tools.ENGINE)

Run = Callable[..., "Container"]
#: What the most careful operator takes away.
BARE: dict[str, Any] = {
    "read_only": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "pids_limit": 32,
    "mem_limit": "64m",
}


def address(made: Container) -> str:
    made.reload()
    assert made.status == "running", made.logs().decode()
    (bound,) = made.attrs["NetworkSettings"]["Ports"]["8000/tcp"]
    return f"http://127.0.0.1:{bound['HostPort']}"


def serving(made: Container) -> fakepw.Double:
    """The handle of a double that has just been started."""
    from fakepw.serving.reach.waiting import wait

    found: list[fakepw.Double] = []

    def answers() -> bool:
        try:
            found.append(fakepw.connect(address(made)))
        except fakepw.DoubleUnreachable:
            return False
        return True

    wait(20, answers)
    assert found, made.logs().decode()
    return found[0]


@pytest.mark.needs("docker")
def test_two_builds_of_one_commit_have_the_same_layers(
    client: DockerClient, image: str, tmp_path: Path
) -> None:
    """Another builder, another copy of the files, at another time and with other permissions."""
    command = tools.found("docker") or ""
    folder = context(tmp_path, SUITE)
    for path in folder.rglob("*"):
        os.utime(path, (1e9, 1e9))
        path.chmod(0o700 if path.is_dir() else 0o600)
    words = ["build", "--quiet", "--no-cache", "--network=none", "--build-arg=PIP_NO_INDEX=1"]
    build = [command, *words, f"--build-arg=BASE=fakepw-base:{SUITE}", str(folder)]
    for kit in ("1", "0"):
        ways = os.environ | {"DOCKER_BUILDKIT": kit}
        done = subprocess.run(build, capture_output=True, text=True, env=ways)
        if "buildx component is missing" not in done.stderr:
            break
    assert done.returncode == 0, done.stderr
    again = client.images.get(done.stdout.strip())
    layers = [each.attrs["RootFS"]["Layers"] for each in (client.images.get(image), again)]
    client.images.remove(str(again.id))
    assert layers[0] == layers[1]
    assert len(layers[0]) == 2  # the base, which has one, and ours


def test_it_is_small_and_says_what_it_is(client: DockerClient, image: str) -> None:
    found = client.images.get(image)
    size = found.attrs["Size"] - client.images.get(f"fakepw-base:{SUITE}").attrs["Size"]
    assert size < 40e6
    config = found.attrs["Config"]
    assert config["User"] == "65532:65532"
    assert config["Cmd"] == ["fakepw", "serve"]
    assert config["Healthcheck"]["Test"] == ["CMD", "fakepw", "health", "--watch=15"]
    assert list(config["ExposedPorts"]) == ["8000/tcp"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    labels = {name.rpartition(".")[2]: text for name, text in config["Labels"].items()}
    assert (labels["title"], labels["version"]) == (project["name"], project["version"])
    assert labels["licenses"] == project["license"]


def test_with_next_to_nothing_allowed_it_serves_and_ends_when_told(run: Run) -> None:
    made = run(**BARE)
    pw = serving(made)
    assert pw.instance == "3.2-py3-postgresql"
    done = made.exec_run(["fakepw", "health"])
    assert (done.exit_code, b"ok: http://127.0.0.1:8000/ answers" in done.output) == (0, True)
    assert made.exec_run(["id", "-u"]).output == b"65532\n"
    made.kill("SIGTERM")
    assert made.wait(timeout=10)["StatusCode"] == 0
    early = run(**BARE)  # most likely before it serves
    status = None
    while status is None:
        with suppress(APIError):  # it is gone
            early.kill("SIGTERM")
        early.reload()
        if not early.attrs["State"]["Running"]:
            status = early.attrs["State"]["ExitCode"]
    assert status in (0, 143)


def test_the_engine_sees_whether_it_is_healthy(run: Run) -> None:
    from fakepw.serving.reach.waiting import wait

    made = run(environment={"FAKEPW_PORT": "8001", "FAKEPW_CONTROL": "s3cret"})

    def healthy() -> bool:
        made.reload()
        return bool(made.attrs["State"]["Health"]["Status"] == "healthy")

    wait(20, healthy)
    assert healthy(), made.attrs["State"]["Health"]


VARIABLES = {
    "FAKEPW_INSTANCE": "2.0-py2-sqlite",
    "FAKEPW_SETTING": "TIME_ZONE=UTC SITE_NAME=Our Patches",
    "FAKEPW_FAULT": "patch_get(1): status=502 first=1\npatch_get(2): fault='no more'",
    "FAKEPW_VERBOSE": "1",
}


def test_all_is_told_by_variables(run: Run) -> None:
    rows = {"patches": [{"name": "[PATCH] from a variable"}]}
    made = run(environment={**VARIABLES, "FAKEPW_FIXTURE": json.dumps(rows)})
    pw = serving(made)
    assert pw.instance == "2.0-py2-sqlite"
    assert [patch.name for patch in pw.state().patches] == ["[PATCH] from a variable"]
    assert [each.rule for each in pw.rules] == [
        "patch_get(1): first=1 status=502",
        "patch_get(2): fault='no more'",
    ]
    with xmlrpc.client.ServerProxy(pw.url) as proxy:
        with pytest.raises(xmlrpc.client.ProtocolError, match="502"):
            proxy.patch_get(1)
        with pytest.raises(xmlrpc.client.Fault, match="no more"):
            proxy.patch_get(2)
    assert b"502" in made.logs()


def test_a_fixture_comes_by_volume_or_after_the_start(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text('{"patches": [{"name": "[PATCH] from a volume"}]}')
    tmp_path.chmod(0o755)
    (tmp_path / "mine.json").chmod(0o644)
    volumes = {str(tmp_path): {"bind": "/fixtures", "mode": "ro"}}
    pw = serving(run(environment={"FAKEPW_FIXTURE": "/fixtures/mine.json"}, volumes=volumes))
    assert [patch.name for patch in pw.state().patches] == ["[PATCH] from a volume"]
    pw.load({"patches": [{"name": "[PATCH] sent"}]}, instance="main-py3-sqlite")
    with xmlrpc.client.ServerProxy(pw.url) as proxy:
        assert [row["name"] for row in proxy.patch_list()] == ["[PATCH] sent"]  # type: ignore[union-attr, index, call-overload]


def test_urls_in_answers_are_those_that_were_asked(run: Run) -> None:
    at = serving(run()).base_url
    for host in ("patchwork.test:8080", "fakepw"):
        for page in ("", "api/", "project/kettle/pwclientrc/", "about/"):
            asked = urllib.request.Request(f"{at}{page}", headers={"Host": host})
            with urllib.request.urlopen(asked, timeout=5) as answer:
                text = answer.read().decode()
            assert "0.0.0.0" not in text
            assert "127.0.0.1" not in text
            if page == "api/":
                assert f"http://{host}/api/" in text


def test_both_commands_are_in_it_and_meet_over_a_network(client: DockerClient, run: Run) -> None:
    network = client.networks.create("fakepw-test")
    try:
        served = run(name="fakepw-test-double", network=network.name)
        serving(served)
        words = ["http://fakepw-test-double:8000", "--rate=0", "--max-requests=0", "--select=VER"]
        room = BARE | {"mem_limit": "512m", "tmpfs": {"/tmp": ""}}
        suite = run("pw-conformance", "run", *words, network=network.name, **room)
        status = suite.wait(timeout=60)["StatusCode"]
        assert (status, b"conformant" in suite.logs()) == (0, True), suite.logs().decode()
    finally:
        network.reload()
        for each in network.containers:
            network.disconnect(each, force=True)
        network.remove()
