"""A pipe to which nobody writes keeps no command waiting; what comes through one is read."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import fakepw
from conformance import reports
from conformance.commands.cli import main
from conformance.target import inputs
from conformance.verdicts.verdicts import Run
from fakepw.cli import group as double

NOBODY = "nobody writes to that pipe"
IRREGULAR = "no regular file"
URL = "http://127.0.0.1:9"
SUITE = {
    "compare": (("compare", "PIPE", "PIPE"), NOBODY),
    "matrix": (("matrix", "PIPE"), NOBODY),
    "replay": (("replay", "PIPE"), NOBODY),
    "baseline": (("baseline", "PIPE"), NOBODY),
    "run --failed-from": (("run", URL, "--failed-from", "PIPE"), NOBODY),
    "run --baseline": (("run", URL, "--baseline", "PIPE"), NOBODY),
    "replay-calls": (("replay-calls", "PIPE", URL), NOBODY),
    "run --ca": (("run", URL, "--ca", "PIPE"), IRREGULAR),
}
DOUBLE = {
    "usage": (("usage", "PIPE"), IRREGULAR),
    "check": (("check", "PIPE"), IRREGULAR),
    "serve": (("serve", "PIPE", "--port", "0"), IRREGULAR),
    "serve --tls-cert": (("serve", "--tls-cert", "PIPE", "--tls-key", "PIPE"), IRREGULAR),
}


@pytest.fixture
def pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One that has a name."""
    monkeypatch.setattr(inputs, "PATIENCE", 0)
    os.mkfifo(path := tmp_path / "pipe")
    return path


def refused(result: Result, pipe: Path, said: str) -> None:
    assert result.exit_code in (1, 2), result.output
    told = " ".join(result.output.split())
    assert said in told
    assert str(pipe) in told
    assert "Traceback" not in told


@pytest.mark.parametrize("name", SUITE)
def test_the_suite_waits_for_nobody(name: str, pipe: Path) -> None:
    words, said = SUITE[name]
    given = [str(pipe) if word == "PIPE" else word for word in words]
    refused(CliRunner().invoke(main, given), pipe, said)


@pytest.mark.parametrize("name", DOUBLE)
def test_the_double_waits_for_nobody(name: str, pipe: Path) -> None:
    words, said = DOUBLE[name]
    given = [str(pipe) if word == "PIPE" else word for word in words]
    refused(CliRunner().invoke(double, given), pipe, said)


def test_an_authority_is_a_regular_file(pipe: Path) -> None:
    with pytest.raises(ValueError, match=IRREGULAR):
        fakepw.connect("https://127.0.0.1:9", ca_file=pipe)


def _at_once(number: int, text: bytes) -> None:
    os.write(number, text)


def _after_a_while(number: int, text: bytes) -> None:
    time.sleep(0.1)
    os.write(number, text[:1])
    time.sleep(0.1)
    os.write(number, text[1:])


@pytest.mark.parametrize("write", [_at_once, _after_a_while])
def test_what_comes_through_a_pipe_is_read(
    write: Callable[[int, bytes], None], pipe: Path, tmp_path: Path
) -> None:
    """As with `<(…)` of a shell, where the end to write to is open before it is read."""
    reports.write("json", tmp_path / "old.json", Run("http://127.0.0.1:1/xmlrpc/"))
    text = (tmp_path / "old.json").read_bytes()
    kept = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    number = os.open(pipe, os.O_WRONLY)

    def writing() -> None:
        try:
            write(number, text)
        finally:
            os.close(number)

    writer = threading.Thread(target=writing)
    writer.start()
    with inputs.opened(pipe) as file:
        os.close(kept)  # without a reader, what is written would be refused
        found = file.read()
    writer.join()
    assert found == text


def test_whoever_writes_may_come_a_little_later(
    pipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inputs, "PATIENCE", 60)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"text",))
    writer.start()
    with inputs.opened(pipe) as file:
        assert file.read() == b"text"
    writer.join()
