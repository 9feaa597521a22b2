"""The README's two commands on machines that have nothing but what the README names.

    python3 tools/fresh.py                 both Debians, as an ordinary user and as root, in full
    python3 tools/fresh.py --short         one user on each, and a part of the tests
    python3 tools/fresh.py --suite trixie --user root

Each machine is a minimal Debian in a folder: debootstrap's `minbase` and the packages of PACKAGES,
from the package source that this machine uses.  That base is kept in ~/.cache/fakepw/fresh (or
$FRESH_BASES); what runs gets a copy.  The working tree, with what is changed but not committed, is
cloned there by each user, who then runs `make demo` and `make test`.  An ordinary user may install
nothing: tests that lack a tool are skipped by name.  root gets the tools and skips nothing.

It all happens in namespaces of its own (mounts, processes), so that nothing stays mounted or
running, however it ends.  It takes root and `debootstrap`, which is installed if it is missing.
What cannot be had is said in one line, with exit status 1: nothing is left out in silence.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: What the README says that Debian needs.
PACKAGES = ("git", "make", "python3", "python3-venv")
SUITES = {"bookworm": "Debian 12", "trixie": "Debian 13"}
USERS = ("kim", "root")

#: Who runs in a short run, and then only SHORT of `make test`.
IN_SHORT = {"bookworm": "root", "trixie": "kim"}
#: What depends on the machine most: programs that are run, what is built, what a body means.
SHORT = (
    "tests/test_packaging.py tests/test_tools.py tests/test_readme.py tests/protocol "
    "tests/clients/test_pwclient.py tests/conformance/reports/test_html.py"
)

MIRROR = "http://deb.debian.org/debian"


class Unavailable(Exception):
    """Something that this needs cannot be had here; the text says what."""


@dataclass(frozen=True)
class Proof:
    """One user's run of the two commands on one Debian; `tests` are all if it names none."""

    suite: str
    user: str
    tests: str = ""

    def __str__(self) -> str:
        who = "root" if self.user == "root" else "an ordinary user"
        what = f"make demo, make test{' (a part)' if self.tests else ''}"
        return f"{SUITES[self.suite]} ({self.suite}), {who}: {what}"


def proofs(suites: Sequence[str], users: Sequence[str], short: bool) -> list[Proof]:
    """What to run, ordinary users first: root leaves tools behind."""
    return [
        Proof(suite, user, SHORT if short else "")
        for suite in suites
        for user in USERS
        if user in users and (not short or user == IN_SHORT[suite])
    ]


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


# The bases.


def bases() -> Path:
    default = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fakepw/fresh"
    return Path(os.environ.get("FRESH_BASES") or default)


def base(suite: str) -> Path:
    """The minimal Debian of that suite, made if there is none yet."""
    folder = bases() / f"{suite}-{'-'.join(PACKAGES)}"
    if folder.exists():
        return folder
    if not shutil.which("debootstrap"):
        run(["apt-get", "update", "-qq"])
        run(["apt-get", "install", "-qq", "-y", "--no-install-recommends", "debootstrap"])
    if not shutil.which("debootstrap"):
        raise Unavailable("debootstrap is not installed: apt-get install debootstrap")
    folder.parent.mkdir(parents=True, exist_ok=True)
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
    return folder


# One run. What follows `enter` happens in namespaces of its own.


def clone_source(folder: Path) -> Path:
    """A bare repository that holds the working tree, uncommitted changes included."""
    bare = folder / "fakepw.git"
    commit = git("stash", "create").strip() or git("rev-parse", "HEAD").strip()
    run(["git", "init", "-q", "--bare", "-b", "main", bare])
    git("push", "-q", str(bare), f"{commit}:refs/heads/main")
    return bare


def git(*args: str) -> str:
    done = run(["git", "-C", ROOT, *args])
    if done.returncode:
        raise Unavailable(f"git {args[0]}: {done.stderr.strip()}")
    return done.stdout


def script(proof: Proof) -> str:
    """What the user types."""
    tests = f" TESTS='{proof.tests}'" if proof.tests else ""
    return (
        f"cd && git clone -q fakepw.git fakepw && cd fakepw && DEMO_SECONDS=0 make demo "
        f"&& make test{tests} && .venv/bin/python -m tests.protocol.answers --some | tee ~/answers"
    )


def prove(proof: Proof, source: Path, system: Path) -> tuple[int, str]:
    """Run the commands as the user: the exit status, and what answers were given to thousands of
    requests, which no machine may decide."""
    home = Path("root" if proof.user == "root" else f"home/{proof.user}")
    if proof.user != "root":
        run(["chroot", system, "useradd", "-m", "-s", "/bin/bash", proof.user])
    shutil.copytree(source, system / home / "fakepw.git")
    run(["chroot", system, "chown", "-R", f"{proof.user}:", f"/{home}/fakepw.git"])
    settings, paths = pip_settings()
    environment = {
        "HOME": f"/{home}",
        "USER": proof.user,
        "LOGNAME": proof.user,
        "SHELL": "/bin/bash",
        "TERM": "dumb",
        "PATH": "/usr/local/bin:/usr/bin:/bin" + ":/usr/sbin:/sbin" * (proof.user == "root"),
        **proxies(),
        **settings,
    }
    if proof.user == "root":
        environment["CI"] = "true"  # root can have every tool, so a skipped test is a failure
    mounts = [("--rbind", "/dev", "dev"), ("-t proc", "proc", "proc")]
    mounts += [("--bind", str(path), str(path).lstrip("/")) for path in sorted(paths)]
    status = enter(system, mounts, proof.user, environment, script(proof))
    answers = system / home / "answers"
    return status, answers.read_text() if answers.exists() else ""


def enter(
    system: Path,
    mounts: Sequence[tuple[str, str, str]],
    user: str,
    environment: dict[str, str],
    command: str,
) -> int:
    """Run a shell command as a user of that system, with these things of ours mounted there."""
    lines = ["set -e", "mount --make-rprivate /"]
    for how, what, where in mounts:
        place = system / where
        if Path(what).is_file():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        else:
            place.mkdir(parents=True, exist_ok=True)
        lines.append(f'mount {how} "{what}" "{place}"')
    shutil.copy("/etc/resolv.conf", system / "etc/resolv.conf")
    shutil.copy("/etc/hosts", system / "etc/hosts")
    lines.append('exec "$0" "$1" setpriv --reuid "$2" --regid "$2" --init-groups sh -c "$3"')
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
    chroot = shutil.which("chroot") or "/usr/sbin/chroot"
    done = subprocess.run(
        [*apart, "sh", "-c", "\n".join(lines), chroot, str(system), user, command],
        env=environment,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode


def on_copy(suite: str, wanted: Sequence[Proof]) -> Iterator[tuple[Proof, int, str, float]]:
    """The proofs of one Debian, one after the other on one copy of its base."""
    original = base(suite)
    with tempfile.TemporaryDirectory(prefix="fakepw-fresh-") as folder:
        system = Path(folder, "system")
        subprocess.run(["cp", "-a", "--reflink=auto", original, system], check=True)
        source = clone_source(Path(folder))
        for proof in wanted:
            say(str(proof))
            start = time.monotonic()
            yield proof, *prove(proof, source, system), time.monotonic() - start


def say(text: str) -> None:
    print(f"fresh: {text}", flush=True)


def main(args: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--suite", action="append", choices=SUITES, help="one Debian alone")
    parser.add_argument("--user", action="append", choices=USERS, help="one user alone")
    parser.add_argument(
        "--short", action="store_true", help="one user on each, a part of the tests"
    )
    options = parser.parse_args(args)
    if os.getuid() != 0:
        say("not run: it takes root, to build a Debian and to become other users there")
        return 1
    wanted = proofs(options.suite or list(SUITES), options.user or USERS, options.short)
    said: list[str] = []
    failed = False
    answers: set[str] = set()
    for suite in dict.fromkeys(proof.suite for proof in wanted):
        try:
            runs = on_copy(suite, [proof for proof in wanted if proof.suite == suite])
            for proof, status, given, took in runs:
                failed = failed or status != 0
                answers |= {given} - {""}
                said.append(f"{'FAILED' if status else 'passed'} in {took:.0f} s: {proof}")
        except Unavailable as reason:
            failed = True
            said.append(f"not run: {SUITES[suite]} ({suite}): {reason}")
    if len(answers) > 1:
        failed = True
        said.append("FAILED: the same requests got other answers on another machine")
    for line in said:
        say(line)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
