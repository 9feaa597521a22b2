"""Reports: one module per format, each a function of a `verdicts.Run` and of nothing else.

Every format is made from a run that was cleaned first (`redaction.clean`), so that none of them
can say what another one hides.
"""

from __future__ import annotations

import difflib
import importlib
import os
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import cast

from ..target import secrecy
from ..verdicts.verdicts import Run
from .safe.redaction import clean


def renderer(kind: str) -> Callable[[Run], str]:
    """What makes a report of a kind, by the function `render` of the module of that name."""

    def render(run: Run) -> str:
        # Imported only now: a run without an HTML report needs no jinja2.
        module = importlib.import_module(f"{__name__}.{kind}")
        return cast(str, module.render(clean(run)))

    render.__name__ = render.__qualname__ = f"render_{kind}"
    render.__doc__ = f"The {kind} report of a run, without credentials."
    return render


#: Kind -> what makes the text of that report.
KINDS: dict[str, Callable[[Run], str]] = {
    kind: renderer(kind) for kind in ("badge", "html", "json", "junit", "markdown")
}


#: The kinds of what is told of several runs: what changed (`changed`), and a matrix (`matrix`).
CHANGED, MATRIX = ("json", "junit", "markdown"), ("html", "json", "markdown")


def parse(text: str, kinds: Collection[str] = KINDS.keys()) -> tuple[str, Path]:
    """The kind and the file of a `KIND=FILE`.

    Raises ValueError, in one sentence, if there is no such kind, no file is named, or the file
    could not be written: that is better known before a run than behind it.
    """
    kind, equals, name = text.partition("=")
    if kind not in kinds:
        near = difflib.get_close_matches(kind.lower(), kinds, n=2, cutoff=0.4)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise ValueError(f"no report is called {kind!r}; there are {', '.join(kinds)}{hint}")
    if not equals or not name:
        raise ValueError(f"a report is given as KIND=FILE, and {text!r} names no file")
    path = Path(name)
    if path.is_dir():
        raise ValueError(f"the {kind} report cannot be written to {name}: it is a directory")
    if not path.parent.is_dir():
        raise ValueError(
            f"the {kind} report cannot be written: there is no directory {path.parent}"
        )
    return kind, path


def write(kind: str, path: Path | str, run: Run, secrets: Iterable[str] = ()) -> None:
    """Write one report of a run, in UTF-8.

    `secrets` are blotted out wherever they occur, encoded or not. Raises ValueError, in one
    sentence, if there is no such kind or it cannot be written.
    """
    kind, path = parse(f"{kind}={path}")
    words = tuple(secrets)
    put(kind, path, secrecy.netted(KINDS[kind](clean(run, words)), words))


def appended(path: Path) -> bool:
    """Whether it is the file that GitHub names in $GITHUB_STEP_SUMMARY: a step may say several
    things there."""
    return str(path) == os.environ.get("GITHUB_STEP_SUMMARY")


def put(kind: str, path: Path, text: str) -> None:
    """Write the text of a report, in UTF-8, into a file that is replaced, or `appended` to.

    Raises ValueError, in one sentence, if it cannot be.
    """
    try:
        with path.open("a" if appended(path) else "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        reason = error.strerror or error
        raise ValueError(f"the {kind} report cannot be written to {path}: {reason}") from None
