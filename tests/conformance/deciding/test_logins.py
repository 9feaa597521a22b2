"""An operator's own mistake is no failure of the server; a header that a front eats is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import fakepw
from conformance.chapters import load
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover, session
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.engine import Session
from conformance.requirements.catalogue import Level, requirements
from conformance.target.exchange import Answer, Request
from conformance.target.login import MEANING, NO_CREDENTIALS
from conformance.target.sending.transport import Credentials
from conformance.verdicts.verdicts import ExitCode, Outcome, Run, Verdict
from tests.hostile import servers

load()

CHAPTERS = ("AUTH", "WRITE", "CHK")


def decided(
    folder: Path,
    credentials: Credentials,
    alter: Callable[[Request], Request] | None = None,
    instance: str = "3.2-py3-postgresql",
) -> list[Verdict]:
    """What the chapters that log in say, given these credentials."""
    with fakepw.serve("demo", instance=instance) as server:
        options = Options(
            url=server.url, credentials=credentials, writes=(1,), create_checks=True, examples=1
        )
        looking = session(options, discover(options))
        looking.journal = folder
        if alter is not None:
            _alter(looking, alter)
        try:
            return [
                looking.decide(DECISIONS[number])
                for number, about in requirements().items()
                if about.chapter in CHAPTERS
            ]
        finally:
            looking.close()


def _alter(looking: Session, alter: Callable[[Request], Request]) -> None:
    """Put a front before the server that changes each request."""
    send = looking.transport.send

    def altered(request: Request, **more: bool) -> Answer:
        return send(alter(request), **more)

    looking.transport.send = altered  # type: ignore[method-assign]
    looking._logins.clear()
    looking._let_in = False


@pytest.mark.parametrize("instance", ["3.2-py3-postgresql", "1.0-py2-sqlite"])
@pytest.mark.parametrize(
    ("credentials", "said"),
    [
        (Credentials("kim", "mistyped"), "is the password of kim right, and the account active?"),
        (Credentials("nobody", "x"), "is the password of nobody right"),
        (Credentials("kim", "pässword"), "ASCII only"),
    ],
)
def test_a_login_that_is_refused_in_the_right_words_is_inconclusive(
    credentials: Credentials, said: str, instance: str, tmp_path: Path
) -> None:
    if instance.startswith("1.0") and not credentials.password.isascii():
        pytest.skip("Python 2 has another error there (servers.md 2)")
    found = decided(tmp_path, credentials, instance=instance)
    assert [v for v in found if v.outcome is Outcome.FAIL] == []
    told = [v for v in found if said in v.reason]
    assert {"PW-AUTH-030", "PW-AUTH-032", "PW-WRITE-019"} <= {v.id for v in told}
    assert {v.outcome for v in told} == {Outcome.INCONCLUSIVE}
    assert Run("u", verdicts=found).exit_code is ExitCode.INCONCLUSIVE


def test_a_header_that_is_eaten_is_a_failure_with_its_advice_wherever_it_shows(
    tmp_path: Path,
) -> None:
    found = decided(
        tmp_path,
        Credentials("kim", "earl-grey"),
        lambda request: replace(request, authorization=None),
    )
    failed = {v.id: v for v in found if v.outcome is Outcome.FAIL}
    assert {"PW-AUTH-004", "PW-AUTH-030", "PW-AUTH-032", "PW-WRITE-019"} <= set(failed)
    for verdict in failed.values():
        assert verdict.deviation is not None
        assert verdict.deviation.advice == MEANING[NO_CREDENTIALS], verdict.id


def test_a_login_that_sticks_to_its_connection_is_noticed(tmp_path: Path) -> None:
    """As by a front that logs in once for all that comes over a connection."""
    let_in = servers.fault("&lt;class 'patchwork.models.Patch.DoesNotExist'&gt;:none")

    def sticking(turn: servers.Turn) -> Iterator[bytes]:
        anonymous = not turn.authorization and b"patch_set" in turn.body
        yield turn.honest(let_in) if anonymous and turn.place > 1 else turn.honest()

    with servers.misbehaving(sticking) as server:
        options = Options(url=server.url, credentials=Credentials("kim", "earl-grey"), examples=1)
        looking = session(options, discover(options))
        looking.journal = tmp_path
        try:
            found = [looking.decide(DECISIONS[f"PW-AUTH-{n}"]) for n in ("001", "036")]
        finally:
            looking.close()
    assert [verdict.outcome for verdict in found] == [Outcome.PASS, Outcome.FAIL]
    assert found[1].deviation is not None
    assert found[1].deviation.got.startswith("without credentials, after patch_set(-1, {})")


def test_right_credentials_decide_every_must_of_the_chapter(tmp_path: Path) -> None:
    found = decided(tmp_path, Credentials("kim", "earl-grey"))
    open_ = [
        v
        for v in found
        if v.applies
        and requirements()[v.id].level is Level.MUST
        and v.outcome is not Outcome.PASS
        and v.id.startswith("PW-AUTH")
    ]
    assert open_ == []
