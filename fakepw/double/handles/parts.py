"""What a handle gives out: rules, the clock, what is to happen later, snapshots.

Each holds on to the handle, and asks what it needs of a `Steering` by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from types import TracebackType
from typing import Any, Generic, Protocol, TypeVar

from ...patchwork.words.brief import cut
from ...telling.wording import refusal, typed
from ..clock import moment_of
from ..steering import RuleState, Step

__tracebackhide__ = refusal

#: What whoever changes rows is given for it.
Given = TypeVar("Given")


class Doing(Protocol):
    """A handle, as its parts see it."""

    def _do(self, name: str, /, *args: Any, **named: Any) -> Any: ...


class Rows(ABC, Generic[Given]):
    """What can be done to rows, in the fixture's words: at once, or later.

    A patch is meant by its id, its message id or its name. What is wrong is a FixtureError that
    names the member; and nothing is changed.
    """

    @abstractmethod
    def _take(self, step: Step) -> Given:
        """Do it."""

    def add_patch(self, name: str, **row: Any) -> Given:
        """Add a patch, as if it came by mail; dated by the clock unless it says else."""
        return self._take(("patch", None, {"name": name, **row}))

    def add_comment(self, patch: int | str, content: str = "", **row: Any) -> Given:
        """Add a comment to a patch."""
        return self._take(("comment", None, {**named(patch), "content": content, **row}))

    def add_check(self, patch: int | str, **row: Any) -> Given:
        """Add a check to a patch, as if somebody else's CI did."""
        return self._take(("check", None, {**named(patch), **row}))

    def add_person(self, email: str, **row: Any) -> Given:
        """Add a person."""
        return self._take(("person", None, {"email": email, **row}))

    def change_patch(self, which: int | str, **row: Any) -> Given:
        """Change a patch, as if somebody else did. Raises LookupError if there is none."""
        typed(int | str, which=which)
        return self._take(("change", which, row))


class Rule:
    """A rule that a test has put to work. As a context manager it is removed at the end."""

    def __init__(self, double: Doing, state: RuleState) -> None:
        self._double = double
        self.id = state.id
        self.text = state.rule

    @property
    def hits(self) -> int:
        """How many requests it has had an effect on."""
        state: RuleState = self._double._do("rule", self.id)
        return state.hits

    @property
    def matched(self) -> int:
        """How many requests it was about, whether its counting picked them or not."""
        state: RuleState = self._double._do("rule", self.id)
        return state.matched

    def remove(self) -> None:
        """Take it away. Removed once, it does nothing."""
        self._double._do("remove", self.id)

    def __enter__(self) -> Rule:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def __repr__(self) -> str:
        return f"<Rule {self.id} {cut(self.text, 200)}>"


class ClockHandle:
    """The double's own clock: checks that are created, other dates and scenarios follow it."""

    def __init__(self, double: Doing) -> None:
        self._double = double

    @property
    def now(self) -> datetime:
        """The time, naive UTC."""
        now: datetime = self._double._do("now")
        return now

    def set(self, moment: datetime | str) -> None:
        """Stop it at a moment, UTC unless it says else. Raises ValueError for what is no date."""
        self._double._do("set_clock", moment_of(moment))

    def advance(
        self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0
    ) -> None:
        """Move it on; what was to happen meanwhile has happened. Raises ValueError."""
        steps = {"days": days, "hours": hours, "minutes": minutes, "seconds": seconds}
        typed(float, **steps)
        self._double._do("advance_clock", steps)

    def run(self) -> None:
        """Let it run from where it stands."""
        self._double._do("run_clock")

    def __repr__(self) -> str:
        return f"<Clock {self.now.isoformat(' ')}>"


class Later(Rows["Later"]):
    """What happens by itself, after so many calls or seconds: `pw.later(calls=3).add_patch(…)`."""

    def __init__(self, double: Doing, **when: Any) -> None:
        self._double = double
        self._when = when
        self._number: int | None = None

    def _take(self, step: Step) -> Later:
        if self._number is None:
            self._number = self._double._do("later", **self._when, steps=[step])
        else:
            self._double._do("then", self._number, step)
        return self

    def __repr__(self) -> str:
        when = ", ".join(f"{name}={value!r}" for name, value in self._when.items() if value)
        return f"<later({when})>"


class SnapshotHandle:
    """Rows that a double remembers. As a context manager it brings them back at the end."""

    def __init__(self, double: Doing, name: str) -> None:
        self._double = double
        self.name = name

    def restore(self) -> None:
        """Bring them back."""
        self._double._do("restore", self.name)

    def __enter__(self) -> SnapshotHandle:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.restore()

    def __repr__(self) -> str:
        return f"<snapshot {self.name!r}>"


def named(patch: int | str) -> dict[str, Any]:
    """The member of a row that says which patch is meant. Raises ValueError."""
    typed(int | str, patch=patch)
    return {"patch_id": patch} if isinstance(patch, int) else {"patch": patch}
