"""What a view returns, and what Django's middleware makes of it on the way out.

The order of headers tells the story: the view sets Content-Type and its own, then comes
X-Frame-Options, then Vary from what touched the session or a CSRF token, then the length from
CommonMiddleware, and cookies last (servers.md 1.1, 2 and the recorded pages).  Python 2 keeps
headers in a dict, and so in hash order.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..patchwork.instances.traits import Traits
from ..patchwork.words.hash_order import ordered
from ..patchwork.words.text import internet_date
from .messages import Response

Field = tuple[str, str]

HTML = "text/html; charset=utf-8"

#: What Django's never_cache says, in the order of each Python's dicts (servers.md 6.2).
_NEVER_CACHE = ("max-age=0", "no-cache", "no-store", "must-revalidate")
_NEVER_CACHE_2 = ("no-cache", "no-store", "must-revalidate", "max-age=0")

#: What Django 1.8 calls the statuses that there are (servers.md 6.2).
_LOUD = {
    301: "MOVED PERMANENTLY",
    302: "FOUND",
    400: "BAD REQUEST",
    403: "FORBIDDEN",
    404: "NOT FOUND",
    405: "METHOD NOT ALLOWED",
    500: "INTERNAL SERVER ERROR",
}

_YEAR = timedelta(seconds=31_449_600)
_TOKEN = frozenset(string.ascii_letters + string.digits)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Page:
    """A view's answer.

    `fields` are its headers after Content-Type. The flags say what the view did that shows in
    headers: looked at the session; put a CSRF token in a form; stands under a CSRF decorator of
    its own; forbids caching; or never got as far as the views (`early`: CommonMiddleware itself
    answered).
    """

    status: int = 200
    type: str = HTML
    fields: tuple[Field, ...] = ()
    body: bytes = b""
    session: bool = False
    form: bool = False
    guarded: bool = False
    never_cache: bool = False
    early: bool = False


@dataclass(frozen=True, slots=True)
class Cookies:
    """The request's cookies, as far as Django looks at them."""

    session: str | None = None
    csrf: str | None = None

    def bad_csrf(self, traits: Traits) -> bool:
        """Whether Django takes the CSRF token for none of its own."""
        return self.csrf is not None and not (
            len(self.csrf) in traits.csrf_lengths and _TOKEN.issuperset(self.csrf)
        )


NO_COOKIES = Cookies()


def cookies(header: str) -> Cookies:
    """The cookies in a Cookie header; of several with one name, the last counts."""
    found: dict[str, str] = {}
    for part in header.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            found[name.strip()] = value.strip().strip('"')
    return Cookies(found.get("sessionid"), found.get("csrftoken"))


def finish(page: Page, method: bytes, sent: Cookies, traits: Traits, now: datetime) -> Response:
    """The response to a request of that method and cookies, its headers in the server's order.

    `now` is naive UTC.
    """
    passed_by = page.early and traits.short_circuits
    renews = traits.renews_bad_csrf_tokens and sent.bad_csrf(traits)
    token = page.form or (renews and (page.guarded or not passed_by))
    # Real servers look at the session for every HEAD that reaches a view.
    looked = not page.early and (page.session or method == b"HEAD")
    drops = not page.early and _drops_session(sent, looked, traits)

    names = {"Content-Type": page.type, **dict(page.fields)}
    if page.never_cache:
        names |= _never_cache(traits, now)
    if page.guarded and token:
        names["Vary"] = "Cookie"
    if traits.forbids_framing and not passed_by:
        names["X-Frame-Options"] = traits.frame_options
    if token or (traits.varies_on_dropped_sessions if drops else looked):
        names.setdefault("Vary", "Cookie")
    sized = traits.sizes_slash_redirects if page.early else traits.sizes_answers
    if sized and page.status != 400:
        names["Content-Length"] = str(len(page.body))

    jar = {}
    if token:
        jar["csrftoken"] = _csrf_cookie(sent, traits, now)
    if drops:
        jar["sessionid"] = _no_session(traits)
    fields = in_order(names, traits)
    fields += [("Set-Cookie", v) for _, v in in_order(jar, traits)]
    body = [] if method == b"HEAD" else [page.body]
    return Response(page.status, tuple(fields), body, reason(page.status, traits))


def reason(status: int, traits: Traits) -> str:
    """What a status is called in the status line; '' if as usual."""
    return _LOUD.get(status, "") if traits.loud_reasons else ""


def _never_cache(traits: Traits, now: datetime) -> dict[str, str]:
    """The headers by which Django keeps a page out of caches."""
    date = internet_date(now, "GMT")
    names = ("Last-Modified", "Expires") if traits.dates_uncached_pages else ("Expires",)
    says = ", ".join(_NEVER_CACHE_2 if traits.py2 else _NEVER_CACHE)
    if traits.uncached_pages_are_private:
        says += ", private"
    return {**dict.fromkeys(names, date), "Cache-Control": says}


def in_order(names: dict[str, str], traits: Traits) -> list[Field]:
    """Headers or cookies, given as they were set, as the server's Python walks them."""
    if not traits.py2:
        return list(names.items())
    known = {name.lower(): (name, value) for name, value in names.items()}
    return [known[key] for key in ordered(tuple(known))]


# Cookies.


def _drops_session(sent: Cookies, looked: bool, traits: Traits) -> bool:
    """Whether the session cookie is deleted: no session that a client names exists here.

    Django finds out when something looks at it, or at once if the name is too short.
    """
    if sent.session is None:
        return False
    return looked or not sent.session or (traits.drops_short_sessions and len(sent.session) < 8)


def _no_session(traits: Traits) -> str:
    nothing = "" if traits.py2 else '""'
    when = _date(datetime(1970, 1, 1), traits)
    more = traits.dropped_cookie_attributes
    return f"sessionid={nothing}; expires={when}; Max-Age=0; Path=/{more}"


def _csrf_cookie(sent: Cookies, traits: Traits, now: datetime) -> str:
    token = sent.csrf
    if token is None or sent.bad_csrf(traits) or len(token) > traits.csrf_length:
        letters = string.ascii_letters + string.digits
        token = "".join(secrets.choice(letters) for _ in range(traits.csrf_length))
    when = _date(now + _YEAR, traits)
    age = int(_YEAR.total_seconds())
    return f"csrftoken={token}; expires={when}; Max-Age={age}; Path=/{traits.cookie_attributes}"


def _date(when: datetime, traits: Traits) -> str:
    return internet_date(when, "GMT", "-" if traits.cookie_dashes else " ")
