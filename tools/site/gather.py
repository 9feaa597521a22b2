"""Pages that are there: copied, with links as they are in the site."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]

#: What pages show beside text.
PICTURES = ROOT / "docs" / "pictures"
#: Page of the site -> file of the repository, where it is not one of docs/.
ELSEWHERE = {
    "readme": "README.md",
    "architecture": "ARCHITECTURE.md",
    "contributing": "CONTRIBUTING.md",
    "security": "SECURITY.md",
    "changelog": "CHANGELOG.md",
    "corpus": "fixtures/recorded/README.md",
}
_FENCE = re.compile(r"^(```+|~~~+)(.*?)^\1 *$", re.M | re.S)
_IMAGE = re.compile(r"(!\[[^\]]+\])\(([^)\s]*)\)")
_LINK = re.compile(r"(?<!!)\[([^\]]+)\]\(([^)#\s]*)(#[^)\s]*)?\)")
_NAMED = re.compile(r"\A(```+|~~~+)(\w+) +(\S+)\n")


def pages() -> dict[str, Path]:
    """Page of the site -> the file that it is a copy of."""
    found = {name: ROOT / path for name, path in ELSEWHERE.items()}
    for path in sorted((ROOT / "docs").rglob("*.md")):
        found[path.relative_to(ROOT / "docs").with_suffix("").as_posix()] = path
    return found


def extras() -> list[Path]:
    """Pages that are HTML already, and stay as they are."""
    return sorted((ROOT / "docs").glob("*.html"))


def gather(into: Path) -> list[str]:
    """Copy every page; their names."""
    every = pages()
    places = {path.resolve(): f"{name}.md" for name, path in every.items()}
    places |= {path.resolve(): path.name for path in extras()}
    shutil.copytree(PICTURES, into / PICTURES.name)
    for name, path in every.items():
        target = into / f"{name}.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(outside_fences(path.read_text(), _relink(path, name, places)))
    return list(every)


def _relink(path: Path, name: str, places: dict[Path, str]) -> Callable[[str], str]:
    """Links between files as links between pages; to a file that is no page, as plain words."""
    here = os.path.dirname(name)

    def relinked(found: re.Match[str]) -> str:
        words, target, anchor = found[1], found[2], found[3] or ""
        if not target or "://" in target or target.startswith("mailto:"):
            return found[0]
        page = places.get((path.parent / target).resolve())
        if page is None:
            return words
        there = os.path.relpath(page, here or ".")
        if page.endswith(".html"):
            return f'<a href="{there}{anchor}">{words}</a>'
        return f"[{words}]({there}{anchor})"

    def shown(found: re.Match[str]) -> str:
        picture = (path.parent / found[2]).resolve().relative_to(PICTURES)
        return f"{found[1]}({os.path.relpath(Path(PICTURES.name, picture), here or '.')})"

    return lambda text: _IMAGE.sub(shown, _LINK.sub(relinked, text))


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """The text changed but for its code, whose name, if it has one, becomes a caption."""
    done, last = [], 0
    for fence in _FENCE.finditer(text):
        done += [change(text[last : fence.start()]), _NAMED.sub(_captioned, fence[0])]
        last = fence.end()
    return "".join([*done, change(text[last:])])


def _captioned(head: re.Match[str]) -> str:
    return f"{head[1]}{{code-block}} {head[2]}\n:caption: {head[3]}\n\n"
