"""What a test claims of the calls that a double got."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from msgspec import Meta

from ...telling.wording import typed
from ..journal import asserting
from ..journal.calls import Call, Calls
from ..journal.matching import ANYONE

_COUNT, _SECONDS = Annotated[int, Meta(ge=0)], Annotated[float, Meta(ge=0)]


class Claims(ABC):
    """The calls of a double, and claims on them; what is not so is an AssertionError."""

    @abstractmethod
    def _do(self, name: str, /, *args: Any, **named: Any) -> Any:
        """What `Steering.name` gives."""

    @abstractmethod
    def _wait(self, seconds: float, for_what: Callable[[], bool]) -> None:
        """Wait until it is so, or the seconds are over."""

    @property
    def calls(self) -> Calls:
        """Every request since the last reset, as the journal keeps it now."""
        calls: Calls = self._do("calls")
        return calls

    def assert_called(
        self, method: str, /, *params: Any, user: Any = ANYONE, times: int | None = None
    ) -> Call:
        """That a call was made, at least once or just so many times; gives the last of them.

        Raises AssertionError with the nearest calls and what differs.
        """
        __tracebackhide__ = True
        typed(_COUNT | None, times=times)
        return asserting.assert_called(self.calls, method, params, user, times)

    def assert_not_called(self, method: str = "*", /, *params: Any, user: Any = ANYONE) -> None:
        """That no such call was made.

        Raises AssertionError, and ValueError for a method that is one but for its spelling.
        """
        __tracebackhide__ = True
        asserting.assert_not_called(self.calls, method, params, user)

    def assert_calls(
        self,
        expected: Iterable[asserting.Expected],
        *,
        ordered: bool = True,
        only: bool = False,
    ) -> None:
        """That these calls were made, in that order; with `only`, and no others.

        Raises AssertionError.
        """
        __tracebackhide__ = True
        asserting.assert_calls(self.calls, expected, ordered=ordered, only=only)

    def assert_no_writes(self) -> None:
        """That nothing was written, whatever was tried. Raises AssertionError."""
        __tracebackhide__ = True
        asserting.assert_no_writes(self.calls)

    def assert_written_once(self, method: str, /, *params: Any) -> Call:
        """That just one such write was carried out. Raises AssertionError."""
        __tracebackhide__ = True
        return asserting.assert_written_once(self.calls, method, params)

    @contextmanager
    def expect(
        self,
        method: str,
        /,
        *params: Any,
        user: Any = ANYONE,
        times: int = 1,
        within: float = 5.0,
    ) -> Iterator[None]:
        """That so many such calls come in the block, or within so many seconds of its end.

        Raises AssertionError at the end of the block, unless the block raised already.
        """
        __tracebackhide__ = True
        typed(_COUNT, times=times)
        typed(_SECONDS, within=within)
        before = self._seen()
        yield
        self._wait(within, lambda: len(self._since(before)(method, *params, user=user)) >= times)
        asserting.assert_called(self._since(before), method, params, user, times)

    def _seen(self) -> int:
        calls = self.calls
        return calls.dropped + len(calls)

    def _since(self, number: int) -> Calls:
        calls = self.calls
        kept = calls[max(0, number - calls.dropped) :]
        return Calls.these(kept, max(0, calls.dropped - number))
