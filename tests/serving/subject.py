"""A server in a process of its own, whose memory and output can be watched.

    python -m tests.serving.subject '{"instance": "…", "limits": {…}, "patches": 3000}'

It prints its port and serves until its standard input ends.
"""

from __future__ import annotations

import json
import logging
import sys
from typing import Any

import fakepw
from fakepw.serving.limits import Limits

#: Enough for an answer of some megabytes.
PATCHES = 3000


def rows(patches: int, mail: int) -> dict[str, Any]:
    """So many patches, the second of which has a mail of so many bytes."""
    return {
        "projects": [{"id": 1, "linkname": "netdev", "name": "Networking"}],
        "users": [{"id": 1, "username": "kim", "password": "secret", "maintainer_of": [1]}],
        "patches": [
            {"id": n, "name": f"[{n}/{patches}] netdev: do it", "project": "netdev"}
            | ({"content": "x" * mail} if n == 2 and mail else {})
            for n in range(1, patches + 1)
        ],
    }


def main() -> None:
    options = json.loads(sys.argv[1])
    patchwork = fakepw.Patchwork(
        fakepw.load(rows(options.get("patches", PATCHES), options.get("mail", 0))),
        options["instance"],
    )
    limits = Limits(**options["limits"])
    logging.basicConfig(format="%(message)s")
    with fakepw.serve(patchwork, limits=limits) as pw:
        print(pw.port, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
