"""A server in a process of its own, whose memory and output can be watched.

    python -m tests.serving.subject '{"instance": "…", "limits": {…}}'

It prints its port and serves until its standard input ends.
"""

from __future__ import annotations

import json
import logging
import sys

import fakepw
from fakepw.serving import application
from fakepw.serving.limits import Limits

#: Enough for an answer of some megabytes.
PATCHES = 3000

ROWS = {
    "projects": [{"id": 1, "linkname": "netdev", "name": "Networking"}],
    "users": [{"id": 1, "username": "kim", "password": "secret", "maintainer_of": [1]}],
    "patches": [
        {"id": n, "name": f"[{n}/{PATCHES}] netdev: do it", "project": "netdev"}
        for n in range(1, PATCHES + 1)
    ],
}


def main() -> None:
    options = json.loads(sys.argv[1])
    patchwork = fakepw.Patchwork(fakepw.load(ROWS), options["instance"])
    usual = application.limits_of(patchwork.traits)
    limits = Limits(**{"body_bytes": usual.body_bytes} | options["limits"])
    logging.basicConfig(format="%(message)s")
    with fakepw.serve(patchwork, limits=limits) as pw:
        print(pw.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
