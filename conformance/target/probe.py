"""A quick look at a server, for monitoring: what breaks in operation, in a few requests.

It answers at all, with Patchwork's own words; how long a list of one row takes; until when the
certificate is valid; whether the login works.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from .exchange import Answer, Exchange, call
from .knowing.profile import VERSIONS
from .knowing.survey import Found, Unusable, find
from .knowing.world import rows_of
from .login import LOGIN, let_in, refusal, turned_away
from .sending.budget import Budget, BudgetSpent
from .sending.sockets import HttpTransport
from .sending.transport import Endpoint, Trouble

#: The most requests that a probe sends, whatever it meets.
REQUESTS = 8
#: What is timed: a list that holds one row at most.
LIST = call("patch_list", {"max_count": 1})
DAY = 86_400.0


class State(enum.IntEnum):
    """What a monitoring plug-in ends with."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


#: States in the order of their weight: a plug-in tells the worst.
WEIGHT = (State.OK, State.WARNING, State.UNKNOWN, State.CRITICAL)


@dataclass(frozen=True)
class Bounds:
    """From when on something is a warning, and critical: seconds for the list, days that the
    certificate is still valid."""

    slow: tuple[float, float] = (2.0, 5.0)
    days: tuple[float, float] = (21.0, 7.0)


@dataclass
class Probed:
    """What was seen. None is what nobody looked at, or what there is not."""

    url: str
    findings: list[tuple[State, str]] = field(default_factory=list)
    #: The version as its server says it, `1.3.0`.
    version: str | None = None
    #: How long the list took, in seconds.
    took: float | None = None
    #: When the certificate ends, in seconds since 1970, and in how many days.
    ends: float | None = None
    days: float | None = None
    login: bool | None = None
    requests: int = 0

    def found(self, state: State, text: str) -> None:
        """Note what was seen."""
        self.findings.append((state, text))

    @property
    def state(self) -> State:
        """The worst of all that was seen."""
        return max((state for state, _ in self.findings), key=WEIGHT.index, default=State.UNKNOWN)

    @property
    def told(self) -> list[str]:
        """What was seen, in words; where something is wrong only that."""
        wrong = [text for state, text in self.findings if state is not State.OK]
        return wrong or [text for _, text in self.findings]


#: Makes a transport to an endpoint; with the credentials if so told.
Connect = Callable[[Endpoint, bool], HttpTransport]


def probe(
    candidates: list[Endpoint],
    connect: Connect,
    budget: Budget,
    bounds: Bounds,
    *,
    login: str = "",
    anywhere: bool = False,
) -> Probed:
    """Look at the server; `login` is the user to log in as, if that is to be tried.

    Never raises: whatever is in the way is what was found.
    """
    seen = Probed(candidates[0].url)
    opened: list[HttpTransport] = []

    def to(endpoint: Endpoint, with_login: bool = False) -> HttpTransport:
        opened.append(connect(endpoint, with_login))
        return opened[-1]

    try:
        found = find(candidates, to, anywhere=anywhere)
        seen.url = found.endpoint.url
        _version(seen, found)
        _list(seen, opened[-1], bounds)
        _certificate(seen, opened[-1], bounds)
        if login:
            _login(seen, to(found.endpoint, True), login)
    except (Unusable, Trouble) as error:
        seen.found(State.CRITICAL, str(error))
    except BudgetSpent as error:
        late = budget.seconds_left() == 0
        told = f"it did not answer within {budget.seconds:g} s" if late else str(error)
        seen.found(State.CRITICAL if late else State.UNKNOWN, told)
    finally:
        for transport in opened:
            transport.close()
        seen.requests = budget.spent
    return seen


def _version(seen: Probed, found: Found) -> None:
    for note in found.notes:
        seen.found(State.WARNING, note)
    answer = found.version.answer
    said = found.version.value.plain if found.version.value else None
    if answer.status == 200 and said in VERSIONS.values():
        seen.version = ".".join(map(str, said)) if isinstance(said, list) else str(said)
        seen.found(State.OK, f"version {seen.version}")
    else:
        told = f"pw_rpc_version() answered {answer.describe()}, which no Patchwork does"
        seen.found(State.WARNING, told)


def _list(seen: Probed, transport: HttpTransport, bounds: Bounds) -> None:
    began = time.monotonic()
    answer: Answer = transport.send(LIST)
    seen.took = time.monotonic() - began
    if answer.status != 200 or rows_of(Exchange(LIST, answer)) is None:
        seen.took = None
        seen.found(State.CRITICAL, f"{LIST.describe()} answered {answer.describe()}")
        return
    state = _above(seen.took, *bounds.slow)
    more = f", and {bounds.slow[state - 1]:g} s are too long" if state else ""
    seen.found(state, f"a list of one took {seen.took:.3f} s{more}")


def _above(value: float, warn: float, alarm: float) -> State:
    return State.CRITICAL if value >= alarm else State.WARNING if value >= warn else State.OK


def _certificate(seen: Probed, transport: HttpTransport, bounds: Bounds) -> None:
    if transport.endpoint.scheme != "https":
        return
    if transport.ends is None:
        seen.found(State.OK, "the certificate is not looked at")
        return
    seen.ends = transport.ends
    seen.days = (transport.ends - time.time()) / DAY
    state = _above(-seen.days, *(-days for days in bounds.days))
    seen.found(state, f"the certificate is valid for {max(0, int(seen.days))} more days")


def _login(seen: Probed, transport: HttpTransport, user: str) -> None:
    exchange = Exchange(LOGIN, transport.send(LOGIN))
    seen.login = exchange.answer.status == 200 and let_in(exchange)
    if seen.login:
        seen.found(State.OK, "the login works")
        return
    why = refusal(exchange) or turned_away(exchange, user, True)
    why = why or f"{LOGIN.describe()} answered {exchange.answer.describe()}"
    seen.found(State.CRITICAL, f"the login of {user} does not work: {why}")
