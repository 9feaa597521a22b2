"""What a journal shows that a client depends on: methods, filters, members, faults."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from ..double.control.lines import Line
from ..double.journal.calls import WRITES, Call
from ..fixtures import load, packaged
from ..patchwork.instances.instances import instance, names
from ..patchwork.instances.tables import APART, RELEASES
from ..patchwork.patchwork import METHODS, Patchwork
from ..patchwork.query.filters import CHECK_KEYS, LOOKUP_NAMES, PATCH_KEYS
from ..patchwork.words.faults import Fault

#: Method that takes a filter -> the fields that it may name (servers.md 1.7, 1.8).
FILTERED = {"patch_list": PATCH_KEYS, "check_list": CHECK_KEYS}
#: What patch_set heeds; it ignores the rest without a word (servers.md 1.10).
SET = frozenset({"state", "commit_ref", "archived"})
_KIND = re.compile(r"<(?:class|type) '(?:[^']*\.)?([^'.]*)'>:")


@dataclass
class Used:
    """One method, and what calls of it held and were answered."""

    calls: int = 0
    #: Keys of filters, or of what patch_set was given, as sent.
    keys: Counter[str] = field(default_factory=Counter)
    #: Members of the structs that were answered.
    members: dict[str, None] = field(default_factory=dict)
    #: Faults of Patchwork's own, by their class.
    faults: Counter[str] = field(default_factory=Counter)
    #: What a strict double remarked on them.
    remarks: Counter[str] = field(default_factory=Counter)
    #: What rules of tests answered, by what that was.
    staged: Counter[str] = field(default_factory=Counter)


@dataclass
class Counted:
    """What a whole journal holds."""

    requests: int = 0
    calls: int = 0
    instances: Counter[str] = field(default_factory=Counter)
    methods: dict[str, Used] = field(default_factory=dict)
    #: Requests that were no such call: pages, broken XML, a missing slash.
    others: Counter[str] = field(default_factory=Counter)


def counted(lines: Iterable[Line]) -> Counted:
    """What some lines hold. Raises JournalError if they cannot be read to the end."""
    found = Counted()
    for line in lines:
        call = line.call()
        found.requests += 1
        found.instances[line.instance] += 1
        if call.method is None:
            found.others[call.asked] += 1
            continue
        found.calls += 1
        _note(found.methods.setdefault(call.method, Used()), call)
    return found


def _note(used: Used, call: Call) -> None:
    used.calls += 1
    used.remarks.update(call.remarks)
    for struct in call.params:
        if isinstance(struct, dict):
            used.keys.update(map(str, struct))
    if call.rule is not None:
        used.staged[kind_of(call.fault) if call.fault else f"HTTP {call.status}"] += 1
    elif call.fault is not None:
        used.faults[kind_of(call.fault)] += 1
    else:
        used.members |= dict.fromkeys(_members(call.result))


def kind_of(fault: str) -> str:
    """The class that a fault's text names; the text's beginning if it names none."""
    found = _KIND.match(fault)
    return found[1] if found else fault[:40]


def _members(result: Any, prefix: str = "") -> Iterator[str]:
    for struct in result if isinstance(result, list) else [result]:
        if isinstance(struct, dict):
            for name, value in struct.items():
                yield f"{prefix}{name}"
                if isinstance(value, list):
                    yield from _members(value, f"{prefix}{name}[].")


# From which release to which.


def scope(releases: Iterable[str]) -> str:
    """Some releases in words: `1.1 to main`, `1.0`, `none`."""
    order = list(RELEASES)
    places = sorted(order.index(each) for each in releases)
    if not places:
        return "none"
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    words = [order[a[0]] + (f" to {order[a[-1]]}" if len(a) > 1 else "") for a in runs]
    return ", ".join(words)


@cache
def _of(release: str) -> Patchwork:
    """A Patchwork of a release, over the demo, which holds a row of each kind."""
    like = next(name for name in names() if name.startswith(f"{release}-"))
    return Patchwork(load(packaged("demo")), like)


def releases_with(method: str) -> list[str]:
    """The releases that have a method."""
    return [release for release in RELEASES if method in _of(release).methods]


@cache
def answered_by(release: str, method: str) -> frozenset[str]:
    """The members of the structs that a method answers in a release, as far as the demo shows."""
    patchwork = _of(release)
    known = METHODS[method]
    if method not in patchwork.methods or known.auth or len(known.required) > 1:
        return frozenset()
    if method == "patch_get_by_hash":
        method = "patch_get"
    found: set[str] = set()
    for number in range(1, 13):
        try:
            result = patchwork.call(method, [number] * len(METHODS[method].required))
        except Fault:
            continue
        found |= set(_members(result))
        if not known.required:
            break
    return frozenset(found)


def releases_answering(method: str, member: str) -> list[str]:
    """The releases in which a method answers a member; none if no release is known to."""
    like = "patch_get" if method == "patch_get_by_project_hash" else method
    return [each for each in RELEASES if method in METHODS and member in answered_by(each, like)]


def heeded(method: str, key: str) -> bool:
    """Whether a method makes anything of a key (servers.md 1.7, 1.8, 1.10)."""
    if method == "patch_set":
        return key in SET
    if method not in FILTERED:
        return True
    name, *lookups = key.split("__")
    return name in FILTERED[method] and (not lookups or lookups[0] in LOOKUP_NAMES)


def has_xmlrpc(name: str) -> bool:
    """Whether an instance has the API at all."""
    return instance(name).traits.has_xmlrpc


#: The Patchworks that have none of it.
WITHOUT = tuple(name for name in APART if not has_xmlrpc(name))

__all__ = ["WRITES", "Counted", "Used", "counted", "heeded", "kind_of", "scope"]
