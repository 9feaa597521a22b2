"""Exchanges made fit to be shown and sent again: redacted, with a curl line and a Python line."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from .exchange import Basic, Exchange, Request, show, to_json
from .transport import Endpoint, shown, written
from .verdicts import Evidence

#: How much of an answer is kept with a failure, in bytes.
KEPT = 200_000


def evidence_of(endpoint: Endpoint, exchanges: Sequence[Exchange]) -> tuple[Evidence, ...]:
    """The exchanges of a finding, as evidence."""
    return tuple(
        Evidence(
            call=exchange.request.describe(),
            answer=exchange.answer.describe(),
            request=shown(exchange.request, endpoint),
            response=written(exchange.answer)[:KEPT],
            curl=curl(exchange.request, endpoint),
            python=python(exchange.request, endpoint),
            stored=to_json(exchange.request),
        )
        for exchange in exchanges
    )


def _url(request: Request, endpoint: Endpoint) -> str:
    target = endpoint.target(request.target)
    return target if "://" in target else f"{endpoint.scheme}://{endpoint.netloc}{target}"


def curl(request: Request, endpoint: Endpoint) -> str:
    """A shell line that sends the request again; credentials are left as $PW_USER:$PW_PASSWORD."""
    words = ["curl", "-sS", "-i"]
    if request.method != "GET":
        words += ["-X", request.method]
    if request.version == "1.0":
        words.append("--http1.0")
    for name, value in request.headers:
        words += ["-H", f"{name}: {value}"]
    if request.body:
        words += ["--data-binary", "@-"]
    line = shlex.join([*words, _url(request, endpoint)])
    if isinstance(request.authorization, Basic):
        line += ' -u "$PW_USER:$PW_PASSWORD"'
    elif request.authorization is not None:
        scheme = request.authorization.partition(" ")[0]
        line += f" -H {shlex.quote(f'Authorization: {scheme} …')}"
    if not request.body:
        return line
    try:
        body = request.body.decode()
    except UnicodeDecodeError:
        body = ""
    if body.isprintable() or all(c.isprintable() or c == "\n" for c in body):
        return f"printf %s {shlex.quote(body)} | {line}"
    import base64

    return f"echo {base64.b64encode(request.body).decode()} | base64 -d | {line}"


def python(request: Request, endpoint: Endpoint) -> str:
    """A Python line that does the same, where `xmlrpc.client` can."""
    if not request.rpc or request.method != "POST" or request.authorization:
        return ""
    name, params = request.rpc
    given = ", ".join(show(param, 100_000) for param in params)
    server = f"xmlrpc.client.ServerProxy({endpoint.url!r}, allow_none=True)"
    dotted = name if name.isidentifier() else None
    target = f"{server}.{dotted}" if dotted else f"getattr({server}, {name!r})"
    return f"import xmlrpc.client; print({target}({given}))"
