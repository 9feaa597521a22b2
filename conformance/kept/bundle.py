"""One file to hand over: every report of a run, its raw exchanges, settings, versions and logs.

A zip file. `bundle.json` says what is in it. Whatever goes in is redacted on its way (`Bundle.add`,
and `notes` for exchanges), and none of it is anything that the reports may not say.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .. import reports
from ..reports import reading
from ..reports.safe.redaction import clean, redact
from ..target import secrecy
from ..target.sending.transport import VERSION
from ..verdicts.stored import Stored
from ..verdicts.verdicts import Run
from . import archive

#: Grows when a reader would have to change.
FORMAT = 1
#: Report -> the file that it is in a bundle.
FILES = {
    "json": "report.json",
    "html": "report.html",
    "junit": "report.xml",
    "markdown": "report.md",
    "badge": "badge.json",
}
#: The most that is kept of one log, in characters: its end, where it says what went wrong.
LOG = 1_000_000
#: What may change what a run finds.
_LIBRARIES = ("fakepw", "hypothesis", "pytest", "pytest-xdist", "click", "rich", "jinja2")
_README = """\
What one run of pw-conformance found, as a whole: the conformance suite of Patchwork's XML-RPC API.

  report.html, .md, .xml, .json   the reports; badge.json is the badge
  report.txt                      what the terminal said
  exchanges/                      every request and answer, a line of JSON each, and which of them
                                  were judged together
  log.txt, logs/                  what was run and how, and what was said meanwhile
  bundle.json                     versions and settings

  pw-conformance replay THIS.zip          judge the exchanges again; nothing is sent
  pw-conformance compare THIS.zip NEWER   what changed since
  pw-conformance matrix THIS.zip OTHER    beside other instances

Credentials are not in here. Names and addresses that the server tells everybody are.
"""


@dataclass(frozen=True)
class Log:
    """What was said by something that took part, such as `--before`: a name, and its text."""

    name: str
    text: str


def write(
    path: Path,
    run: Run,
    secrets: Iterable[str],
    notes: Sequence[Path],
    logs: Sequence[Log],
) -> None:
    """Write a bundle, whole or not at all. `notes` are the files that `Notes` wrote.

    Raises ValueError, in one sentence, if it cannot be written.
    """
    words = tuple(secrets)
    found = clean(run, words)
    try:
        archive.write(path, _files(found, words, notes, logs))
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"the bundle cannot be written to {path}: {reason}") from None


def _files(
    run: Run, secrets: tuple[str, ...], notes: Sequence[Path], logs: Sequence[Log]
) -> Iterator[tuple[str, bytes | Path]]:
    def said(name: str, text: str) -> tuple[str, bytes]:
        lines = (redact(line, secrets) for line in text.splitlines(keepends=True))
        return name, "".join(lines).encode("utf-8", "backslashreplace")

    about = {
        "format": FORMAT,
        "generator": f"pw-conformance {VERSION}",
        "url": run.url,
        "started": run.started,
        "headline": run.headline,
        "summary": run.summary,
        "settings": run.settings,
        "versions": versions(),
    }
    yield said("bundle.json", json.dumps(about, indent=1) + "\n")
    yield said("readme.txt", _README)
    for kind, name in FILES.items():
        yield name, secrecy.netted(reports.KINDS[kind](run), secrets).encode()
    for number, path in enumerate(notes):
        yield f"exchanges/{number}.jsonl", path
    for log in logs:
        name = log.name if log.name.startswith(("log.", "report.")) else f"logs/{log.name}"
        yield said(name, log.text[-LOG:])


def versions() -> Mapping[str, str]:
    """What the run stood on."""
    found = {"python": sys.version.split()[0], "platform": platform.platform()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read: the run, and its exchanges as they were noted."""

    name: str
    about: dict[str, Any]
    stored: Stored
    notes: tuple[str, ...]


def read(data: bytes, name: str) -> Bundle:
    """What a bundle holds. Raises ValueError, in a sentence that begins with `name`."""
    files = archive.read(data, name)
    for needed in ("bundle.json", FILES["json"]):
        if needed not in files:
            raise ValueError(f"{name} is no bundle of pw-conformance: it holds no {needed}")
    about = _about(_decoded(files, "bundle.json", name), name)
    report = reading.read(_decoded(files, FILES["json"], name), name)
    noted = sorted(each for each in files if each.startswith("exchanges/"))
    return Bundle(name, about, report, tuple(_decoded(files, each, name) for each in noted))


def _decoded(files: Mapping[str, bytes], file: str, name: str) -> str:
    try:
        return files[file].decode()
    except UnicodeDecodeError:
        raise ValueError(f"{name} is damaged: {file} is no UTF-8") from None


def _about(text: str, name: str) -> dict[str, Any]:
    try:
        found = json.loads(text[:1_000_000])
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or "format" not in found:
        raise ValueError(f"{name} is no bundle of pw-conformance: bundle.json is none of its")
    if type(found["format"]) is not int or found["format"] != FORMAT:
        told = repr(found["format"])[:40]
        raise ValueError(f"{name} is a bundle of format {told}, and this version reads {FORMAT}")
    return found
