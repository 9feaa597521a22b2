"""Sphinx's configuration. `python -m tools.site` (`make docs`) gathers the pages and runs it."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from typing import Any

project = "fakepw"
author = "the fakepw authors"
copyright = "the fakepw authors; MIT license"
release = version = version_of("fakepw")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = f"fakepw {version}"
html_copy_source = False
html_show_sourcelink = False

myst_heading_anchors = 4
#: Code in a console, or in the language of a mistake, need not be whole.
suppress_warnings = ["misc.highlighting_failure"]

default_role = "code"
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
#: What `make docs-links` asks for: what is within the site is seen to when it is built.
linkcheck_timeout = 20
linkcheck_workers = 2
python_use_unqualified_type_names = True

_CODE = re.compile(r"^( {4,})\S")


def _docstring(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are plain text: what is set off by a blank line and indented in them is code."""
    done: list[str] = []
    inside = False
    for place, line in enumerate(lines):
        indented = bool(_CODE.match(line))
        if indented and not inside and place and not lines[place - 1].strip():
            done += ["::", ""]
            inside = True
        elif line.strip() and not indented:
            inside = False
        done.append(line if inside else re.sub(r"(?<![`\w])`([^`]+)`(?!`)", r"``\1``", line))
    lines[:] = done


def setup(app: Any) -> None:
    """Connect what is above."""
    app.connect("autodoc-process-docstring", _docstring)
