"""fakepw's image, built of this working tree once, for all processes of a test run."""

from __future__ import annotations

import fcntl
import hashlib
import tempfile
from functools import cache
from pathlib import Path

from pw_containers import engine
from tools.image import ROOT, built, context, imported

SUITE = "bookworm"
#: One image for each working tree.
NAME = f"fakepw-test:{hashlib.sha256(bytes(ROOT)).hexdigest()[:12]}"
_HASH = "fakepw-test.made-of"


@cache
def image() -> str:
    """Its name. It is built again if anything that goes into it has changed."""
    from docker.errors import ImageNotFound

    with open(Path(tempfile.gettempdir(), f"{NAME.replace(':', '-')}.lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        client = engine.connect()
        try:
            made_of = _hash()
            try:
                found = client.images.get(NAME).labels
            except ImageNotFound:
                found = {}
            if found.get(_HASH) != made_of:
                with tempfile.TemporaryDirectory() as folder:
                    base = imported(client, SUITE)
                    built(client, context(Path(folder), SUITE), base, NAME, {_HASH: made_of})
        finally:
            client.close()
    return NAME


def _hash() -> str:
    """What of the working tree goes into the image."""
    found = hashlib.sha256()
    names = ("Dockerfile", ".dockerignore", "pyproject.toml", "hatch_build.py", "README.md")
    paths = [ROOT / name for name in names]
    for folder in ("fakepw", "conformance", "pw_containers"):
        paths += sorted((ROOT / folder).rglob("*"))
    for path in [*paths, *sorted((ROOT / "fixtures").glob("*.json"))]:
        if path.is_file() and path.suffix != ".pyc":
            found.update(b"%b\0%b\0" % (bytes(path), path.read_bytes()))
    return found.hexdigest()
