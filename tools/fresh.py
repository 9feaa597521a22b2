"""The README's two commands on machines that have nothing but what the README names.

    python3 -m tools.fresh                 both Debians, as an ordinary user and as root, in full
    python3 -m tools.fresh --short         one user on each, and a part of the tests
    python3 -m tools.fresh --suite trixie --user root
    python3 -m tools.fresh --suite sid     Debian unstable, for the Python that comes next

Each machine is a copy of a minimal Debian (see tools/debian.py).  The working tree, with what is
changed but not committed, is cloned there by each user, who then runs `make demo` and `make test`.
An ordinary user may install nothing: tests that lack a tool are skipped by name.  root gets the
tools, and the use of a container engine, and skips nothing.

It all happens in namespaces of its own (mounts, processes), so that nothing stays mounted or
running, however it ends.  It takes root and `debootstrap`, which is installed if it is missing.
What cannot be had is said in one line, with exit status 1: nothing is left out in silence.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tools import engine
from tools.debian import (
    RELEASED,
    SUITES,
    Unavailable,
    base,
    bases,
    git,
    pip_settings,
    proxies,
    run,
    say,
)

USERS = ("kim", "root")

#: Who runs in a short run, and then only SHORT of `make test`.
IN_SHORT = {"bookworm": "root", "trixie": "kim", "sid": "kim"}
#: What depends on the machine most: programs that are run, what is built, what a body means.
SHORT = (
    "tests/test_packaging.py tests/test_tools.py tests/test_readme.py tests/protocol "
    "tests/clients/test_pwclient.py tests/conformance/reports/test_html.py"
)

#: As CI does, a short run draws the same examples each time: what fails is what was changed.
ALIKE = "--hypothesis-seed=0"


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


# One run. What follows `enter` happens in namespaces of its own.


def clone_source(folder: Path) -> Path:
    """A bare repository that holds the working tree, uncommitted changes included."""
    bare = folder / "fakepw.git"
    commit = git("stash", "create").strip() or git("rev-parse", "HEAD").strip()
    run(["git", "init", "-q", "--bare", "-b", "main", bare])
    git("push", "-q", str(bare), f"{commit}:refs/heads/main")
    return bare


def script(proof: Proof) -> str:
    """What the user types."""
    tests = f" TESTS='{proof.tests} {ALIKE}'" if proof.tests else ""
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
    with ExitStack() as undone:
        if proof.user == "root" and not proof.tests:  # every tool, so what runs containers, too
            where = undone.enter_context(engine.running())
            # what tests have an engine mount has the same name outside, where the engine is
            made = undone.enter_context(tempfile.TemporaryDirectory(prefix="fakepw-", dir="/tmp"))
            os.chmod(made, 0o1777)  # for everybody, as /tmp is
            environment |= {"DOCKER_HOST": where, "FRESH_BASES": str(bases()), "TMPDIR": made}
            paths |= {Path(where.removeprefix("unix://")), bases(), Path(made)}
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
        if Path(what).exists() and not Path(what).is_dir():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        else:
            place.mkdir(parents=True, exist_ok=True)
        lines.append(f'mount {how} "{what}" "{place}"')
    shutil.copy("/etc/resolv.conf", system / "etc/resolv.conf")
    shutil.copy("/etc/hosts", system / "etc/hosts")
    lines.append('exec "$0" "$1" setpriv --reuid "$2" --regid "$2" --init-groups sh -c "$3"')
    # it dies with us, and what it started with it
    apart = ["setpriv", "--pdeathsig", "KILL"]
    apart += ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
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
            say(f"fresh: {proof}")
            start = time.monotonic()
            yield proof, *prove(proof, source, system), time.monotonic() - start


def main(args: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--suite", action="append", choices=SUITES, help="one Debian alone")
    parser.add_argument("--user", action="append", choices=USERS, help="one user alone")
    parser.add_argument(
        "--short", action="store_true", help="one user on each, a part of the tests"
    )
    options = parser.parse_args(args)
    if os.getuid() != 0:
        say("fresh: not run: it takes root, to build a Debian and to become other users there")
        return 1
    wanted = proofs(options.suite or RELEASED, options.user or USERS, options.short)
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
        say(f"fresh: {line}")
    return int(failed)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("fresh: told to stop"))
    sys.exit(main())
