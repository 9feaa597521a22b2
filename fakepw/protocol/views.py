"""The pages beside the XML-RPC API, as far as clients and people meet them (servers.md 1.1, 2).

A view takes the visit and what the path says, and returns a Page, or raises the Fault that the
server answers with status 500.  What they show is ours; which of them exist, their status and
headers are the release's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from ..patchwork.instances.traits import Traits
from ..patchwork.patchwork import Patchwork
from ..patchwork.query.collation import COLLATIONS
from ..patchwork.query.filters import row_id_of
from ..patchwork.rows.rows import Patch, Project
from ..patchwork.words.faults import Fault
from ..patchwork.words.text import filename
from . import html
from .encode import to_bytes
from .page import Page

Row = TypeVar("Row")

# What Django's reverse() leaves unquoted in a URL.
_URL_SAFE = "!$&'()*+,;=/~:@"


@dataclass(frozen=True, slots=True, repr=False)
class Visit:
    """A request as the views see it: `path` decoded, `query` raw, `host` as the client named it,
    `scheme` of the URL by which Django was asked, in which it names others."""

    patchwork: Patchwork
    method: bytes
    path: str
    query: str
    host: str
    scheme: str = "http"

    @property
    def traits(self) -> Traits:
        return self.patchwork.traits

    @property
    def script_name(self) -> str:
        return self.patchwork.place.script_name


# Refusals and redirects.


def not_found(visit: Visit) -> Page:
    return Page(
        status=404, body=html.not_found(visit.patchwork, visit.path), session=True, guarded=True
    )


def forbidden(visit: Visit) -> Page:
    """The CSRF check's refusal of everything but GET, HEAD, OPTIONS and TRACE."""
    return Page(status=403, type=visit.traits.error_type, body=html.forbidden(visit.patchwork))


def bad_host(patchwork: Patchwork) -> Page:
    body = html.bad_request(patchwork)
    return Page(status=400, type=patchwork.traits.error_type, body=body, guarded=True, early=True)


def broken(visit: Visit) -> Page:
    return Page(status=500, type=visit.traits.error_type, body=html.broken(visit.patchwork))


def redirect(visit: Visit, path: str, status: int = 302) -> Page:
    """To a path of this Patchwork, which is below its script name."""
    return sent_to(visit, visit.script_name + path, status)


def sent_to(visit: Visit, path: str, status: int = 302) -> Page:
    """To a path on the same server."""
    where = f"{visit.scheme}://{visit.host}{path}" if visit.traits.absolute_redirects else path
    return Page(status=status, fields=(("Location", where),))


def to_https(visit: Visit) -> Page:
    """To the same URL by https, whatever was asked for (servers.md 6.1, SECURE_SSL_REDIRECT)."""
    query = f"?{visit.query}" if visit.query else ""
    where = quote(visit.script_name + visit.path, safe=_URL_SAFE) + query
    return Page(status=301, fields=(("Location", f"https://{visit.host}{where}"),), early=True)


# The site.


def front(visit: Visit) -> Page:
    return Page(body=html.front(visit.patchwork), session=True)


def about(visit: Visit) -> Page:
    return Page(body=html.about(visit.patchwork), session=True)


def moved_help(visit: Visit) -> Page:
    return redirect(visit, "/about/", 301)


def script(visit: Visit) -> Page:
    """Where old releases offer the pwclient program, a note where to get it."""
    return Page(
        type="text/x-python",
        fields=(("Content-Disposition", "attachment; filename=pwclient"),),
        body=html.SCRIPT,
        session=visit.traits.script_asks_who,
    )


def login(visit: Visit) -> Page:
    return Page(body=html.login(visit.patchwork), form=True, guarded=True, never_cache=True)


def admin(visit: Visit) -> Page:
    page = redirect(visit, f"/admin/login/?next={visit.script_name}/admin/")
    return replace(page, session=True, never_cache=True)


# Projects.


def _project(visit: Visit, linkname: str) -> Project | None:
    exact = COLLATIONS[visit.traits.database].exact
    wanted = exact(linkname)
    projects = visit.patchwork.store.projects.values()
    return next((row for row in projects if exact(row.linkname) == wanted), None)


def project(visit: Visit, linkname: str) -> Page:
    row = _project(visit, linkname)
    if row is None:
        return not_found(visit)
    return Page(body=html.project(visit.patchwork, row), session=True)


def patch_list(visit: Visit, linkname: str) -> Page:
    row = _project(visit, linkname)
    if row is None:
        return not_found(visit)
    return Page(body=html.patch_list(visit.patchwork, row), session=True, form=True)


def pwclientrc(visit: Visit, linkname: str) -> Page:
    """A sample configuration for pwclient."""
    row = _project(visit, linkname)
    if row is None:
        return not_found(visit)
    traits = visit.traits
    settings = traits.pwclientrc.format(domain=traits.site_domain + visit.script_name)
    text = f"# A sample .pwclientrc for {row.linkname}.\n\n[{row.linkname}]\n{settings}\n"
    fields = (("Content-Disposition", "attachment; filename=.pwclientrc"),)
    return Page(type="text/plain", fields=fields, body=to_bytes(text), session=True)


# Patches.


def _patch(visit: Visit, digits: str) -> Patch | None:
    return _row(visit, visit.patchwork.store.patches, digits)


def _row(visit: Visit, table: Mapping[int, Row], digits: str) -> Row | None:
    """The row of that id. Raises the Fault of a number that the database's driver refuses."""
    number = row_id_of(digits, visit.traits)
    return None if number is None else table.get(number)


def _patch_by_msgid(visit: Visit, linkname: str, msgid: str) -> Patch | None:
    """The patch whose message id is this one in angle brackets."""
    row = _project(visit, linkname)
    if row is None:
        return None
    if visit.traits.encodes_slashes:
        msgid = msgid.replace("%2F", "/")
    store = visit.patchwork.store
    exact = COLLATIONS[visit.traits.database].exact
    found = store.index("msgid of a URL", lambda patch: exact(patch.msgid))
    patches = (store.patches[patch_id] for patch_id in found.get(exact(f"<{msgid}>"), ()))
    return next((patch for patch in patches if patch.project_id == row.id), None)


def patch_path(visit: Visit, patch: Patch) -> str:
    """Where the page of a patch is.

    Raises the Fault of a message id that no path leads to (servers.md 1.9).
    """
    if not visit.traits.patches_by_msgid:
        return f"/patch/{patch.id}/"
    msgid = patch.msgid.strip("<>")
    if visit.traits.encodes_slashes:
        msgid = msgid.replace("/", "%2F")
    if not msgid or ("\n" in msgid and not visit.traits.encodes_slashes):
        raise Fault("django.urls.exceptions.NoReverseMatch", "no path fits the message id")
    linkname = visit.patchwork.store.projects[patch.project_id].linkname
    return quote(f"/project/{linkname}/patch/{msgid}/", safe=_URL_SAFE)


def moved_patch(visit: Visit, digits: str, rest: str) -> Page:
    patch = _patch(visit, digits)
    if patch is None:
        return not_found(visit)
    return redirect(visit, patch_path(visit, patch) + rest)


def _shown(visit: Visit, patch: Patch | None) -> Page:
    if patch is None:
        return not_found(visit)
    body = html.patch(visit.patchwork, patch, patch_path(visit, patch))
    return Page(body=body, session=True, form=visit.traits.patch_page_has_form)


def _mbox(visit: Visit, patch: Patch | None) -> Page:
    if patch is None:
        return not_found(visit)
    from ..patchwork.mail.mbox import mbox_page  # only now: the email package is slow to import

    text = mbox_page(visit.patchwork.store, patch, visit.traits)
    return _download(visit.traits.mbox_type, patch, ".patch", text)


def _raw(visit: Visit, patch: Patch | None) -> Page:
    if patch is None:
        return not_found(visit)
    from ..patchwork.mail.mbox import raw

    return _download("text/x-patch", patch, visit.traits.raw_suffix, raw(patch))


def _download(kind: str, patch: Patch, suffix: str, text: str) -> Page:
    name = filename(patch.name, suffix)
    fields = (("Content-Disposition", f"attachment; filename={name}"),)
    return Page(type=kind, fields=fields, body=to_bytes(text))


def patch_by_id(visit: Visit, digits: str) -> Page:
    return _shown(visit, _patch(visit, digits))


def mbox_by_id(visit: Visit, digits: str) -> Page:
    return _mbox(visit, _patch(visit, digits))


def raw_by_id(visit: Visit, digits: str) -> Page:
    return _raw(visit, _patch(visit, digits))


def patch_by_msgid(visit: Visit, linkname: str, msgid: str) -> Page:
    return _shown(visit, _patch_by_msgid(visit, linkname, msgid))


def mbox_by_msgid(visit: Visit, linkname: str, msgid: str) -> Page:
    return _mbox(visit, _patch_by_msgid(visit, linkname, msgid))


def raw_by_msgid(visit: Visit, linkname: str, msgid: str) -> Page:
    return _raw(visit, _patch_by_msgid(visit, linkname, msgid))


def comment(visit: Visit, digits: str) -> Page:
    """To the patch that was commented on, and the comment's place there."""
    store = visit.patchwork.store
    row = _row(visit, store.comments, digits)
    if row is None:
        return not_found(visit)
    return redirect(visit, f"{patch_path(visit, store.patches[row.patch_id])}#{row.id}")


# The REST API: that it is there, and no more.

_READ = "GET, HEAD, OPTIONS"
_WRITE = "GET, PUT, PATCH, HEAD, OPTIONS"


def _json(value: Any, status: int = 200, allow: str = _READ) -> Page:
    fields = (("Vary", "Accept, Cookie"), ("Allow", allow))
    body = msgspec.json.encode(value)
    return Page(status=status, type="application/json", fields=fields, body=body, session=True)


def api(visit: Visit) -> Page:
    if visit.traits.rest_root is not None:
        return redirect(visit, visit.traits.rest_root)
    return _api(visit)


def _api(visit: Visit) -> Page:
    root = f"{visit.scheme}://{visit.host}{visit.script_name}"
    return _json({"patches": f"{root}/api/patches/"})


def api_version(visit: Visit, version: str) -> Page:
    return _api(visit) if version in visit.traits.rest_versions else not_found(visit)


def api_patch(visit: Visit, digits: str) -> Page:
    row = _patch(visit, digits)
    if row is None:
        return _json({"detail": "Not found."}, 404, _WRITE)
    shown = {"id": row.id, "msgid": row.msgid, "date": row.date.isoformat(), "name": row.name}
    return _json(shown, allow=_WRITE)
