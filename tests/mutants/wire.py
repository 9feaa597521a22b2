"""Mutants that the chapters on HTTP and XML must kill."""

from __future__ import annotations

from dataclasses import replace

from conformance.requirements.bodies import BODIES
from conformance.target.exchange import ENDPOINT, Answer, Request
from conformance.target.wire import Fault

from .common import (
    EMPTY,
    FIRST,
    VERSION,
)
from .operators import (
    Mutant,
    body,
    fault,
    header,
    refault,
    status,
)

HTTP = (
    Mutant(
        "no page on GET",
        "HTTP-001",
        said=status(404, lambda r, a: r.method == "GET" and r.target == ENDPOINT),
    ),
    Mutant(
        "a page on GET of 1.0",
        "HTTP-002",
        instance=FIRST,
        said=status(200, lambda r, a: r.method == "GET" and r.target == ENDPOINT),
    ),
    Mutant(
        "PUT runs calls",
        "HTTP-003",
        asked=lambda r: replace(r, method="POST") if r.method == "PUT" else r,
    ),
    Mutant(
        "OPTIONS breaks the server",
        "HTTP-004",
        said=status(500, lambda r, a: r.method == "OPTIONS"),
    ),
    Mutant(
        "the slash does not matter",
        "HTTP-005",
        asked=lambda r: replace(r, target=ENDPOINT) if r.target.endswith("/xmlrpc") else r,
    ),
    Mutant(
        "a temporary redirect to the slash",
        "HTTP-005",
        said=lambda r, a: replace(a, status=302) if a.status == 301 else a,
    ),
    Mutant(
        "success by 201",
        "HTTP-006",
        said=lambda r, a: replace(a, status=201) if r.rpc_name == "state_list" else a,
    ),
    Mutant(
        "500 instead of faults",
        "HTTP-007",
        said=status(500, lambda r, a: isinstance(a.reply, Fault)),
    ),
    Mutant("text/xml", "HTTP-008", said=header("Content-Type", "text/xml")),
    Mutant(
        "JSON refused",
        "HTTP-009",
        said=status(415, lambda r, a: ("Content-Type", "application/json") in r.headers),
    ),
    Mutant("HTTP/1.0 refused", "HTTP-010", said=status(505, lambda r, a: r.version == "1.0")),
    Mutant(
        "absolute targets refused",
        "HTTP-012",
        said=status(404, lambda r, a: r.target.startswith("{absolute}")),
    ),
    Mutant("queries refused", "HTTP-013", said=status(404, lambda r, a: r.target.endswith("?x=1"))),
    Mutant("CSRF checks", "HTTP-014", said=status(403, lambda r, a: "Origin" in dict(r.headers))),
    Mutant(
        "gzip that is none",
        "HTTP-015",
        said=lambda r, a: (
            replace(a, body=b"\x1f\x8bbroken", headers=(*a.headers, ("Content-Encoding", "gzip")))
            if "Accept-Encoding" in dict(r.headers)
            else a
        ),
    ),
    Mutant(
        "Expect refused", "HTTP-016", said=status(417, lambda r, a: "Expect" in dict(r.headers))
    ),
    Mutant(
        "large bodies break the server",
        "HTTP-017",
        said=status(500, lambda r, a: len(r.body) > 50_000),
    ),
    Mutant(
        "anything below the endpoint",
        "HTTP-018",
        asked=lambda r: replace(r, target=ENDPOINT) if r.target.endswith("}x") else r,
    ),
    Mutant(
        "an about page that says disabled",
        "HTTP-019",
        said=lambda r, a: (
            replace(a, body=a.body.replace(b"enabled", b"disabled")) if "about" in r.target else a
        ),
    ),
    Mutant("cookies with calls", "HTTP-021", said=header("Set-Cookie", "sessionid=x")),
)


class Alternate:
    """Every second call on a connection is answered with nothing."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, request: Request, answer: Answer) -> Answer:
        self.count += request.rpc_name == VERSION
        broken = request.rpc_name == VERSION and self.count % 2 == 0
        return Answer(200, answer.headers, b"") if broken else answer


def _body(number: str) -> Mutant:
    chosen = next(b for b in BODIES if b.number == number)
    wanted = {chosen.body, *chosen.also}
    if chosen.value:
        return Mutant(
            f"refuses: {chosen.text}",
            f"XML-{number}",
            said=lambda r, a: (
                fault("<class 'xml.parsers.expat.ExpatError'>:no") if r.body in wanted else a
            ),
        )
    return Mutant(
        f"forgives: not {chosen.text}",
        f"XML-{number}",
        said=lambda r, a: EMPTY if r.body in wanted else a,
    )


XML = (
    Mutant("calls on a kept connection are lost", "HTTP-011", said=Alternate()),
    *(_body(b.number) for b in BODIES if b.number != "048"),
    Mutant(
        "external entities are resolved",
        "XML-048",
        asked=lambda r: replace(r, body=r.body.replace(b"&e;", b"root:x:0:0")),
    ),
    Mutant(
        "mangled bodies break the server",
        "XML-090",
        said=status(500, lambda r, a: r.rpc is None and a.status == 200),
    ),
    Mutant(
        "a DOCTYPE in answers",
        "XML-091",
        said=lambda r, a: (
            body(rb"<methodResponse>", b"<!DOCTYPE methodResponse><methodResponse>")(r, a)
            if r.rpc_name == "state_list"
            else a
        ),
    ),
    Mutant(
        "answers wrapped in another element",
        "XML-091",
        said=lambda r, a: (
            body(rb"methodResponse>", b"response>")(r, a) if r.rpc_name == "state_list" else a
        ),
    ),
    Mutant("markup not escaped", "XML-092", said=body(rb"&lt;b&gt;", b"<b>")),
    Mutant(
        "faults of code 100",
        "XML-093",
        said=lambda r, a: fault(a.reply.text, 100) if isinstance(a.reply, Fault) else a,
    ),
    Mutant("faults without a class", "XML-093", said=refault(r"<class '[^']*'>:", "")),
)
