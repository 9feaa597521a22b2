"""What a package index shows: the README, whose links into this repository lead nowhere there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_LINK = re.compile(r"!?\[([^\]]+)\]\((?!https?://)([^)]+)\)")


def readme(text: str) -> str:
    """The text with its relative links as plain words."""
    return _LINK.sub(lambda link: link[1], text)


class ReadmeHook(MetadataHookInterface):
    """Gives the distribution that README."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, "README.md").read_text("utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": readme(text)}
