"""What a run costs a server: how many rows are answered to what is asked, at any size."""

from __future__ import annotations

from collections import Counter
from typing import Any

import fakepw
from conformance.chapters import load
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.drawing import Settings
from conformance.deciding.engine import Session
from conformance.requirements.catalogue import requirements
from conformance.target.exchange import Answer, Exchange, Request
from conformance.target.knowing.survey import VERSION, Found, Surveyor
from conformance.target.sending.transport import Endpoint, compose
from conformance.verdicts.verdicts import Verdict
from tests.memory import kept

load()


class Counting:
    """A transport to a Patchwork in this process that counts the rows of every answer."""

    endpoint = Endpoint("http", "127.0.0.1", 80)

    def __init__(self, patchwork: fakepw.Patchwork) -> None:
        self.patchwork = patchwork
        self.rows: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.sent = 0

    def send(self, request: Request, *, alone: bool = False) -> Answer:
        """The answer, once its rows are counted."""
        authorization = request.authorization if isinstance(request.authorization, str) else None
        head, _, body = compose(request, self.endpoint, authorization).partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        method, target, _ = first.split(b" ", 2)
        names = [tuple(part.strip() for part in line.split(b":", 1)) for line in lines]
        headers = [(name.lower(), value) for name, value in names]
        found = fakepw.respond(fakepw.Request(method, target, headers, body), self.patchwork)
        said = b"".join(found.body)
        rows = said.count(b"<name>id</name>")
        self.sent += 1
        self.rows[request.describe()] += rows
        self.most[request.describe()] = max(self.most[request.describe()], rows)
        return Answer(found.status, tuple(found.headers), said)


@kept
def rows(size: int, projects: int = 5, states: int = 10) -> Any:
    """An instance of so many patches and checks, and people to match."""
    names = ("drop", "Show", "count", "Fix ü", "100%", "a_b")
    return fakepw.load(
        {
            "states": [
                {"id": n, "name": f"State {n} {names[n % 6]}", "ordering": n}
                for n in range(1, states + 1)
            ],
            "projects": [
                {"id": n, "linkname": f"project-{n}", "listid": f"{n}.example.org"}
                for n in range(1, projects + 1)
            ],
            "users": [{"username": "maint", "password": "maintpass"}],
            "people": [
                {"id": n, "email": f"p{n}@example.org", "name": f"Ann {n} Person"}
                for n in range(1, size // 2 + 1)
            ],
            "patches": [
                {
                    "id": 3 * n,
                    "name": f"[{n % 9}/9] {names[n % 6]} thing {n}",
                    "project_id": 1 + n % projects,
                    "submitter_id": 1 + n % (size // 2),
                    "state_id": 1 + n % states,
                    "date": f"20{10 + n % 10}-0{1 + n % 9}-1{n % 9} 0{n % 10}:00:0{n % 7}",
                    "archived": n % 5 == 0,
                    "hash": f"{n:040x}",
                    "msgid": f"<{n}@example.org>",
                    "content": "x\n",
                    "diff": None,
                    "headers": "Subject: x\nFrom: Ann <ann@example.org>\nTo: l@example.org\n",
                }
                for n in range(1, size + 1)
            ],
            "checks": [
                {"id": 2 * n, "patch_id": 3 * n, "user": "maint", "context": f"c{n % 3}"}
                for n in range(1, size + 1)
            ],
        }
    )


def run(instance: str, *sizes: int, examples: int = 1) -> tuple[Counting, list[Verdict]]:
    """All that reads, decided against an instance of those sizes."""
    transport = Counting(fakepw.Patchwork(rows(*sizes), instance))

    def ask(request: Request) -> Exchange:
        return Exchange(request, transport.send(request))

    surveyor = Surveyor(ask)
    world = surveyor.survey(Found(transport.endpoint, ask(VERSION)))
    looking = Session(transport, world, surveyor.look_again, Settings(examples=examples))
    return transport, [looking.decide(DECISIONS[number]) for number in requirements()]


if __name__ == "__main__":
    import sys

    counted, verdicts = run(sys.argv[1], *map(int, sys.argv[2:]))
    print(counted.sent, sum(counted.rows.values()))
    print(Counter(v.outcome.value for v in verdicts))
    for v in verdicts:
        if v.outcome.value in ("fail", "inconclusive"):
            print(v.id, v.outcome, v.reason[:200])
    for text, most in counted.most.most_common(60):
        print(most, counted.rows[text], text[:150])
