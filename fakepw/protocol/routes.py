"""Which view a path leads to, release by release (servers.md 1.1, 2 and the recorded pages)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from ..patchwork.instances.traits import Traits
from ..patchwork.words.characters import digit_class
from ..patchwork.words.faults import Fault
from ..patchwork.words.place import API
from ..patchwork.words.remarks import remark
from . import views
from .page import Page
from .views import Visit

View = Callable[..., Page]
Match = tuple[View, tuple[str, ...]]

_PROJECT = r"/project/([^/]+)/"
# A message id may hold slashes, which is why it takes all that the suffixes leave; or it has them
# encoded, and may be anything else.
_MSGID = _PROJECT + r"patch/(.+?)/"
_ENCODED = _PROJECT + r"patch/([^/]+)/"
_PATCH = r"/patch/([DIGIT]+)/"

_BY_MSGID = "patches_by_msgid !encodes_slashes"

#: Path (DIGIT being one of any script, as for Python's `\\d`), view, and the traits that it needs
#: (`!`: a trait that it must not have).
_ROUTES: tuple[tuple[str, View, str], ...] = (
    (r"/", views.front, ""),
    (r"/about/", views.about, "!help_pages"),
    (r"/about", views.about, "!has_xmlrpc"),
    (r"/help/(?:about/|pwclient/)?", views.about, "help_pages"),
    (r"/help/(?:about/|pwclient/)?", views.moved_help, "!help_pages"),
    (r"/pwclient/", views.script, "offers_script"),
    (_PROJECT, views.project, ""),
    (_PROJECT + "list/", views.patch_list, ""),
    (_PROJECT + "pwclientrc/", views.pwclientrc, ""),
    (_MSGID + "mbox/", views.mbox_by_msgid, _BY_MSGID),
    (_MSGID + "raw/", views.raw_by_msgid, _BY_MSGID),
    (_MSGID, views.patch_by_msgid, _BY_MSGID),
    (_ENCODED + "mbox/", views.mbox_by_msgid, "encodes_slashes"),
    (_ENCODED + "raw/", views.raw_by_msgid, "encodes_slashes"),
    (_ENCODED, views.patch_by_msgid, "encodes_slashes"),
    (_PATCH + "((?:mbox/|raw/)?)", views.moved_patch, "patches_by_msgid"),
    (_PATCH + "mbox/", views.mbox_by_id, "!patches_by_msgid"),
    (_PATCH + "raw/", views.raw_by_id, "!patches_by_msgid"),
    (_PATCH, views.patch_by_id, "!patches_by_msgid"),
    (r"/comment/([DIGIT]+)/", views.comment, "comment_pages"),
    (r"/api/", views.api, "offers_rest"),
    (r"/api/([DIGIT.]+)/", views.api_version, "offers_rest"),
    (r"/api/patches/([DIGIT]+)/", views.api_patch, "offers_rest"),
    (r"/user/login/", views.login, ""),
    (r"/admin/", views.admin, ""),
)

#: Views that take any method, being exempt from CSRF protection.
_EXEMPT = frozenset({views.api, views.api_version, views.api_patch})
_SAFE = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE"})


class Routes:
    """The paths of one release."""

    def __init__(self, traits: Traits) -> None:
        digits = digit_class(traits.unicode)
        self._routes = [
            (re.compile(path.replace("DIGIT", digits)), view)
            for path, view, needs in _ROUTES
            if all(bool(getattr(traits, n.lstrip("!"))) != n.startswith("!") for n in needs.split())
        ]

    def view(self, path: str) -> Match | None:
        """The view for a path and what the path tells it, or None."""
        for pattern, view in self._routes:
            if found := pattern.fullmatch(path):
                return view, found.groups()
        return None

    def page(self, visit: Visit) -> Page:
        """What the server shows at the visit's path, but for the XML-RPC API itself."""
        match = self.view(visit.path)
        if match is None:
            return self._unknown(visit)
        view, args = match
        if visit.method not in _SAFE and view not in _EXEMPT:
            _not_the_api(visit)
            return views.forbidden(visit)
        try:
            return view(visit, *args)
        except Fault:
            return views.broken(visit)

    def _unknown(self, visit: Visit) -> Page:
        """A redirect to the path with a slash behind if that leads anywhere, or 404."""
        with_slash = f"{visit.path}/"
        known = self.view(with_slash) or (with_slash == API and visit.patchwork.enabled)
        if visit.path.endswith("/") or not known:
            _not_the_api(visit)
            return views.not_found(visit)
        if with_slash == API and visit.method == b"POST":
            remark(
                "paths",
                "the path has no slash at its end: a client that is sent on calls nothing there",
            )
        query = f"?{quote(visit.query, safe=_QUERY_SAFE)}" if visit.query else ""
        safe = visit.traits.redirect_safe
        where = quote(visit.script_name + with_slash, safe=safe)
        if "~" not in safe:  # which Python 2 quotes
            where = where.replace("~", "%7E")
        where = re.sub("^//", "/%2F", where)  # or it would be the URL of another host
        return replace(views.sent_to(visit, f"{where}{query}", 301), early=True)


def _not_the_api(visit: Visit) -> None:
    if visit.method == b"POST" and visit.patchwork.enabled:
        where = visit.patchwork.place.url_path
        remark(
            "paths",
            "nothing is called at {}: the API is at {}",
            visit.script_name + visit.path,
            where,
        )


# What Django leaves as it is in a redirect's query.
_QUERY_SAFE = "/#%[]=:;$&()+,!?*@'~"

_ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def _percent(error: UnicodeError) -> tuple[str, int]:
    """A decoder's way with bytes that are no UTF-8: the text of their percent-encoding."""
    assert isinstance(error, UnicodeDecodeError)
    stray = error.object[error.start : error.end]
    return "".join(f"%{byte:02X}" for byte in stray), error.end


codecs.register_error("fakepw.percent", _percent)


@lru_cache(maxsize=256)
def split_target(
    target: bytes, drops_a_slash: bool, keeps_stray_bytes: bool
) -> tuple[str, str] | None:
    """The decoded path and the query of a request-target, in origin or absolute form.

    pwclient always sends the absolute form (clients.md 1); the host in it counts for nothing.
    Under an old gunicorn `//xmlrpc/` is `/xmlrpc/` (servers.md 1.1).  What is no UTF-8 stays
    percent-encoded, or, without `keeps_stray_bytes`, there is no path: None.
    """
    origin = _ABSOLUTE.sub(b"", target, count=1) if target[:1] != b"/" else target
    path, _, query = origin.partition(b"#")[0].partition(b"?")
    if drops_a_slash and path[:2] == b"//":
        path = path[1:]
    try:
        errors = "fakepw.percent" if keeps_stray_bytes else "strict"
        decoded = unquote_to_bytes(path).decode("utf-8", errors)
    except UnicodeDecodeError:
        return None
    if not decoded.startswith("/"):
        decoded = f"/{decoded}"
    return decoded, query.decode("latin-1")
