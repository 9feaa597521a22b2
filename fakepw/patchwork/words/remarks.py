"""What a call decides without saying so, told to whoever listens.

A real server answers many a mistake with an empty list, or as if nothing were wrong: an unknown
key, a lookup that it ignores, credentials that nobody asked for. The code that decides so says why,
on the spot, by `remark`; so that there is no second copy of the rules. While nobody listens, which
is nearly always, that is one look at a variable, on paths that are seldom gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, NamedTuple, get_args

from .brief import brief
from .values import Binary

#: Remarks on one call, whatever a client puts into it.
MOST = 20


#: What a remark can be about, by the word for it: docs/double.md says what each holds.
Kind = Literal[
    "methods",
    "keys",
    "matches",
    "values",
    "counts",
    "order",
    "writes",
    "bodies",
    "paths",
    "releases",
    "credentials",
]
KINDS: tuple[str, ...] = get_args(Kind)


class Remark(NamedTuple):
    """A sentence, and what it is about; whether no call of a working client can be like that, or
    whether, on the contrary, it is only worth knowing: then nobody is warned of it."""

    text: str
    kind: Kind = "values"
    fails: bool = False
    quiet: bool = False


class Words:
    """Names that a remark gives without quotes."""

    def __init__(self, names: Iterable[object]) -> None:
        self._names = names

    def __repr__(self) -> str:
        return ", ".join(map(str, self._names))


_HEARD: ContextVar[list[Remark] | None] = ContextVar("fakepw remarks", default=None)


def remark(kind: Kind, text: str, *values: Any, fails: bool = False, quiet: bool = False) -> None:
    """Say something of the call that is being carried out; each `{}` is a value, in brief."""
    heard = _HEARD.get()
    if heard is not None:
        found = Remark(text.format(*map(_shown, values)), kind, fails, quiet)
        if len(heard) < MOST and found not in heard:
            heard.append(found)


def _shown(value: Any) -> str:
    return str(value) if isinstance(value, Words) else brief(value)


def heard() -> bool:
    """Whether anybody listens: for what would take work to find out."""
    return _HEARD.get() is not None


@contextmanager
def listening() -> Iterator[list[Remark]]:
    """What is said in the block, by this thread."""
    found: list[Remark] = []
    token = _HEARD.set(found)
    try:
        yield found
    finally:
        _HEARD.reset(token)


def as_text(value: Any, text: str) -> str:
    """A text that a value is taken for, remarking on it if it is anything but text."""
    if not isinstance(value, str | Binary):
        remark("values", "{} is no text, and taken for {}", value, text)
    return text


def met_again(name: Any) -> None:
    """Remark on a member that stands in a struct again."""
    remark("bodies", "{} stands in a struct more than once: the last one is taken", name)
