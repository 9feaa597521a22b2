"""The HTML of the pages beside the API: small, valid, and ours.

Everything that comes from a row or a request is escaped.  Tools read one thing in it: the panel
"API Status" of the about page (servers.md 1.1).
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape as _escape
from string import Template

from ..patchwork.patchwork import Patchwork
from ..patchwork.rows.rows import Patch, Project
from ..patchwork.words.text import person

#: The most patches on one list page.
LISTED = 100

_CONTROLS = dict.fromkeys((*range(9), 11, *range(14, 32), 127), "\N{REPLACEMENT CHARACTER}")

_SHELL = Template("""\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 66em; padding: 0 1em 3em }
header { border-bottom: 3px solid #4a6b8a; margin-bottom: 1.5em; padding: .6em 0 }
header a { color: #4a6b8a; font-weight: 600; margin-right: 1.2em; text-decoration: none }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #ddd; padding: .3em .6em; text-align: left; vertical-align: top }
pre { background: #f6f6f4; overflow-x: auto; padding: .8em }
.label { border-radius: 3px; color: #fff; padding: 0 .5em }
.label-success { background: #3a7d44 }
.label-warning { background: #b0632b }
.pull-right { float: right }
.list-group-item { border-bottom: 1px solid #ddd; list-style: none; max-width: 20em; padding: .3em }
</style>
</head>
<body>
<header><a href="$root/">$site</a> <a href="$root$about">About</a></header>
<h1>$title</h1>
$body
</body>
</html>
""")


def escape(text: str) -> str:
    """The text as HTML; a control character, which HTML cannot hold, becomes U+FFFD."""
    return _escape(text.translate(_CONTROLS))


def _page(patchwork: Patchwork, title: str, body: str) -> bytes:
    traits, root = patchwork.traits, patchwork.place.script_name
    shown = {"title": escape(title), "site": escape(traits.site_name), "root": root}
    about = "/help/about/" if traits.help_pages else "/about/"
    text = _SHELL.substitute(shown, about=about, body=body)
    return text.encode("utf-8", "replace")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of cells that are HTML already."""
    top = "".join(f"<th>{name}</th>" for name in head)
    lines = ("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table>\n<tr>{top}</tr>\n" + "\n".join(lines) + "\n</table>"


def _facts(pairs: Iterable[tuple[str, str]]) -> str:
    """A table of names, and values that are HTML already."""
    rows = (f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in pairs)
    return "<table>\n" + "\n".join(rows) + "\n</table>"


# The site.


def front(patchwork: Patchwork) -> bytes:
    root = patchwork.place.script_name
    rows = (
        (
            f'<a href="{root}/project/{escape(p.linkname)}/">{escape(p.linkname)}</a>',
            escape(p.name),
        )
        for p in patchwork.store.projects.values()
    )
    return _page(patchwork, "Projects", _table(("Project", "Name"), rows))


def about(patchwork: Patchwork) -> bytes:
    """What is running, and the panel that tells which API is on."""
    traits = patchwork.traits
    rest = ("REST", traits.rest_enabled) if traits.rest_versions else None
    panel = "".join(
        f'<li class="list-group-item">{name} {_switch(on)}</li>\n'
        for name, on in filter(None, (rest, ("XML-RPC", patchwork.enabled)))
    )
    body = (
        f"<p>This is fakepw, standing in for Patchwork {escape(patchwork.instance.release)} "
        f"({escape(patchwork.instance.name)}).</p>\n"
    )
    if traits.has_xmlrpc:  # or there is nothing to switch (servers.md 6.5)
        body += (
            f'<div class="panel"><h2>API Status</h2>\n<ul class="list-group">\n{panel}</ul></div>'
        )
    return _page(patchwork, "About Patchwork", body)


def _switch(on: bool) -> str:
    look, word = ("success", "enabled") if on else ("warning", "disabled")
    return f'<span class="label label-{look} pull-right">{word}</span>'


def login(patchwork: Patchwork) -> bytes:
    body = (
        '<form method="post"><p><label>Username <input name="username"></label></p>'
        '<p><label>Password <input type="password" name="password"></label></p></form>'
        "<p>fakepw has no sessions: send Basic credentials with every XML-RPC call.</p>"
    )
    return _page(patchwork, "Login", body)


def not_found(patchwork: Patchwork, path: str) -> bytes:
    return _page(
        patchwork, "Page not found", f"<p>There is nothing at <code>{escape(path)}</code>.</p>"
    )


def forbidden(patchwork: Patchwork) -> bytes:
    body = "<p>Only GET and HEAD are for this page: the request carries no CSRF token.</p>"
    return _page(patchwork, "403 Forbidden", body)


def bad_request(patchwork: Patchwork) -> bytes:
    return _page(
        patchwork, "Bad Request (400)", "<p>The Host header is not the name of a host.</p>"
    )


def bad_method(patchwork: Patchwork) -> bytes:
    return _page(patchwork, "Bad Request", "<p>The request's method is no HTTP method.</p>")


def broken(patchwork: Patchwork) -> bytes:
    return _page(patchwork, "Server Error (500)", "<p>The server failed to write this page.</p>")


#: In place of the pwclient program that old releases offer for download.
SCRIPT = b"""\
#!/usr/bin/env python3
import sys

sys.exit("fakepw does not carry pwclient; get it with: pip install pwclient")
"""


# Projects and patches.


def project(patchwork: Patchwork, row: Project) -> bytes:
    users = patchwork.store.users.values()
    maintainers = [user.username for user in users if row.id in user.maintainer_of]
    where = f"{patchwork.place.script_name}/project/{escape(row.linkname)}"
    facts = (
        ("Name", escape(row.name)),
        ("List address", escape(row.listemail)),
        ("Maintainers", escape(", ".join(maintainers) or "none")),
        ("Patches", f'<a href="{where}/list/">list</a>'),
        ("pwclient", f'<a href="{where}/pwclientrc/">sample .pwclientrc</a>'),
    )
    return _page(patchwork, row.linkname, _facts(facts))


def patch_list(patchwork: Patchwork, row: Project) -> bytes:
    """The newest patches of a project."""
    store, root = patchwork.store, patchwork.place.script_name
    own = store.index("project of a page", lambda patch: patch.project_id).get(row.id, [])
    patches = [store.patches[patch_id] for patch_id in reversed(own[-LISTED:])]
    rows = (
        (
            f'<a href="{root}/patch/{patch.id}/">{escape(patch.name) or "(no name)"}</a>',
            str(patch.date),
            escape(_submitter(patchwork, patch)),
            escape(_delegate(patchwork, patch)),
            escape(_state(patchwork, patch)),
        )
        for patch in patches
    )
    shown = f"<p>{len(own)} patches, the newest {len(patches)} first.</p>\n"
    body = shown + _table(("Patch", "Date", "Submitter", "Delegate", "State"), rows)
    return _page(patchwork, f"{row.linkname} patches", body)


def patch(patchwork: Patchwork, row: Patch, path: str) -> bytes:
    """One patch with its checks and comments; `path` is its own."""
    store = patchwork.store
    where = escape(patchwork.place.script_name + path)
    facts = (
        ("Message ID", escape(row.msgid)),
        ("Date", str(row.date)),
        ("Submitter", escape(_submitter(patchwork, row))),
        ("State", escape(_state(patchwork, row))),
        ("Delegate", escape(_delegate(patchwork, row))),
        ("Archived", "yes" if row.archived else "no"),
        ("Download", f'<a href="{where}mbox/">mbox</a> <a href="{where}raw/">diff</a>'),
    )
    parts = [_facts(facts)]
    if checks := store.checks_of(row.id):
        cells = (
            (escape(c.context or ""), escape(c.state), escape(c.description or "")) for c in checks
        )
        parts.append("<h2>Checks</h2>\n" + _table(("Context", "State", "Description"), cells))
    if row.content:
        parts.append(f"<h2>Message</h2>\n<pre>{escape(row.content)}</pre>")
    if row.diff:
        parts.append(f"<h2>Patch</h2>\n<pre>{escape(row.diff)}</pre>")
    for comment in store.comments_of(row.id):
        parts.append(f'<h2 id="{comment.id}">Comment</h2>\n<pre>{escape(comment.content)}</pre>')
    return _page(patchwork, row.name or "(no name)", "\n".join(parts))


def _submitter(patchwork: Patchwork, row: Patch) -> str:
    who = patchwork.store.people[row.submitter_id]
    return person(who.name, who.email)


def _delegate(patchwork: Patchwork, row: Patch) -> str:
    return "" if row.delegate_id is None else patchwork.store.users[row.delegate_id].username


def _state(patchwork: Patchwork, row: Patch) -> str:
    return "" if row.state_id is None else patchwork.store.states[row.state_id].name
