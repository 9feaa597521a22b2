"""What a run under the default limits for other people's servers can do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import fakepw
from conformance.chapters import load
from conformance.commands.opening.options import POLITE_REQUESTS, WITH_WRITES, Options
from conformance.commands.opening.session import Target, discover, planned, session
from conformance.commands.sample import world
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.drawing import Settings
from conformance.deciding.planning import RESERVE, plan
from conformance.requirements.catalogue import MUST, Level, requirements
from conformance.target.sending.budget import Budget
from conformance.target.sending.transport import Credentials, Endpoint
from conformance.verdicts.verdicts import Outcome, Verdict
from fakepw.patchwork.instances.instances import RECORDED
from tests import recordings

from .loads import rows

load()


def source(data: str) -> Any:
    """Rows to be tried: a recorded dataset, a packaged fixture, or many of them."""
    if data.isdigit():
        return rows(int(data))
    return recordings.FOLDER / "datasets" / f"{data}.json" if data in ("a", "b") else data


def decided(
    server: Any, tmp_path: Path, limit: int, writes: tuple[int, ...] = (), login: bool = True
) -> tuple[Target, list[Verdict]]:
    """All that a run decides, what weighs most first."""
    options = Options(
        url=server.url,
        credentials=Credentials("maint", "maintpass") if login else None,
        max_requests=limit,
        writes=writes,
        create_checks=bool(writes),
        journal=str(tmp_path),
    )
    target = discover(options)
    planned(options, target)
    looking = session(options, target)
    levels = list(Level)
    wanted = sorted(requirements().values(), key=lambda r: levels.index(r.level))
    verdicts = [looking.decide(DECISIONS[requirement.id]) for requirement in wanted]
    looking.close()
    return target, verdicts


ALL_OF_THEM = [(name, "ab"[place % 2], (), True) for place, name in enumerate(RECORDED)]


@pytest.mark.parametrize(
    ("instance", "data", "writes", "login"),
    [
        *ALL_OF_THEM,
        ("3.2-py3-mariadb", "hostile", (), False),
        ("3.2-py3-postgresql", "20000", (), True),
        ("3.2-py3-postgresql", "b", (1,), True),
        ("main-py3-sqlite", "a", (2, 1), True),
        ("2.1-py3-sqlite", "b", tuple(range(1, 11)), True),
        ("1.1-py2-sqlite", "a", tuple(range(1, 6)), True),
    ],
)
def test_the_budget_that_is_advised_suffices(
    instance: str, data: str, writes: tuple[int, ...], login: bool, tmp_path: Path
) -> None:
    """For all there is: what does not fit is left out before anything is sent."""
    limit = WITH_WRITES if writes else POLITE_REQUESTS
    with fakepw.serve(source(data), instance=instance) as server:
        target, verdicts = decided(server, tmp_path, limit, writes, login)
    assert not [(v.id, v.reason) for v in verdicts if v.outcome is Outcome.INCONCLUSIVE]
    assert Budget(target.budget).spent <= limit
    assert not [v.id for v in verdicts if v.outcome is Outcome.FAIL]


def test_a_budget_that_does_not_suffice_is_told_beforehand(tmp_path: Path) -> None:
    with fakepw.serve("demo") as server:
        options = Options(url=server.url, max_requests=150)
        target = discover(options)
        planned(options, target)
        (said,) = [note for note in target.world.notes if "--max-requests" in note]
        enough = int(re.findall(r"--max-requests (\d+)", said)[0])
        assert 150 < enough < POLITE_REQUESTS
        target, verdicts = decided(server, tmp_path, enough, login=False)
    late = [v for v in verdicts if v.outcome is Outcome.INCONCLUSIVE]
    assert not [v.id for v in late if requirements()[v.id].level is MUST]
    assert Budget(target.budget).spent <= enough


def test_what_is_worth_most_is_planned_first() -> None:
    """Each MUST is tried once where there is room for that, whatever else must be left out."""
    sample, how = world(), Settings(examples=4)
    tried = [d for d in DECISIONS.values() if not d.needs and d.requirement.applies(sample.profile)]
    whole = plan(tried, sample, how, 0)
    assert not whole.allowed
    assert whole.planned == whole.wanted > whole.least
    for limit in (60, int(whole.least * (1 + 2 * RESERVE)) + 1, whole.wanted - 50):
        found = plan(tried, sample, how, limit)
        assert found.planned <= limit
        untried = [d.requirement.level for d in tried if found.allowed.get(d.id) == 0]
        assert (MUST in untried) is (limit < whole.least)
        assert found.cut


def test_workers_that_share_no_answers_are_planned_for() -> None:
    tried = [d for d in DECISIONS.values() if not d.needs]
    one = plan(tried, world(), Settings(examples=2), 0)
    several = plan(tried, world(), Settings(examples=2), 0, alone=False)
    assert several.wanted > one.wanted


def test_other_hosts_are_asked_politely(tmp_path: Path) -> None:
    remote, local = Endpoint("https", "pw.example.org", 443), Endpoint("http", "127.0.0.1", 80)
    budget = Options().budget(remote, tmp_path / "b")
    assert (budget.limit, budget.rate) == (600, 5.0)
    assert Options().thrifty(remote)
    assert not Options().thrifty(local)
    free = Options().budget(local, tmp_path / "c")
    assert (free.limit, free.rate) == (0, 0.0)
