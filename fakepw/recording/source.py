"""The server that is recorded: asked politely, remembered, and believed as far as it makes sense.

Whatever keeps it from being recorded is a `Stopped`, in one sentence; what was answered until then
is kept.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar

from .answers import Answers
from .suite import budget, exchange, secrecy, sockets, survey, transport, walls, wire

#: What holds for a host that is not this machine, as where the suite tests one: requests a second,
#: and requests.
POLITE_RATE, POLITE_REQUESTS = 5.0, 600
#: How often a question is asked that no answer comes to; and how many answers in a row may be too
#: large to be read, as where a list of them is halved for the sake of one row.
_ATTEMPTS, _TOO_LARGE = 3, 8
#: Where characters that XML cannot carry are put while the XML is read, and CR with them, which it
#: would make LF of (servers.md 1.3).
_PARKED = 0x10F000
_ASIDE = {code: _PARKED + code for code in (*range(9), 11, 12, *range(13, 32))}
_ASIDE |= {0xFFFE: _PARKED + 0xFE, 0xFFFF: _PARKED + 0xFF}
_BACK = {parked: code for code, parked in _ASIDE.items()}

#: What keeps a question from being answered.
_TROUBLES = (transport.Trouble, budget.BudgetSpent)
_T = TypeVar("_T")


class Stopped(Exception):
    """The recording cannot go on; why, in one sentence, which is one line whatever was sent."""

    def __init__(self, why: str) -> None:
        line = " ".join(secrecy.redact(why).split())
        super().__init__("".join(c if c.isprintable() else ascii(c)[1:-1] for c in line))


class Contradiction(Stopped):
    """What was answered cannot all be true: to go on from it leads nowhere."""


class _TooLarge(Stopped):
    """An answer that nobody reads to its end."""


def release() -> str:
    """The version of fakepw."""
    try:
        return version("fakepw")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0"


def user_agent(contact: str) -> str:
    """Who asks, and whom an operator can turn to."""
    return f"fakepw-record/{release()}" + (f" ({contact})" if contact else "")


class _Named:
    """A transport that says who asks."""

    def __init__(self, inner: sockets.HttpTransport, agent: str) -> None:
        self.inner, self.endpoint = inner, inner.endpoint
        self.header = ("User-Agent", agent)

    def send(self, request: exchange.Request, *, alone: bool = False) -> exchange.Answer:
        named = replace(request, headers=(*request.headers, self.header))
        return self.inner.send(named, alone=alone)


class Source:
    """One server, by its URL. Raises Stopped if there is no API to be read at it."""

    def __init__(
        self,
        url: str,
        progress: Path | None,
        *,
        contact: str = "",
        rate: float | None = None,
        max_requests: int | None = None,
        timeout: float = 30.0,
        ca: str | None = None,
        header: Sequence[tuple[str, str]] = (),
        plain_http: bool = False,
        follow_redirects: bool = False,
    ) -> None:
        """`header`: fields that go with every request, as where a front wants a token; they are
        never shown, and go over plain http to this machine alone, unless `plain_http`."""
        secrecy.keep(*(value for _, value in header))
        self._folder = tempfile.TemporaryDirectory(prefix="fakepw-record-")
        self._ways: dict[transport.Endpoint, _Named] = {}
        #: Answers that are too large to be read, and so not kept.
        self._refused: dict[str, wire.Fault] = {}
        self._too_large = 0
        #: Questions whose answers hold characters that could not be read.
        self.damaged: set[str] = set()
        try:
            candidates = transport.endpoint_of(url)
            near = all(candidate.loopback for candidate in candidates)
            self.budget = budget.Budget(
                Path(self._folder.name, "budget"),
                limit=(0 if near else POLITE_REQUESTS) if max_requests is None else max_requests,
                rate=(0 if near else POLITE_RATE) if rate is None else rate,
            )

            def connect(endpoint: transport.Endpoint) -> _Named:
                mine = header if endpoint.origin in [c.origin for c in candidates] else ()
                inner = sockets.HttpTransport(
                    endpoint, self.budget, timeout=timeout, ca=ca, more=mine, plain_ok=plain_http
                )
                self._ways[endpoint] = way = _Named(inner, user_agent(contact))
                return way

            self.endpoint = survey.find(candidates, connect, anywhere=follow_redirects).endpoint
            self._transport = self._ways[self.endpoint]
            self.answers = Answers(progress, self.endpoint.url)
        except BaseException as error:
            self._let_go()
            if isinstance(error, (ValueError, survey.Unusable, *_TROUBLES)):
                raise Stopped(str(error)) from None
            raise

    def close(self, *, finished: bool = False) -> None:
        """Let go of everything; of the progress, too, once nothing is left to be done."""
        self.answers.close(finished=finished)
        self._let_go()

    def _let_go(self) -> None:
        for way in self._ways.values():
            way.inner.close()
        self._folder.cleanup()

    # -- questions -----------------------------------------------------------------------------

    def ask(
        self, method: str, *params: Any, read: Callable[[Any], _T], again: bool = False
    ) -> _T | wire.Fault:
        """What a method answers, as `read` understands it, or the fault.

        What was answered before is not asked for, unless `again`. `read` is given plain values and
        raises ValueError for what makes no sense: then nothing is kept of it. An answer that is too
        large to be read is a fault, too. Raises Stopped.
        """
        request = exchange.call(method, *params)
        key = request.body.decode()
        body = None if again else self.answers.answer_to(key)
        if body is not None:
            return self._understood(request, body, read)
        if key in self._refused and not again:
            return self._refused[key]
        try:
            body, understood = self._asked(request, read)
        except _TooLarge as error:
            self._too_large += 1
            if self._too_large > _TOO_LARGE:
                raise
            self._refused[key] = wire.Fault(0, str(error))
            return self._refused[key]
        self._too_large = 0
        self.answers.keep(key, body)
        return understood

    def _asked(
        self, request: exchange.Request, read: Callable[[Any], _T]
    ) -> tuple[bytes, _T | wire.Fault]:
        """The answer, and what it says."""
        answer = self._sent(request)
        if answer.status == 200 and not isinstance(answer.reply, wire.NotXmlRpc):
            return answer.body, self._understood(request, answer.body, read)
        raise Stopped(
            walls.refusal(self.endpoint, answer)
            or f"{self.endpoint.url} answers {request.describe()} with no XML-RPC: "
            f"{answer.describe()[:200]}"
        )

    def forget(self, method: str, *params: Any) -> None:
        """Ask this anew when it is asked the next time."""
        self.answers.drop(exchange.call(method, *params).body.decode())

    def look(self, request: exchange.Request) -> exchange.Exchange:
        """A page, or a call whose answer is only looked at. It is not kept. Raises Stopped."""
        return exchange.Exchange(request, self._sent(request))

    def _understood(
        self, request: exchange.Request, body: bytes, read: Callable[[Any], _T]
    ) -> _T | wire.Fault:
        try:
            reply, whole = exact(body)
            if not whole:
                self.damaged.add(request.describe())
            return reply if isinstance(reply, wire.Fault) else read(reply)
        except ValueError as error:
            raise Stopped(
                f"{self.endpoint.url} answers {request.describe()} with what makes no sense: "
                f"{str(error)[:300]}"
            ) from None

    def _sent(self, request: exchange.Request) -> exchange.Answer:
        """The answer, on a connection of its own: on a kept one, what an odd front sends too much
        would be taken for the answer to the next question."""
        for attempt in range(_ATTEMPTS):
            try:
                return self._transport.send(request, alone=True)
            except (transport.NoAnswer, transport.Unreachable) as error:
                if attempt == _ATTEMPTS - 1:
                    raise Stopped(f"{self.endpoint.url}: {error}") from None
            except transport.Trouble as error:
                kind = _TooLarge if "larger than" in str(error) else Stopped
                raise kind(f"{self.endpoint.url}: {error}") from None
            except budget.BudgetSpent as error:
                raise Stopped(str(error)) from None
        raise AssertionError("unreachable")


def exact(body: bytes) -> tuple[Any, bool]:
    """What an answer holds as plain values, to the character, or a Fault; and whether it does.

    Characters that make it no well-formed XML are read as what they are. (CR in the markup itself,
    where some front put it, is a blank like others.) Where that cannot be, as in what is no UTF-8,
    they are U+FFFD. Raises ValueError where it is no XML-RPC.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return _plain(wire.parse(body).reply, {}), False
    parked = text.translate(_ASIDE)
    if parked == text:
        return _plain(wire.parse(body).reply, {}), True
    if not any(chr(code) in text for code in _BACK):
        found = wire.parse(parked.encode()).reply
        if not isinstance(found, wire.NotXmlRpc):
            return _plain(found, _BACK), True
    read = wire.parse(body)
    return _plain(read.reply, {}), read.flaw is None


def _plain(reply: Any, back: dict[int, int]) -> Any:
    if isinstance(reply, wire.NotXmlRpc):
        raise ValueError(reply.reason)
    if isinstance(reply, wire.Fault):
        return wire.Fault(reply.code, reply.text.translate(back))
    return _translated(reply.plain, back) if back else reply.plain


def _translated(value: Any, back: dict[int, int]) -> Any:
    if isinstance(value, str):
        return value.translate(back)
    if isinstance(value, list):
        return [_translated(each, back) for each in value]
    if isinstance(value, dict):
        return {name: _translated(each, back) for name, each in value.items()}
    return value
