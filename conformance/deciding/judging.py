"""What judges have in common: is this a fault, a miss, a refusal?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ..target import secrecy
from ..target.exchange import Exchange, Request, call
from ..target.knowing.world import World
from ..target.wire import Fault, Node, NotXmlRpc
from ..verdicts.symptoms import in_place_of
from ..verdicts.verdicts import Deviation
from .decisions import OK, Finding, Step

NONE_FAULT = "cannot marshal None unless allow_none is enabled"


def got(exchange: Exchange) -> str:
    """What came back, for people."""
    return f"{_asked(exchange)} answered {exchange.answer.describe()}"


def _asked(exchange: Exchange) -> str:
    """What was asked, and what was odd about it, for people."""
    odd = exchange.request.oddities
    return exchange.request.describe() + (f" with {odd}" if odd else "")


def deviates(
    exchange: Exchange, expected: str, advice: str = "", symptoms: tuple[str, ...] = ()
) -> Deviation:
    """The exchange is not as expected; `symptoms` say what is wrong in general, where more can be
    said than the answer itself shows."""
    return Deviation(expected, got(exchange), advice, symptoms)


def with_header(exchange: Exchange, name: str, value: str, expected: str) -> Deviation:
    """The answer carries a header that it should not, or not so."""
    told = secrecy.excerpt(f"{name}: {value}", 200) if value else f"no {name}"
    return Deviation(expected, f"{_asked(exchange)} answered with {told}")


def expect(met: bool, exchange: Exchange, expected: str, symptoms: tuple[str, ...] = ()) -> Finding:
    """OK if met."""
    return OK if met else deviates(exchange, expected, "", symptoms)


def poisoned(exchange: Exchange) -> bool:
    """Whether a row that cannot be marshalled spoilt the answer (servers.md 1.3)."""
    fault = exchange.fault
    return fault is not None and NONE_FAULT in fault.text


def faults(exchange: Exchange, *kinds: str, text: str = "") -> Finding:
    """A fault of code 1 over HTTP 200, of one of these classes, its message holding `text`."""
    kind = f"a fault {' or '.join(kinds)}".rstrip()
    wanted = kind + (f" with {text!r}" if text else "")
    fault = exchange.fault
    if exchange.answer.status != 200 or fault is None:
        return deviates(exchange, wanted, symptoms=in_place_of(exchange, kind))
    if (kinds and fault.kind not in kinds) or text not in fault.message:
        return deviates(exchange, wanted, symptoms=in_place_of(exchange, kind))
    return expect(fault.code == 1, exchange, f"the code 1, as in every fault, not {fault.code}")


def refused(exchange: Exchange, message: str) -> Finding:
    """An authentication refusal: class Exception and just this message."""
    fault = exchange.fault
    if fault is None or fault.message != message:
        return deviates(exchange, f"the fault {message!r}")
    if exchange.answer.status != 200:
        return deviates(exchange, f"HTTP 200 with the fault {message!r}")
    if fault.kind != "Exception":
        return deviates(exchange, f"the class Exception, not {fault.kind!r}")
    return expect(fault.code == 1, exchange, f"the code 1, as in every fault, not {fault.code}")


def empty(exchange: Exchange, value: Any) -> Finding:
    """Exactly this empty value."""
    node = exchange.value
    kind = "struct" if isinstance(value, dict) else "array" if value == [] else "string"
    right = node is not None and node.kind == kind and node.plain == value
    return (
        OK if right else deviates(exchange, f"{value!r}", "", in_place_of(exchange, f"{value!r}"))
    )


def miss(world: World, exchange: Exchange, value: Any) -> Finding:
    """How this generation tells that there is no such row: `value`, or on 1.1 a fault."""
    if world.profile.misses_fault:
        return faults(exchange, "IndexError")
    return empty(exchange, value)


def bad_value(world: World, exchange: Exchange, *kinds: str, value: Any = None) -> Finding:
    """How this generation tells an unusable argument: a fault, or on 1.0 an empty answer."""
    if world.profile.swallows:
        return empty(exchange, {} if value is None else value)
    return faults(exchange, *kinds)


def answered(exchange: Exchange) -> Finding:
    """An XML-RPC answer of some kind over HTTP 200."""
    reply = exchange.reply
    right = exchange.answer.status == 200 and not isinstance(reply, NotXmlRpc)
    return expect(right, exchange, "an XML-RPC answer over HTTP 200")


def array(exchange: Exchange) -> Node | Deviation:
    """The array that was answered, or the deviation that it is none."""
    node = exchange.value
    if node is None or node.kind != "array":
        return deviates(exchange, "an array", "", in_place_of(exchange, "an array"))
    return node


def same(one: Exchange, other: Exchange) -> bool:
    """Whether two answers say the same, wire types and member order included."""
    return one.reply == other.reply and isinstance(one.reply, Node | Fault)


def fixed(*steps: Step) -> Callable[[World], list[Step]]:
    """A probe that needs nothing of the sample."""
    return lambda world: list(steps)


def calls(name: str, arguments: Iterable[tuple[Any, ...]]) -> list[Request]:
    """One call for each tuple of arguments."""
    return [call(name, *params) for params in arguments]
