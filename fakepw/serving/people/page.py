"""The page at `/_fakepw/`: rows, calls, rules, the clock, worlds; without JavaScript, too.

It is made anew for whoever asks, and bounded: some rows of however many, the last calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from ...double.steering import Steering
from ...double.worlds import Host
from ...fixtures import counted
from ...patchwork.rows.rows import Patch
from ...patchwork.rows.store import Store
from ...patchwork.words.brief import cut
from ...protocol.messages import Response
from ..guarding.json_answers import PRIVATE
from .calls import SHOWN, last, line
from .markup import Html, fill, joined

#: Patches on a page, and rules, scenarios or worlds.
PATCHES, OTHERS = 50, 100
#: What the page may fetch: what this server gives it, and nothing else.
_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", _POLICY),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("X-Frame-Options", "DENY"),
)
#: Files that the page fetches.
ASSETS = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}


class Where(NamedTuple):
    """Where the page is asked for: the URL before the double's paths, and its own path there."""

    root: str
    path: str


def page(steering: Steering, where: Where, query: Mapping[str, str]) -> Response:
    """The page. `?page=N` shows older patches; `?calls=no` leaves out the calls, and is quicker."""
    pipeline = steering.pipeline
    patchwork = pipeline.patchwork
    journal, clock = pipeline.journal, pipeline.clock
    body = fill(
        _PAGE,
        instance=patchwork.instance.name,
        state=_state(steering),
        url=f"{where.root}{patchwork.place.url_path}",
        control=f"{where.root}{where.path}",
        clock=f"{clock.now:%Y-%m-%d %H:%M:%S}",
        running="" if clock.running else " (it stands)",
        counts=_counts(patchwork.store),
        patches=_patches(patchwork.store, query.get("page", "")),
        rules=_rules(steering),
        later=_later(steering),
        worlds=_worlds(steering),
        calls=_calls(steering) if query.get("calls") != "no" else "",
        number=journal.dropped + len(journal),
        dropped=_dropped(journal.dropped),
        shown=SHOWN,
    )
    return _html(200, body)


def entrance(path: str, wrong: bool) -> Response:
    """The page that asks for the token."""
    why = "That is not the token of this server." if wrong else ""
    challenge = ("WWW-Authenticate", 'Bearer realm="fakepw"')
    return _html(401, fill(_ENTRANCE, path=path, why=why), challenge)


def asset(name: str) -> Response:
    """A file of `ASSETS`."""
    return sent(Path(__file__).with_name(name), ASSETS[name])


def sent(path: Path, kind: str) -> Response:
    """A file, as it is."""
    body = path.read_bytes()
    fields = (("Content-Type", kind), *PRIVATE, ("Content-Length", str(len(body))))
    return Response(200, fields, [body])


def _html(status: int, text: Html, *headers: tuple[str, str]) -> Response:
    body = text.encode("utf-8", "backslashreplace")
    length = ("Content-Length", str(len(body)))
    return Response(status, (*_HEADERS, *PRIVATE, *headers, length), [body])


def _state(steering: Steering) -> str:
    patchwork = steering.pipeline.patchwork
    if not patchwork.traits.has_xmlrpc:
        return "no XML-RPC in this release"
    return "" if patchwork.enabled else "XML-RPC is switched off"


def _counts(store: Store) -> str:
    tables = ("patches", "projects", "people", "users", "comments", "checks")
    return ", ".join(counted(table, len(getattr(store, table))) for table in tables)


def _dropped(count: int) -> str:
    return f"{count} earlier ones are gone from the journal." if count else ""


# Patches.


def _patches(store: Store, wanted: str) -> Html:
    total = len(store.patches)
    pages = max(1, -(-total // PATCHES))
    number = int(wanted) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 9 else 1
    number = min(max(1, number), pages)
    start = (number - 1) * PATCHES
    rows = list(islice(reversed(store.patches.values()), start, start + PATCHES))
    if not rows:
        return Html("<p>There are none.</p>")
    return fill(
        _PATCHES, rows=joined(_patch(store, row) for row in rows), pages=_pages(number, pages)
    )


def _patch(store: Store, row: Patch) -> Html:
    state = store.states.get(row.state_id or 0)
    submitter = store.people.get(row.submitter_id)
    delegate = store.users.get(row.delegate_id or 0)
    project = store.projects.get(row.project_id)
    return fill(
        _PATCH,
        id=row.id,
        name=row.name,
        project=project.linkname if project else row.project_id,
        state=state.name if state else "none",
        archived=Html(" <em>archived</em>") if row.archived else "",
        submitter=cut(submitter.name or submitter.email, 60) if submitter else row.submitter_id,
        delegate=delegate.username if delegate else "",
        date=f"{row.date:%Y-%m-%d %H:%M}",
    )


def _pages(number: int, pages: int) -> Html:
    if pages == 1:
        return Html("")
    return fill(
        _PAGES,
        number=number,
        pages=pages,
        newer=_link(number - 1, "Newer") if number > 1 else "",
        older=_link(number + 1, "Older") if number < pages else "",
    )


def _link(number: int, text: str) -> Html:
    return fill('<a href="?page={number}#patches">{text}</a>', number=number, text=text)


# What steers it.


def _rules(steering: Steering) -> Html:
    rules = steering.rules()
    if not rules:
        return Html("<p>None: everything is answered as by a Patchwork in good health.</p>")
    rows = [
        fill(_RULE, id=rule.id, rule=rule.rule, matched=rule.matched, hits=rule.hits)
        for rule in rules[:OTHERS]
    ]
    return fill(_RULES, rows=joined(rows), more=_more(len(rules)))


def _later(steering: Steering) -> Html:
    scenarios = steering.pipeline.scenarios.all
    if not scenarios:
        return Html("<p>Nothing happens by itself.</p>")
    items = [
        fill("<li>{text}{come}</li>", text=each.text, come=": it has come" if each.come else "")
        for each in scenarios[:OTHERS]
    ]
    return fill("<ul>{items}</ul>{more}", items=joined(items), more=_more(len(scenarios)))


def _worlds(steering: Steering) -> Html:
    if not isinstance(steering, Host):
        return Html("")
    worlds = steering.worlds()
    if not worlds:
        return Html("")
    items = [
        fill(_WORLD, path=each.control, id=each.id, instance=each.instance, patches=each.patches)
        for each in worlds[:OTHERS]
    ]
    return fill(_WORLDS, items=joined(items), more=_more(len(worlds)))


def _more(count: int) -> Html:
    return fill("<p>And {more} more.</p>", more=count - OTHERS) if count > OTHERS else Html("")


def _calls(steering: Steering) -> Html:
    lines = [line(call) for call in reversed(last(steering.pipeline.journal))]
    return joined(
        fill(
            _CALL,
            kind="good" if each.good else "bad",
            number=each.number,
            when=each.when,
            who=each.who,
            asked=each.asked,
            answered=each.answered,
            rule=fill(" by <code>{rule}</code>", rule=each.rule) if each.rule else "",
            ms=each.ms,
            remarks=joined(fill("<p>{text}</p>", text=text) for text in each.remarks),
        )
        for each in lines
    )


_START = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>fakepw</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
"""
_PAGE = (
    _START
    + """\
<script src="page.js" defer></script>
</head>
<body data-last="{number}" data-shown="{shown}">
<header>
<h1>fakepw <small>{instance}</small></h1>
<div>
<button type="button" id="reset" hidden>Reset</button>
<p id="status" role="status"></p>
</div>
</header>
<noscript><p>This page shows what was so when it was loaded. To reset the double:
<code>curl -X POST -H 'Content-Type: application/json' {control}reset</code></p></noscript>
<main>
<section aria-labelledby="about">
<h2 id="about">Double</h2>
<dl id="facts">
<div><dt>XML-RPC</dt><dd><code>{url}</code> <strong>{state}</strong></dd></div>
<div><dt>Control</dt><dd><code>{control}</code> (<a href="openapi.json">OpenAPI</a>,
<a href="state">rows as a fixture</a>)</dd></div>
<div><dt>Rows</dt><dd>{counts}</dd></div>
<div><dt>Clock</dt><dd>{clock} UTC{running}</dd></div>
</dl>
{worlds}
</section>
<section aria-labelledby="calls">
<h2 id="calls">Calls</h2>
<p>The last ones first, {shown} at most. <span id="dropped">{dropped}</span></p>
<div class="wide" tabindex="0" role="region" aria-labelledby="calls">
<table class="log">
<thead><tr><th scope="col">#</th><th scope="col">At</th><th scope="col">By</th>
<th scope="col">Asked</th><th scope="col">Answered</th><th scope="col">ms</th></tr></thead>
<tbody id="lines">{calls}</tbody>
</table>
</div>
</section>
<section aria-labelledby="rules">
<h2 id="rules">What goes wrong</h2>
<div id="steered">{rules}
<h3>Later</h3>
{later}</div>
</section>
<section aria-labelledby="patches">
<h2 id="patches">Patches</h2>
<div id="rows">{patches}</div>
</section>
</main>
</body>
</html>
"""
)
_ENTRANCE = (
    _START
    + """\
</head>
<body>
<header><h1>fakepw</h1></header>
<main>
<form method="post" action="{path}login">
<p role="alert">{why}</p>
<label for="token">The token that this server was started with (<code>--control</code>)</label>
<input id="token" name="token" type="password" autocomplete="off" required autofocus>
<button>Enter</button>
</form>
</main>
</body>
</html>
"""
)
_PATCHES = """\
<div class="wide" tabindex="0" role="region" aria-labelledby="patches">
<table class="cards">
<thead><tr><th scope="col">Id</th><th scope="col">Name</th><th scope="col">State</th>
<th scope="col">Submitter</th><th scope="col">Delegate</th><th scope="col">Project</th>
<th scope="col">Date</th></tr></thead>
<tbody>{rows}</tbody>
</table>
</div>
{pages}"""
_PATCH = """\
<tr><td data-label="Id">{id}</td><th scope="row"><bdi>{name}</bdi></th>
<td data-label="State"><bdi>{state}</bdi>{archived}</td>
<td data-label="Submitter"><bdi>{submitter}</bdi></td>
<td data-label="Delegate"><bdi>{delegate}</bdi></td>
<td data-label="Project"><bdi>{project}</bdi></td><td data-label="Date">{date}</td></tr>
"""
_PAGES = '<nav aria-label="Pages">{newer} Page {number} of {pages} {older}</nav>'
_RULES = """\
<table>
<thead><tr><th scope="col">#</th><th scope="col">Rule</th><th scope="col">Matched</th>
<th scope="col">Hits</th></tr></thead>
<tbody>{rows}</tbody>
</table>{more}"""
_RULE = """\
<tr><td>{id}</td><th scope="row"><code>{rule}</code></th><td>{matched}</td><td>{hits}</td></tr>
"""
_WORLDS = "<h3>Worlds</h3><ul>{items}</ul>{more}"
_WORLD = '<li><a href="{path}">{id}</a>: {instance}, {patches} patches</li>'
_CALL = """\
<tr class="{kind}"><td>{number}</td><td>{when}</td><td><bdi>{who}</bdi></td>
<td><code>{asked}</code>{remarks}</td><td><code>{answered}</code>{rule}</td><td>{ms}</td></tr>
"""
