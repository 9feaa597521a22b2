"""`fakepw.docker.serve`: a double in a container, and the end of it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xmlrpc.client import ServerProxy

import pytest

import fakepw.docker
import fakepw.testing
from fakepw.serving.reach import waiting
from pw_containers import container, engine, owners
from tests import tools

from .engines import Engine, forwarded, registry

if TYPE_CHECKING:
    from docker import DockerClient

needs_engine = pytest.mark.needs(tools.ENGINE)


def ids(client: DockerClient) -> set[str]:
    """The containers of all processes."""
    return {each["Id"] for each in client.api.containers(all=True)}


def mine(client: DockerClient) -> set[str]:
    """The containers of this process; other workers have theirs."""
    label = f"{owners.LABEL}={owners.owner()}"
    return {each["Id"] for each in client.api.containers(all=True, filters={"label": label})}


@needs_engine
def test_it_is_there_with_its_rows_and_rules_and_then_it_is_gone(
    client: DockerClient, image: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FAKEPW_IMAGE", image)
    mine = {"patches": [{"name": "[PATCH] mine"}], "faults": ["patch_get(7): fault='no'"]}
    (tmp_path / "mine.json").write_text(json.dumps(mine))
    given: dict[str, Any] = {
        "instance": "2.0-py2-sqlite",
        "settings": {"TIME_ZONE": "UTC"},
        "faults": ["patch_get: body='two\\nlines' first=1"],
        "limit": "100/s",
        "control": "s3cret",
    }
    verbose = {"FAKEPW_VERBOSE": "1"}
    with (
        fakepw.serve([tmp_path / "mine.json"], **given) as here,
        fakepw.docker.serve([tmp_path / "mine.json"], **given, environment=verbose) as pw,
    ):
        assert pw.instance == "2.0-py2-sqlite"
        assert [patch.name for patch in pw.state().patches] == ["[PATCH] mine"]
        assert [each.rule for each in pw.rules] == [each.rule for each in here.rules]
        assert len(pw.rules) == 3
        with pytest.raises(OSError, match="steered with its token"):
            fakepw.connect(pw.url)
        with fakepw.connect(pw.url, "s3cret").snapshot():
            pass
        assert "GET /_fakepw/state" in pw.log()
        assert pw._container.id in ids(client)
    assert pw._container.id not in ids(client)
    pw.stop()  # once stopped, it does nothing
    container._remove(client, pw._container.id)  # nor if another process was quicker
    with pytest.raises(fakepw.DoubleUnreachable):
        pw.reset()


@needs_engine
def test_what_is_wrong_with_a_fixture_is_said_before_anything_starts(
    client: DockerClient, image: str
) -> None:
    with pytest.raises(fakepw.FixtureError, match=r"\$\.patches\[0\]\.nme: unknown member"):
        fakepw.docker.serve({"patches": [{"nme": "x"}]}, image=image)
    with pytest.raises(ValueError, match=r"no instance is called '9\.9'"):
        fakepw.docker.serve(instance="9.9", image=image)
    with pytest.raises(ValueError, match="its control is a token, or left out"):
        fakepw.docker.serve(control="off", image=image)


# What can be in the way, each in one sentence.


@needs_engine
@pytest.mark.parametrize(
    ("variables", "ready", "said"),
    [
        (
            {"FAKEPW_INSTANCE": "9.9"},
            20,
            r"ended with status 2; its last lines:\n  \| fakepw serve: no instance is called '9.9'",
        ),
        (
            {"FAKEPW_PORT": "9"},
            5,
            r"does not answer after 5 s; its last lines:(\n  \| .*)*Ctrl-C stops it\.$",
        ),
    ],
    ids=["it died", "it never answers"],
)
def test_a_container_that_is_no_use_is_shown_and_removed(
    client: DockerClient, image: str, variables: dict[str, str], ready: float, said: str
) -> None:
    before = mine(client)
    with pytest.raises(fakepw.docker.ContainerError, match=said):
        fakepw.docker.serve(image=image, environment=variables, ready=ready)
    assert mine(client) == before


@needs_engine
def test_a_port_that_is_taken_is_named(client: DockerClient, image: str) -> None:
    before = mine(client)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(fakepw.docker.ContainerError, match=f"port {port} is taken$"):
            fakepw.docker.serve(image=image, port=port)
    assert mine(client) == before


@needs_engine
def test_an_image_that_is_not_there_is_told_with_where_it_may_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("FAKEPW_IMAGE", raising=False)
    monkeypatch.setattr(fakepw.docker, "IMAGE", "fakepw-that-nobody-built")
    with pytest.raises(OSError, match=r"`docker build -t fakepw-that-nobody-built \.` makes it"):
        fakepw.docker.serve()
    with registry() as host, pytest.raises(OSError, match="cannot be pulled: ") as raised:
        fakepw.docker.serve(image=f"{host}/secret/fakepw:1")
    assert str(raised.value).startswith(f"there is no image {host}/secret/fakepw:1 here, and it")
    assert f"`docker login {host}` first" in str(raised.value)
    with pytest.raises(OSError, match="'No Image' is no name of an image"):
        fakepw.docker.serve(image="No Image")


def test_no_engine_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for where in (f"unix://{tmp_path}/none.sock", "tcp://127.0.0.1:1"):
        monkeypatch.setenv("DOCKER_HOST", where)
        with pytest.raises(OSError, match=f"^no container engine answers at {where} .*running"):
            fakepw.docker.serve()


@needs_engine
def test_an_engine_that_is_reached_by_tcp(
    client: DockerClient, image: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if (where := client.api.base_url).startswith("http+docker://"):
        where = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
    with forwarded(where) as there:
        monkeypatch.setenv("DOCKER_HOST", there)
        with fakepw.docker.serve("tiny", image=image) as pw:
            assert len(pw.state().patches) == 2
            ports = client.containers.get(pw._container.id).ports["8000/tcp"]
    assert ports
    assert [each["HostIp"] for each in ports] == ["127.0.0.1"]  # nobody else steers it


@pytest.mark.parametrize(
    ("where", "host"),
    [
        ("unix:///run/podman/podman.sock", None),
        ("tcp://127.0.0.1:2375", None),
        ("tcp://[::1]:2375", None),
        ("ssh://ann@localhost", None),
        ("tcp://docker:2375", "docker"),
        ("tcp://[2001:db8::1]:2376", "2001:db8::1"),
        ("https://engine.example:2376", "engine.example"),
        ("ssh://ann@engine.example", "engine.example"),
    ],
)
def test_ports_are_reached_where_the_engine_is(
    where: str, host: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", where)
    assert engine.address_of(None) == host  # type: ignore[arg-type]


def test_an_engine_that_is_too_old_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Engine(tmp_path / "old.sock", {"ApiVersion": "1.20", "Version": "1.8"}) as old:
        monkeypatch.setenv("DOCKER_HOST", old.where)
        with pytest.raises(
            OSError, match=r"^the container engine at .*old.sock is too old: .*20.10"
        ):
            fakepw.docker.serve()


def test_without_the_sdk_it_says_what_to_install() -> None:
    code = "import sys; sys.modules['docker'] = None; import fakepw.docker; fakepw.docker.serve()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1].endswith("not installed: pip install 'docker>=7.1'")


# What a killed run leaves behind.

HOLDING = """
import sys, time
import fakepw.docker
import fakepw.testing
pw = fakepw.docker.serve("tiny", image=sys.argv[1])
print(pw._container.id, flush=True)
{then}
"""


def holding(image: str, then: str) -> tuple[subprocess.Popen[str], str]:
    """A process that has a container, and its id."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDING.format(then=then), image], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@needs_engine
@pytest.mark.parametrize("then", ["", "sys.exit(3)", "raise KeyboardInterrupt", "pw.fault('x')"])
def test_it_goes_with_its_process(client: DockerClient, image: str, then: str) -> None:
    process, made = holding(image, then)
    process.communicate(timeout=60)
    assert made
    assert made not in ids(client)


@needs_engine
def test_what_a_killed_process_left_goes_and_nobody_elses(client: DockerClient, image: str) -> None:
    alive, its = holding(image, "time.sleep(600)")
    killed, left = holding(image, "time.sleep(600)")
    try:
        assert {its, left} <= ids(client)
        killed.send_signal(signal.SIGKILL)
        killed.communicate()
        with fakepw.docker.serve("tiny", image=image):
            now = ids(client)
            assert its in now
            assert left not in now
    finally:
        alive.terminate()
        alive.communicate()
    assert its in ids(client)  # SIGTERM ends a process at once, too
    container.reap(client)
    assert its not in ids(client)


@needs_engine
def test_a_forked_child_leaves_its_parents_container_alone(
    client: DockerClient, image: str
) -> None:
    then = "import os\nif os.fork() == 0: sys.exit()\nos.wait()\nprint(pw.instance, flush=True)"
    process, made = holding(image, then)
    said, _ = process.communicate(timeout=60)
    assert said.strip() == "3.2-py3-postgresql"
    assert made not in ids(client)


@pytest.fixture
def gone() -> str:
    """The label of a process that has just ended."""
    code = "from pw_containers.owners import owner; print(owner())"
    return subprocess.check_output([sys.executable, "-c", code], text=True).strip()


def test_only_who_is_gone_for_certain_is_left_over(gone: str) -> None:
    place, number, moment = gone.split(" ")
    mine = owners.owner()
    assert owners.left_over(gone)
    assert owners.left_over(f"{place} {os.getpid()} {moment}")  # a number that is used again
    for label in (
        mine,
        f"{place} {os.getpid()} unknown",
        f"other-boot{place[36:]} {number} {moment}",
        f"{place[:36]}/pid:[1]/time:[1] {number} {moment}",
        f"{place} {10**30} {moment}",
        f"{place} 1 x y",
        "",
        "x",
        f" {number} {moment}",
    ):
        assert not owners.left_over(label), label


WORKERS = """
import pytest

@pytest.mark.parametrize("number", [1, 2])
def test_it(fakepw, worker_id, number, tmp_path_factory):
    import time
    from xmlrpc.client import ServerProxy

    fakepw.add_patch(f"[PATCH] of {worker_id}")
    with ServerProxy(fakepw.url) as proxy:
        names = [patch["name"] for patch in proxy.patch_list({"name__startswith": "[PATCH] of "})]
    assert names == [f"[PATCH] of {worker_id}"]
    with open("seen", "a") as seen:
        print(fakepw._container.id, file=seen)
    time.sleep(1)  # so that the other one goes to the other worker
"""


@needs_engine
def test_each_worker_has_its_own(client: DockerClient, image: str, tmp_path: Path) -> None:
    (tmp_path / "test_ours.py").write_text(WORKERS)
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-p", "no:cacheprovider"]
    command = [*pytest_, "--fakepw-url", f"docker://{image}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "2 passed" in done.stdout, done.stdout
    seen = set((tmp_path / "seen").read_text().split())
    assert len(seen) == 2
    assert not seen & ids(client)


# What it is started with; whether an engine is there or not.


class Standing:
    """What stands for a container: the same command, with the same variables, on this machine."""

    def __init__(self, name: str, *, environment: dict[str, str], **_: Any) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fakepw", "serve"],
            env={**os.environ, **environment, "FAKEPW_PORT": str(self.port)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self.said = b""

    def wait(self, seconds: float, answers: Callable[[str], bool]) -> str:
        address = f"127.0.0.1:{self.port}"
        waiting.wait(seconds, lambda: answers(address))
        return address

    def remove(self) -> None:
        if self.process.returncode is None:
            self.process.terminate()
            _, self.said = self.process.communicate(timeout=10)


@needs_engine
def test_a_real_one_is_strict(client: DockerClient, image: str) -> None:
    with fakepw.docker.serve("tiny", image=image, strict="error ignore=order") as pw:
        assert pw.strict == "error ignore=order"
        with ServerProxy(pw.url) as proxy:
            assert proxy.patch_list({"max_count": 1})
            pw.settle()
            assert proxy.patch_list({"series": 7}) == []
        with pytest.raises(AssertionError, match="'series' is no key"):
            pw.settle()


@needs_engine
def test_an_image_that_cannot_speak_https_says_what_it_lacks(image: str) -> None:
    with pytest.raises(fakepw.docker.ContainerError, match=r"--build-arg EXTRAS=tls"):
        fakepw.docker.serve("tiny", image=image, tls=True)


def test_what_it_takes_reaches_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fakepw.docker, "begin", Standing)
    trusted: list[str] = []
    with fakepw.docker.serve(
        "tiny", tls=True, strict="error ignore=order", clock="2026-01-31T12:00", world_idle=90
    ) as pw:
        assert pw.url.startswith("https://")
        trusted.append(str(pw.ca_file))
        for _ in range(2):
            assert (pw.strict, str(pw.clock.now)) == ("error ignore=order", "2026-01-31 12:00:00")
            pw.reset()
        with pw.world() as world:
            assert world.url.startswith("https://")
            assert pw._request("GET", "worlds")["worlds"][0]["idle"] == 90
        with ServerProxy(pw.url, transport=pw.transport()) as proxy:
            assert proxy.patch_list({"series": 7}) == []
        with pytest.raises(AssertionError, match="'series' is no key"):
            pw.settle()
        standing: Any = pw._container
    assert standing.process.returncode == 1
    assert b"in strict mode something was remarked once" in standing.said
    assert not Path(trusted[0]).exists()


def test_one_that_never_speaks_https_leaves_nothing_here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def wait(*_: Any) -> str:
        raise fakepw.docker.ContainerError("it ended")

    monkeypatch.setattr(fakepw.docker, "begin", Standing)
    monkeypatch.setattr(Standing, "wait", wait)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(fakepw.docker.ContainerError, match="it ended"):
        fakepw.docker.serve("tiny", tls=True)
    assert not list(tmp_path.glob("fakepw-*"))


def test_what_it_cannot_take_is_said_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fakepw.docker, "begin", None)
    for wrong, why in (
        ({"tls": ("a", "b")}, "tls: expected true or false"),
        ({"strict": "eror"}, "strict is true, false or 'error', not 'eror'"),
        ({"clock": "soon"}, "'soon' is no date"),
        ({"world_idle": 0}, "idle is seconds above 0"),
    ):
        with pytest.raises(ValueError, match=why) as raised:
            fakepw.docker.serve("tiny", **wrong)
        assert "\n" not in str(raised.value)


def test_a_suite_has_a_container_for_https_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fakepw.docker, "begin", Standing)
    suite = fakepw.testing.Server("docker://fakepw")
    try:
        assert suite.prepared(["tiny"], tls=True).url.startswith("https://")
    finally:
        suite.stop()
