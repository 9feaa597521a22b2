"""Compressed answers, unpacked within a bound: a small one may hold gigabytes."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import replace

from ...target.exchange import Exchange

#: What is unpacked of an answer at most, in bytes: one that says the version takes a hundred.
UNPACKED = 1 << 20


def unzipped(answer: Exchange) -> Exchange:
    """The exchange with a compressed body unpacked; as it is if that cannot be done, or if there
    is more in it than anything that is asked for so takes."""
    if (answer.answer.header("content-encoding") or "").strip().lower() not in ("gzip", "x-gzip"):
        return answer
    try:
        with gzip.open(io.BytesIO(answer.answer.body)) as packed:
            body = packed.read(UNPACKED + 1)
    except (OSError, EOFError, zlib.error):
        return answer
    if len(body) > UNPACKED:
        return answer
    return replace(answer, answer=replace(answer.answer, body=body))
