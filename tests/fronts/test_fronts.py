"""Through each sane front a sound server is conformant; what a broken one takes away is advised."""

from __future__ import annotations

import subprocess
import sys

import pytest

from conformance.chapters import load
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover, session
from conformance.deciding.decisions import DECISIONS
from conformance.requirements.catalogue import requirements
from conformance.target.login import MEANING, NO_CREDENTIALS
from conformance.target.sending.transport import Credentials
from conformance.verdicts.verdicts import Outcome, Verdict

from .fronts import BROKEN, FRONTS, Front, started

load()

#: A current release, and an old one whose pages carry no X-Frame-Options, with the chapters that
#: are decided: all, or those that a front may meddle with.
CHAPTERS: dict[str, tuple[str, ...]] = {
    "3.2-py3-postgresql": (),
    "1.1-py2-sqlite": ("VER", "SIG", "AUTH", "HTTP", "XML"),
}
#: What a front may be warned of, as long as no client breaks: not pwclient's form of a target.
WARNED = {"runserver": {"PW-HTTP-012"}, "uWSGI --http": {"PW-HTTP-012"}}


def verdicts(url: str, *chapters: str) -> list[Verdict]:
    """What the suite says of a server with the demo in it."""
    options = Options(url=url, credentials=Credentials("kim", "earl-grey"), examples=2)
    looking = session(options, discover(options))
    try:
        return [
            looking.decide(DECISIONS[number])
            for number, requirement in requirements().items()
            if not chapters or requirement.chapter in chapters
        ]
    finally:
        looking.close()


def _of_the_system() -> str:
    """The Python that mod_wsgi and uWSGI bring along, such as 3.11; '' if there is none."""
    try:
        done = subprocess.run(
            ["/usr/bin/python3", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return ""
    return done.stdout.strip()


OURS = f"{sys.version_info[0]}.{sys.version_info[1]}"
OTHER = pytest.mark.skipif(
    _of_the_system() not in ("", OURS), reason=f"it brings a Python that is not this one ({OURS})"
)


def fronts(table: dict[str, Front]) -> list[object]:
    return [
        pytest.param(
            front,
            id=name,
            marks=[
                pytest.mark.needs(*front.needs),
                *([OTHER] if any(n.startswith("/usr/lib/") for n in front.needs) else []),
            ],
        )
        for name, front in table.items()
    ]


@pytest.mark.parametrize("instance", CHAPTERS)
@pytest.mark.parametrize("front", fronts(FRONTS))
def test_a_sane_front_accuses_no_one(front: Front, instance: str) -> None:
    with started(front, instance=instance) as url:
        found = verdicts(url, *CHAPTERS[instance])
    wrong = [v for v in found if v.outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE)]
    assert not wrong, wrong
    warned = {v.id for v in found if v.outcome is Outcome.WARNING}
    assert warned <= WARNED.get(front.name, set())


@pytest.mark.parametrize("front", fronts(BROKEN))
def test_a_front_that_eats_the_header_is_told_with_what_to_do(front: Front) -> None:
    with started(front) as url:
        found = verdicts(url, "AUTH", "WRITE")
    failed = [v for v in found if v.outcome is Outcome.FAIL]
    assert {"PW-AUTH-004", "PW-AUTH-030", "PW-AUTH-032"} <= {v.id for v in failed}
    without = [v.id for v in failed if not v.deviation or not v.deviation.advice]
    assert without == []
    assert any(v.deviation and v.deviation.advice == MEANING[NO_CREDENTIALS] for v in failed)
