"""Exchanges made fit to be shown and sent again: redacted, with a curl line and a Python line."""

from __future__ import annotations

from collections.abc import Sequence

from ..target.exchange import Exchange, to_json
from ..target.secrecy import excerpt_bytes
from ..target.sending.transport import Endpoint, shown, written
from .reproduction import Trust, curl, python
from .verdicts import Evidence

#: How much of its answers is kept with a failure, in bytes: looking for secrets in so much may take
#: a second, and nobody waits for much longer than a run was to take.
KEPT = 200_000
#: How much of all answers of a run together (its workers have equal shares), and how much of each
#: is kept beyond that.
ROOM, LITTLE = 2_000_000, 2_000


def evidence_of(
    endpoint: Endpoint,
    exchanges: Sequence[Exchange],
    trust: Trust | None = None,
    kept: int = KEPT,
) -> tuple[Evidence, ...]:
    """The exchanges of a finding, as evidence; `trust` is which certificates the run trusted, and
    `kept` how many bytes of each answer are kept."""
    return tuple(
        Evidence(
            call=exchange.request.describe(),
            answer=exchange.answer.describe(),
            request=shown(exchange.request, endpoint, trust.headers if trust else ()),
            response=excerpt_bytes(written(exchange.answer), kept),
            curl=curl(exchange.request, endpoint, trust),
            python=python(exchange.request, endpoint, trust),
            stored=to_json(exchange.request),
        )
        for exchange in exchanges
    )
