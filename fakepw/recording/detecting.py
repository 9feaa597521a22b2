"""Which instance a server is: asked what tells instances apart, until nothing does any more.

What each instance would answer to a question is known: fakepw answers as it does. So a question is
asked only if the instances that are left would not all answer it alike, and those that would have
answered otherwise are out. No question depends on rows, and none costs a server anything. Releases
that differ in nothing but their pages and mails are told apart as the suite tells them.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ..patchwork.instances.instances import every, names
from ..patchwork.patchwork import Patchwork
from ..patchwork.rows.rows import Dataset
from ..protocol import respond
from ..protocol.messages import Request
from .source import Source, exact
from .suite import exchange, profile, releases, wire, world

#: A patch that there is not.
_NOWHERE = -1
#: What tells instances apart (servers.md 1.6, 1.7, 2 and 3), what tells most of them first.
QUESTIONS: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("pw_rpc_version", ()),
    ("patch_list", ({"id": _NOWHERE, "date": "2017-06-15T08:00:00Z"},)),
    ("patch_list", ({"id": _NOWHERE, "name__isnull": "x"},)),
    ("patch_list", ({"id": _NOWHERE, "date": "20170615T08:00:00"},)),
    ("patch_list", ({"id": _NOWHERE, "name__range": []},)),
    ("patch_list", ({"id": _NOWHERE, "name__icontains__foo": "x"},)),
    ("patch_list", ({"id": 2**70},)),
    ("patch_list", ({"id": "abc"},)),
    ("patch_list", ({"id": _NOWHERE, "name__year__gt": 1},)),
    ("patch_get", (_NOWHERE,)),
)
#: Free text of a database's driver, of which only the class is sure.
_DRIVER = re.compile(r"(django\.db\.utils\.\w+'>:).*", re.DOTALL)


class Detected(NamedTuple):
    """Instances that answered alike, the likeliest first; none if no instance did."""

    alike: tuple[str, ...]
    #: What to serve and take apart its answers as, all the same.
    likeliest: str


def detect(source: Source, sample: dict[str, Any]) -> Detected:
    """Which instance it is. `sample` has some `projects` and `patches`, as rows of answers."""
    known = [*dict.fromkeys([*names(), *every()])]
    asked = {number: _said(source, *QUESTIONS[number]) for number in (0,)}
    possible = _told(source, sample, asked[0])
    left = [name for name in known if name.partition("-")[0] in possible] or known
    patchworks = {name: Patchwork(Dataset(), name) for name in left}
    odd = False
    for number, question in enumerate(QUESTIONS):
        expected = {name: _expected(patchworks[name], *question) for name in left}
        if len(set(expected.values())) == 1 and number:
            continue
        said = asked.get(number) or _said(source, *question)
        agreeing = [name for name in left if expected[name] == said]
        odd |= not agreeing
        left = agreeing or left
    return Detected(() if odd else tuple(left), left[0])


def _told(source: Source, sample: dict[str, Any], version: str) -> tuple[str, ...]:
    """The releases that it may be."""
    api = next((a for a, v in profile.VERSIONS.items() if repr(v) == version), None)
    if api is None:
        return profile.RELEASES
    patches = sample["patches"]
    windows = [world.Window(1, 1, tuple(patches))] if patches else []
    seen = world.World(profile.Profile(api=api), projects=sample["projects"], patches=windows)
    return releases.told(seen, source.look)


def _said(source: Source, method: str, params: tuple[Any, ...]) -> str:
    return _shown(source.ask(method, *params, read=repr))


def _expected(patchwork: Patchwork, method: str, params: tuple[Any, ...]) -> str:
    body = exchange.call(method, *params).body
    head = [(b"content-length", b"%d" % len(body))]
    answer = respond(Request(b"POST", b"/xmlrpc/", head, body), patchwork)
    said, _ = exact(b"".join(answer.body))
    return _shown(said if isinstance(said, wire.Fault) else repr(said))


def _shown(said: Any) -> str:
    """An answer as it is compared."""
    return _DRIVER.sub(r"\1", said.text) if isinstance(said, wire.Fault) else str(said)
