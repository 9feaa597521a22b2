"""The image where nothing can be pulled: built on a minimal Debian, without a network; measured.

    python -m tools.engine python -m tools.image [SUITE [EXTRAS]]

builds it and prints what it takes; EXTRAS is the argument of the Dockerfile, such as tls.

The base is the Debian of tools/debian.py without what only its builder needs, as `docker import`
makes an image of a folder; the wheels come from the index that pip is set to use.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

from pw_containers import container, engine
from tools.debian import SUITES, base, git, run

if TYPE_CHECKING:
    from docker import DockerClient

ROOT = Path(__file__).resolve().parents[1]
#: What of a Debian no base needs: what is in the way of files, and git.
LEFT_OUT: tuple[str, ...] = (
    "dev/*",
    "var/cache",
    "var/lib/apt/lists/*",
    "usr/share/doc",
    "usr/share/locale",
)
LEFT_OUT += ("usr/share/man", "usr/share/perl", "usr/lib/git-core", "usr/share/git-core")
TIMES = 5


def imported(client: DockerClient, suite: str) -> str:
    """The name of a base image, made of that Debian if there is none yet."""
    from docker.errors import ImageNotFound

    name = f"fakepw-base:{suite}"
    try:
        client.images.get(name)
    except ImageNotFound:
        folder = base(suite)
        words = ["tar", f"--directory={folder}", *(f"--exclude=./{each}" for each in LEFT_OUT)]
        with subprocess.Popen([*words, "-cf", "-", "."], stdout=subprocess.PIPE) as packing:
            client.api.import_image_from_stream(packing.stdout, *name.split(":"))
    return name


def context(folder: Path, suite: str, extras: str = "") -> Path:
    """What an image is built from, in that folder: the working tree, and the wheels it takes."""
    for name in git("ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    python = (base(suite) / "usr/bin/python3").readlink().name.removeprefix("python")
    wanted = [f"{ROOT}[{','.join(filter(None, ('conformance', extras)))}]", "hatchling>=1.27"]
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download"]
    only = ["--only-binary=:all:", f"--python-version={python}", f"--dest={folder / 'wheels'}"]
    done = run([*pip, *only, *wanted])
    if done.returncode:
        raise SystemExit(f"the wheels cannot be had: {done.stderr.strip()}")
    return folder


def built(
    client: DockerClient,
    folder: Path,
    on: str,
    name: str,
    labels: dict[str, str] | None = None,
    extras: str = "",
) -> str:
    """The image of that name, built without a network and without what was built before."""
    client.images.build(
        path=str(folder),
        tag=name,
        nocache=True,
        rm=True,
        forcerm=True,
        network_mode="none",
        labels=labels or {},
        buildargs={"BASE": on, "PIP_NO_INDEX": "1", "EXTRAS": extras},
    )
    return name


# What it takes.


def measured(client: DockerClient, name: str, on: str) -> dict[str, float]:
    """MB above the base; seconds to the first answer, and until the engine calls it healthy; MB of
    memory then. All but the first are medians."""
    size = client.images.get(name).attrs["Size"] - client.images.get(on).attrs["Size"]
    answering, healthy, memory = zip(*(_once(client, name) for _ in range(TIMES)), strict=True)
    return {
        "MB above its base": size / 1e6,
        "seconds to the first answer": statistics.median(answering),
        "seconds until it is healthy": statistics.median(healthy),
        "MB of memory": statistics.median(memory),
    }


def _once(client: DockerClient, name: str) -> tuple[float, float, float]:
    begun = time.monotonic()
    started = container.start(name, pull=False)
    try:
        started.wait(30, _answers)
        answering = time.monotonic() - begun
        started.wait(30, lambda _: started.healthy is True)
        healthy = time.monotonic() - begun
        found = client.api.stats(started.id, stream=False)["memory_stats"]
        used = found["usage"] - found["stats"].get("total_inactive_file", 0)
    finally:
        started.remove()
    return answering, healthy, used / 1e6


def _answers(address: str) -> bool:
    try:
        with urlopen(f"http://{address}/_fakepw/health", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def main(suite: str = "bookworm", extras: str = "") -> None:
    """Build the image on that Debian, and print what it takes."""
    client = engine.connect()
    with tempfile.TemporaryDirectory() as folder:
        on = imported(client, suite)
        wheels = context(Path(folder), suite, extras)
        name = built(client, wheels, on, "fakepw", extras=extras)
    print(f"{name} on {SUITES[suite]}, by Docker {client.version()['Version']}")
    for what, number in measured(client, name, on).items():
        print(f"{number:6.2f} {what}")
    client.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
