"""A container engine for as long as a command runs, where none answers already.

    python3 -m tools.engine make test

It is Debian's `docker.io`, which is installed if it is missing. It keeps all that it has in a
folder of its own, and runs in namespaces of its own (mounts, processes), so that nothing stays
mounted or running, however the command ends. It leaves the machine's firewall alone: containers
reach one another and are reached by the ports that they publish on loopback, and that is all.
Without root or without what an engine takes, the command runs all the same, and one line says so.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tools.debian import Unavailable, run, say

USUAL = "unix:///var/run/docker.sock"
#: The network of an engine's containers: an interface and addresses of its own for each engine, as
#: several may run at once, and none knows which addresses the others give.
BRIDGES = {f"fakepw{n}": f"10.213.{n}.1/24" for n in range(100)}
#: Seconds in which an engine has to start.
PATIENCE = 60
#: What it may keep its layers with; the last one works everywhere, and is slow.
DRIVERS = ("overlay2", "vfs")


def answering() -> str | None:
    """Where an engine answers: the one of DOCKER_HOST, or the usual one."""
    where = os.environ.get("DOCKER_HOST") or USUAL
    return where if _answers(where) else None


def _answers(where: str) -> bool:
    scheme, _, rest = where.partition("://")
    local = scheme == "unix"
    host, _, port = rest.rstrip("/").rpartition(":")
    try:
        with socket.socket(socket.AF_UNIX if local else socket.AF_INET) as asked:
            asked.settimeout(5)
            asked.connect(rest if local else (host, int(port)))
            asked.sendall(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")
            return b" 200 " in asked.recv(4096).partition(b"\r\n")[0]
    except (OSError, ValueError):
        return False


@contextmanager
def running() -> Iterator[str]:
    """An engine, as DOCKER_HOST names it; one that answers stays. Raises Unavailable."""
    if (there := answering()) is not None:
        yield there
        return
    if os.getuid() != 0:
        raise Unavailable("starting a container engine takes root")
    if not shutil.which("dockerd"):
        install()
    if not shutil.which("dockerd"):
        raise Unavailable("there is no dockerd: apt-get install docker.io")
    with (
        tempfile.TemporaryDirectory(prefix="fakepw-engine-", dir="/var/tmp") as made,
        _bridge() as bridge,
    ):
        folder = Path(made)
        process = _started(folder, bridge)
        try:
            yield f"unix://{folder}/docker.sock"
        finally:
            _stop(process)


@contextmanager
def _bridge() -> Iterator[str]:
    """An interface that no other engine has, until the end. Raises Unavailable."""
    if not shutil.which("ip"):
        raise Unavailable("there is no ip: apt-get install iproute2")
    # it fails if the name is taken
    name = next((each for each in BRIDGES if _ip("link", "add", each, "type", "bridge")), None)
    if name is None:
        raise Unavailable("a network for containers cannot be made")
    address = BRIDGES[name]
    try:
        if not (_ip("addr", "add", address, "dev", name) and _ip("link", "set", name, "up")):
            raise Unavailable(f"the network {address} cannot be made")
        yield name
    finally:
        _ip("link", "delete", name)


def _ip(*words: str) -> bool:
    """Whether `ip` did it."""
    return subprocess.run(["ip", *words], capture_output=True).returncode == 0


def install() -> None:
    """Install Debian's engine and its clients, without starting anything."""
    say("installing docker.io, docker-compose")
    unattended = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    run(["apt-get", "-qq", "update"])
    # from Debian 13 on the client is by itself
    for package in ("docker.io", "docker-cli", "docker-compose", "iproute2"):
        command = ["apt-get", "-qq", "-y", "--no-install-recommends", "install", package]
        run(command, env=unattended)


def _started(folder: Path, bridge: str) -> subprocess.Popen[bytes]:
    """An engine that answers below that folder, with the first driver that this kernel takes."""
    for driver in DRIVERS:
        log = folder / "log"
        process = _dockerd(folder, driver, log, bridge)
        end = time.monotonic() + PATIENCE
        while process.poll() is None and time.monotonic() < end:
            if _answers(f"unix://{folder}/docker.sock"):
                return process
            time.sleep(0.1)
        _stop(process)
    last = log.read_text(errors="replace").strip().splitlines()[-1:]
    raise Unavailable(f"dockerd does not start: {''.join(last)}")


def _dockerd(folder: Path, driver: str, log: Path, bridge: str) -> subprocess.Popen[bytes]:
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    options = {
        "host": f"unix://{folder}/docker.sock",
        "data-root": folder / "data",
        "exec-root": folder / "exec",
        "pidfile": folder / "pid",
        "storage-driver": driver,
        "bridge": bridge,
        "ip-forward": "false",
        "iptables": "false",
        "ip6tables": "false",
    }
    words = [f"--{name}={value}" for name, value in options.items()]
    with open(log, "wb") as said:
        return subprocess.Popen(
            [*apart, "dockerd", *words],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,  # Ctrl-C is for the command
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End it and all that runs in it. It is the init of its namespace: nothing outlives it."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    with suppress(OSError, ValueError):
        os.kill(int(children.read_text()), signal.SIGTERM)  # unshare itself would ignore it
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main(command: Sequence[str]) -> int:
    """Run the command, with an engine if one can be had; its status."""
    if not command:
        say(f"{__doc__}")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with running() as where:
            return subprocess.run(command, env=os.environ | {"DOCKER_HOST": where}).returncode
    except Unavailable as reason:
        say(f"no container engine: {reason}")
        return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
