"""What a run under the default limits for other people's servers can do."""

from __future__ import annotations

from pathlib import Path

import pytest

import fakepw
from conformance.chapters import load
from conformance.commands.runner import POLITE_REQUESTS, WITH_WRITES, Options, discover, session
from conformance.deciding.decisions import DECISIONS
from conformance.requirements.catalogue import MUST, requirements
from conformance.target.budget import Budget
from conformance.target.transport import Credentials, Endpoint
from conformance.verdicts.verdicts import Outcome
from tests import recordings

load()


@pytest.mark.parametrize("instance", ["3.2-py3-postgresql", "1.1-py2-sqlite", "1.0-py2-sqlite"])
@pytest.mark.parametrize("dataset", ["a", "b"])
@pytest.mark.parametrize(
    ("limit", "writes"), [(POLITE_REQUESTS, ()), (WITH_WRITES, (1,))], ids=["reads", "writes"]
)
def test_the_budget_that_is_advised_decides_every_must(
    dataset: str, instance: str, limit: int, writes: tuple[int, ...]
) -> None:
    fixture = recordings.FOLDER / "datasets" / f"{dataset}.json"
    with fakepw.serve(fixture, instance=instance) as server:
        options = Options(
            url=server.url,
            credentials=Credentials("maint", "maintpass"),
            max_requests=limit,
            writes=writes,
            create_checks=bool(writes),
        )
        target = discover(options)
        looking = session(options, target)
        verdicts = [looking.decide(DECISIONS[number]) for number in requirements()]
        looking.close()
        spent = Budget(target.budget).spent
    undecided = [
        v.id
        for v in verdicts
        if v.outcome is Outcome.INCONCLUSIVE and requirements()[v.id].level is MUST
    ]
    assert not undecided
    assert spent <= limit
    assert not [v.id for v in verdicts if v.outcome is Outcome.FAIL]


def test_other_hosts_are_asked_politely(tmp_path: Path) -> None:
    remote, local = Endpoint("https", "pw.example.org", 443), Endpoint("http", "127.0.0.1", 80)
    budget = Options().budget(remote, tmp_path / "b")
    assert (budget.limit, budget.rate) == (600, 5.0)
    assert Options().thrifty(remote)
    assert not Options().thrifty(local)
    free = Options().budget(local, tmp_path / "c")
    assert (free.limit, free.rate) == (0, 0.0)
