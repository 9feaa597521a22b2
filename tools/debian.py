"""A minimal Debian in a folder, and what this machine passes on to it.

It is debootstrap's `minbase` with the packages of PACKAGES, from the package source that this
machine uses, kept in ~/.cache/fakepw/fresh (or $FRESH_BASES). It takes root and `debootstrap`,
which is installed if it is missing.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: What the README says that Debian needs.
PACKAGES = ("git", "make", "python3", "python3-venv")
SUITES = {"bookworm": "Debian 12", "trixie": "Debian 13", "sid": "Debian unstable"}
#: Those that a proof is of where none is named: sid is another one every day, and so is its Python.
RELEASED = ("bookworm", "trixie")
MIRROR = "http://deb.debian.org/debian"


class Unavailable(Exception):
    """Something that this needs cannot be had here; the text says what."""


# What this machine has, and passes on.


def mirror() -> str:
    """Where this machine gets Debian's packages from."""
    said = run(["apt-cache", "policy"]).stdout if shutil.which("apt-cache") else ""
    for line in said.splitlines():
        found = re.match(r" *\d+ (\S+) (\S+)/main \S+ Packages", line)
        if found and "security" not in found[2] and "debian" in found[1].lower():
            return found[1]
    return MIRROR


def apt_settings() -> str:
    """How apt reaches its sources: proxies and the like."""
    said = run(["apt-config", "dump"]).stdout if shutil.which("apt-config") else ""
    wanted = re.compile(r"Acquire::(http|https|Retries|Check-Valid-Until)\b.* \"[^\"]+\";")
    return "".join(f"{line}\n" for line in said.splitlines() if wanted.match(line))


def pip_settings() -> tuple[dict[str, str], set[Path]]:
    """pip's settings as environment variables, and the files of this machine that they name."""
    said = run([sys.executable, "-m", "pip", "config", "list"]).stdout
    settings: dict[str, str] = {}
    for line in said.splitlines():
        found = re.match(r"(?:global|install|:env:)\.(\S+)='(.*)'", line)
        if found:
            name = "PIP_" + found[1].upper().replace("-", "_")
            settings[name] = found[2].replace("\\n", " ")
    paths = set()
    for word in " ".join(settings.values()).split():
        path = Path(word.removeprefix("file://"))
        if path.is_absolute() and path.exists():
            # an index on disk links to files beside it
            paths.add(path.parent if path.is_dir() and path.parent != Path("/") else path)
    return settings, paths


PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")


def proxies() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.lower() in PROXIES}


def run(command: Sequence[object], **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)  # type: ignore[call-overload, no-any-return]


def git(*args: str) -> str:
    done = run(["git", "-C", ROOT, *args])
    if done.returncode:
        raise Unavailable(f"git {args[0]}: {done.stderr.strip()}")
    return done.stdout


# The bases.


def bases() -> Path:
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fakepw/fresh"
    return Path(os.environ.get("FRESH_BASES") or default)


def base(suite: str) -> Path:
    """The minimal Debian of that suite, made if there is none yet."""
    folder = bases() / f"{suite}-{'-'.join(PACKAGES)}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f"{suite}.lock", "w") as lock:  # others may be at it
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _build(suite, folder)
    return folder


def _build(suite: str, folder: Path) -> None:
    if not shutil.which("debootstrap"):
        run(["apt-get", "update", "-qq"])
        run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "debootstrap"])
    if not shutil.which("debootstrap"):
        raise Unavailable("debootstrap is not installed: apt-get install debootstrap")
    source = mirror()
    say(f"building {SUITES[suite]} ({suite}) from {source}")
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f"{suite}-") as made:
        system = Path(made, "system")
        include = f"--include={','.join(PACKAGES)}"
        # in a namespace of its own: it mounts things, and may be interrupted
        builder = ["unshare", "--mount", "debootstrap", "--variant=minbase"]
        done = run([*builder, include, suite, system, source])
        if done.returncode:
            last = (done.stderr + done.stdout).strip().splitlines()[-1:]
            raise Unavailable(f"debootstrap could not build {suite}: {''.join(last)}")
        (system / "etc/apt/apt.conf.d/50source").write_text(apt_settings())
        system.rename(folder)


def say(text: str) -> None:
    print(text, flush=True)
