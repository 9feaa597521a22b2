"""What is said of a deviation is true, and points at the part that is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance.chapters import load
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.judging import faults, refused
from conformance.target.exchange import Answer, Exchange, Request, call
from conformance.target.knowing.survey import Surveyor, card, find
from conformance.target.knowing.world import Lacking, World
from conformance.target.sending.transport import Endpoint
from conformance.target.wire import parse
from conformance.verdicts.verdicts import Deviation

from ...hostile.servers import fault, value

load()

NO_LOGIN = "No authentication credentials given"


def exchange(body: bytes, status: int = 200, method: str = "patch_get") -> Exchange:
    return Exchange(call(method, "abc"), Answer(status, (), body))


def told(finding: object) -> str:
    assert isinstance(finding, Deviation)
    return finding.expected


def coded(code: int, text: str) -> bytes:
    return fault(text).replace(b"<int>1</int>", b"<int>%d</int>" % code)


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (coded(500, "&lt;class 'ValueError'&gt;:x"), 200, "the code 1, as in every fault, not 500"),
        (coded(1, "&lt;class 'KeyError'&gt;:x"), 200, "a fault ValueError with 'x'"),
        (coded(1, "&lt;class 'ValueError'&gt;:y"), 200, "a fault ValueError with 'x'"),
        (value("<int>1</int>"), 200, "a fault ValueError with 'x'"),
    ],
)
def test_the_wrong_part_of_a_fault_is_named(body: bytes, status: int, expected: str) -> None:
    assert told(faults(exchange(body, status), "ValueError", text="x")) == expected


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        (coded(1, f"&lt;class 'Exception'&gt;:{NO_LOGIN}"), 401, "HTTP 200 with the fault"),
        (coded(1, f"&lt;class 'KeyError'&gt;:{NO_LOGIN}"), 200, "the class Exception, not"),
        (coded(1, "&lt;class 'Exception'&gt;:no"), 200, "the fault 'No auth"),
    ],
)
def test_the_wrong_part_of_a_refusal_is_named(body: bytes, status: int, expected: str) -> None:
    assert told(refused(exchange(body, status), NO_LOGIN)).startswith(expected)


@pytest.mark.parametrize(
    ("number", "asked", "answer", "said"),
    [
        (
            "AUTH-004",
            call("patch_set", -1, {}, auth="Bearer xyzzy"),
            Answer(
                200, (), coded(1, "&lt;class 'Exception'&gt;:Invalid authentication credentials")
            ),
            "patch_set(-1, {}) with Authorization: Bearer xyzzy answered fault 1: ",
        ),
        (
            "AUTH-019",
            call("patch_set", -1, {}),
            Answer(401, (), coded(1, f"&lt;class 'Exception'&gt;:{NO_LOGIN}")),
            "answered HTTP 401 with fault 1: <class 'Exception'>:No authentication",
        ),
        (
            "AUTH-019",
            call("patch_set", -1, {}),
            Answer(
                200,
                (("WWW-Authenticate", "Basic"),),
                coded(1, f"&lt;class 'Exception'&gt;:{NO_LOGIN}"),
            ),
            "patch_set(-1, {}) answered with WWW-Authenticate: Basic",
        ),
        (
            "HTTP-008",
            call("nosuch"),
            Answer(200, (), coded(1, "x")),
            "nosuch() answered with no Content-Type",
        ),
        (
            "HTTP-010",
            replace(call("pw_rpc_version"), version="1.0"),
            Answer(505),
            "pw_rpc_version() with HTTP/1.0 answered HTTP 505",
        ),
        (
            "HTTP-021",
            call("nosuch"),
            Answer(200, (("Set-Cookie", "csrftoken=x"),), coded(1, "x")),
            "nosuch() answered with Set-Cookie: csrftoken=x",
        ),
        (
            "XML-094",
            call("nosuch"),
            Answer(200, (), b"\xef\xbb\xbf" + coded(1, "x")),
            'nosuch() answered b"\\xef\\xbb\\xbf<?xml',
        ),
    ],
)
def test_what_was_odd_and_what_came_is_shown(
    number: str, asked: Request, answer: Answer, said: str
) -> None:
    found = DECISIONS[f"PW-{number}"].judge(World(), Exchange(asked, answer))
    assert isinstance(found, Deviation)
    assert said in found.got


def patches(state_id: int, state: str) -> Exchange:
    members = {"id": 7, "state_id": state_id, "project_id": 1, "submitter_id": 1, "delegate_id": 0}
    xml = "".join(
        f"<member><name>{n}</name><value><int>{v}</int></value></member>"
        for n, v in members.items()
    )
    texts = {"state": state, "date": "x", "name": "n", "project": "p"}
    xml += "".join(
        f"<member><name>{n}</name><value><string>{v}</string></value></member>"
        for n, v in texts.items()
    )
    body = value(f"<array><data><value><struct>{xml}</struct></value></data></array>")
    return Exchange(call("patch_list", {"id__range": [1, 9]}), Answer(200, (), body))


def test_a_state_that_is_not_listed_is_called_so() -> None:
    world = World(states=[{"id": 1, "name": "New"}], projects=[{"id": 1, "name": "p"}])
    judge = DECISIONS["PW-READ-016"].judge
    assert told(judge(world, patches(77, "New"))) == (
        "a state_id of patch 7 that state_list shows, not 77"
    )
    assert told(judge(world, patches(1, "Old"))) == (
        "'New' for the state of patch 7, as state_list says of its state_id 1"
    )
    assert judge(world, patches(1, "New")) is True


def got(asked: Request, **members: str | int) -> Exchange:
    """A row that was asked for."""
    xml = "".join(
        f"<member><name>{name}</name><value><{kind}>{v}</{kind}></value></member>"
        for name, v in members.items()
        for kind in ["int" if isinstance(v, int) else "string"]
    )
    return Exchange(asked, Answer(200, (), value(f"<struct>{xml}</struct>")))


LISTED = World(states=[{"id": 1, "name": "New"}])


@pytest.mark.parametrize(
    ("number", "answers", "expected"),
    [
        (
            "READ-018",
            (
                got(call("person_get", 3), name="Ann", email="a@example.org"),
                got(call("patch_get", 7), id=7, submitter="Bob"),
            ),
            "the submitter Ann <a@example.org>, as person_get(3) says",
        ),
        (
            "CHK-003",
            (
                got(call("check_get", 5), id=5, patch_id=7, patch="x"),
                got(call("patch_get", 7), id=7, name="thing"),
            ),
            "the patch 'thing', as patch_get(7) says",
        ),
        (
            "READ-014",
            (got(call("state_get", 1), id=1, name="Old"),),
            "name = 'New', as state_list says",
        ),
    ],
)
def test_it_is_said_which_call_the_expectation_came_from(
    number: str, answers: tuple[Exchange, ...], expected: str
) -> None:
    found = DECISIONS[f"PW-{number}"].judge(LISTED, *answers)
    assert told(found) == expected


BROKEN = b"<?xml version='1.0'?>\n<methodResponse><params><param><value><array>"
EMPTY = value("<array><data></data></array>")


class Scripted:
    """A server that lists nothing but what it is told to."""

    endpoint = Endpoint("http", "x", 80)

    def __init__(self, **bodies: bytes) -> None:
        self.bodies = bodies

    def send(self, request: object, *, alone: bool = False) -> Answer:
        name = request.rpc_name  # type: ignore[attr-defined]
        if name == "pw_rpc_version":
            return Answer(
                200,
                (),
                value(
                    "<array><data>" + "<value><int>1</int></value>"
                    "<value><int>3</int></value><value><int>0</int></value>" + "</data></array>"
                ),
            )
        return Answer(200, (), self.bodies.get(name, EMPTY))


def surveyed(**bodies: bytes) -> tuple[World, dict[str, object]]:
    server = Scripted(**bodies)
    found = find([server.endpoint], lambda endpoint: server)
    world = Surveyor(lambda request: Exchange(request, server.send(request))).survey(found)
    return world, card(found, world, frozenset())


def lacking(number: str, world: World) -> str:
    with pytest.raises(Lacking) as caught:
        DECISIONS[number].probe(world)
    return str(caught.value)


def test_an_empty_server_holds_nothing_and_is_said_to() -> None:
    world, shown = surveyed()
    assert shown["sizes"] == {
        "projects": "0", "states": "0", "people": "0", "patches": "0", "checks": "0"
    }  # fmt: skip
    assert shown["checked"] == ["everything that reads"]
    assert lacking("PW-CHK-028", world) == "this server holds no check"
    assert lacking("PW-LIST-082", world) == "this server holds no patch"
    assert lacking("PW-READ-012", world) == "this server holds no patch"


def test_lists_that_cannot_be_read_are_called_so() -> None:
    world, shown = surveyed(check_list=BROKEN, patch_list=BROKEN)
    assert shown["sizes"]["patches"] == "none that could be listed"  # type: ignore[index]
    assert shown["checked"] == [
        "everything that reads, but for patches and checks, which could not be listed"
    ]
    assert lacking("PW-CHK-028", world) == "no check of this server could be listed"
    assert lacking("PW-LIST-082", world) == "no patch of this server could be listed"


def test_the_generation_is_told_with_a_word() -> None:
    _, shown = surveyed()
    assert shown["api"] == "2.0, as in every release from 2.0 on"
    assert parse(EMPTY).flaw is None
