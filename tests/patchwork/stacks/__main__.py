"""Asks every stack and writes down what they say."""

from __future__ import annotations

import base64
import json
import lzma
import subprocess
import sys
import xmlrpc.client
from pathlib import Path
from typing import Any

import msgspec

from fakepw.patchwork.instances.instances import RECORDED, instance
from fakepw.strategies import MethodCall

from . import FILE, outcome
from .calls import Maker, settled

READS, WRITES = 300, 25
#: Stacks that no recorded instance stands on.
FURTHER = (
    "2.2-py3-django2.0-sqlite",
    "2.2-py3-django2.1-sqlite",
    "3.1-py3-django4.1-sqlite",
)
WRITING = ("patch_set", "check_create")


class Stack:
    """One instance's Python, Django and database, with our models on them."""

    def __init__(self, name: str, venvs: Path, databases: dict[str, Any]) -> None:
        like = instance(name)
        python = venvs / f"{like.python}-{like.django}" / "bin" / "python"
        server = Path(__file__).parent / "server.py"
        command = [str(python), str(server), like.release, like.database]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._send(databases[like.database])
        self.name = name
        self._has_checks = like.traits.has_checks
        self._has_logins = like.traits.py2 or not like.traits.decodes_text_credentials

    def _send(self, message: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def _ask(self, message: Any) -> Any:
        assert self._process.stdout is not None
        self._send(message)
        return json.loads(self._process.stdout.readline())

    def takes(self, method: str) -> bool:
        """Whether its release has the method and, for a write, anybody who can log in."""
        has_method = self._has_checks or "check" not in method
        return has_method and (self._has_logins or method not in WRITING)

    def load(self, rows: dict[str, Any]) -> None:
        """Start anew with these rows."""
        self._ask({"load": rows})

    def answer(self, body: bytes, user: int) -> str:
        """The outcome of a call."""
        got = self._ask({"call": base64.b64encode(body).decode(), "user": user})
        return outcome(500, b"") if got == 500 else outcome(200, base64.b64decode(got))


Lines = list[dict[str, Any]]


def made_up() -> Lines:
    """Datasets, each followed by calls that nobody was asked yet."""
    made: Lines = []
    for seed in (1, 2, 3, 4):
        maker = Maker(seed)
        made.append({"dataset": json.loads(msgspec.json.encode(maker.rows))})
        calls = [maker.reading() for _ in range(READS)]
        for _ in range(WRITES):
            calls += [maker.writing(), MethodCall("patch_list", ()), MethodCall("check_list", ())]
        made += [{"call": call.body().decode(), "answers": {}} for call in calls if settled(call)]
    return made


def ask(stack: Stack, lines: Lines) -> None:
    """Put every call to a stack, over its dataset, and note what it answers beside the others."""
    user = 0
    for line in lines:
        if "dataset" in line:
            user = line["dataset"]["users"][0]["id"]
            stack.load(line["dataset"])
        elif stack.takes(str(xmlrpc.client.loads(line["call"])[1])):
            told = stack.answer(line["call"].encode(), user)
            line["answers"].setdefault(told, []).append(stack.name)


def main(venvs: str, databases: str, only: str = "") -> None:
    """Write the file anew; with `--missing`, ask only the stacks that it lacks."""
    settings = json.loads(Path(databases).read_text())
    lines = made_up()
    if only:
        with lzma.open(FILE, "rt") as file:
            lines = [json.loads(line) for line in file]
    there = {name for line in lines for who in line.get("answers", {}).values() for name in who}
    for name in (*RECORDED, *FURTHER):
        if name not in there:  # one after the other: those on one database would share its tables
            ask(Stack(name, Path(venvs), settings), lines)
    with lzma.open(FILE, "wt", preset=9) as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
