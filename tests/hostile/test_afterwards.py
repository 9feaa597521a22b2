"""What follows the last answer of a run is bounded, whatever that answer was: the work is counted
in characters that are looked through for secrets, not in seconds."""

from __future__ import annotations

import base64
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance import reports
from conformance.commands import failures
from conformance.deciding.bounds import SENT, excessive
from conformance.deciding.engine import Session
from conformance.kept import notes
from conformance.reports.safe.redaction import clean
from conformance.target import secrecy
from conformance.target.exchange import Answer, Exchange, call
from conformance.target.knowing.world import World
from conformance.target.sending.transport import endpoint_of
from conformance.verdicts import evidence
from conformance.verdicts.verdicts import Deviation, Outcome, Run, Verdict

from ..conformance.deciding.scripted import Scripted, fine

ENDPOINT = endpoint_of("http://127.0.0.1")[0]
PASSWORD = "correct-horse"
#: What takes long to look through: much may be wrapped up in it, or it is in many pieces.
KINDS: dict[str, Callable[[int], bytes]] = {
    "base64": lambda size: base64.b64encode(random.Random(1).randbytes(size * 3 // 4)),
    "hexadecimal": lambda size: random.Random(1).randbytes(size // 2).hex().encode(),
    "lines": lambda size: b"abcdef\n" * (size // 7),
    "references": lambda size: b"%25&amp;\\u0041" * (size // 14),
    "the password": lambda size: PASSWORD.encode() * (size // len(PASSWORD)),
}


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The characters that each look took."""
    secrecy.keep(*secrecy.login("kim", PASSWORD))
    looks: list[int] = []
    take = secrecy._Budget.take

    def taken(budget: secrecy._Budget, amount: int) -> None:
        looks.append(amount)
        take(budget, amount)

    monkeypatch.setattr(secrecy._Budget, "take", taken)
    yield looks
    secrecy.forget()


@pytest.mark.parametrize("kind", KINDS)
def test_no_text_takes_more_than_a_bound_and_no_secret_leaves(
    kind: str, work: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrecy, "MOST", 200_000)
    text = KINDS[kind](40_000).decode() + PASSWORD
    shown = secrecy.redact(text)
    assert PASSWORD not in shown
    assert sum(work) <= secrecy.MOST + 4 * secrecy.PIECE * len(text)


def test_an_answer_that_is_noted_is_looked_through_up_to_a_size(
    work: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its header fields are a part of it."""
    monkeypatch.setattr(notes, "KEPT", 10_000)
    noted = notes.Notes(tmp_path / "notes")
    for n, answer in enumerate(
        (
            Answer(200, (), b"<" * 10_001),
            Answer(200, tuple((f"x-{i}", "y" * 1000) for i in range(10)), b""),
        )
    ):
        noted.exchange(Exchange(call("x", n), answer))
    noted.close()
    assert sum(work) == 0
    assert (tmp_path / "notes").read_text().count("are more than could be kept") == 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_room_for_evidence_is_spent_by_what_is_looked_through(
    kind: str, work: list[int]
) -> None:
    """And not by what is shown: of what is blotted out as a whole hardly anything is."""
    opened = Session(Scripted(fine), World(), lambda world: world)
    opened.room = 20_000
    opened._evidence([Exchange(call("x"), Answer(200, (), KINDS[kind](20_020)))])
    assert sum(work) > 20_000
    assert opened.room <= 20


def test_what_a_server_calls_a_name_is_not_sent_back_whatever_its_size() -> None:
    assert excessive(World(), call("project_list", "x" * 100_000, 9)) == ""
    assert "bytes" in excessive(World(), call("project_list", "x" * SENT, 9))


def test_large_requests_are_kept_as_long_as_there_is_room(tmp_path: Path) -> None:
    opened = Session(Scripted(fine), World(), lambda world: world)
    large = [Exchange(call("x", "y" * 50_000), Answer(200))]
    items = [opened._evidence(large)[0] for _ in range(20)]
    assert items[0].stored
    assert len(items[0].request) > 50_000
    assert not items[-1].stored
    assert len(items[-1].request) <= evidence.LITTLE
    assert items[-1].curl.startswith("# ")
    assert sum(len(item.request) + len(item.curl) for item in items) < evidence.ROOM
    deviation = Deviation("a", "b")
    run = Run("http://127.0.0.1", started="2026-01-01T00:00:00+00:00")
    run.verdicts = [Verdict("PW-VER-001", Outcome.FAIL, "b", deviation, (items[-1],))]
    failures.store(run, tmp_path)
    assert failures.stored(tmp_path) == [("PW-VER-001", ())]
    for render in reports.KINDS.values():
        assert len(render(run)) < 200_000


@pytest.mark.parametrize("kind", ["base64", "the password"])
def test_reports_look_at_what_was_looked_through_before_no_more(kind: str, work: list[int]) -> None:
    def found() -> Run:
        run = Run("http://127.0.0.1", started="2026-01-01T00:00:00+00:00")
        for number in range(1, 6):
            exchange = Exchange(call("x", number), Answer(200, (), b"." + KINDS[kind](1500)))
            made = evidence.evidence_of(ENDPOINT, [exchange])
            got = f"{number}: {KINDS[kind](200).decode()}"
            run.verdicts.append(
                Verdict(f"PW-VER-00{number}", Outcome.FAIL, got, Deviation("a", got), made)
            )
        return run

    run = found()
    clean(run)
    once, work[:] = sum(work), []
    for render in reports.KINDS.values():
        render(clean(run))
    assert sum(work) <= once
