"""The whole suite against every recorded instance: no failure, and no warning that is not true."""

from __future__ import annotations

import pytest

import fakepw
from conformance.chapters import load
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover, session
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.drawing import Settings
from conformance.requirements.catalogue import requirements
from conformance.verdicts.verdicts import Outcome
from fakepw.patchwork.instances.instances import RECORDED
from tests import recordings

load()

#: What the rows of a dataset justify: a control character, a null that spoils a list.
TRUE_WARNINGS = {
    "a": {"PW-READ-052"},
    "b": {"PW-READ-050", "PW-READ-051"},
    "demo": set(),
    "hostile": {"PW-READ-048", "PW-READ-050", "PW-READ-051", "PW-READ-052"},
    "empty": set(),
}
DATASETS = ("a", "b", "demo", "hostile", "empty")


@pytest.mark.parametrize(
    ("instance", "dataset"),
    [(name, DATASETS[place % len(DATASETS)]) for place, name in enumerate(RECORDED)]
    + [("3.2-py3-postgresql", name) for name in DATASETS[:4]],
)
def test_no_sound_server_is_accused(instance: str, dataset: str) -> None:
    fixture: object = dataset
    if dataset in ("a", "b"):
        fixture = recordings.FOLDER / "datasets" / f"{dataset}.json"
    elif dataset == "empty":
        fixture = {}
    with fakepw.serve(fixture, instance=instance) as server:  # type: ignore[arg-type]
        options = Options(url=server.url)
        looking = session(options, discover(options))
        looking.settings = Settings(examples=6, seed=11)
        verdicts = [looking.decide(DECISIONS[number]) for number in requirements()]
        looking.close()
    wrong = [v for v in verdicts if v.outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE)]
    assert not wrong, wrong
    warned = {v.id for v in verdicts if v.outcome is Outcome.WARNING}
    assert warned <= TRUE_WARNINGS[dataset]


def test_rows_that_change_meanwhile_accuse_no_one() -> None:
    """Somebody sets states of patches all the time while the suite reads."""
    import threading
    import xmlrpc.client

    with fakepw.serve(
        recordings.FOLDER / "datasets" / "a.json", instance="3.2-py3-sqlite"
    ) as server:
        stop = threading.Event()

        def write() -> None:
            address = server.url.replace("http://", "http://maint:maintpass@")
            with xmlrpc.client.ServerProxy(address) as proxy:
                turn = 0
                while not stop.is_set():
                    turn += 1
                    proxy.patch_set(
                        1 + turn % 3, {"state": 1 + turn % 9, "archived": bool(turn % 2)}
                    )
                    stop.wait(0.002)

        writer = threading.Thread(target=write)
        options = Options(url=server.url)
        looking = session(options, discover(options))
        looking.settings = Settings(examples=2)
        writer.start()
        try:
            verdicts = [
                looking.decide(DECISIONS[number])
                for number, r in requirements().items()
                if r.chapter in ("READ", "LIST", "VER")
            ]
        finally:
            stop.set()
            writer.join()
            looking.close()
    assert not [v for v in verdicts if v.outcome is Outcome.FAIL]
