"""What is wrong with an answer, in words that say nothing of the one call that showed it.

Failures that show the same symptom may have one cause (`causes`). A symptom says what was seen and
guesses at nothing, so that it is true of each of them whatever the cause. Where nothing can be said
that is telling, nothing is: "patch_get answers something else" is no symptom.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..target.exchange import ENDPOINT, Exchange, show
from ..target.knowing.profile import SIGNATURES
from ..target.knowing.world import rows_of
from ..target.wire import Fault, Node, NotXmlRpc

#: The code of every fault of a real server (servers.md 1.1).
CODE = 1
#: What stands before the fields that rows were narrowed by.
NARROWED = ", narrowed by "
#: How much of an answer and of a fault's class is told, in characters.
TOLD = 40


def asked(exchange: Exchange) -> str:
    """What was asked, without what it was asked about: the method, or the page."""
    request = exchange.request
    if exchange.method:
        return exchange.method if exchange.method in SIGNATURES else "a method that there is not"
    if request.target == ENDPOINT and request.body:
        return "what is no call"
    return f"{request.method} {request.target}"[:TOLD]


def in_place_of(exchange: Exchange, wanted: str) -> tuple[str, ...]:
    """What came where `wanted` belongs, as `a fault ValueError`; () if nothing but words differ."""
    if plain := unusable(exchange):
        return plain
    came = _came(exchange.reply)
    if not came or came == wanted:
        return ()
    rows = wrong_rows(exchange, _narrowed_by(exchange)) if rows_of(exchange) else ()
    return (
        *rows,
        f"{came} in place of {wanted}",
        *of(exchange),
    )


def unusable(exchange: Exchange) -> tuple[str, ...]:
    """What is wrong with an answer whatever was wanted; () if nothing is."""
    answer, reply, what = exchange.answer, exchange.reply, asked(exchange)
    if not answer.status:
        return (f"no answer to {what}",)
    if answer.status != 200:
        return (f"HTTP {answer.status} in answer to {what}",)
    if isinstance(reply, NotXmlRpc):
        return (f"no XML-RPC in the answer to {what}",) if exchange.request.body else ()
    if isinstance(reply, Fault) and reply.code != CODE:
        return (f"faults of code {reply.code} in place of {CODE}",)
    if isinstance(reply, Fault) and not reply.type_name:
        return ("faults that name no class",)
    return ()


def of(exchange: Exchange) -> tuple[str, ...]:
    """What can be told where all that is known is that the answer is wrong."""
    if plain := unusable(exchange):
        return plain
    reply, what = exchange.reply, asked(exchange)
    if isinstance(reply, Fault):
        words = f" {reply.message!r:.{TOLD}}" if reply.kind == "Exception" else ""
        return (f"{what} answers a fault {reply.kind[:TOLD]}{words}",)
    if isinstance(reply, Node) and exchange.method and reply.plain in ({}, ""):
        return (f"{what} answers {_came(reply)}",)
    return ()  # that a list is empty says little: filters that have nothing in common find nothing


def wrong_rows(exchange: Exchange, fields: Iterable[str]) -> tuple[str, ...]:
    """Other rows came than should, though they were narrowed by these fields."""
    by = " and ".join(dict.fromkeys(field.partition("__")[0] for field in fields))
    return (f"{asked(exchange)} lists other rows{NARROWED}{by}",) if by else ()


def _narrowed_by(exchange: Exchange) -> list[str]:
    """The fields of the filter that was sent; those of a window alone say nothing."""
    filters = [param for param in exchange.params if isinstance(param, dict)]
    return [str(key) for filt in filters for key in filt if key != "id__range"]


def _came(reply: Fault | Node | NotXmlRpc) -> str:
    if isinstance(reply, Fault):
        return f"a fault {reply.kind[:TOLD]}"
    if not isinstance(reply, Node):
        return ""
    if reply.kind in ("array", "struct") and reply.value:
        return "an array" if reply.kind == "array" else "a struct"
    return show(reply.plain, TOLD)


def accused(exchanges: Sequence[Exchange], got: str) -> Exchange | None:
    """The exchange that a deviation speaks of; None if that cannot be told."""
    if len(exchanges) == 1:
        return exchanges[0]
    named = [e for e in exchanges if got.startswith(f"{e.request.describe()} ")]
    return named[-1] if len({e.answer for e in named}) == 1 else None
