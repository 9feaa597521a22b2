"""Pages made of the code: commands, Python, control API, fixtures, instances, catalogue."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import click

import fakepw
from conformance.chapters import load
from conformance.commands.cli import main as suite_group
from conformance.reports import json as json_report
from conformance.reports.shown import catalogued
from conformance.requirements import recorded
from conformance.requirements.catalogue import CHAPTERS, requirements
from fakepw.cli import group as fakepw_group
from fakepw.double.control.openapi import openapi
from fakepw.fixtures import schema
from fakepw.patchwork.instances.instances import RECORDED, instance
from fakepw.patchwork.instances.surprises import surprises

from .gather import ROOT

#: Modules whose names people import, beside fakepw itself; those that are there.
MODULES = ("testing", "strategies", "generating", "docker")

# How each page begins.
COMMANDS = """\
# Commands

As `--help` says it, of each command.

"""
PYTHON = """\
# Python

`import fakepw` gives all that stands under no other module's name.

"""
CONTROL = """\
# Control API

JSON over HTTP under `/_fakepw/`, for any language. A double gives this page's source at
`/_fakepw/openapi.json`. What writes takes `Content-Type: application/json`; a refusal is
`{"error": …}` in one sentence. [The double](../double.md) says what it all means.

"""
FIXTURES = """\
# Fixtures

One JSON object; `fakepw schema` prints the JSON Schema that this page is made of, `fakepw check`
says all that is wrong with a file. [The guide](../guide.md#fixtures) explains it.

"""
OUTPUTS = """\
# JSON

What `pw-conformance` writes for programs: the JSON report of a run, and what its commands print
with `--json`. `pw-conformance schema`, with the name of a command or without, prints each of these
JSON Schemas.

"""
INSTANCES = """\
# Instances

The recorded ones; [the guide](../guide.md#instances) says what else can be composed.

"""
CATALOGUE = """\
# Catalogue

What `pw-conformance run` holds a server to, and what real servers answered. Release by release, on
one page: <a href="../../releases.html">what each real release does</a>.

"""

#: Classes whose members are not repeated with those of their heirs.
FOREIGN = ("Struct", "Exception", "Sequence", "Transport", "TestCase")


def generate(into: Path) -> list[str]:
    """Write every page; their names."""
    folder = into / "reference"
    (folder / "catalogue").mkdir(parents=True, exist_ok=True)
    load()
    made = {
        "commands": "".join(_commands()),
        "python": "".join(_python()),
        "control": "".join(_control()),
        "fixtures": "".join(_fixtures()),
        "instances": "".join(_instances()),
        "json": "".join(_outputs()),
        "catalogue/index": "".join(_chapters()),
    }
    for chapter in CHAPTERS:
        made[f"catalogue/{chapter.lower()}"] = "".join(_chapter(chapter))
    for name, text in made.items():
        (folder / f"{name}.md").write_text(text)
    return [f"reference/{name}" for name in made]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(text) for text in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"


def _cell(text: str) -> str:
    return re.sub(r"(?<!\\)<", "&lt;", text.replace("|", "\\|").replace("\n", " "))


def _code(text: str, language: str = "text") -> str:
    """A text that may hold anything, as it is."""
    fence = "`" * 3
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}\n\n"


# -- commands ---------------------------------------------------------------------------------


def _commands() -> Iterator[str]:
    yield COMMANDS
    for name, group in (("fakepw", fakepw_group), ("pw-conformance", suite_group)):
        context = click.Context(group, info_name=name)
        yield f"## {name}\n\n{_help(group)}"
        for each in group.list_commands(context):
            command = group.get_command(context, each)
            assert command is not None
            yield f"### {name} {each}\n\n" + _command(command, context, each)


def _command(command: click.Command, above: click.Context, name: str) -> str:
    with click.Context(command, info_name=name, parent=above) as context:
        usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
        records = [param.get_help_record(context) for param in command.get_params(context)]
    rows = [(f"`{record[0]}`", _prose(record[1])) for record in records if record]
    return _code(usage) + _help(command) + _table(["option", ""], rows)


def _help(command: click.Command) -> str:
    """A command's help: paragraphs, and as code those that are to stay as they are."""
    told = inspect.cleandoc(command.help or "")
    parts = []
    for part in told.split("\n\n"):
        kept = part.removeprefix("\b\n")
        parts.append(f"{_prose(part)}\n\n" if kept == part else _code(kept))
    return "".join(parts)


# -- Python -----------------------------------------------------------------------------------


def _python() -> Iterator[str]:
    yield PYTHON
    for name in sorted(fakepw.__all__):
        if not name.startswith("_"):
            yield _documented("fakepw", name, getattr(fakepw, name))
    there = {module.name for module in pkgutil.iter_modules(fakepw.__path__)}
    for module in MODULES:
        if module in there:
            found = importlib.import_module(f"fakepw.{module}")
            yield f"## fakepw.{module}\n\n"
            for name, value in inspect.getmembers(found):
                if getattr(value, "__module__", "") == found.__name__ and not name.startswith("_"):
                    yield _documented(found.__name__, name, value, level=3)


def _documented(module: str, name: str, value: Any, level: int = 2) -> str:
    """What autodoc says of a name."""
    kind, more = "autofunction", ""
    if inspect.isclass(value):
        kind, more = (
            "autoclass",
            f"   :members:\n   :inherited-members: {', '.join(FOREIGN)}\n",
        )
        if issubclass(value, Exception):
            more += "   :show-inheritance:\n"
    elif not callable(value):
        shown = ", ".join(map(repr, value)) if isinstance(value, tuple) else repr(value)
        return f"{'#' * level} {name}\n\n{_code(shown)}"
    directive = f".. {kind}:: {module}.{name}\n{more}"
    return f"{'#' * level} {name}\n\n```{{eval-rst}}\n{directive}```\n\n"


# -- the control API --------------------------------------------------------------------------


def _control() -> Iterator[str]:
    document = openapi(fakepw.__version__)
    yield CONTROL
    for path, operations in document["paths"].items():
        for verb, operation in operations.items():
            yield f"## {verb.upper()} {path}\n\n{operation['summary']}\n\n"
            if names := [each["name"] for each in operation.get("parameters", ())]:
                yield f"Parameters: {', '.join(f'`{name}`' for name in names)}.\n\n"
            body = operation.get("requestBody", {}).get("content", {})
            if body:
                yield f"Takes {_kind(next(iter(body.values()))['schema'])}.\n\n"
            answer = operation["responses"]["200"].get("content", {})
            for media, content in answer.items():
                yield f"Answers {_kind(content['schema'])}, {media}.\n\n"
    yield "## Types\n\n"
    for name, form in sorted(document["components"]["schemas"].items()):
        yield f"### {name}\n\n" + _members(form)


def _kind(form: dict[str, Any]) -> str:
    """A type in words."""
    if "$ref" in form:
        name = form["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in form:
        return " or ".join(_kind(each) for each in form["anyOf"])
    if "enum" in form:
        return ", ".join(f"`{json.dumps(each)}`" for each in form["enum"])
    if form.get("type") == "array":
        return f"array of {_kind(form['items'])}" if form.get("items") else "array"
    return str(form.get("format") or form.get("type") or "anything")


def _members(form: dict[str, Any]) -> str:
    said = f"{form['description']}\n\n".replace("<", "&lt;") if form.get("description") else ""
    needed = set(form.get("required", ()))
    rows = [
        [
            f"`{name}`",
            _kind(each),
            "needed" if name in needed else "",
            str(each.get("description", "")),
        ]
        for name, each in form.get("properties", {}).items()
    ]
    return said + (_table(["member", "type", "", ""], rows) if rows else "")


# -- fixtures ---------------------------------------------------------------------------------


def _fixtures() -> Iterator[str]:
    document = schema()
    yield FIXTURES
    for name, form in document["$defs"].items():
        yield f"## {name}\n\n" + _members(form)


# -- what programs read -----------------------------------------------------------------------


def _outputs() -> Iterator[str]:
    yield OUTPUTS
    for name in json_report.SCHEMAS:
        text = json.dumps(json_report.schema(name), indent=1, ensure_ascii=False)
        yield f"## {name}\n\n```json\n{text}\n```\n\n"


# -- instances --------------------------------------------------------------------------------


def _instances() -> Iterator[str]:
    yield INSTANCES
    rows = []
    for name in RECORDED:
        its = instance(name)
        rows.append(
            [
                name,
                its.release,
                its.python,
                its.django,
                its.database,
                ", ".join(surprises(its.traits)),
            ]
        )
    yield _table(["name", "Patchwork", "Python", "Django", "database", "surprises"], rows)


# -- the catalogue ----------------------------------------------------------------------------


def _chapters() -> Iterator[str]:
    yield CATALOGUE
    rows = []
    for chapter, title in CHAPTERS.items():
        those = [each for each in requirements().values() if each.chapter == chapter]
        counts = [
            str(sum(each.level == level for each in those)) for level in ("MUST", "SHOULD", "INFO")
        ]
        rows.append([f"[{title}]({chapter.lower()}.md)", *counts])
    yield _table(["chapter", "MUST", "SHOULD", "INFO"], rows)
    yield "```{toctree}\n:hidden:\n\n" + "\n".join(map(str.lower, CHAPTERS)) + "\n```\n"


def _chapter(chapter: str) -> Iterator[str]:
    yield f"# {CHAPTERS[chapter]}\n\n"
    for about in requirements().values():
        if about.chapter != chapter:
            continue
        told = catalogued.as_json(about, full=True)
        yield f"## {about.id}\n\n**{about.level}**, {about.scope}. {_prose(about.text)}\n\n"
        yield f"* Why: {_prose(about.why)}\n* Known from: {_cited(about.facts)}\n\n"
        servers = recorded.servers(about)
        yield from _answers(told["observed"], servers)
        for item in told["answers"]:
            yield _code(f"{item['call']}    recorded: {item['recorded']}")
            yield from _answers(item["answers"], servers)


def _answers(found: Sequence[dict[str, Any]], servers: Sequence[str]) -> Iterator[str]:
    for item in found:
        yield f"{catalogued.who(item['servers'], servers)}:\n\n" + _code(item["answer"])


def _cited(facts: str) -> str:
    """Sections of the notes, as links to them."""

    def linked(found: re.Match[str]) -> str:
        name, numbers = found[1], found[2]
        anchors = _sections(name)
        return name + re.sub(
            r"\d+(?:\.\d+)*",
            lambda n: f"[{n[0]}](../../{name}.md#{anchors[n[0]]})" if n[0] in anchors else n[0],
            numbers,
        )

    return re.sub(
        r"(?:docs/)?(servers|clients)\.md((?:[,\s]|and|to|\d+(?:\.\d+)*)*)", linked, facts
    )


@cache
def _sections(name: str) -> dict[str, str]:
    """Number of a section -> its anchor, as GitHub and MyST make them."""
    headings = re.findall(
        r"^#+ ((\d+(?:\.\d+)*).*)$", (ROOT / "docs" / f"{name}.md").read_text(), re.M
    )
    return {
        number: re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading, number in headings
    }


def _prose(text: str) -> str:
    """A sentence in which nothing but backticks means anything."""
    pieces = text.split("`")
    for place in range(0, len(pieces), 2):
        for special in "\\*_<[$":
            pieces[place] = pieces[place].replace(special, f"\\{special}")
    return "`".join(pieces)
