"""Answers of JSON, that are for who asked and for nobody else."""

from __future__ import annotations

from typing import Any

import msgspec

from ...protocol.messages import Response
from .guard import JSON

#: What keeps an answer from being stored, taken for something else, or shown within another page.
PRIVATE = (
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


def json(status: int, content: Any, *headers: tuple[str, str]) -> Response:
    """A JSON object; bytes are taken for one."""
    body = content if isinstance(content, bytes) else msgspec.json.encode(content) + b"\n"
    length = ("Content-Length", str(len(body)))
    return Response(status, (("Content-Type", JSON), *PRIVATE, *headers, length), [body])


def error(status: int, text: str, *headers: tuple[str, str]) -> Response:
    """Why something is refused, in one sentence."""
    return json(status, {"error": text}, *headers)
