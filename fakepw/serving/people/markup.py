"""HTML from templates: whatever goes into one is escaped here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from ...patchwork.words.brief import cut

#: Characters of a text that are shown.
MOST = 200


class Html(str):
    """Markup, as opposed to text."""

    __slots__ = ()


def fill(template: str, /, **values: object) -> Html:
    """A template with these values for its `{names}`: markup as it is, all else as text."""
    return Html(template.format_map({name: _escaped(value) for name, value in values.items()}))


def joined(parts: Iterable[Html]) -> Html:
    """Markup in a row."""
    return Html("".join(parts))


def visible(text: str) -> str:
    """A text with nothing in it that a browser would act on instead of showing it.

    Control characters, and those that change the direction of what comes behind, are written as
    Python writes them.
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def _escaped(value: object) -> Html:
    if isinstance(value, Html):
        return value
    return Html(escape(visible(cut(str(value), MOST))))
