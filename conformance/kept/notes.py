"""Notes of a run, taken while it goes on: every exchange, and which of them were judged together.

One file of JSON lines to a process. The first says what was found and holds the survey, from which
the sample of rows can be made again; those of workers refer to it as world 0. So a judge of any
version can be asked again (`again`).

Redacted by construction: what is noted of an exchange went through `redact` first. An exchange of
which that took something away, or that is too large to be kept, is noted without what is missing,
and says so: it cannot be judged again.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..deciding.decisions import Decision, Finding, Observation
from ..reports.safe.redaction import redact
from ..target.exchange import SILENCE, Answer, Exchange, Request, to_json
from ..target.knowing.survey import Found
from ..target.knowing.world import World
from ..target.sending.transport import NoAnswer
from ..verdicts.verdicts import Deviation

#: Grows when a reader would have to change.
FORMAT = 1
#: How much of one exchange is kept, and how large the notes of a run may be, in bytes. Looking for
#: secrets in an answer of that size takes a second, by which a run may outlast its time.
KEPT, ROOM = 1_000_000, 64_000_000

Asking = Callable[[Request], Exchange]
Looking = Callable[[World], World]


class Notes:
    """The notes of one process. `room` is how many bytes they may be."""

    def __init__(self, path: Path, room: int = ROOM) -> None:
        self._file = path.open("a", encoding="ascii", buffering=1)
        self._room = room
        self._numbers: dict[bytes, int] = {}
        #: Against guessing what was blotted out by the digest of it.
        self._salt = os.urandom(32)
        self._worlds: list[World] = []
        self._lock = threading.RLock()

    def close(self) -> None:
        """No more will be noted."""
        self._file.close()

    def _write(self, **members: Any) -> bool:
        """Write a line, if there is room for it."""
        line = json.dumps(members, separators=(",", ":")) + "\n"
        with self._lock:
            fits = len(line) <= self._room
            if fits:
                self._room -= len(line)
                self._file.write(line)
            return fits

    def exchange(self, exchange: Exchange) -> int:
        """Note an exchange; its number, which is the same for the same one."""
        request, answer = to_json(exchange.request), exchange.answer
        digest = hashlib.blake2b(json.dumps(request).encode(), key=self._salt)
        digest.update(json.dumps([answer.status, answer.headers]).encode())
        digest.update(answer.body)
        key = digest.digest()
        with self._lock:
            if key not in self._numbers:
                self._numbers[key] = len(self._numbers) + 1
                self._note(self._numbers[key], exchange.request, request, answer)
            return self._numbers[key]

    def _note(self, number: int, request: Request, shown: dict[str, Any], answer: Answer) -> None:
        """One line; one that says what is missing, where that cannot be kept."""
        size = (
            len(request.body) + len(answer.body) + sum(len(n) + len(v) for n, v in answer.headers)
        )
        at, status = round(time.time(), 3), answer.status
        kept: dict[str, Any] = {"n": number, "at": at, "request": shown, "status": status}
        if size <= min(KEPT, self._room):
            sent, body = _redacted(request.body), _redacted(answer.body)
            headers = [[redact(name), redact(value)] for name, value in answer.headers]
            whole = (request.body, answer.body, [list(pair) for pair in answer.headers])
            blotted = "" if (sent, body, headers) == whole else "what is secret was taken from it"
            shown["body_b64"] = b64encode(sent).decode()
            if self._write(**kept, headers=headers, **_text(body), lacks=blotted):
                return
        shown["body_b64"] = ""
        self._write(**kept, lacks=f"its {size} bytes are more than could be kept")

    def asking(self, ask: Asking, asked: list[int]) -> Asking:
        """What asks, and notes what was answered or that nothing was; numbers go to `asked`."""

        def noting(request: Request) -> Exchange:
            try:
                exchange = ask(request)
            except NoAnswer:
                asked.append(self.exchange(Exchange(request, SILENCE)))
                raise
            asked.append(self.exchange(exchange))
            return exchange

        return noting

    def survey(self, found: Found, world: World, asked: Sequence[int]) -> None:
        """What was found, and the sample that was made of these exchanges."""
        endpoint = found.endpoint
        first = self.exchange(found.version)
        self._write(
            survey=FORMAT,
            endpoint=[endpoint.scheme, endpoint.host, endpoint.port, endpoint.prefix],
            notes=[redact(note) for note in found.notes],
            username=world.username,
            plain_login=world.plain_login,
            thrifty=world.thrifty,
            writable=list(world.writable),
            create_checks=world.create_checks,
            exchanges=[first, *asked],
        )

    def looking(self, first: World, look: Callable[[World, Asking], World], ask: Asking) -> Looking:
        """What looks at the rows again, and notes what it saw; `first` is the survey's world."""
        self._worlds.append(first)

        def look_again(world: World) -> World:
            asked: list[int] = []
            base = self._number(world)
            fresh = look(world, self.asking(ask, asked))
            with self._lock:
                self._worlds.append(fresh)
                self._write(world=len(self._worlds) - 1, base=base, exchanges=asked)
            return fresh

        return look_again

    def _number(self, world: World) -> int:
        return next((n for n, known in enumerate(self._worlds) if known is world), 0)

    def judged(
        self, decision: Decision, world: World, exchanges: Sequence[Exchange], finding: Finding
    ) -> None:
        """Which exchanges a judge was shown together, and what it said."""
        if finding is None or not exchanges:
            return
        said = "observed" if isinstance(finding, Observation) else "as it should be"
        numbers = [self.exchange(exchange) for exchange in exchanges]
        self._write(
            judged=decision.id,
            world=self._number(world),
            exchanges=numbers,
            said="deviates" if isinstance(finding, Deviation) else said,
        )


def _redacted(body: bytes) -> bytes:
    return redact(body.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _text(body: bytes) -> dict[str, str]:
    """Bytes as text, if they are UTF-8, so that people can read them."""
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_b64": b64encode(body).decode()}
