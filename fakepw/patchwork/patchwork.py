"""A Patchwork: rows, an instance to answer as, and `call`, the one way in."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from . import reads, writes
from .auth import login, name_of
from .backend import Backend
from .instances.instances import DEFAULT, Instance, instance
from .instances.settings import Settings, laid, settings_of
from .records import Records
from .rows.rows import Dataset
from .rows.store import Store
from .words.brief import described
from .words.faults import Fault
from .words.place import API, Place, api_path, root_path
from .words.remarks import Words, heard, remark
from .words.text import arity_error


@dataclass(frozen=True, slots=True)
class Method:
    """A method that clients can call: what runs, and its parameters as clients count them.

    With `auth`, the user who logs in is a hidden first parameter (servers.md 1.4).
    """

    name: str
    run: Callable[..., Any]
    required: tuple[str, ...]
    optional: tuple[tuple[str, Any], ...]
    auth: bool
    #: how many parameters it takes, the hidden one included
    least: int
    most: int
    since: str
    #: what a release answers that swallows its errors (servers.md 2)
    fallback: Any

    @property
    def signature(self) -> str:
        """As the documentation page shows it, the hidden `user` included (servers.md 1.11)."""
        defaults = [f"{name}={value!r}" for name, value in self.optional]
        return f"({', '.join([*self.required, *defaults])})"


def _method(run: Callable[..., Any], fallback: Any = None, *, since: str = "") -> Method:
    parameters = list(inspect.signature(run).parameters.values())[1:]  # the Backend
    required = tuple(p.name for p in parameters if p.default is p.empty)
    return Method(
        name=run.__name__,
        run=run,
        required=required,
        optional=tuple((p.name, p.default) for p in parameters if p.default is not p.empty),
        least=len(required),
        most=len(parameters),
        auth=bool(parameters) and parameters[0].name == "user",
        since=since,
        fallback=fallback,
    )


#: In alphabetical order, as the documentation page lists them. `since` names the trait that a
#: method needs.
METHODS = {
    method.name: method
    for method in (
        _method(writes.check_create, since="has_checks"),
        _method(reads.check_get, {}, since="has_checks"),
        _method(reads.check_list, [], since="has_checks"),
        _method(reads.patch_check_get, {}, since="has_checks"),
        _method(reads.patch_get, {}),
        _method(reads.patch_get_by_hash, {}),
        _method(reads.patch_get_by_project_hash, {}),
        _method(reads.patch_get_diff, ""),
        _method(reads.patch_get_mbox, ""),
        _method(reads.patch_list, []),
        _method(writes.patch_set),
        _method(reads.person_get, {}),
        _method(reads.person_list, []),
        _method(reads.project_get, {}),
        _method(reads.project_list, []),
        _method(reads.pw_rpc_version),
        _method(reads.state_get, {}),
        _method(reads.state_list, []),
    )
}


def utc_now() -> datetime:
    """The time, as naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


class Patchwork:
    """A Patchwork server without a server: values in, values or a Fault out.

    `dataset` holds the rows to start from and return to, `like` is the instance (or its name) to
    answer as, `clock` gives the time as naive UTC, and `settings` are those of the deployment, as
    Settings or by name (servers.md 6.1); `enabled=False` is short for ENABLE_XMLRPC=False.
    `under` is a path below which all of it is, its script name included, and `at` one that a front
    hands on as /xmlrpc/ (see `Place`).

    Raises ValueError if no instance has that name, no setting that name or value, or if no API can
    be at that path.
    """

    def __init__(
        self,
        dataset: Dataset,
        like: Instance | str = DEFAULT,
        *,
        clock: Callable[[], datetime] = utc_now,
        enabled: bool = True,
        settings: Settings | Mapping[str, Any] = Settings(),  # noqa: B008 (it is frozen)
        under: str = "",
        at: str = API,
    ) -> None:
        self.clock = clock
        self.under = root_path(under)
        self.place = Place(under, api_path(at))
        self.settings: Settings
        self.enabled: bool
        given = settings_of(settings)
        self.load(dataset, like, given if enabled else given | Settings(ENABLE_XMLRPC=False))

    def load(
        self,
        dataset: Dataset,
        like: Instance | str,
        settings: Settings | Mapping[str, Any] | None = None,
        at: str | None = None,
    ) -> None:
        """Start anew from other rows, as that instance, with those settings and at that path, or
        with the old ones.

        That is what `reset` returns to from now on. Raises ValueError like the constructor, and
        then changes nothing.
        """
        found = instance(like) if isinstance(like, str) else like
        given = self.settings if settings is None else settings_of(settings)
        api = self.place.api if at is None else api_path(at)
        traits = laid(found.traits, given)
        self.instance, self.settings, self.traits = found, given, traits
        self.place = Place(self.under + traits.script_name, api)
        #: What `protocol` has made of the traits; kept here, it lives as long as it is of use.
        self.site: Any = None
        self.enabled = traits.xmlrpc_enabled and traits.has_xmlrpc
        self.methods = {
            name: method
            for name, method in METHODS.items()
            if self.traits.has_xmlrpc and (not method.since or getattr(self.traits, method.since))
        }
        self._hold(Store(dataset))
        self._seed = self._backend

    def replace(self, dataset: Dataset) -> None:
        """Hold other rows from now on, until the next `reset`: as if somebody else had written."""
        self._hold(self.store.followed_by(dataset))

    def _hold(self, store: Store) -> None:
        self.store = store
        self._backend = Backend(store, self.traits, Records(store, self.traits), self._now)

    def __repr__(self) -> str:
        off = "" if self.enabled else "no XML-RPC"
        return described(self, self.instance.name, f"patches {len(self.store.patches)}", off)

    @property
    def seed(self) -> Dataset:
        """The rows that it started from."""
        return self._seed.store.dataset

    @property
    def signatures(self) -> dict[str, str]:
        """Every method's signature as the documentation page shows it, alphabetically."""
        return {name: method.signature for name, method in self.methods.items()}

    def call(
        self, method: str | None, params: Sequence[Any], authorization: str | None = None
    ) -> Any:
        """The result of a method call: int, bool, str, bytes, list or Record of these (or None).

        A Record is a dict. It is shared with later results, and so not to be changed.

        `params` are positional; `authorization` is the Authorization header, as latin-1 text.
        The order of steps is that of servers.md 1.2 and 1.10: method, credentials, arity, call.

        Raises Fault wherever a real server would answer with one.
        """
        known = self.methods.get(method) if method is not None else None
        if known is None:
            remark(
                "methods",
                "there is no method {}; there are {}",
                method,
                Words(self.methods),
                fails=True,
            )
            raise Fault("Exception", f'method "{method}" is not supported')
        given = list(params)
        if known.auth:
            given.insert(0, login(authorization, self.store, self.traits))
        elif authorization:
            self._told_of_credentials(known, authorization)
        if not known.least <= len(given) <= known.most:
            text = arity_error(known.name, known.required, known.most, len(given), self.traits.py2)
            raise Fault("TypeError", text)
        if self.traits.default_arguments is not None:
            left_out = known.optional[len(given) - len(known.required) :]
            defaults = self.traits.default_arguments
            given += [defaults.get(name, default) for name, default in left_out]
        if not self.traits.swallows_errors or known.fallback is None:
            return known.run(self._backend, *given)
        try:
            return known.run(self._backend, *given)
        except Fault as fault:
            answer = type(known.fallback)()
            text = "this release swallows an error and answers {} instead: {}: {}"
            remark("releases", text, answer, Words([fault.kind]), fault.text)
            return answer

    def _told_of_credentials(self, method: Method, authorization: str) -> None:
        """Remark on credentials that nobody asked for.

        Clients that may write send theirs with every call (clients.md), so that right ones are
        only worth knowing; wrong ones would first be found out by a write.
        """
        if not heard():
            return
        text = "{} takes no credentials: right or wrong, nobody looks at them"
        try:
            login(authorization, self.store, self.traits)
        except Fault as fault:
            text += "; a call that does would answer {}"
            remark("credentials", text, Words([method.name]), fault.text)
        else:
            remark("credentials", text, Words([method.name]), quiet=True)

    def caller(self, method: str | None, authorization: str | None) -> str | None:
        """The user name that an Authorization header gives, if that method asks who is calling."""
        known = self.methods.get(method) if method is not None else None
        return name_of(authorization, self.traits) if known is not None and known.auth else None

    def _now(self) -> datetime:
        return self.clock()  # which may be set while the server runs

    def reset(self) -> None:
        """Undo every write since the start, or since the last reset."""
        self._backend = self._seed
        self.store = self._seed.store
        self.store.reset()
