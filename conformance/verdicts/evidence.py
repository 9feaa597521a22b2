"""Exchanges made fit to be shown and sent again: redacted, with a curl line and a Python line."""

from __future__ import annotations

from collections.abc import Sequence

from ..target.exchange import Exchange, Request, to_json
from ..target.secrecy import excerpt_bytes
from ..target.sending.transport import Endpoint, shown, written
from .reproduction import Trust, curl, python
from .verdicts import Evidence

#: How much of its answers is kept with a failure, in bytes: looking for secrets in so much may take
#: a second, and nobody waits for much longer than a run was to take.
KEPT = 200_000
#: How much of all exchanges of a run together (its workers have equal shares), and how much of each
#: answer is kept beyond that.
ROOM, LITTLE = 1_000_000, 2_000
#: Requests up to this size are kept whole, whatever there is room for: what a server calls a name
#: comes back in filters, but none of Patchwork's is as long.
WHOLE = 8_000
#: So many times as large as its request is all that is kept of it: its text, and lines to send it.
FORMS = 8


def evidence_of(
    endpoint: Endpoint,
    exchanges: Sequence[Exchange],
    trust: Trust | None = None,
    kept: int = KEPT,
) -> tuple[Evidence, ...]:
    """The exchanges of a finding, as evidence; `trust` is which certificates the run trusted, and
    `kept` how many bytes of each answer are kept.

    A request that is larger, and larger than WHOLE, is cut off, too, and cannot be sent again.
    """
    found = []
    for exchange in exchanges:
        request = exchange.request
        whole = _whole(request, kept)
        size = len(request.body)
        raw = shown(request, endpoint, trust.headers if trust else ())
        item = Evidence(
            call=request.describe(),
            answer=exchange.answer.describe(),
            request=raw if whole else excerpt_bytes(raw, kept),
            response=excerpt_bytes(written(exchange.answer), kept),
            curl=curl(request, endpoint, trust) if whole else f"# {size} bytes were not kept",
            python=python(request, endpoint, trust) if whole else "",
            stored=to_json(request) if whole else {},
        )
        found.append(item)
    return tuple(found)


def weight(exchanges: Sequence[Exchange], kept: int) -> int:
    """The bytes that are kept of large exchanges, and looked through for secrets."""
    answers = sum(min(kept, len(exchange.answer.body)) for exchange in exchanges)
    sizes = [len(e.request.body) for e in exchanges if _whole(e.request, kept)]
    return answers + FORMS * sum(size for size in sizes if size > WHOLE)


def _whole(request: Request, kept: int) -> bool:
    """Whether all of a request is kept."""
    return len(request.body) <= max(kept, WHOLE)
