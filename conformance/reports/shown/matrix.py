"""Instances by requirements: `pw-conformance matrix`, in every format that it has.

Only what differs is shown, unless all is asked for; the HTML page holds all, and shows it when it
is told to. It needs neither a network nor JavaScript.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from markupsafe import Markup
from rich.console import Console
from rich.text import Text

from ...requirements.catalogue import CHAPTERS
from ...target.sending.transport import VERSION
from ...verdicts.matrix import Cell, Group, Matrix, Row
from ...verdicts.verdicts import Outcome
from .. import html, json, markdown
from ..safe.visible import line, shortened
from ..terminal import STYLES, paragraphs, say
from .catalogued import who

#: Grows when a reader of the JSON would have to change.
FORMAT = 1
#: How much of what was found is told in a line, in characters.
SAID = 200
#: What stands where nothing was tried.
NOTHING = "·"


def sign(cell: Cell) -> str:
    """A cell in one character."""
    return NOTHING if cell.outcome is None else html.SIGNS[cell.outcome]


def word(cell: Cell) -> str:
    """A cell in a word or two."""
    return "not tried" if cell.outcome is None else cell.outcome.value


def letters(row: Row) -> dict[Cell, str]:
    """What tells cells apart that have the same sign: a, b, c, in the order in which they come."""
    found: dict[Cell, str] = {}
    for outcome in {group.cell.outcome for group in row.groups}:
        same = [group.cell for group in row.groups if group.cell.outcome is outcome]
        if outcome not in (Outcome.OBSERVED, Outcome.FAIL, Outcome.WARNING) or len(same) < 2:
            continue
        found |= {cell: _letter(number) for number, cell in enumerate(same)}
    return found


def _letter(number: int) -> str:
    return (_letter(number // 26 - 1) if number >= 26 else "") + "abcdefghijklmnopqrstuvwxyz"[
        number % 26
    ]


def names(found: Matrix, places: Sequence[int]) -> str:
    """Instances by name, in as few words as can be."""
    every = [column.name for column in found.columns]
    if len(places) == len(every) > 1:
        return f"all {len(every)} instances"
    return who([every[place] for place in places], every)


def chapters(rows: Sequence[Row]) -> Iterator[tuple[str, str, list[Row]]]:
    """Rows by chapter: its key, its title and its rows."""
    for key, those in groupby(rows, key=lambda row: row.about.chapter):
        yield key, CHAPTERS.get(key, key), list(those)


def show(console: Console, found: Matrix, *, every: bool = False) -> None:
    """The matrix in a terminal: for each requirement who does what."""
    rows = [(Text(line(c.name), "bold"), line(c.about), c.headline) for c in found.columns]
    paragraphs(console, rows)
    paragraphs(console, [(Text("note", "bold"), note) for note in found.notes])
    for _, title, those in chapters(found.rows if every else found.differing):
        console.print()
        say(console, Text(line(title), "bold"))
        for row in those:
            say(console, f"  {row.id}  {row.about.level}  {line(row.about.text)}")
            paragraphs(console, [_line(found, group) for group in row.groups], 4)
    console.print()
    hint = "" if every or len(found.differing) == len(found.rows) else "; --all shows all"
    say(console, line(found.summary + hint))


def _line(found: Matrix, group: Group) -> tuple[Text, str]:
    cell = group.cell
    style = STYLES[cell.outcome] if cell.outcome else "dim"
    told = f": {shortened(cell.said, SAID)}" if cell.said else ""
    return Text(word(cell), style), line(f"{names(found, group.places)}{told}")


def render_json(found: Matrix, every: bool) -> str:
    """The matrix as a file for programs."""
    value = {
        "format": FORMAT,
        "title": found.title,
        "summary": found.summary,
        "notes": list(found.notes),
        "instances": [
            {"name": column.name, "likely": column.about, "headline": column.headline}
            for column in found.columns
        ],
        "requirements": [_row(row) for row in (found.rows if every else found.differing)],
    }
    return json.encoded(value)


def _row(row: Row) -> dict[str, Any]:
    return {
        "id": row.id,
        "chapter": row.about.chapter,
        "level": row.about.level.value,
        "text": row.about.text,
        "differs": row.differs,
        "cells": [
            {"outcome": cell.outcome.value if cell.outcome else None, "said": cell.said}
            for cell in row.cells
        ],
        "recorded": [
            {
                "id": each.id,
                "call": each.call,
                "answers": [{"answer": text, "instances": list(p)} for text, p in each.answers],
            }
            for each in row.recorded
        ],
    }


def render_markdown(found: Matrix, every: bool) -> str:
    """The matrix as GitHub-flavoured Markdown; each cell leads to what is behind it."""
    lines = [f"# {markdown.text(found.title)}", "", markdown.text(found.summary), ""]
    lines += [f"> {markdown.code(note)}\n" for note in found.notes]
    lines += [_legend(), ""]
    heads = [markdown.code(column.name).replace("|", "\\|") for column in found.columns]
    rows = found.rows if every else tuple(found.differing)
    for _, title, those in chapters(rows):
        lines += [f"## {markdown.text(title)}", ""]
        lines += [f"| | {' | '.join(heads)} |", f"|---|{':-:|' * len(heads)}"]
        lines += [_cells(row) for row in those]
        lines.append("")
        for row in those:
            lines += _behind(found, row)
    return "\n".join(lines).rstrip() + "\n"


def _legend() -> str:
    told = ", ".join(f"{mark} {outcome.value}" for outcome, mark in html.SIGNS.items())
    return f"{told}, {NOTHING} not tried. Letters tell apart what differs."


def _cells(row: Row) -> str:
    told = letters(row)
    cells = [f"[{sign(c)}{told.get(c, '')}](#{row.id.lower()})" for c in row.cells]
    return f"| [{row.id}](#{row.id.lower()}) | {' | '.join(cells)} |"


def _behind(found: Matrix, row: Row) -> list[str]:
    lines = [f"### {row.id}", "", f"{row.about.level}: {markdown.text(row.about.text)}", ""]
    told = letters(row)
    for group in row.groups:
        said = f": {markdown.code(group.cell.said, SAID)}" if group.cell.said else ""
        mark = f"{sign(group.cell)}{told.get(group.cell, '')} {word(group.cell)}"
        lines.append(f"* {mark}, {markdown.code(names(found, group.places))}{said}")
        for call, answer, places in _answers(row, group):
            by = "" if places == group.places else f" ({markdown.code(names(found, places))})"
            lines.append(f"  * {markdown.code(call, SAID)} → {markdown.code(answer, SAID)}{by}")
    return [*lines, ""]


def _answers(row: Row, group: Group) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """What the instances of a group answered: the call, the answer, and by which of them."""
    for each in row.recorded:
        for text, places in each.answers:
            if those := tuple(place for place in places if place in group.places):
                yield each.call, text, those


def render_html(found: Matrix, every: bool) -> str:
    """The matrix as one HTML document."""
    style = html.file("report.css") + html.file("matrix.css")
    return html.template("matrix.html.j2").render(
        found=found,
        every=every,
        chapters=list(chapters(found.rows)),
        signs=html.SIGNS,
        nothing=NOTHING,
        style=Markup(style),
        policy=(
            f"default-src 'none'; style-src '{html.hashed(style)}'; img-src data:;"
            " base-uri 'none'; form-action 'none'"
        ),
        generator=f"pw-conformance {VERSION}",
        sign=sign,
        word=word,
        letters=letters,
        names=names,
        answers=_answers,
        number=lambda row, cell: [group.cell for group in row.groups].index(cell) + 1,
    )


#: Kind -> what makes the text of that report.
KINDS: dict[str, Callable[[Matrix, bool], str]] = {
    "html": render_html,
    "json": render_json,
    "markdown": render_markdown,
}
