"""How a server may bend what it echoes: transforms of a text, apart from what the suite knows."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Callable, Sequence
from urllib.parse import quote, quote_plus


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _latin(text: str) -> bytes:
    return text.encode("latin-1", "replace")


BENDS: dict[str, Callable[[str], str]] = {
    "percent": lambda text: quote(text, safe=""),
    "form": quote_plus,
    "HTML": html.escape,
    "XML": lambda text: text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    "references": lambda text: "".join(f"&#{ord(c)};" for c in text),
    "hexadecimal references": lambda text: "".join(f"&#x{ord(c):X};" for c in text),
    "JSON": lambda text: json.dumps(text)[1:-1],
    "repr": lambda text: repr(text)[1:-1],
    "base64": lambda text: base64.b64encode(_bytes(text)).decode(),
    "base64 of more": lambda text: base64.b64encode(b"so " + _bytes(text) + b"!").decode(),
    "base64 for URLs": lambda text: base64.urlsafe_b64encode(_bytes(text)).decode().rstrip("="),
    "base64 of latin-1": lambda text: base64.b64encode(_latin(text)).decode(),
    "UTF-8 read as latin-1": lambda text: _bytes(text).decode("latin-1"),
    "latin-1 read as UTF-8": lambda text: _latin(text).decode("utf-8", "replace"),
    "reversed": lambda text: text[::-1],
    "case-folded": str.casefold,
    "upper case": str.upper,
    "bytes in hexadecimal": lambda text: _bytes(text).hex(),
}


def bent(text: str, names: Sequence[str]) -> str:
    """The text after these transforms, one after another."""
    for name in names:
        text = BENDS[name](text)
    return text
