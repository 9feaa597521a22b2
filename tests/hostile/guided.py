"""Requests that atheris makes, which sees what code each of them reaches.

    python -m tests.hostile.guided FIGURES CORPUS [options of libFuzzer]

The first byte of an input chooses the instance and who asks, the rest is the body.  FIGURES is a
file of JSON that says what was tried so far.
"""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["fakepw"]):
    import fakepw
    from fakepw.protocol.messages import Request

from .attack import INSTANCES, RESET, Found, answered
from .mutating import HEADERS

DATASET = fakepw.load("demo")
PATCHWORKS = [fakepw.Patchwork(DATASET, name) for name in INSTANCES]
FOUND = Found()
FIGURES = Path(sys.argv.pop(1))


def one(data: bytes) -> None:
    """One input of atheris."""
    which, body = data[:1] or b"\0", data[1:]
    patchwork = PATCHWORKS[which[0] % len(PATCHWORKS)]
    headers = [(b"host", b"127.0.0.1"), (b"content-length", b"%d" % len(body))]
    if which[0] & 128:
        headers.append(HEADERS[0])
    answered(Request(b"POST", b"/xmlrpc/", headers, body), patchwork, FOUND)
    if FOUND.tried % RESET == 1 or FOUND.wrong:
        patchwork.reset()
        write()
    if FOUND.wrong:
        raise AssertionError(FOUND.wrong[0])


def write() -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {
        "tried": FOUND.tried,
        "slowest": FOUND.slowest,
        "request": FOUND.slowest_request,
        "megabytes": peak,
        "statuses": FOUND.statuses,
    }
    FIGURES.write_text(json.dumps(figures))


if __name__ == "__main__":
    write()
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
