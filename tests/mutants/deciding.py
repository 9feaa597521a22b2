"""What the suite says of a mutant that breaks answers on their way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, reduce
from pathlib import Path

from conformance.commands.opening.options import Options
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.drawing import Settings
from conformance.deciding.engine import Session
from conformance.requirements.catalogue import requirements
from conformance.target.exchange import Answer, Exchange, Request
from conformance.target.knowing.survey import Surveyor, find
from conformance.target.login import LOGIN
from conformance.target.sending.transport import Credentials, endpoint_of
from conformance.verdicts.verdicts import Outcome, Verdict
from tests import recordings

from .operators import Broken, Mutant


@cache
def dataset(name: str) -> Path:
    return recordings.FOLDER / "datasets" / f"{name}.json"


def decided(mutant: Mutant, server: object, folder: Path) -> Verdict:
    """What the requirement that a mutant names says of it."""
    with opened(mutant, server, folder, Settings(examples=12, shrinks=10)) as session:
        return session.decide(DECISIONS[f"PW-{mutant.kills}"])


def failed(mutant: Mutant, server: object, folder: Path) -> list[Verdict]:
    """What fails of all that reads, in catalogue order."""
    with opened(mutant, server, folder, Settings(examples=3, shrinks=3)) as session:
        reading = [DECISIONS[n] for n in requirements() if not DECISIONS[n].writes]
        found = [session.decide(decision) for decision in reading]
    return [verdict for verdict in found if verdict.outcome is Outcome.FAIL]


@contextmanager
def opened(mutant: Mutant, server: object, folder: Path, settings: Settings) -> Iterator[Session]:
    """A session with a server that a mutant breaks."""
    url: str = server.url  # type: ignore[attr-defined]
    options = Options(
        url, credentials=Credentials("maint", "maintpass"), writes=(1,), create_checks=True
    )
    path = folder / "budget"
    broken = Broken(options.transport(endpoint_of(url)[0], path, login=True), mutant)
    surveyor = Surveyor(lambda request: Exchange(request, broken.send(request)))
    world = surveyor.survey(find([broken.endpoint], lambda e: broken))
    world.writable = options.writes
    session = Session(
        broken,
        world,
        surveyor.look_again,
        settings,
        options.have(),
        journal=folder,
    )
    try:
        session.proved(Exchange(LOGIN, broken.send(LOGIN)))  # as every run begins
        yield session
    finally:
        broken.inner.close()  # type: ignore[attr-defined]


def all_at_once(mutants: Sequence[Mutant]) -> Mutant:
    """One that breaks all that these break."""

    def asked(request: Request) -> Request:
        return reduce(lambda found, mutant: mutant.asked(found), mutants, request)

    def said(request: Request, answer: Answer) -> Answer:
        return reduce(lambda found, mutant: mutant.said(request, found), mutants, answer)

    return Mutant(" and ".join(m.name for m in mutants), "", asked, said)
