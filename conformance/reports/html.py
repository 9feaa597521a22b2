"""The HTML report: one file without a single link to the outside, that reads without JavaScript.

Everything is escaped by the template; besides, a Content-Security-Policy in the file lets only the
one script and the one style sheet run that are in it, by their hashes, and nothing be fetched.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from functools import cache
from importlib import resources
from itertools import groupby
from operator import itemgetter

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from ..target.counting import counted
from ..target.sending.transport import VERSION
from ..verdicts.verdicts import Outcome, Run, plural
from . import layout
from .safe.visible import decoded, pieces, plain

#: How much of a raw request or answer is shown, in bytes, and in how many characters of markup:
#: what cannot be seen takes several. The JSON report has the whole.
SHOWN, MARKUP = 65_536, 131_072
#: How much of what was expected and of what came is shown before the reader asks for the whole, in
#: characters.
BRIEF = 1_500

#: Outcome -> a sign that tells it apart without colour.
SIGNS = {
    Outcome.FAIL: "✕",
    Outcome.WARNING: "!",
    Outcome.INCONCLUSIVE: "?",
    Outcome.PASS: "✓",
    Outcome.OBSERVED: "◉",
    Outcome.NOT_RUN: "○",
    Outcome.NOT_APPLICABLE: "–",
}


def render(run: Run) -> str:
    """The report as one HTML document."""
    style, script = file("report.css"), file("report.js")
    causes = layout.causes(run)
    return template("report.html.j2").render(
        run=run,
        chapters=layout.chapters(run),
        totals=layout.totals(run),
        causes=causes,
        told={verdict.id for cause in causes for verdict in cause.verdicts},
        follows=layout.follows(run),
        card=layout.card(run),
        settings=layout.settings(run),
        decided=layout.decided(run),
        style=Markup(style),
        script=Markup(script),
        policy=(
            f"default-src 'none'; style-src '{hashed(style)}'; script-src '{hashed(script)}';"
            " img-src data:; base-uri 'none'; form-action 'none'"
        ),
        generator=f"pw-conformance {VERSION}",
    )


@cache
def template(name: str) -> Template:
    """One of the templates, in which everything is escaped and spelt out."""
    environment = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: plain(value) if type(value) is str else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(
        requirement=layout.requirement,
        signs=SIGNS,
        plural=plural,
        counted=counted,
        excerpt=excerpt,
        brief=BRIEF,
    )
    environment.filters.update(spelt_out=spelt_out, slug=slug, prose=prose, when=layout.when)
    return environment.get_template(name)


def file(name: str) -> str:
    """The text of a file that lies beside the templates."""
    return resources.files(__package__).joinpath("templates", name).read_text("utf-8")


def hashed(text: str) -> str:
    """What a Content-Security-Policy knows a script or a style sheet by."""
    return f"sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def slug(outcome: Outcome) -> str:
    """An outcome as a class name."""
    return outcome.value.replace(" ", "-")


def prose(text: str) -> Markup:
    """A text of the catalogue, in which backticks set code apart."""
    parts = (
        Markup("<code>{}</code>" if place % 2 else "{}").format(plain(part))
        for place, part in enumerate(text.split("`"))
    )
    return Markup("").join(parts)


def spelt_out(text: str) -> Markup:
    """Text from anywhere as markup: escaped, what cannot be seen spelt out and set apart."""
    return Markup("").join(
        Markup('<span class="np">{}</span>').format(run) if special else escape(run)
        for special, together in groupby(pieces(text), key=itemgetter(1))
        for run in ["".join(piece for piece, _ in together)]
    )


def excerpt(data: bytes) -> tuple[Markup, int]:
    """Raw bytes as markup, and how many at the end are left out."""
    shown = data[:SHOWN]
    while len(markup := spelt_out(decoded(shown))) > MARKUP:
        shown = shown[: len(shown) // 2]
    return markup, len(data) - len(shown)
