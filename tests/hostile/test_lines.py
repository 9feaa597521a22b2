"""Nothing that a server says begins a line of ours, nor becomes a command of a CI system."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance.reports.safe.visible import line, pieces, plain

from . import servers

#: What GitHub, Azure, TeamCity and GitLab take for commands, and a summary that is none of ours.
FORGED = (
    "::error file=x.py,line=1::forged",
    "::stop-commands::forged",
    "##[error]forged",
    "##vso[task.setvariable variable=x]forged",
    "##VSO[task.complete result=Succeeded]forged",
    "##teamcity[testFailed name='forged']",
    "section_start:1560896352:forged\r\x1b[0K",
    "conformant: 340 passed, 0 failed",
)
#: What ends a line, or looks so.
BREAKS = (
    "\n",
    "\r",
    "\r\n",
    "\x0b",
    "\x0c",
    "\x85",
    "\u2028",
    "\u2029",
    "\x1b[2K\x1b[1G",
    "\u202e",
)
COMMAND = re.compile(
    r"^\s*::[a-z]|##\[|##vso\[|##teamcity\[|section_(?:start|end):\d+:[^\r]*\r\x1b", re.I | re.M
)


@pytest.mark.parametrize("forged", FORGED)
@pytest.mark.parametrize("broken", BREAKS)
def test_no_break_and_no_command_is_left(forged: str, broken: str) -> None:
    for text in (f"a{broken}{forged}", f"{broken}  {forged}", forged, f"x {forged}"):
        shown = line(text)
        assert shown.isprintable()
        assert not COMMAND.search(plain(text))
        assert not COMMAND.search("".join(piece for piece, _ in pieces(text)))


@pytest.mark.parametrize("text", ["a::b", "http://[::1]:80/", "## heading", "a section", "C::D::e"])
def test_what_is_no_command_stays(text: str) -> None:
    assert line(text) == text


def lines_of(*outputs: str) -> list[str]:
    return [each for output in outputs for each in re.split(r"\n|\r", output)]


def check(text: str) -> None:
    assert not COMMAND.search(text)
    assert not [c for c in BREAKS[1:] if c in text]
    for each in lines_of(text):
        assert not each.strip().startswith(("conformant: 340", "forged", "::error", "##"))


def run(server: servers.Misbehaving, *words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "conformance", "run", server.url, *words],
        capture_output=True,
        timeout=240,
        env=os.environ | {"COLUMNS": "60"},
    )


def test_no_output_of_a_run_holds_a_forged_line(tmp_path: Path) -> None:
    text = "\n".join(FORGED).replace("\x1b", "") + "".join(BREAKS[:2]) + "\u2028::error::forged"
    said = text.replace("&", "&amp;").replace("<", "&lt;")

    def forges(turn: servers.Turn) -> Iterator[bytes]:
        unknown = b"<methodName>pw_rpc_version" not in turn.body and turn.method == "POST"
        if unknown and turn.number % 2:
            yield servers.written(200, servers.fault(f"<![CDATA[<class 'E'>:{text}]]>"))
        elif unknown and turn.number % 3 == 0:
            yield servers.written(200, servers.value(f"<string>{said}</string>"))
        else:
            yield turn.honest(headers=[*turn.carried_out().headers, ("Location", said[:30])])

    kinds = ("junit", "html", "markdown", "badge", "json")
    reports = [w for kind in kinds for w in ("--report", f"{kind}={tmp_path / kind}")]
    with servers.misbehaving(forges) as server:
        done = run(server, "--select", "VER", "--select", "SIG", *reports)
    assert b"forged" in done.stdout, "it was shown, after all"
    check(done.stdout.decode())
    check(done.stderr.decode())
    for kind in kinds:
        shown = (tmp_path / kind).read_text()
        assert not COMMAND.search(shown), kind
    title = re.findall("<title>(.*?)</title>", (tmp_path / "html").read_text(), re.S)
    assert "\n" not in title[0].strip()


@pytest.mark.parametrize("reason", ["OK\r::error::forged", "OK\x0b\x1b[2J::error::forged"])
def test_a_status_line_forges_nothing(reason: str) -> None:
    def forges(turn: servers.Turn) -> Iterator[bytes]:
        yield f"HTTP/1.1 2x0 {reason}\r\n::error::forged\n\r\n".encode()
        raise servers.Hangup

    with servers.misbehaving(forges) as server:
        done = run(server, "--timeout", "3")
    assert done.returncode == 3
    check(done.stdout.decode())
    check(done.stderr.decode())


def test_pytest_shows_no_forged_line() -> None:
    def forges(turn: servers.Turn) -> Iterator[bytes]:
        if turn.number > 40:
            yield servers.written(200, servers.fault("x\n::error::forged\n##vso[forged]"))
        else:
            yield turn.honest()

    with servers.misbehaving(forges) as server:
        words = [sys.executable, "-m", "pytest", "--pyargs", "conformance.chapters", "-q", "-rA"]
        words += ["-p", "conformance.commands.plugin", "-p", "no:cacheprovider"]
        words += ["--pw-url", server.url, "--pw-select", "PW-SIG"]
        done = subprocess.run(
            words,
            capture_output=True,
            timeout=240,
            cwd=Path(__file__).parents[2],
        )
    text = done.stdout.decode()
    assert "forged" in text
    assert not COMMAND.search(text)
