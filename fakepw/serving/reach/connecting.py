"""A handle to a double that runs elsewhere: in another process, a container, another world."""

from __future__ import annotations

import http.client
import math
import os
import ssl
import xmlrpc.client
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from ...double.control import api, shapes
from ...double.handles.handle import Double
from ...double.journal.calls import Calls
from ...double.rows import TABLES, Shown, shown_as
from ...double.steering import RuleState, Snapshot, Step, Wanted
from ...double.strictness import Noticed, Strict
from ...double.worlds import WorldState
from ...fixtures import NONE, FixtureError, Source, dump, load, read
from ...patchwork.instances.settings import Settings, settings_of
from ...patchwork.rows.rows import Dataset
from ...patchwork.words.place import Place
from ...rules.spec import Spec
from ...telling.wording import refusal
from .waiting import wait

__tracebackhide__ = refusal


class DoubleUnreachable(OSError):
    """The control API of a double did not answer, or it was something else that did."""


class _SomethingElse(DoubleUnreachable):
    """Something answered, and it was no control API."""


class RemoteDouble(Double):
    """A double that runs elsewhere, steered through its control API."""

    def __init__(
        self,
        url: str,
        token: str | None = None,
        timeout: float = 10.0,
        ca_file: str | None = None,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url!r} is no URL of a double: http://HOST:PORT/")
        self._host = parts.netloc.rpartition("@")[2]
        self._trusts = _trusting(ca_file) if parts.scheme == "https" else None
        self._ca_file = ca_file
        self._token, self._timeout = token, timeout
        self._loaded = 0
        self._path, health = self._found(parts.path)
        self._where = Place(health.script_name, health.api)

    def _found(self, path: str) -> tuple[str, shapes.Health]:
        """Below which part of a URL's path there is a double, and how it is.

        The API of a double may be anywhere below it, and it may itself be a world, or behind a
        front that put a path before it: the nearest is meant. Raises DoubleUnreachable, and
        LookupError for a world that is gone.
        """
        path = path.partition("/_fakepw")[0].rstrip("/").removesuffix("/xmlrpc")
        while True:
            self._path = path
            try:
                return path, self._health()
            except _SomethingElse:
                if not path:
                    raise
            path = path.rpartition("/")[0]

    def _health(self) -> shapes.Health:
        return msgspec.convert(self._request("GET", "health"), shapes.Health)

    @property
    def _root(self) -> str:
        return f"http{'s' * (self._trusts is not None)}://{self._host}{self._path}"

    @property
    def ca_file(self) -> str | None:
        """The file of the authority that it was connected with; None if there was none."""
        return self._ca_file

    @property
    def _place(self) -> Place:
        return self._where

    @property
    def instance(self) -> str:
        """The name of the instance that it answers as."""
        return self._health().instance

    def close(self) -> None:
        """Nothing: what runs elsewhere stays."""

    def _world(self, made: WorldState) -> RemoteWorld:
        return RemoteWorld(self, made)

    def transport(self, **options: Any) -> xmlrpc.client.Transport:
        """The stdlib's own transport: this double is reached over a socket."""
        if self._trusts is None:
            return xmlrpc.client.Transport(**options)
        return xmlrpc.client.SafeTransport(context=self._trusts, **options)

    def __repr__(self) -> str:
        return f"<fakepw at {self.base_url}>"

    def _loads(self) -> int:
        return self._loaded

    def _wait(self, seconds: float, for_what: Callable[[], bool]) -> None:
        wait(seconds, for_what)

    def _do(self, name: str, /, *args: Any, **named: Any) -> Any:
        return _WAYS[name](self, *args, **named)

    def _request(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON that the control API answers.

        Raises what the handle of a server in this process would: FixtureError, ValueError or
        LookupError; and DoubleUnreachable.
        """
        data = b"" if body is None else _sent(body)
        headers = {"Content-Type": "application/json", "Connection": "close"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        status, text = self._exchange(method, f"{self._path}/_fakepw/{path}", data, headers)
        try:
            found = msgspec.json.decode(text)
        except msgspec.DecodeError:
            raise _SomethingElse(
                f"{self.control_url} is no fakepw: it answered {status} with no JSON"
            ) from None
        if status >= 400:
            raise _error(status, found if isinstance(found, dict) else {})
        return found

    def _exchange(
        self, method: str, path: str, data: bytes, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """Ask on a connection of its own: one that was kept might be closed, or a parent's."""
        connection = self._connected()
        try:
            connection.request(method, path, data, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise DoubleUnreachable(f"{self.control_url} does not answer: {why}") from error
        finally:
            connection.close()

    def _connected(self) -> http.client.HTTPConnection:
        if self._trusts is not None:
            return http.client.HTTPSConnection(
                self._host, timeout=self._timeout, context=self._trusts
            )
        return http.client.HTTPConnection(self._host, timeout=self._timeout)

    # What the operations of a `Steering` are over HTTP.

    def _load(
        self,
        sources: list[Source],
        instance: str | None = None,
        settings: Settings | Mapping[str, Any] | None = None,
        at: str | None = None,
    ) -> None:
        body: dict[str, Any] = {"instance": instance, "at": at}
        laid = None if settings is None else settings_of(settings)
        if sources:
            fixture = read(*sources)
            body["fixture"] = whole(fixture.dataset, fixture.faults)
            body["instance"] = fixture.instance if instance is None else instance
            if laid is not None or fixture.settings:
                laid = fixture.settings | (laid or NONE)
        body["settings"] = None if laid is None else msgspec.to_builtins(laid)
        found = self._request("POST", "load", body)
        self._loaded += 1
        health = msgspec.convert(found, shapes.Health)
        self._where = Place(health.script_name, health.api)

    def _made(self, wanted: Wanted) -> WorldState:
        form: dict[str, Any] = {"instance": wanted.instance, "at": wanted.at, "idle": wanted.idle}
        form["beside"] = wanted.beside
        form["settings"] = msgspec.to_builtins(wanted.settings)
        if wanted.dataset is not None:
            form["fixture"] = whole(wanted.dataset, wanted.faults)
        if wanted.start is not None:
            form["faults"] = [_members(spec) for spec in wanted.start.rules]
            form["clock"] = wanted.start.clock
            form["strict"] = wanted.start.strict
        return msgspec.convert(self._request("POST", "worlds", form), WorldState)

    def _state(self) -> Dataset:
        return load(self._request("GET", "state"))

    def _snapshot(self, name: str | None = None) -> Snapshot:
        found = self._request("POST", "snapshots", {} if name is None else {"name": name})
        return Snapshot(found["name"], Dataset())

    def _taken(self, step: Step) -> Shown:
        kind, which, form = step
        if kind == "change":
            return self._one(which, "PATCH", form)
        table = TABLES[kind]
        return shown_as(table, self._request("POST", table, form))

    def _one(self, which: int | str, method: str = "GET", form: Any = None) -> Shown:
        found = self._request(method, f"patches/{quote(str(which), safe='')}", form)
        return shown_as("patches", found)

    def _calls(self) -> Calls:
        found = msgspec.convert(self._request("GET", "calls"), shapes.CallList)
        return Calls.these([api.call_of(each) for each in found.calls], found.dropped)

    def _fault(self, spec: Spec) -> RuleState:
        return msgspec.convert(self._request("POST", "rules", _members(spec)), RuleState)

    def _later(self, steps: list[Step], **when: Any) -> int:
        form = {**when, "steps": [_step(each) for each in steps]}
        number: int = self._request("POST", "scenarios", form)["id"]
        return number

    def _strictness(self, since: int = 0) -> tuple[Strict, list[Noticed]]:
        found = msgspec.convert(self._request("GET", f"strict?since={since}"), shapes.Strictness)
        return found.strict, found.remarks

    def _clock(self) -> shapes.ClockState:
        return msgspec.convert(self._request("GET", "clock"), shapes.ClockState)


class RemoteWorld(RemoteDouble):
    """A world of a double that runs elsewhere, until it is closed or left alone too long."""

    def __init__(self, server: RemoteDouble, made: WorldState) -> None:
        self._server = server
        self.id = made.id
        where = f"{server._root}{made.control}"
        super().__init__(where, server._token, server._timeout, server.ca_file)

    def _made(self, wanted: Wanted) -> WorldState:
        return self._server._made(replace(wanted, beside=self.id))

    def _world(self, made: WorldState) -> RemoteWorld:
        return RemoteWorld(self._server, made)

    def close(self) -> None:
        """Let it go. Once gone, this does nothing."""
        self._server._request("DELETE", f"worlds/{self.id}")


def connect(
    url: str,
    token: str | None = None,
    *,
    timeout: float = 10.0,
    ca_file: str | os.PathLike[str] | None = None,
) -> RemoteDouble:
    """The handle of a double that runs elsewhere: its base URL, or that of its API.

    `token` is what `fakepw serve --control TOKEN` was given; `ca_file` the file that it printed
    with `--tls`, or any other of an authority that is to be trusted for https. Raises ValueError
    for what is no URL and no such file, and OSError if no fakepw answers there.
    """
    return RemoteDouble(url, token, timeout, None if ca_file is None else os.fspath(ca_file))


def _trusting(ca_file: str | None) -> ssl.SSLContext:
    if ca_file is not None and os.path.exists(ca_file) and not os.path.isfile(ca_file):
        raise ValueError(f"ca_file {ca_file} is no file of an authority: it is no regular file")
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise ValueError(f"ca_file {ca_file} is no file of an authority: {why}") from None


def _step(step: Step) -> dict[str, Any]:
    kind, which, form = step
    return {"change": which, "row": form} if kind == "change" else {"add": kind, "row": form}


def whole(dataset: Dataset, faults: Iterable[Spec]) -> dict[str, Any]:
    """A fixture with its rows and with what goes wrong in it."""
    rules = [_members(spec) for spec in faults]
    return {**dump(dataset), **({"faults": rules} if rules else {})}


def _members(spec: Spec) -> dict[str, Any]:
    """A rule as JSON says it. Raises ValueError if its body is no text."""
    members: dict[str, Any] = msgspec.to_builtins(spec)
    if isinstance(spec.body, bytes):
        try:
            members["body"] = spec.body.decode()
        except UnicodeDecodeError:
            raise ValueError("over HTTP a rule's body is text, in UTF-8") from None
    members["params"] = list(spec.params)
    return members


def _error(status: int, answer: Mapping[str, Any]) -> Exception:
    text = str(answer.get("error", f"HTTP {status}"))
    if "errors" in answer:
        return FixtureError(answer["errors"])
    kinds: dict[int, type[Exception]] = {404: LookupError, 400: ValueError, 422: ValueError}
    return kinds.get(status, DoubleUnreachable)(text)


def _sent(body: Any) -> bytes:
    """A body as JSON. Raises ValueError for what JSON cannot say; it must not become another."""
    # with bytes as base64, and NaN as null, `msgspec.json` would say something else in silence
    plain = msgspec.to_builtins(body, builtin_types=(bytes,), enc_hook=_unsendable)
    try:
        return msgspec.json.encode(_checked(plain))
    except UnicodeEncodeError:
        raise ValueError("over HTTP text is UTF-8, which has no lone surrogates") from None


def _checked(value: Any) -> Any:
    """A value of Python's own kinds, if JSON has all of it."""
    if isinstance(value, dict):
        for each in value.values():
            _checked(each)
    elif isinstance(value, list):
        for each in value:
            _checked(each)
    elif isinstance(value, bytes) or (isinstance(value, float) and not math.isfinite(value)):
        _unsendable(value)
    return value


def _unsendable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    raise ValueError(f"over HTTP everything is JSON, and {value!r} is none")


_R = RemoteDouble
#: What each operation of a `Steering` is over HTTP.
_WAYS: dict[str, Callable[..., Any]] = {
    "reset": lambda d: d._request("POST", "reset"),
    "load": _R._load,
    "state": _R._state,
    "snapshot": _R._snapshot,
    "restore": lambda d, name: d._request("POST", f"snapshots/{quote(name, safe='')}/restore"),
    "patch": _R._one,
    "take": _R._taken,
    "calls": _R._calls,
    "fault": _R._fault,
    "rules": lambda d: msgspec.convert(d._request("GET", "rules"), shapes.RuleList).rules,
    "rule": lambda d, n: msgspec.convert(d._request("GET", f"rules/{n}"), RuleState),
    "remove": lambda d, n: d._request("DELETE", f"rules/{n}"),
    "now": lambda d: d._clock().now,
    "set_clock": lambda d, moment: d._request("POST", "clock", {"set": moment.isoformat()}),
    "advance_clock": lambda d, steps: d._request("POST", "clock", {"advance": steps}),
    "run_clock": lambda d: d._request("POST", "clock", {"run": True}),
    "later": _R._later,
    "world": lambda d, wanted: d._made(wanted),
    "then": lambda d, n, step: d._request("POST", f"scenarios/{n}/steps", _step(step)),
    "strictness": _R._strictness,
    "set_strict": lambda d, mode: d._request("POST", "strict", {"strict": mode}),
    "unmet": lambda d: msgspec.convert(d._request("GET", "unmet"), shapes.Unmet).unmet,
}
