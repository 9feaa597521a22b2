"""Requests as clients send them, for tests of the pipeline."""

from __future__ import annotations

import xmlrpc.client
from base64 import b64encode
from typing import Any

import fakepw
from fakepw.double.pipeline import Pipeline
from fakepw.protocol.messages import Request, Response


def pipeline(source: Any = "demo", instance: str = "3.2-py3-postgresql") -> Pipeline:
    """A double of a fixture, without a server."""
    return Pipeline(fakepw.Patchwork(fakepw.load(source), instance))


def call(method: str, *params: Any, user: str | None = None) -> Request:
    """A methodCall; `user` is `name:password`."""
    body = xmlrpc.client.dumps(params, method, allow_none=True).encode()
    headers = [(b"host", b"pw.example.org"), (b"content-length", b"%d" % len(body))]
    if user is not None:
        headers.append((b"authorization", b"Basic " + b64encode(user.encode())))
    return Request(b"POST", b"/xmlrpc/", headers, body)


def get(path: str, verb: bytes = b"GET") -> Request:
    """A request of a page."""
    return Request(verb, path.encode(), [(b"host", b"pw.example.org")])


def value(answer: Any) -> Any:
    """What a client makes of an answer. Raises Fault."""
    assert isinstance(answer, Response), answer
    assert answer.status == 200, answer
    (found,), _ = xmlrpc.client.loads(b"".join(answer.body), use_builtin_types=True)
    return found
