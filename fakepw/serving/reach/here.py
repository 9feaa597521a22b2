"""Handles of doubles in this process: what is done to one is done between two requests."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ...double.handles.handle import Double
from ...double.outcome import Answer, Later
from ...double.steering import Steering
from ...double.worlds import Host, WorldState
from ...patchwork.patchwork import Patchwork
from ...patchwork.words.place import Place
from ...protocol.messages import Request
from ...telling.wording import refusal
from ..alone import Alone
from .waiting import wait

if TYPE_CHECKING:
    from .transport import Transport

__tracebackhide__ = refusal

Result = TypeVar("Result")


class Here(Double):
    """A double in this process: everything can be done to it from any thread."""

    @property
    @abstractmethod
    def _steering(self) -> Steering: ...

    @abstractmethod
    def run(self, function: Callable[..., Result], *args: Any) -> Result:
        """The result of a function called between two requests, in the server's thread.

        Whatever the function raises is raised here. Raises RuntimeError in a forked child of the
        process that started the server.
        """

    @property
    @abstractmethod
    def _alone(self) -> Alone:
        """The turn at it. Raises RuntimeError in a forked child."""

    @property
    def patchwork(self) -> Patchwork:
        """The Patchwork that it serves.

        It changes whenever a client writes: use `reset`, `state` and `run`, which have their turn
        between two requests.
        """
        return self._steering.pipeline.patchwork

    @property
    def instance(self) -> str:
        """The name of the instance that it answers as."""
        return self.patchwork.instance.name

    def transport(self, **options: Any) -> Transport:
        """A transport for `ServerProxy` that goes to this double without a socket in between."""
        from .transport import Transport  # with http.client, which a server can do without

        options.setdefault("secure", self._root.startswith("https:"))
        return Transport(self._answered, **options)

    def _answered(self, request: Request) -> Answer:
        alone = self._alone
        answer = alone.run(self._asked, request)
        return alone.later(answer) if isinstance(answer, Later) else answer

    def _asked(self, request: Request) -> Answer:
        self._check()
        return self._steering.pipeline.answer(request)

    @property
    def _place(self) -> Place:
        return Place(self.patchwork.traits.script_name, self.patchwork.place.api)

    def _loads(self) -> int:
        return self._steering.loads

    def _wait(self, seconds: float, for_what: Callable[[], bool]) -> None:
        wait(seconds, for_what)

    def _check(self) -> None:
        """Raise LookupError if it is gone; between two requests."""

    def _untold(self) -> bool:
        return self._steering.pipeline.notices.count > self._told

    def warn(self, path: str | None = None, line: int = 0) -> None:
        """Issue a FakepwWarning for each remark of which nobody was warned yet."""
        if self._untold():
            super().warn(path, line)

    def _do(self, name: str, /, *args: Any, **named: Any) -> Any:
        # at the next thing that a test does after the call, and in the test's thread
        if self._untold() and name != "strictness":
            super().warn()
        return self._alone.run(self._done, name, args, named)

    def unmet(self) -> list[str]:
        """As of every double; it is asked only if there is anything to say."""
        return super().unmet() if self._steering.expectant else []

    def _done(self, name: str, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        self._check()
        return getattr(self._steering, name)(*args, **named)

    def _world(self, made: WorldState) -> LiveWorld:
        return LiveWorld(self, made.id)


class LiveWorld(Here):
    """A world of a server in this process, until it is closed or left alone for its idle time."""

    def __init__(self, server: Here, number: str) -> None:
        host = server._steering
        assert isinstance(host, Host)
        self.id = number
        self._server, self._host = server, host
        self._held = server._alone.run(host.found, number).steering

    @property
    def _steering(self) -> Steering:
        return self._held

    def _check(self) -> None:
        self._host.found(self.id)

    @property
    def _root(self) -> str:
        return f"{self._server._root}/w/{self.id}"

    @property
    def ca_file(self) -> str | None:
        """The file of the authority that clients are to trust for https; None if there is none."""
        return self._server.ca_file

    def run(self, function: Callable[..., Result], *args: Any) -> Result:
        """The result of a function called between two requests, in the server's thread."""
        return self._server.run(function, *args)

    @property
    def _alone(self) -> Alone:
        return self._server._alone

    def _world(self, made: WorldState) -> LiveWorld:
        return LiveWorld(self._server, made.id)

    def close(self) -> None:
        """Let it go. Once gone, this does nothing."""
        self._alone.run(self._host.end_world, self.id)

    def __repr__(self) -> str:
        return f"<fakepw world {self.id} of {self._server!r}>"
