"""Which release answers, by what each shows itself: its pages, mails and REST versions.

Never by Django's texts: a release runs on several Djangos (servers.md 6.3). What a front end may
change is trusted only as far as it can be told from the front's doing. Where only a range can be
told, it is a range.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote

from ..exchange import BASE, SILENCE, Exchange, Request, call, page
from ..sending.transport import NoAnswer
from .profile import GENERATIONS, RELEASES
from .world import World


@dataclass
class Look:
    """Looks at pages of one server, at each only once."""

    world: World
    ask: Callable[[Request], Exchange]
    answers: dict[Request, Exchange] = field(default_factory=dict)

    def at(self, request: Request) -> Exchange:
        """What came, which may be nothing at all."""
        if request not in self.answers:
            try:
                self.answers[request] = self.ask(request)
            except NoAnswer:
                self.answers[request] = Exchange(request, SILENCE)
        return self.answers[request]

    def sample(self) -> Exchange | None:
        """The sample pwclientrc of a project."""
        names = [quote(row["linkname"]) for row in self.world.projects if row.get("linkname")]
        return self.at(page(f"{BASE}/project/{names[0]}/pwclientrc/")) if names else None

    def patch_page(self, what: str = "") -> Exchange | None:
        """The page of a patch below its project, as there is from 2.2 on."""
        names = {row["id"]: row.get("linkname") for row in self.world.projects}
        for row in self.world.patch_rows:
            name = names.get(row.get("project_id"))
            if name and PLAIN.match(str(row.get("msgid"))):
                msgid = quote(row["msgid"].strip("<>"))
                return self.at(page(f"{BASE}/project/{quote(name)}/patch/{msgid}/{what}"))
        return None


#: Message ids that are the same in every spelling of a URL.
PLAIN = re.compile(r"<[A-Za-z0-9.@_-]+>\Z")


def _kind(exchange: Exchange | None) -> str:
    """The Content-Type of a page that was answered; '' if none was."""
    if exchange is None or exchange.answer.status != 200:
        return ""
    return (exchange.answer.header("content-type") or "").lower().replace(" ", "")


def _sampled(pattern: bytes) -> Callable[[Look], bool | None]:
    """Whether the sample pwclientrc has such a line (servers.md 2, 6.1)."""

    def shows(look: Look) -> bool | None:
        sample = look.sample()
        if not _kind(sample).startswith("text/plain") or sample is None:
            return None
        body = sample.answer.body
        return bool(re.search(pattern, body, re.M)) if re.search(rb"^url ?=", body, re.M) else None

    return shows


def _rest(version: str) -> Callable[[Look], bool | None]:
    """Whether REST knows that version of itself (servers.md 6.1), where there is REST at all."""

    def shows(look: Look) -> bool | None:
        this = look.at(page(f"{BASE}/api/{version}/"))
        if _kind(this).startswith("application/json"):
            return True
        if this.answer.status != 404:
            return None
        first = _kind(look.at(page(f"{BASE}/api/1.0/")))
        return False if first.startswith("application/json") else None

    return shows


def _redirects(look: Look) -> bool | None:
    """Whether a patch's mbox is found below its project (servers.md 2)."""
    for row in look.world.patch_rows[:1]:
        exchange = look.at(page(f"{BASE}/patch/{row['id']}/mbox/"))
        if "/project/" in (exchange.answer.header("location") or ""):
            return True
        return False if _kind(exchange).startswith("text/plain") else None
    return None


def _typed(look: Look) -> bool | None:
    """Whether a mailbox says that it is UTF-8. A front that adds it does so to every text."""
    kind, sample = _kind(look.patch_page("mbox/")), _kind(look.sample())
    if not kind.startswith("text/plain") or "charset" in sample or not sample:
        return None
    return "charset=utf-8" in kind


def _stored(look: Look) -> bool | None:
    """Whether mails begin with Patchwork's headers, not a Subject of its own (servers.md 2)."""
    for row in look.world.patch_rows[:1]:
        value = look.at(call("patch_get_mbox", row["id"])).value
        text = value.plain if value is not None else None
        heads = re.findall(r"^([^\s:]+):", text, re.M) if isinstance(text, str) else []
        ours = [h for h in heads if h in ("Subject", "X-Patchwork-Submitter")]
        return ours[0] != "Subject" if ours else None
    return None


def _tokened(look: Look) -> bool | None:
    """Whether a patch's page sets Django's CSRF cookie (servers.md 2); a front may take it away."""
    found = look.patch_page()
    if found is None:
        return None
    cookies = (v for n, v in found.answer.headers if n.lower() == "set-cookie")
    return True if any(value.startswith("csrftoken=") for value in cookies) else None


#: What shows from a release on, in the order in which it is looked for.
SIGNS: tuple[tuple[str, Callable[[Look], bool | None]], ...] = (
    ("3.2", _sampled(rb"^backend =")),
    ("2.1", _sampled(rb"^url =")),
    ("3.1", _rest("1.3")),
    ("2.2", _rest("1.2")),
    ("2.2", _redirects),
    ("3.0", _typed),
    ("2.1", _stored),
    ("main", _tokened),
)


def told(world: World, ask: Callable[[Request], Exchange]) -> tuple[str, ...]:
    """The releases that it may be. Looks for no more than what can still tell two apart."""
    look, span = Look(world, ask), GENERATIONS[world.profile.api]
    for since, shows in SIGNS:
        later = tuple(r for r in span if RELEASES.index(r) >= RELEASES.index(since))
        if later and later != span and (seen := shows(look)) is not None:
            span = later if seen else tuple(r for r in span if r not in later)
    return span
