"""Instances by name: release x runtime x database, composed from the tables in `tables`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from msgspec import structs

from .tables import APART, DATABASES, DJANGOS, PYTHONS, RELEASES, STACKS
from .traits import Traits

DEFAULT = "3.2-py3-postgresql"
RUNTIMES = ("py2", "py3")

#: The deployments whose answers were recorded (SERVER.md 0).
RECORDED = (
    "1.0-py2-sqlite",
    "1.1-py2-sqlite",
    "1.1-py3-sqlite",
    "2.0-py2-sqlite",
    "2.0-py3-sqlite",
    "2.1-py3-sqlite",
    "2.2-py2-sqlite",
    "2.2-py3-sqlite",
    "3.0-py3-sqlite",
    "3.1-py3-sqlite",
    "3.2-py3-sqlite",
    "3.2-py3-postgresql",
    "3.2-py3-mariadb",
    "main-py3-sqlite",
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
        """`RELEASE-RUNTIME-DATABASE`, for example `3.2-py3-postgresql`; or `4.0`."""
        if self.release in APART:
            return self.release
        return f"{self.release}-{self.runtime}-{self.database}"

    @property
    def recorded(self) -> bool:
        """Whether a real server of just this kind was recorded, rather than composed of others."""
        return self.name in RECORDED


def _layer(table: dict[str, dict[str, Any]], upto: str) -> dict[str, Any]:
    """All changes of a table from its first entry through `upto`."""
    merged: dict[str, Any] = {}
    for key, changes in table.items():
        merged |= changes
        if key == upto:
            return merged
    raise KeyError(upto)


def _stack(release: str, runtime: str) -> tuple[str, str]:
    """The Python and Django versions under a release: recorded, or the nearest release's."""
    order = list(RELEASES)
    candidates = [key for key in STACKS if key[1] == runtime]
    nearest = min(candidates, key=lambda key: abs(order.index(key[0]) - order.index(release)))
    return STACKS[nearest]


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


@cache
def instance(name: str = DEFAULT) -> Instance:
    """The instance of that name.

    Raises ValueError, with the nearest names, if there is none.
    """
    if name in APART:
        traits = structs.replace(instance("main-py3-postgresql").traits, **APART[name])
        return Instance(name, "", "", "", "", traits)
    parts = name.split("-")
    if not (
        len(parts) == 3 and parts[0] in RELEASES and parts[1] in RUNTIMES and parts[2] in DATABASES
    ):
        import difflib  # only now: it is slow to import

        near = difflib.get_close_matches(name, [*names(), *APART], n=3, cutoff=0.5)
        near = near or [each for each in names() if name and name in each][:3]
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"no instance is called {name!r}{hint} (`fakepw instances` lists them)")
    release, runtime, database = parts
    python, django = _stack(release, runtime)
    composed = (
        _layer(RELEASES, release)
        | _layer(PYTHONS, _minor(python))
        | _layer(DJANGOS, _minor(django))
        | DATABASES["sqlite"]
        | DATABASES[database]
    )
    return Instance(release, runtime, database, python, django, Traits(**composed))


def names() -> list[str]:
    """Every name of a Patchwork with XML-RPC, recorded ones first; `instance` takes those of
    APART, too."""
    every = [f"{r}-{t}-{d}" for r in RELEASES for t in RUNTIMES for d in DATABASES]
    return [*RECORDED, *(name for name in every if name not in RECORDED)]
