"""The suite finds a double conformant over https, if it trusts its authority."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import fakepw

RUN = [str(Path(sys.executable).parent / "pw-conformance"), "run", "--examples", "1"]
#: What hangs on how the connection is spoken to, and whether whole URLs name it rightly.
CHAPTERS = [word for chapter in ("VER", "HTTP", "AUTH") for word in ("--select", chapter)]


def test_the_suite_over_https(tmp_path: Path) -> None:
    with fakepw.serve("demo", instance="1.1-py2-sqlite", tls=True) as pw:
        for trust, status, says in (
            (["--ca", str(pw.ca_file)], 0, "conformant: "),
            ([], 3, "is not trusted"),
        ):
            done = subprocess.run(
                [*RUN, pw.url, *CHAPTERS, *trust],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=300,
            )
            assert done.returncode == status, done.stdout + done.stderr
            assert says in done.stdout + done.stderr
            assert "Traceback" not in done.stderr
