"""The command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys


def suite(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What `pw-conformance` with these words ends with and says."""
    return subprocess.run(
        [sys.executable, "-m", "conformance", *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "COLUMNS": "200", **environment},
    )
