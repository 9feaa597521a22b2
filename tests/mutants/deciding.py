"""What the suite says of a mutant that breaks answers on their way."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from conformance.commands.runner import Options
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.drawing import Settings
from conformance.deciding.engine import Session
from conformance.target.exchange import Exchange
from conformance.target.login import LOGIN
from conformance.target.survey import Surveyor, find
from conformance.target.transport import Credentials, endpoint_of
from conformance.verdicts.verdicts import Verdict
from tests import recordings

from .operators import Broken, Mutant


@cache
def dataset(name: str) -> Path:
    return recordings.FOLDER / "datasets" / f"{name}.json"


def decided(mutant: Mutant, server: object, folder: Path) -> Verdict:
    """What the requirement that a mutant names says of it."""
    options = Options(
        credentials=Credentials("maint", "maintpass"), writes=(1,), create_checks=True
    )
    url: str = server.url  # type: ignore[attr-defined]
    path = folder / "budget"
    broken = Broken(options.transport(endpoint_of(url)[0], path, login=True), mutant)
    surveyor = Surveyor(lambda request: Exchange(request, broken.send(request)))
    world = surveyor.survey(find([broken.endpoint], lambda e: broken))
    world.writable = options.writes
    session = Session(
        broken,
        world,
        surveyor.look_again,
        Settings(examples=12, shrinks=10),
        options.have(),
        journal=folder,
    )
    try:
        session.proved(Exchange(LOGIN, broken.send(LOGIN)))  # as every run begins
        return session.decide(DECISIONS[f"PW-{mutant.kills}"])
    finally:
        broken.inner.close()  # type: ignore[attr-defined]
