"""The control API as Schemathesis finds it: no 500, and no answer that is not described.

It tries what its schemas allow, up to the limits of that, and just beyond them: that is refused.
`test_control_fuzz` goes further.

It runs in a process of its own, with packages of its own: in an environment it is a plugin of
every pytest, which takes a second longer to start for it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fakepw
from tests import tools

FOLDER = Path(sys.prefix) / "schemathesis"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"
CHECKS += ",response_schema_conformance,negative_data_rejection"
#: What is no JSON: a page, and events that have no end.
OTHERS = ("/_fakepw/", "/_fakepw/calls/events")


def test_no_500_and_no_answer_outside_its_schema(tmp_path: Path) -> None:
    if not FOLDER.exists():
        why = f"Schemathesis is not in {FOLDER}: make .venv/.schemathesis"
        pytest.fail(why) if tools.in_ci() else pytest.skip(why)
    command = [sys.executable, "-m", "schemathesis.cli", "run", "--no-color", "--seed", "1"]
    command += ["--checks", CHECKS, "--phases", "coverage", "--mode", "all"]
    command += [word for path in OTHERS for word in ("--exclude-path", path)]
    with fakepw.serve("demo") as pw:
        done = subprocess.run(
            [*command, f"{pw.control_url}openapi.json"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(FOLDER), "PYTHONUTF8": "1"},
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )
        assert pw.calls.dropped + len(pw.calls) == 0  # all of it was the control API
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert found, done.stdout
    assert found[1] == found[2]
    assert int(found[1]) > 900  # of which some 200 are as they should be
