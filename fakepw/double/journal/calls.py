"""Calls as a test sees them: what was asked, what was answered, and whose rule had a hand in it.

A `Call` holds what passed on the wire, credentials masked, and decodes it when it is asked to. So
it is cheap to keep, and the same whether it comes from this process or from another one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, overload

import msgspec

from ...patchwork.words.brief import brief, cut
from ...patchwork.words.values import Binary, DateTime
from .matching import ANYONE, means, params_fit

#: How much of a text a line about a call shows, in characters.
SHOWN = 60


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a request without looking into it.

    number
        Counted from 1 since the last reset.
    when
        The time on the double's clock, naive UTC.
    seconds
        How long it took, waiting included.
    called
        Whether it reached the XML-RPC API as a call that could be read; otherwise it is a page, a
        missing slash, broken XML and the like, and `method` is None.
    user
        The name in its credentials; None if it had none. The password is nowhere.
    status
        Of the answer; None if there was none.
    rule
        The rule that decided, as text; None if there was none.
    carried_out
        Whether Patchwork ran it: not if a rule answered in its place.
    remarks
        In strict mode, what a real server decides about it without saying so: a sentence each.
    """

    number: int
    when: datetime
    seconds: float
    called: bool
    user: str | None
    status: int | None
    rule: str | None
    carried_out: bool
    remarks: tuple[str, ...] = ()


class Call(Noted, frozen=True, dict=True, kw_only=True):
    """One request and what became of it.

    `request` and `answer` are what passed on the wire, head and body, as bytes; what a rule cut off
    is not there.
    """

    request: bytes
    answer: bytes

    @property
    def verb(self) -> str:
        """The HTTP method."""
        return self._first_line[0]

    @property
    def target(self) -> str:
        """The request-target as it was sent: in origin or in absolute form."""
        return self._first_line[1]

    @property
    def method(self) -> str | None:
        """The XML-RPC method; None if it was no such call."""
        return self._call[0]

    @property
    def params(self) -> tuple[Any, ...]:
        """The params, positional: ints, texts, lists, dicts; base64 is bytes, a date its text."""
        return self._call[1]

    @property
    def result(self) -> Any:
        """The value that was answered, base64 as bytes; None where there was none."""
        return self._reply[0]

    @property
    def fault(self) -> str | None:
        """The faultString that was answered; None where there was none."""
        return self._reply[1]

    @property
    def writes(self) -> bool:
        """Whether it is a call that changes something when it succeeds (servers.md 1.4)."""
        return self.method in WRITES

    @property
    def written(self) -> bool:
        """Whether it is a write that Patchwork carried out without a fault of its own."""
        return self.writes and self.carried_out and self.fault is None

    @cached_property
    def _first_line(self) -> tuple[str, str]:
        words = self.request.partition(b"\r\n")[0].decode("latin-1").split(" ")
        return words[0], " ".join(words[1:-1])

    @cached_property
    def _call(self) -> tuple[str | None, tuple[Any, ...]]:
        if not self.called:
            return None, ()
        return decoded_call(self.request.partition(b"\r\n\r\n")[2])

    @cached_property
    def _reply(self) -> tuple[Any, str | None]:
        body = self.answer.partition(b"\r\n\r\n")[2]
        if not self.called or self.status != 200 or not body:
            return None, None
        import xmlrpc.client  # slow to import, and only where somebody looks

        try:
            values, _ = xmlrpc.client.loads(body, use_builtin_types=False)
        except xmlrpc.client.Fault as fault:
            return None, str(fault.faultString)
        except Exception:  # no XML, or half of it: that is what was answered
            return None, None
        return plain(values[0]) if values else None, None

    def __str__(self) -> str:
        """The call in one line: `#3 kim patch_set(3, {'state': 2}) -> True`."""
        who = f"{self.user} " if self.user else ""
        return f"#{self.number} {who}{self.asked} -> {self.answered}"

    def __repr__(self) -> str:
        return f"<Call {self}>"

    @property
    def asked(self) -> str:
        """What was asked, in brief."""
        if self.method is None:
            return f"{self.verb} {_line(self.target)}"
        return f"{self.method}({', '.join(map(brief, self.params))})"

    @property
    def answered(self) -> str:
        """What was answered, in brief, with the rule that decided."""
        if self.status is None:
            text = "no answer"
        elif self.fault is not None:
            text = f"fault {_line(self.fault)}"
        elif self.result is not None:
            text = brief(self.result)
        else:
            unread = ", no XML-RPC" if self.called and self.status == 200 else ""
            text = f"HTTP {self.status}{unread}"
        return f"{text} by {self.rule}" if self.rule else text


#: The methods that change something (servers.md 1.4, 1.10).
WRITES = frozenset({"patch_set", "check_create"})


class Calls(Sequence[Call]):
    """Calls in the order in which they came. It does not grow: ask the journal again.

    `dropped` says how many earlier ones are gone, as there was no room for them. Called like a
    function it selects: `calls("patch_set", 3)`.
    """

    def __init__(
        self, count: int, get: Callable[[int], Call], dropped: int = 0, of: str = "calls"
    ) -> None:
        self._count = count
        self._get = get
        self._of = of
        self.dropped = dropped

    @classmethod
    def these(cls, calls: Sequence[Call], dropped: int = 0) -> Calls:
        """These calls."""
        return cls(len(calls), calls.__getitem__, dropped)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Call: ...
    @overload
    def __getitem__(self, index: slice) -> Calls: ...
    def __getitem__(self, index: int | slice) -> Call | Calls:
        if isinstance(index, slice):
            return Calls.these([self._get(i) for i in range(*index.indices(self._count))])
        place = index + self._count if index < 0 else index
        if not 0 <= place < self._count:
            raise IndexError(f"there are {self._count} calls, so none at {index}")
        return self._get(place)

    def __iter__(self) -> Iterator[Call]:
        return (self._get(place) for place in range(self._count))

    def __call__(self, method: str = "*", *params: Any, user: Any = ANYONE) -> Calls:
        """Those of a method (`*` and `?` as in file names), with these params, by that user.

        Params are positional, compared by `==` from the first on; those not given may be anything.
        """
        found = [
            call
            for call in self
            if means(method, call.method)
            and params_fit(params, call.params)
            and (user is ANYONE or user == call.user)
        ]
        return Calls.these(found, self.dropped)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = [str(self._get(place)) for place in range(max(0, self._count - 5), self._count)]
        more = self._count - len(shown)
        lines = [f"{more} before"] * bool(more) + shown
        gone = f", {self.dropped} dropped" if self.dropped else ""
        return f"<{self._count} calls{gone}{': ' * bool(lines)}{'; '.join(lines)}>"


def decoded_call(body: bytes) -> tuple[str | None, tuple[Any, ...]]:
    """The method and the params of a methodCall, by Python's own reader; (None, ()) if unread."""
    import xmlrpc.client  # only now: see `_reply`

    try:
        params, method = xmlrpc.client.loads(body, use_builtin_types=False)
    except Exception:  # a real server answers such a body with a fault; it has no method
        return None, ()
    return method, tuple(plain(value) for value in params)


#: How deep values nest that are told; what is deeper, which no client means, is `…`.
DEEPEST = 100


def plain(value: Any, deeper: int = DEEPEST) -> Any:
    """A value as tests write it: base64 as bytes, a date as its text."""
    stdlib = sys.modules.get("xmlrpc.client")  # where it is not loaded, no value is of its kinds
    if isinstance(value, Binary) or (stdlib and isinstance(value, stdlib.Binary)):
        return value.data
    if isinstance(value, DateTime) or (stdlib and isinstance(value, stdlib.DateTime)):
        return value.value
    if isinstance(value, (list, tuple)):
        return [plain(item, deeper - 1) for item in value] if deeper else "…"
    if isinstance(value, dict):
        return {name: plain(item, deeper - 1) for name, item in value.items()} if deeper else "…"
    return value


def _line(text: str) -> str:
    """The beginning of a text that a client or a server chose, printable, on one line."""
    shown = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text[: SHOWN + 1])
    return cut(shown, SHOWN)
