"""The chapters HTTP and XML against fakepw as every recorded instance, and as composed ones."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace

import pytest

import fakepw
from conformance.chapters import load
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.engine import Session
from conformance.requirements.catalogue import requirements
from conformance.target.exchange import Exchange
from conformance.verdicts.verdicts import Outcome
from fakepw.patchwork.instances.instances import RECORDED
from fakepw.protocol import Request, Response, respond
from tests.mutants.harness import Break, served, surveyed, with_session
from tests.mutants.http_xml import as_posted, asked, headed, said, sends, status, target

load()

COMPOSED = ("2.2-py3-postgresql", "2.1-py2-mariadb", "3.1-py3-mariadb")
NUMBERS = [n for n, r in requirements().items() if r.chapter in ("HTTP", "XML")]
SOUND = {Outcome.PASS, Outcome.OBSERVED, Outcome.NOT_APPLICABLE}


@pytest.fixture(params=[*RECORDED, *COMPOSED], scope="module")
def looked(request: pytest.FixtureRequest) -> Iterator[tuple[str, Session, list[Exchange]]]:
    """A session with an instance, and every exchange that it came to."""
    seen: list[Exchange] = []
    with fakepw.serve(instance=request.param) as server, with_session(server.url) as session:
        session.watch = seen.append
        before = server.state()
        yield request.param, session, seen
        assert server.state() == before


def test_no_sound_server_is_accused(looked: tuple[str, Session, list[Exchange]]) -> None:
    name, session, _ = looked
    verdicts = [session.decide(DECISIONS[number]) for number in NUMBERS]
    assert [f"{v.id}: {v.reason}" for v in verdicts if v.outcome not in SOUND] == []
    idle = {v.id for v in verdicts if v.outcome is Outcome.NOT_APPLICABLE}
    scoped = {n for n in NUMBERS if not requirements()[n].applies(session.world.profile)}
    pageless = {"PW-HTTP-019"} if name.startswith(("1.", "2.0")) else set()
    assert idle - pageless == scoped - pageless


def test_nothing_that_could_change_a_server_is_sent(
    looked: tuple[str, Session, list[Exchange]],
) -> None:
    _, session, seen = looked
    for number in NUMBERS:
        session.decide(DECISIONS[number])
    assert seen
    assert [e.request.describe() for e in seen if e.request.writes] == []
    assert sum(len(e.request.body) > 1 << 20 for e in seen) <= 1


def test_there_are_as_many_requirements_as_a_chapter_needs() -> None:
    assert sum(n.startswith("PW-HTTP") for n in NUMBERS) >= 14
    assert sum(n.startswith("PW-XML") for n in NUMBERS) >= 20


def compressed(request: Request, response: Response) -> Response:
    """The answer gzipped, if the client said that it may be."""
    if not sends(b"accept-encoding")(request):
        return response
    body = gzip.compress(b"".join(response.body))
    kept = tuple(h for h in response.headers if h[0] != "Content-Length")
    more = (("Content-Encoding", "gzip"), ("Content-Length", str(len(body))))
    return Response(response.status, (*kept, *more), [body])


def unpacked(request: Request) -> Request:
    """The request with its body gunzipped."""
    if not sends(b"content-encoding", b"gzip")(request):
        return request
    return replace(request, body=gzip.decompress(request.body))


def odd(request: Request) -> bool:
    """Whether the method is one that sites tend to refuse."""
    return request.method not in (b"GET", b"POST")


def unmeasured(request: Request) -> bool:
    """Whether a POST comes without a Content-Length."""
    return request.method == b"POST" and not sends(b"content-length")(request)


def unlabelled(request: Request) -> bool:
    """Whether a POST does not say that it is XML."""
    return request.method == b"POST" and not sends(b"content-type", b"text/xml")(request)


#: What nginx, Apache, HAProxy and firewalls in front of a sound Patchwork may do.
FRONTS: dict[str, Break] = {
    "gzips answers": said(compressed),
    "unpacks bodies": asked(unpacked),
    "takes 1 MB": status(413, lambda q: len(q.body) > 1 << 20),
    "wants a length": status(411, unmeasured),
    "knows GET and POST": status(405, odd),
    "does not implement others": status(501, odd),
    "lets only calls through": status(403, lambda q: q.method != b"POST"),
    "refuses DOCTYPE": status(403, lambda q: b"<!DOCTYPE" in q.body),
    "refuses markup in text": status(403, lambda q: b"&lt;" in q.body),
    "refuses HTTP/1.0": status(426, lambda q: q.version == "1.0"),
    "refuses absolute targets": status(400, lambda q: q.target[:4] == b"http"),
    "refuses Expect": status(417, sends(b"expect")),
    "refuses content types": status(415, unlabelled),
    "refuses other origins": status(403, sends(b"origin")),
    "redirects other pages": status(302, lambda q: not q.target.startswith(b"/xmlrpc/")),
    "mends the slash": as_posted(target(b"/xmlrpc")),
    "merges slashes": as_posted(target(b"//xmlrpc/")),
    "balances by a cookie": headed("Set-Cookie", "SERVERID=a; Path=/"),
    "sets frame options": headed("X-Frame-Options", "SAMEORIGIN"),
}


@pytest.mark.parametrize("front", FRONTS)
def test_what_a_front_end_may_do_is_no_failure(front: str) -> None:
    with (
        served(FRONTS[front](respond)) as url,
        with_session(url, surveyed("3.2-py3-postgresql", "demo")) as session,
    ):
        verdicts = [session.decide(DECISIONS[number]) for number in NUMBERS]
    wrong = [v for v in verdicts if v.outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE)]
    assert [f"{v.id}: {v.reason}" for v in wrong] == []
    warned = [v.deviation for v in verdicts if v.outcome is Outcome.WARNING]
    assert all(deviation and deviation.advice for deviation in warned)
