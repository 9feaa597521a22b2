"""What stands in Patchwork's stead is called by its name, with what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import fakepw
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover
from conformance.deciding.decisions import OK, Decision
from conformance.deciding.engine import Session
from conformance.target.exchange import Answer, Request, call
from conformance.target.knowing.survey import Unusable, find
from conformance.target.knowing.walls import wall
from conformance.target.knowing.world import World
from conformance.target.sending.transport import Endpoint
from conformance.verdicts.verdicts import Outcome

HTML = ("Content-Type", "text/html; charset=utf-8")
#: As the nginx guide of Patchwork 4 has it (servers.md 6.4).
VERIFYING = Answer(
    200,
    (HTML, ("Cache-Control", "no-store")),
    b"<!DOCTYPE html><html><head><title>Verifying</title></head><body><script>"
    b'document.cookie = "_js_ok=1"; location.reload();</script></body></html>',
)
NGINX_503 = Answer(503, (HTML,), b"<html><head><title>503 Service Temporarily Unavailable")
NOT_FOUND = Answer(404, (("Content-Type", "text/plain"),), b"404 page not found\n")


class Scripted:
    """A server that answers by a function."""

    endpoint = Endpoint("https", "pw.example.org", 443)

    def __init__(self, answer: Callable[[Request], Answer]) -> None:
        self.answer = answer

    def send(self, request: Request, *, alone: bool = False) -> Answer:
        return self.answer(request)


def diagnosed(answer: Callable[[Request], Answer]) -> str:
    """What is said of a server that has no XML-RPC."""
    server = Scripted(answer)
    with pytest.raises(Unusable) as caught:
        find([server.endpoint], lambda endpoint: server)
    text = str(caught.value)
    assert "\n" not in text
    return text


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (VERIFYING, "JavaScript wall"),
        (NGINX_503, "limits how often it is asked"),
        (Answer(403, (HTML,), b"<html>403 Forbidden</html>"), "keeps some user agents out"),
        (Answer(403, (), b""), "keeps some user agents out"),
        (Answer(200, (HTML,), b"<html>Log in</html>"), "a login page is in the way"),
        (Answer(504, (HTML,), b"<html>"), "Patchwork itself is down"),
    ],
)
def test_a_wall_is_called_by_its_name(answer: Answer, said: str) -> None:
    text = diagnosed(lambda request: answer)
    assert said in text
    assert "/xmlrpc/" in text or answer.status in (503, 504)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(302, (("Location", "/api/1.4/"),)),
        Answer(200, (("Content-Type", "application/json"),), b'{"v": "https://x/api/1.4/people/"}'),
        Answer(302, (("Location", "/api/1.12/"),)),
    ],
)
def test_patchwork_4_is_told_with_where_its_rest_is(answer: Answer) -> None:
    text = diagnosed(lambda r: answer if r.target.endswith("/api/") else NOT_FOUND)
    assert "is a Patchwork 4, which has no XML-RPC any more" in text
    assert "REST, at https://pw.example.org/api/1." in text


def test_an_older_patchwork_without_xmlrpc_is_no_patchwork_4() -> None:
    rest = Answer(200, (("Content-Type", "application/json"),), b'{"v": "https://x/api/1.3/"}')
    text = diagnosed(lambda r: rest if r.target.endswith("/api/") else NOT_FOUND)
    assert "set ENABLE_XMLRPC = True" in text
    assert "check the path" in diagnosed(lambda request: NOT_FOUND)


def test_the_instance_4_0_is_told() -> None:
    with (
        fakepw.serve("demo", instance="4.0") as server,
        pytest.raises(Unusable, match="Patchwork 4, which has no XML-RPC any more"),
    ):
        discover(Options(url=server.url))


def test_a_wall_that_comes_later_is_no_failure() -> None:
    pw = Session(Scripted(lambda request: VERIFYING), World(), lambda world: world)
    decision = Decision("PW-VER-001", lambda w, e: OK, lambda w: [call("pw_rpc_version")])
    verdict = pw.decide(decision)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "JavaScript wall" in verdict.reason
    assert "let XML-RPC clients through to /xmlrpc/" in verdict.reason


def test_a_front_that_passes_on_only_what_it_knows_is_no_trouble() -> None:
    """HAProxy without a default answers 503 to any other path, always."""
    pw = Session(Scripted(lambda request: NGINX_503), World(), lambda world: world)
    odd = Decision("PW-HTTP-018", lambda w, e: OK, lambda w: [call("nosuch")], silence=True)
    assert pw.decide(odd).outcome is Outcome.NOT_APPLICABLE
    plain = Decision("PW-VER-001", lambda w, e: OK, lambda w: [call("pw_rpc_version")])
    assert pw.decide(plain).outcome is Outcome.INCONCLUSIVE


def test_an_ordinary_page_is_no_wall() -> None:
    for body in (b"<html><title>Patches</title></html>", b"<?xml version='1.0'?><x/>", b""):
        assert wall(Answer(200, (HTML, ("Cache-Control", "no-store")), body)) == ""
    assert wall(Answer(404, VERIFYING.headers, VERIFYING.body)) == ""


def test_a_body_that_is_packed_unasked_is_called_so() -> None:
    packed = Answer(200, (("Content-Encoding", "gzip"),), b"\x1f\x8b")
    assert "the body is packed (gzip), unasked" in diagnosed(lambda request: packed)
    assert diagnosed(lambda request: Answer(200, (), b"hm")).endswith("the body is no XML")
