"""Instances by name: release x runtime x Django x database, composed from the tables beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from msgspec import structs

from .databases import DATABASES, DRIVERS
from .stacks import DJANGO_STACKS, STACKS, SURROUNDINGS
from .tables import APART, DJANGOS, PYTHONS, RELEASES
from .traits import Traits

DEFAULT = "3.2-py3-postgresql"
RUNTIMES = ("py2", "py3")

#: The deployments whose answers were recorded (servers.md 0 and 0.1).
RECORDED = (
    "1.0-py2-sqlite",
    "1.1-py2-sqlite",
    "1.1-py2-postgresql",
    "1.1-py3-sqlite",
    "2.0-py2-sqlite",
    "2.0-py3-sqlite",
    "2.1-py2-django1.11-sqlite",
    "2.1-py3-sqlite",
    "2.2-py2-sqlite",
    "2.2-py3-django1.11-sqlite",
    "2.2-py3-sqlite",
    "2.2-py3-postgresql",
    "2.2-py3-mariadb",
    "3.0-py3-django2.2-sqlite",
    "3.0-py3-sqlite",
    "3.0-py3-postgresql",
    "3.1-py3-django3.2-sqlite",
    "3.1-py3-sqlite",
    "3.2-py3-django4.2-sqlite",
    "3.2-py3-sqlite",
    "3.2-py3-postgresql",
    "3.2-py3-mariadb",
    "main-py3-sqlite",
    "main-py3-postgresql",
    "main-py3-mariadb",
)


@dataclass(frozen=True, slots=True, repr=False)
class Instance:
    """One deployment of Patchwork and the traits that it answers by."""

    release: str
    runtime: str
    database: str
    python: str
    django: str
    traits: Traits

    def __repr__(self) -> str:
        if not self.python:
            return f"<Instance {self.name}: no XML-RPC>"
        return f"<Instance {self.name}: Python {self.python}, Django {self.django}>"

    @property
    def name(self) -> str:
        """`RELEASE-RUNTIME[-djangoX.Y]-DATABASE`, for example `3.2-py3-postgresql`; or `4.0`.

        The Django is named where it is not the one that the release stands on by default.
        """
        if self.release in APART:
            return self.release
        return _name(self.release, self.runtime, minor(self.django), self.database)

    @property
    def recorded(self) -> bool:
        """Whether a real server of just this kind was recorded, rather than composed of others."""
        return self.name in RECORDED


def minor(version: str) -> str:
    """The first two numbers of a version: `5.1` of `5.1.15`."""
    return ".".join(version.split(".")[:2])


def _name(release: str, runtime: str, django: str, database: str) -> str:
    named = "" if STACKS.get(release, {}).get(runtime) == django else f"-django{django}"
    return f"{release}-{runtime}{named}-{database}"


def _layer(table: dict[str, dict[str, Any]], upto: str) -> dict[str, Any]:
    """All changes of a table from its first entry through `upto`."""
    merged: dict[str, Any] = {}
    for key, changes in table.items():
        merged |= changes
        if key == upto:
            return merged
    raise KeyError(upto)


@cache
def instance(name: str = DEFAULT) -> Instance:
    """The instance of that name: `RELEASE-RUNTIME[-djangoX.Y]-DATABASE`.

    Raises ValueError, with what is wrong or the nearest names, if there is none.
    """
    if name in APART:
        traits = structs.replace(instance("main-py3-postgresql").traits, **APART[name])
        return Instance(name, "", "", "", "", traits)
    release, runtime, django, database = _parts(name)
    version, pythons = DJANGO_STACKS[django]
    python = pythons[runtime]
    composed = (
        _layer(RELEASES, release)
        | _layer(PYTHONS, minor(python))
        | _layer(DJANGOS, django)
        | DATABASES["sqlite"]
        | DATABASES[database]
        | DRIVERS.get((release, database), {})
        | SURROUNDINGS.get(_name(release, runtime, django, database), {})
    )
    return Instance(release, runtime, database, python, version, Traits(**composed))


def _parts(name: str) -> tuple[str, str, str, str]:
    """Release, runtime, Django and database. Raises ValueError if the name is none of ours."""
    release, runtime, django, database = "", "", "", ""
    match name.split("-"):
        case [release, runtime, database]:
            django = STACKS.get(release, {}).get(runtime, "")
        case [release, runtime, named, database] if named.startswith("django"):
            django = named.removeprefix("django")
    if release not in RELEASES or runtime not in RUNTIMES or database not in DATABASES:
        why = ""
    elif runtime not in STACKS[release]:
        why = f": Patchwork {release} never ran on Python {runtime.removeprefix('py')}"
    elif django not in DJANGO_STACKS:
        why = f": of Django, fakepw knows {', '.join(DJANGO_STACKS)}"
    elif runtime not in DJANGO_STACKS[django][1]:
        why = f": Django {django} does not run on Python {runtime.removeprefix('py')}"
    else:
        return release, runtime, django, database
    near = _near(name)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise ValueError(f"no instance is called {name!r}{why}{hint} (`fakepw instances` lists them)")


def _near(name: str) -> list[str]:
    """At most three names that there are, nearest first."""
    import difflib  # only now: it is slow to import

    known = [*names(), *APART]
    if "django" in name:
        known = [*dict.fromkeys([*names(), *every()])]
    release, _, rest = name.partition("-")
    database = rest.rpartition("-")[2]
    if release in RELEASES and database in DATABASES:  # then these are what is meant
        ends = f"{release}-", f"-{database}"
        known = [each for each in known if each.startswith(ends[0]) and each.endswith(ends[1])]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return near or sorted((each for each in known if name and name in each), key=len)[:3]


def every() -> Iterator[str]:
    """All releases on all Djangos that run on their runtimes, on all databases."""
    for release, runtimes in STACKS.items():
        for runtime in runtimes:
            for django, (_, pythons) in DJANGO_STACKS.items():
                if runtime in pythons:
                    yield from (_name(release, runtime, django, each) for each in DATABASES)


def exists(name: str) -> bool:
    """Whether `instance` takes this name."""
    try:
        return name in APART or bool(_parts(name))
    except ValueError:
        return False


def names() -> list[str]:
    """The recorded Patchworks with XML-RPC, then every other release, runtime and database.

    `instance` takes each of them on any other Django, and those of APART, too.
    """
    every = [
        _name(release, runtime, django, database)
        for release, runtimes in STACKS.items()
        for runtime, django in runtimes.items()
        for database in DATABASES
    ]
    return [*RECORDED, *(name for name in every if name not in RECORDED)]
