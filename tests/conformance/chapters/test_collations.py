"""Rows of any letters, on every instance and database: no requirement accuses a collation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

import fakepw
from conformance.chapters import load
from conformance.commands.opening.session import asking
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.drawing import Settings
from conformance.deciding.engine import Session
from conformance.requirements.catalogue import requirements
from conformance.target.exchange import Answer, Request
from conformance.target.knowing.survey import Surveyor, find
from conformance.target.sending.transport import Endpoint
from conformance.verdicts.verdicts import Outcome
from fakepw.patchwork.query import collation
from tests.patchwork.query.collations import measured

load()

#: One of each generation, and of each database with each Python that it stands under.
UNLIKE = (
    *("1.0-py2-sqlite", "1.1-py2-postgresql", "2.0-py2-sqlite", "2.2-py3-mariadb"),
    *("3.0-py3-postgresql", "3.2-py3-sqlite", "3.2-py3-mariadb", "main-py3-postgresql"),
)
CHAPTERS = ("LIST", "READ", "CHK")
#: Pairs of letters that some database takes for one another.
PAIRS = sorted(
    {pair for name in ("postgresql", "mariadb") for one in measured(name).items() for pair in one}
)
LETTERS = st.one_of(
    st.sampled_from("abcdefgiknorstuv"),
    st.sampled_from("ABISZ %_\\'-.0189"),
    st.sampled_from(PAIRS),
)
WORDS = st.text(LETTERS, min_size=1, max_size=12)
#: Two words of which a careless collation makes one.
TWINS = st.sampled_from(
    [
        ("röß", "microsecond"),
        ("strasse", "Straße"),
        ("ıl", "IL"),
        ("Ωmega", "ωmega"),
        ("naïve", "NAIVE"),
        ("ſet", "SET"),
        ("end ", "end"),
        ("ǆ", "Ǆ"),
    ]
)


@st.composite
def fixtures(draw: st.DrawFn) -> dict[str, Any]:
    """A small instance whose names, addresses and ids hold any letters."""
    twins = draw(TWINS)
    names = [*twins, *draw(st.lists(WORDS, min_size=3, max_size=6))]
    people = [{"id": n, "email": f"p{n}@example.org", "name": draw(WORDS)} for n in range(1, 4)]
    patches = [
        {
            "id": n,
            "name": name,
            "msgid": f"<{n}.{draw(WORDS).strip() or 'x'}@example.org>",
            "project": draw(st.sampled_from(["one", "two"])),
            "submitter_id": draw(st.integers(1, 3)),
            "state_id": draw(st.integers(1, 3)),
            "commit_ref": draw(st.one_of(st.none(), WORDS)),
        }
        for n, name in enumerate(names, 1)
    ]
    states = [{"id": n, "name": f"{draw(WORDS)}{n}", "ordering": n} for n in range(1, 4)]
    return {
        "projects": [{"linkname": "one"}, {"linkname": "two"}],
        "people": people,
        "states": states,
        "users": [{"username": "kim"}],
        "patches": patches,
        "checks": [{"patch_id": 1, "user": "kim", "context": draw(WORDS)}],
    }


class Wire:
    """A way to fakepw without a socket."""

    endpoint = Endpoint("http", "pw.example.org", 80)

    def __init__(self, fixture: Any, instance: str) -> None:
        self.patchwork = fakepw.Patchwork(fakepw.load(fixture), instance)

    def send(self, request: Request, *, alone: bool = False) -> Answer:
        headers = [(n.lower().encode(), v.encode("latin-1")) for n, v in request.headers]
        if isinstance(request.authorization, str):
            headers.append((b"authorization", request.authorization.encode("latin-1")))
        if request.method == "POST" and request.content_length:
            headers.append((b"content-length", b"%d" % len(request.body)))
        path = self.endpoint.target(request.target).encode()
        asked = fakepw.Request(request.method.encode(), path, headers, request.body)
        found = fakepw.respond(asked, self.patchwork)
        return Answer(found.status, tuple(found.headers), b"".join(found.body))


def accused(fixture: Any, instance: str, how: Settings | None = None) -> list[str]:
    """What the suite calls a failure."""
    wire = Wire(fixture, instance)
    surveyor = Surveyor(asking(wire))
    world = surveyor.survey(find([wire.endpoint], lambda endpoint: wire))
    looking = Session(wire, world, surveyor.look_again, how or Settings(examples=2))
    verdicts = [
        looking.decide(DECISIONS[number])
        for number, about in requirements().items()
        if about.chapter in CHAPTERS
    ]
    return [
        f"{v.id}: expected {v.deviation.expected}; {v.deviation.got}"
        for v in verdicts
        if v.outcome is Outcome.FAIL and v.deviation
    ]


def _padded(text: str) -> str:
    return text.rstrip(" ")


#: MariaDB with a `_bin` collation: nothing is folded, and `=` pads.
BINARY = collation.Collation(
    exact=_padded, order=lambda text: _padded(text).ljust(512), like=str, ilike=str
)

few = settings(
    max_examples=2,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("instance", UNLIKE)
@few
@given(fixture=fixtures())
def test_no_collation_is_accused(instance: str, fixture: dict[str, Any]) -> None:
    assert accused(fixture, instance) == []


@few
@given(fixture=fixtures())
def test_no_binary_collation_is_accused(fixture: dict[str, Any]) -> None:
    """Searches are LIKE, and so heed case there (servers.md 6.4)."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(collation.COLLATIONS, "mariadb", BINARY)
        assert accused(fixture, "3.2-py3-mariadb") == []


@pytest.mark.parametrize("fixture", ["hostile", "demo"])
@pytest.mark.parametrize("seed", range(2))
def test_the_packaged_fixtures_accuse_no_collation(fixture: str, seed: int) -> None:
    assert accused(fixture, "3.2-py3-mariadb", Settings(examples=6, seed=seed)) == []
