"""Links to other sites: what they are, and which cannot be right whatever is there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from .gather import outside_fences

_LINK = re.compile(r"\]\(([a-z][a-z+.-]*:[^)\s]*)\)|<((?:https?|ftp):[^>\s]*)>")


def outside(source: Path) -> dict[str, list[str]]:
    """Each address that a page leads to elsewhere, and the pages that do."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(source.rglob("*.md")):

        def note(text: str, page: str = path.relative_to(source).as_posix()) -> str:
            for link in _LINK.finditer(re.sub(r"`[^`\n]*`", "", text)):
                found[link[1] or link[2]].append(page)
            return text

        outside_fences(path.read_text(), note)
    return dict(sorted(found.items()))


def odd(addresses: Iterable[str]) -> list[str]:
    """What is wrong with them, in sentences: told without asking anybody."""
    wrong = []
    same: dict[str, str] = {}
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme not in ("https", "mailto"):
            wrong.append(f"{address}: is not https")
        elif parts.scheme == "https" and ("." not in parts.netloc or "@" in parts.netloc):
            wrong.append(f"{address}: {parts.netloc!r} is no site that all can reach")
        core = address.partition("#")[0].rstrip("/").lower()
        first = same.setdefault(core, address)
        if first.partition("#")[0] != address.partition("#")[0]:
            wrong.append(f"{address}: is written {first} elsewhere")
    return wrong
