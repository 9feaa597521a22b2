"""What test suites use beside pytest's fixtures: one server for many tests, and a TestCase.

class MyTest(fakepw.testing.TestCase):
    fakepw_options = {"sources": ["netdev.json"]}

    def test_it(self) -> None:
        ServerProxy(self.fakepw.url).patch_list()
"""

from __future__ import annotations

import os
import sys
import unittest
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from functools import wraps
from inspect import iscoroutinefunction, unwrap
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from .double.handles.handle import Double
from .double.steering import start_of
from .double.strictness import Strict
from .fixtures import Fixture, Source, packaged, read
from .patchwork.instances.instances import DEFAULT
from .patchwork.instances.settings import Settings, settings_of
from .patchwork.patchwork import Patchwork
from .patchwork.rows.rows import Dataset
from .patchwork.words.place import API, api_path
from .rules.staged import Given
from .serving.reach.connecting import DoubleUnreachable, connect
from .serving.thread import serve
from .telling.wording import near, typed

#: What a test can say of the double that it wants.
ARGUMENTS = ["sources", "instance", "settings", "faults", "in_front", "limit", "clock"]
ARGUMENTS += ["strict", "at", "tls"]


class _Served(NamedTuple):
    """What a double starts from."""

    dataset: Dataset
    like: str
    settings: Settings
    at: str


__all__ = ["Mixin", "Server", "TestCase"]

#: How many of the last calls a failing test shows.
LAST = 20

#: How the URL of a double begins that is to be started in a container: an image follows.
CONTAINER = "docker://"


class Server:
    """One double for many tests, made ready for each: a server of this process, or one elsewhere.

    It starts when it is first needed.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        ca_file: str | None = None,
        *,
        tls: bool = False,
    ) -> None:
        self._url, self._token, self._ca_file, self._tls = url, token, ca_file, tls
        self._by_https: Server | None = None  # for tests that want that
        self._double: Double | None = None
        self._serves: _Served | None = None
        self._loads = 0  # of the double, when that was so
        self._read: dict[Any, Fixture] = {}

    def prepared(
        self,
        sources: Iterable[Source] = (),
        instance: str | None = None,
        settings: Settings | Mapping[str, Any] | None = None,
        faults: Given | Iterable[Given] = (),
        in_front: Given | Iterable[Given] | None = None,
        limit: Given | None = None,
        clock: datetime | str | None = None,
        strict: Strict | None = None,
        at: str = API,
        tls: bool = False,
        **unknown: Any,
    ) -> Double:
        """The double as a test wants it, and as nobody has touched it yet.

        Raises ValueError (FixtureError among them) with one sentence for what cannot be had, and
        ModuleNotFoundError for `tls` without trustme.
        """
        for name in unknown:
            raise ValueError(
                f"there is no argument {name!r}{near(name, ARGUMENTS)};"
                f" there are: {', '.join(ARGUMENTS)}"
            )
        typed(str | None, instance=instance)
        typed(bool, tls=tls)
        start = start_of(faults, in_front, limit, clock, strict)
        given = settings_of({} if settings is None else settings)
        fixture = self._fixture(list(sources))
        double = self._speaking(tls)._serving(fixture, instance, given, api_path(at))
        for spec in (*fixture.faults, *start.rules):
            double._rule(spec)
        if start.clock is not None:
            double.clock.set(start.clock)
        if strict is not None:
            double.strict = start.strict
        return double

    def _speaking(self, tls: bool) -> Server:
        """The one that speaks https, or not: the other of the two, if a test wants that."""
        if tls == self._tls:
            return self
        if self._url is not None and not self._contained:
            elsewhere = "https" if self._url.startswith("https:") else "http"
            if tls == (elsewhere == "https"):
                return self
            raise ValueError(f"the double at {self._url} speaks {elsewhere}, whatever a test wants")
        if self._by_https is None:
            self._by_https = Server(self._url, self._token, tls=True)
        return self._by_https

    @property
    def _contained(self) -> bool:
        """Whether it is to be started in a container."""
        return self._url is not None and self._url.startswith(CONTAINER)

    def _serving(self, fixture: Fixture, instance: str | None, given: Settings, at: str) -> Double:
        wanted = _Served(
            fixture.dataset,
            (fixture.instance or DEFAULT) if instance is None else instance,
            fixture.settings | given,
            at,
        )
        if self._double is not None:
            with suppress(LookupError):  # of a world elsewhere that was left alone for too long
                return self._ready(self._double, wanted)
            self._serves = None
        self._double = self._started(wanted)
        return self._ready(self._double, wanted)

    def _ready(self, double: Double, wanted: _Served) -> Double:
        if not self._is(wanted):
            double.load(
                wanted.dataset, instance=wanted.like, settings=wanted.settings, at=wanted.at
            )
        double.reset()
        self._serves, self._loads = wanted, double._loads()
        return double

    def _is(self, wanted: _Served) -> bool:
        """Whether that is what is served already, so that a reset is enough."""
        served, double = self._serves, self._double
        if served is None or double is None or double._loads() != self._loads:
            return False  # a test may have loaded another fixture
        return served.dataset is wanted.dataset and served[1:] == wanted[1:]

    def _started(self, wanted: _Served) -> Double:
        """A server or a container of our own; or elsewhere a world of our own, if there can be
        one."""
        if self._url is None:
            return serve(Patchwork(wanted.dataset, wanted.like), tls=self._tls)
        if self._contained:
            from .docker import serve as contained  # with what reaches an engine

            image = self._url.removeprefix(CONTAINER)
            return contained(image=image, control=self._token, tls=self._tls)
        double = connect(self._url, token=self._token, ca_file=self._ca_file)
        try:
            return double.world()
        except LookupError:  # it is itself a world, or older than worlds are
            return double

    def _fixture(self, sources: list[Source]) -> Fixture:
        """What sources hold. Files are read once in a process, however many tests name them."""
        key: Any = tuple(sources)
        try:
            found = self._read.get(key)
        except TypeError:  # a dict: it may change from test to test
            return read(*sources)
        if found is None:
            found = self._read[key] = read(*(sources or [packaged("demo")]))
        return found

    def stop(self) -> None:
        """Stop a server of this process, and let go of a world elsewhere; a server there stays."""
        if self._double is not None:
            with suppress(DoubleUnreachable):  # it has gone before us
                self._double.close()
        self._double = self._serves = None
        if self._by_https is not None:
            self._by_https.stop()
            self._by_https = None


def beside(folder: Path, source: Any) -> Any:
    """A source; a file that lies beside what names it is found from wherever tests are started."""
    named = isinstance(source, (str, os.PathLike))
    return folder / source if named and (folder / source).is_file() else source


def last_calls(double: Double) -> str:
    """The last of a double's calls, a line each, and how many were before."""
    try:
        calls = double.calls
        quiet = {each.text for each in double._do("strictness")[1] if each.quiet}
    except Exception as error:  # of a double that died: the test's own failure says more
        return f"the journal could not be read: {error}"
    last = calls[max(0, len(calls) - LAST) :]
    shown: list[str] = []
    for call in last:
        shown += [str(call), *(f"    ! {text}" for text in call.remarks if text not in quiet)]
    before = len(calls) + calls.dropped - len(last)
    head = f"{before} before these" if before else "all that there were" if shown else "none"
    return "\n".join([f"({head})", *shown])


class Mixin:
    """Gives a `unittest.TestCase` the attribute `fakepw`, fresh for each test.

    `fakepw_options` are the arguments of the marker of pytest: sources, instance, faults, …
    What a test set up and never came to pass fails it.
    """

    fakepw_options: ClassVar[Mapping[str, Any]] = {}
    fakepw: Double

    def setUp(self) -> None:
        """Make the double ready."""
        super().setUp()  # type: ignore[misc]
        options = dict(self.fakepw_options)
        module = sys.modules[type(self).__module__]
        if options.get("sources") and (path := getattr(module, "__file__", None)):
            options["sources"] = [beside(Path(path).parent, each) for each in options["sources"]]
        self.fakepw = _shared().prepared(**options)

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """Run a test, and then see whether all came to pass."""
        name = self._testMethodName  # type: ignore[attr-defined]
        method = getattr(self, name)
        setattr(self, name, self._checked(method))
        try:
            return super().run(result)  # type: ignore[misc, no-any-return]
        finally:
            setattr(self, name, method)

    def _checked(self, method: Callable[[], Any]) -> Callable[[], Any]:
        """A test method that ends with a look at what should have come to pass."""

        @wraps(method)
        def checked() -> Any:
            with self._watched(method):
                return method()

        @wraps(method)
        async def awaited() -> Any:
            with self._watched(method):
                return await method()

        return awaited if iscoroutinefunction(method) else checked

    @contextmanager
    def _watched(self, method: Callable[[], Any]) -> Iterator[None]:
        """Fail for what never came to pass; say beside any failure what was called."""
        try:
            yield
            code = getattr(unwrap(method), "__code__", None)
            self.fakepw.warn(*((code.co_filename, code.co_firstlineno) if code else ()))
            if unmet := self.fakepw.unmet():
                raise AssertionError("fakepw: " + "\n".join(unmet))
        except unittest.SkipTest:
            raise
        except Exception as error:
            error.add_note(f"fakepw calls {last_calls(self.fakepw)}")
            raise


class TestCase(Mixin, unittest.TestCase):
    """A `unittest.TestCase` with the attribute `fakepw`."""


#: Those of `Mixin`, by process: a forked child has none of its parent's threads.
_SHARED: dict[int, Server] = {}


def _shared() -> Server:
    return _SHARED.setdefault(os.getpid(), Server())
