"""What some tests need of the system besides git and make, and what comes of one that is missing.

A test that needs a tool names it: `@pytest.mark.needs("curl")`.  Where that is missing the test is
skipped, and the last line of the run says what to install; where the environment has CI=true it
fails instead, so that no test goes unrun there for long.

    python -m tests.tools    installs what is missing, where that can be done without asking
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable

import pytest

from tools import engine

#: Each tool (a command, a library by its file, or a path) and the package of Debian that holds it.
PACKAGES = {
    "chromium": "chromium",  # shows the HTML report
    "curl": "curl",
    "libatomic.so.1": "libatomic1",  # of the Node.js that Playwright brings
    "shellcheck": "shellcheck",  # the shell of what CI systems run
    "patch": "patch",  # which `pwclient apply` calls
    "wrk": "wrk",  # the benchmarks' load
    # What the recipes are written in.
    "go": "golang-go",
    "jq": "jq",
    "node": "nodejs",
    "ruby": "ruby",
    "/usr/lib/ruby/vendor_ruby/xmlrpc/client.rb": "ruby-xmlrpc",
    "/usr/share/perl5/XMLRPC/Lite.pm": "libxmlrpc-lite-perl",
    # Web servers: what stands before a Patchwork.
    "apache2": "apache2-bin",
    "/usr/lib/apache2/modules/mod_wsgi.so": "libapache2-mod-wsgi-py3",
    "caddy": "caddy",
    "haproxy": "haproxy",
    "lighttpd": "lighttpd",
    "nginx": "nginx-light",
    "uwsgi": "uwsgi-core",
    "/usr/lib/uwsgi/plugins/python3_plugin.so": "uwsgi-plugin-python3",
    "varnishd": "varnish",
}

#: What runs containers, and its clients. None is installed in passing: an engine has to run, too.
ENGINE = "a container engine"
_ENGINES = {ENGINE: "docker.io", "docker": "docker.io", "docker-compose": "docker-compose"}
_PACKAGES = PACKAGES | _ENGINES

#: What a browser needs, and what drives it.
BROWSER = ("chromium", "libatomic.so.1")


def found(command: str) -> str | None:
    """Where a command is, also one that is meant for root."""
    return shutil.which(command, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin"]))


def there(tool: str) -> bool:
    """Whether this machine has the tool."""
    if tool == ENGINE:
        return engine.answering() is not None
    if tool.startswith("/"):
        return os.path.exists(tool)
    if ".so" not in tool:
        return found(tool) is not None
    try:
        ctypes.CDLL(tool)
    except OSError:
        return False
    return True


def missing(tools: Iterable[str] = PACKAGES) -> list[str]:
    """Those of the tools that this machine lacks, in order."""
    return [tool for tool in tools if not there(tool)]


def advice(tools: Collection[str]) -> str:
    """How to get these tools."""
    packages = " ".join(_PACKAGES[tool] for tool in tools)
    run = "; `python3 -m tools.engine COMMAND` runs one meanwhile" if ENGINE in tools else ""
    return f"On Debian: sudo apt-get install {packages}{run}"


def in_ci() -> bool:
    """Whether this is CI, where everything has to be there."""
    return os.environ.get("CI") == "true"


# For pytest (see conftest).

_REASON = "not installed: "


def check(item: pytest.Item) -> None:
    """Skip a test that needs what is missing, or fail it in CI."""
    for marker in item.iter_markers("needs"):
        lacks = missing(marker.args)
        if lacks and in_ci():
            pytest.fail(f"{_REASON}{', '.join(lacks)}. {advice(lacks)}", pytrace=False)
        if lacks:
            pytest.skip(f"{_REASON}{', '.join(lacks)}")


def closing_line(reasons: Iterable[str]) -> str | None:
    """What to say of the tests that were skipped, given why; None if they lacked no tool."""
    lacks = [reason.partition(_REASON)[2].split(", ") for reason in reasons if _REASON in reason]
    if not lacks:
        return None
    names = [tool for tool in _PACKAGES if any(tool in each for each in lacks)]
    tests = "1 test was" if len(lacks) == 1 else f"{len(lacks)} tests were"
    return f"{tests} skipped for want of {', '.join(names)}. {advice(names)}"


# For make.


def install() -> None:
    """Install by apt-get what is missing, if root asks; otherwise, or if that fails, say so."""
    lacks = missing()
    if not lacks:
        return
    if os.getuid() == 0 and shutil.which("apt-get"):
        packages = [PACKAGES[tool] for tool in lacks]
        print(f"installing {' '.join(packages)}", flush=True)
        _apt_get("update")
        for package in packages:  # one that cannot be had keeps no other away
            _apt_get("install", "-y", "--no-install-recommends", package)
        lacks = missing()
    if lacks:
        fate = "fail" if in_ci() else "be skipped"
        what = f"not installed: {', '.join(lacks)}; tests that need them will {fate}."
        print(f"{what} {advice(lacks)}", file=sys.stderr)


def _apt_get(*args: str) -> None:
    # RUNLEVEL: the servers among the packages are not to be started.
    unattended = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(["apt-get", "-qq", *args], env=unattended, stdout=subprocess.DEVNULL)


def install_clients() -> None:
    """Install what talks to an engine, where one answers that runs elsewhere."""
    clients = [tool for tool in _ENGINES if tool != ENGINE]
    if os.getuid() == 0 and shutil.which("apt-get") and there(ENGINE) and missing(clients):
        engine.install()


if __name__ == "__main__":
    install()
    install_clients()
