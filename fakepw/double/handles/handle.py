"""The handle: what a test holds on to, wherever the double runs.

A subclass says how a `Steering` is reached: in this process, or over HTTP.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from msgspec import UNSET, UnsetType

from ...fixtures import Source, read
from ...patchwork.instances.settings import Settings, settings_of
from ...patchwork.rows.rows import Dataset
from ...patchwork.words.place import Place
from ...rules.spec import Spec, spec_of
from ...rules.staged import Given
from ...telling.wording import refusal, typed
from .. import scenarios
from ..rows import Patches, Shown
from ..steering import RuleState, Snapshot, Step, wanted_of
from ..strictness import Noticed, Strict, caller, issue, summed
from ..worlds import WorldState
from .claims import Claims
from .parts import ClockHandle, Later, Rows, Rule, SnapshotHandle

if TYPE_CHECKING:
    import xmlrpc.client


__tracebackhide__ = refusal


class Double(Rows[Shown], Claims):
    """A Patchwork that a test steers: the same handle for a server in this process, one that runs
    elsewhere, a world, a container.

    It can be used as a context manager, which closes it at the end.
    """

    @property
    def ca_file(self) -> str | None:
        """The file of the authority that clients are to trust for https; None if there is none."""
        return None

    @property
    @abstractmethod
    def _root(self) -> str:
        """The URL below which all of it is, without a slash at its end."""

    @property
    @abstractmethod
    def _place(self) -> Place:
        """Where its paths are, below that."""

    @property
    def url(self) -> str:
        """Where the XML-RPC API is: `http://127.0.0.1:PORT/xmlrpc/`, unless told otherwise."""
        return self._root + self._place.url_path

    @property
    def base_url(self) -> str:
        """What it is under: it ends in the script name and a slash, if there is one."""
        return f"{self._root}{self._place.script_name}/"

    @property
    def control_url(self) -> str:
        """Where the control API is: `http://127.0.0.1:PORT/_fakepw/`."""
        return f"{self._root}/_fakepw/"

    @abstractmethod
    def close(self) -> None:
        """Have no more of it: a server here stops, a world is gone; what runs elsewhere stays."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        try:
            if kind is None:
                with suppress(OSError, LookupError):  # of what is no longer there to be asked
                    self.settle()
        finally:
            self.close()

    @abstractmethod
    def _do(self, name: str, /, *args: Any, **named: Any) -> Any:
        """What `Steering.name` gives."""

    @abstractmethod
    def _loads(self) -> int:
        """How often it was given another fixture, as far as this handle knows."""

    @property
    @abstractmethod
    def instance(self) -> str:
        """The name of the instance that it answers as."""

    @abstractmethod
    def transport(self, **options: Any) -> xmlrpc.client.Transport:
        """A transport for `ServerProxy` to it; options as those of xmlrpc.client.Transport."""

    # Rows.

    def reset(self) -> None:
        """As at the start: rows, journal, rules, clock, scenarios, snapshots.

        Calls that a rule still lets wait end without being carried out.
        """
        self._do("reset")

    def load(
        self,
        *sources: Source,
        instance: str | None = None,
        settings: Settings | Mapping[str, Any] | None = None,
        at: str | None = None,
    ) -> None:
        """Serve another fixture from now on; `reset` comes back to it. Without sources it is the
        one of before, as another instance, with other settings.

        `at` is the path of its API, if not that of before. Raises FixtureError with all that is
        wrong with it, and ValueError for an instance, a setting or a path that there is not.
        """
        typed(str | None, instance=instance, at=at)
        given = None if settings is None else settings_of(settings)
        self._do("load", list(sources), instance, given, at)

    def state(self) -> Dataset:
        """The rows as they are now."""
        dataset: Dataset = self._do("state")
        return dataset

    @property
    def patches(self) -> Patches:
        """The patches as they are when asked for: `pw.patches["[1/2] net: count drops"].state`.

        A patch is meant by its id, its message id or its name. Raises LookupError if there is none.
        """
        return Patches(self._patch, self.state)

    def _patch(self, which: int | str) -> Shown:
        typed(int | str, which=which)
        found: Shown = self._do("patch", which)
        return found

    def snapshot(self, name: str | None = None) -> SnapshotHandle:
        """Remember the rows of now. As a context manager, they are back at its end."""
        typed(str | None, name=name)
        snapshot: Snapshot = self._do("snapshot", name)
        return SnapshotHandle(self, snapshot.name)

    def restore(self, snapshot: SnapshotHandle | str) -> None:
        """The rows of a snapshot again; journal, rules and clock stay. Raises LookupError."""
        name = snapshot.name if isinstance(snapshot, SnapshotHandle) else snapshot
        typed(str, snapshot=name)
        self._do("restore", name)

    def _take(self, step: Step) -> Shown:
        taken: Shown = self._do("take", step)
        return taken

    # Time.

    @property
    def clock(self) -> ClockHandle:
        """The double's own clock."""
        return ClockHandle(self)

    def later(
        self,
        calls: int | None = None,
        of: str = "*",
        seconds: float | None = None,
        optional: bool = False,
    ) -> Later:
        """What is to happen after so many more calls of a method, or seconds of the clock.

        Raises ValueError for what is no time to come; what is then called on it raises FixtureError
        and LookupError for what could not happen if it were now.
        """
        typed(int | None, calls=calls)
        typed(str, of=of)
        typed(float | None, seconds=seconds)
        typed(bool, optional=optional)
        scenarios.check(calls, seconds)
        return Later(self, calls=calls, of=of, seconds=seconds, optional=optional)

    # What goes wrong.

    def fault(
        self,
        method: str = "*",
        /,
        *params: Any,
        user: str | UnsetType | None = UNSET,
        first: int | None = None,
        nth: int | None = None,
        every: int | None = None,
        chance: float | None = None,
        seed: int = 0,
        when: str = "before",
        latency: float = 0,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        body: str | bytes | None = None,
        cut: float | None = None,
        reset: bool = False,
        drop: bool = False,
        fault: str | None = None,
        preset: str | None = None,
        optional: bool = False,
    ) -> Rule:
        """Let requests go wrong: which, how often, and how. docs/double.md says each.

        Raises ValueError, with one sentence, for what is no rule.
        """
        members = {
            name: value for name, value in locals().items() if name not in ("self", "params")
        }
        given = {} if headers is None else headers
        return self._rule(spec_of({**members, "params": params, "headers": given}))

    def limit(
        self,
        rate: str,
        burst: int = 0,
        status: int = 503,
        retry_after: int | None = None,
        *,
        method: str = "*",
        optional: bool = False,
    ) -> Rule:
        """Refuse what comes quicker than `20/s` beyond a burst, as nginx's limit_req counts."""
        members = {
            "method": method,
            "rate": rate,
            "burst": burst,
            "status": status,
            "retry_after": retry_after,
            "optional": optional,
        }
        return self._rule(spec_of(members))

    def _rule(self, spec: Spec) -> Rule:
        return Rule(self, self._do("fault", spec))

    @property
    def rules(self) -> list[RuleState]:
        """The rules at work, with their hits."""
        rules: list[RuleState] = self._do("rules")
        return rules

    # Strictness.

    _told = 0  # of what was noticed, up to which number somebody was told of it
    _failures: tuple[Noticed, ...] = ()  # of that, what was not raised yet

    @property
    def strict(self) -> Strict:
        """How strict it is: False; True, which warns; or "error", which fails tests.

        As text, `on` or `error` with the kinds of remarks that are none: "error ignore=order".
        It can be set, until the next reset. The wire is the same.
        """
        mode: Strict = self._do("strictness")[0]
        return mode

    @strict.setter
    def strict(self, mode: Strict) -> None:
        self._do("set_strict", mode)

    @property
    def remarks(self) -> list[str]:
        """What strict mode has noticed since the last reset, a line for each.

        A call, and what a real server decides about it without saying so.
        """
        return summed(self._do("strictness")[1])

    def warn(self, path: str | None = None, line: int = 0) -> None:
        """Issue a FakepwWarning for each remark of which nobody was warned yet.

        They are said to be about that line of a file, or else about the line that calls. What fails
        a test is no warning: all of it in mode "error", and calls of unknown methods in any.
        """
        mode, noticed = self._do("strictness", self._told)
        if not noticed:
            return
        self._told = noticed[-1].number
        fails = [each for each in noticed if each.fails_in(mode)]
        self._failures += tuple(fails)
        if path is None:
            path, line = caller()
        loud = [each for each in noticed if mode and not each.quiet and each not in fails]
        issue(loud, path, line)

    def settle(self, path: str | None = None, line: int = 0) -> None:
        """Warn, and raise AssertionError for what strict mode does not let pass: once for each.

        The end of a `with` block does so, if nothing was raised in it.
        """
        __tracebackhide__ = True
        self.warn(path, line)
        failures, self._failures = self._failures, ()
        if failures:
            raise AssertionError("\n".join(["fakepw, in strict mode:", *summed(failures)]))

    # Worlds.

    def world(
        self,
        *sources: Source,
        instance: str | None = None,
        settings: Settings | Mapping[str, Any] | None = None,
        at: str | None = None,
        faults: Iterable[Given] = (),
        in_front: Given | Iterable[Given] | None = None,
        limit: Given | None = None,
        clock: datetime | str | None = None,
        strict: Strict = False,
        idle: float | None = None,
    ) -> Double:
        """A Patchwork of its own beside this one, on the same port, under `/w/ID/`.

        Rows, journal, rules, clock, instance: nothing is shared. Without sources it starts as this
        server did. It is there until it is closed, or nobody asked it for anything for `idle`
        seconds, an hour unless the server was told otherwise.

        Raises FixtureError, and ValueError with one sentence for what there is not, or for one
        world too many.
        """
        typed(str | None, instance=instance, at=at)
        typed(float | None, idle=idle)
        wanted = wanted_of(
            read(*sources) if sources else None,
            instance,
            settings,
            at,
            idle,
            faults=faults,
            in_front=in_front,
            limit=limit,
            clock=clock,
            strict=strict,
        )
        return self._world(self._do("world", wanted))

    @abstractmethod
    def _world(self, made: WorldState) -> Double:
        """The handle of a world that was made."""

    def unmet(self) -> list[str]:
        """What fails a test: rules and scenarios that never came to pass, a sentence each.

        And in strict mode calls of unknown methods; in mode "error", all that there is to remark.
        """
        unmet: list[str] = self._do("unmet")
        return unmet

    # Clients.

    def pwclientrc(self, folder: str | PathLike[str], user: str | None = None) -> dict[str, str]:
        """The environment in which pwclient talks to this double, as that user or as nobody.

        Writes `pwclientrc` into the folder. Raises LookupError if there is no such user.
        """
        rows = self.state()
        names = [project.linkname for project in rows.projects]
        lines = ["[options]", f"default={names[0]}" if names else ""]
        password = ""
        if user is not None:
            users = {each.username: each.password for each in rows.users}
            if user not in users:
                raise LookupError(f"there is no user {user!r}; there are: {', '.join(users)}")
            password = users[user]
        for name in names:
            lines += ["", f"[{name}]", "backend=xmlrpc", f"url={self.url}"]
            if user is not None:
                lines += [f"username={user}", f"password={password.replace('%', '%%')}"]
        path = Path(folder) / "pwclientrc"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return {"PWCLIENTRC": str(path), "no_proxy": "*", **self._trust()}

    def _trust(self) -> dict[str, str]:
        """What a client needs in its environment to trust this double's certificate."""
        if self.ca_file is None:
            return {}
        return dict.fromkeys(("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"), self.ca_file)
