"""The recorded answers of real servers, for tests: as the suite reads and compares them
(`conformance.bridge`), and as requests to fakepw.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from conformance.bridge.comparing import Comparer, normalise_headers
from conformance.bridge.recordings import HOST, Call, Corpus, Key
from conformance.bridge.recordings import Recorded as Answer
from conformance.target import exchange
from conformance.target.exchange import api_status, documented
from fakepw.protocol.messages import Request, Response
from tests import memory

__all__ = [
    "FOLDER",
    "HOST",
    "INSTANCES",
    "Answer",
    "Call",
    "Key",
    "answers",
    "api_status",
    "as_bytes",
    "as_request",
    "calls",
    "compare",
    "dataset",
    "documented",
    "framed",
    "normalise_headers",
]

FOLDER = Path(__file__).parent.parent / "fixtures" / "recorded"
CORPUS = Corpus(FOLDER)
COMPARER = Comparer(CORPUS)

#: Every recorded server, and whether its XML-RPC API was switched on.
INSTANCES = CORPUS.instances

calls = cache(CORPUS.calls)
dataset = CORPUS.dataset
as_bytes = Call.as_bytes


def answers(instance: str) -> dict[Key, Answer]:
    """The answers of one server by dataset and id (`3.2-py3-sqlite-disabled` has but 116)."""
    memory.give_back()  # what those of the last one took
    return CORPUS.answers(instance)


def as_request(call: Call) -> Request:
    """The request as the serving layer hands it on: lower-case names, no transfer coding."""
    body = call.sent
    if call.headers.get("Transfer-Encoding") == "chunked":
        body = _unchunked(body)
    return Request(
        method=call.method.encode(),
        target=call.path.encode(),
        headers=[(k.lower().encode(), v.encode("latin-1")) for k, v in call.head],
        body=body,
        version="1.0" if call.http10 else "1.1",
    )


def _unchunked(framed: bytes) -> bytes:
    body = b""
    while True:
        size, rest = framed.split(b"\r\n", 1)
        if not (length := int(size, 16)):
            return body
        body += rest[:length]
        framed = rest[length + 2 :]


def framed(call: Call, response: Response) -> Response:
    """The response as it reaches the client: with what the server's front adds for its framing."""
    sized = any(name == "Content-Length" for name, _ in response.headers)
    if sized or call.http10 or call.method == "HEAD":
        return response
    headers = (("Transfer-Encoding", "chunked"), *response.headers)
    return Response(response.status, headers, response.body)


def compare(call: Call, answer: Answer, response: Response) -> str | None:
    """Why the response is not what the real server gave, or None if it is."""
    got = exchange.Answer(response.status, response.headers, b"".join(response.body))
    return COMPARER.compare(call, answer, got)
