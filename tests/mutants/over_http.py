"""Mutants that break what the suite sends and gets, as servers that break it themselves."""

from __future__ import annotations

from dataclasses import replace

from conformance.target.exchange import ENDPOINT, Answer
from conformance.target.exchange import Request as Sent
from fakepw.patchwork.patchwork import Patchwork
from fakepw.protocol import Request, Response

from .harness import Break, Respond
from .operators import Mutant


def over_http(mutant: Mutant) -> Break:
    """A server that does wrong what the mutant does wrong."""

    def break_(respond: Respond) -> Respond:
        def broken(request: Request, patchwork: Patchwork) -> Response:
            sent = _sent(request)
            asked = mutant.asked(sent)
            whole = respond(request if asked is sent else _arrived(asked, request), patchwork)
            answer = Answer(whole.status, whole.headers, b"".join(whole.body))
            told = mutant.said(sent, answer)
            if told == answer:
                return whole
            kept = [(n, v) for n, v in told.headers if n.lower() != "content-length"]
            kept.append(("Content-Length", str(len(told.body))))
            return Response(told.status, tuple(kept), [told.body])

        return broken

    return break_


def _sent(request: Request) -> Sent:
    """A request that arrived, as the suite sends it."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers]
    target = request.target.decode("latin-1")
    return Sent(
        request.body,
        request.method.decode("latin-1"),
        ENDPOINT if target == "/xmlrpc/" else target,
        tuple((n, v) for n, v in headers if n != "authorization"),
        next((v for n, v in headers if n == "authorization"), None),
    )


def _arrived(asked: Sent, request: Request) -> Request:
    """Another request of the suite's, as it arrives."""
    kept = {n: v for n, v in request.headers if n not in (b"authorization", b"content-length")}
    kept[b"content-length"] = b"%d" % len(asked.body)
    if isinstance(asked.authorization, str):
        kept[b"authorization"] = asked.authorization.encode("latin-1")
    return replace(request, body=asked.body, headers=tuple(kept.items()))
