"""Asks every stack and writes down what they say."""

from __future__ import annotations

import base64
import json
import lzma
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from fakepw.patchwork.instances.instances import RECORDED, instance
from fakepw.strategies import MethodCall

from . import FILE, outcome
from .calls import Maker, settled

READS, WRITES = 300, 25
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

    def takes(self, call: MethodCall) -> bool:
        """Whether its release has the method and, for a write, anybody who can log in."""
        has_method = self._has_checks or "check" not in call.method
        return has_method and (self._has_logins or call.method not in WRITING)

    def load(self, rows: dict[str, Any]) -> None:
        """Start anew with these rows."""
        self._ask({"load": rows})

    def answer(self, call: MethodCall, user: int) -> str:
        """The outcome of a call."""
        got = self._ask({"call": base64.b64encode(call.body()).decode(), "user": user})
        return outcome(500, b"") if got == 500 else outcome(200, base64.b64decode(got))


def lines(stacks: list[Stack]) -> Iterator[dict[str, Any]]:
    """Datasets, each followed by calls and what every stack answered to them."""
    for seed in (1, 2, 3, 4):
        maker = Maker(seed)
        rows = json.loads(msgspec.json.encode(maker.rows))
        for stack in stacks:
            stack.load(rows)
        yield {"dataset": rows}
        calls = [maker.reading() for _ in range(READS)]
        for _ in range(WRITES):
            calls += [maker.writing(), MethodCall("patch_list", ()), MethodCall("check_list", ())]
        for call in filter(settled, calls):
            answers: dict[str, list[str]] = {}
            for stack in stacks:
                if stack.takes(call):
                    told = stack.answer(call, rows["users"][0]["id"])
                    answers.setdefault(told, []).append(stack.name)
            yield {"call": call.body().decode(), "answers": answers}


def main(venvs: str, databases: str) -> None:
    """Write the file anew."""
    settings = json.loads(Path(databases).read_text())
    stacks = [Stack(name, Path(venvs), settings) for name in RECORDED]
    with lzma.open(FILE, "wt", preset=9) as file:
        for line in lines(stacks):
            file.write(json.dumps(line, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
