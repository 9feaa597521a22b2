"""Which calls are meant: by method, by params, by user. Everything is compared by `==`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from ...patchwork.words.brief import brief
from ...telling.wording import near


class including:
    """Equals every struct that holds at least these members.

        pw.assert_called("patch_set", 3, fakepw.including(state=2))

    Members are given by name, or as a dict where a name is no word (`{"id__in": …}` is one).
    """

    def __init__(self, members: Mapping[str, Any] | None = None, /, **more: Any) -> None:
        self.members = {**(members or {}), **more}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return all(name in other and other[name] == value for name, value in self.members.items())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"including({brief(self.members)})"


class Anyone:
    """Equals whatever it is compared with: any user, or none."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "anyone"


ANYONE = Anyone()


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


def misspelt(method: str, methods: Collection[str]) -> str:
    """`; did you mean 'patch_set'?` for what is none of the methods, but nearly one; else nothing.

    A pattern means what it fits, so it is never misspelt.
    """
    return "" if method in methods or _is_pattern(method) else near(method, methods)


def means(pattern: str, method: str | None) -> bool:
    """Whether a pattern (`*` and `?` as in file names) means a method.

    `*` alone means every request, also one that calls nothing (method None).
    """
    if pattern == "*":
        return True
    if method is None:
        return False
    return pattern == method or (_is_pattern(pattern) and fnmatchcase(method, pattern))


def params_fit(wanted: Sequence[Any], params: Sequence[Any]) -> bool:
    """Whether a call's params begin with those wanted: none are wanted, any will do."""
    if len(wanted) > len(params):
        return False
    for want, got in zip(wanted, params, strict=False):  # noqa: SIM110 (ten rules, each call)
        if not equal(want, got):
            return False
    return True


def equal(wanted: Any, got: Any) -> bool:
    """Compared by `==`, but a boolean is no number, as on the wire; what wants decides first."""
    if isinstance(wanted, bool) != isinstance(got, bool) and type(wanted) in (bool, int, float):
        return False
    if type(wanted) is dict and isinstance(got, Mapping):
        return wanted.keys() == got.keys() and all(equal(v, got[k]) for k, v in wanted.items())
    if type(wanted) in (list, tuple) and isinstance(got, (list, tuple)):
        return len(wanted) == len(got) and all(
            equal(one, other) for one, other in zip(wanted, got, strict=True)
        )
    return bool(wanted == got)
