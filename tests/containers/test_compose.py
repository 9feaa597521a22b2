"""compose.yaml: what its schema allows, and what it is for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import tools
from tools.image import ROOT

TEST = """
from xmlrpc.client import ServerProxy

def test_it_is_the_double_beside_us(fakepw):
    assert fakepw.url.startswith("http://fakepw:8000/")
    fakepw.add_patch("[PATCH] seen from another container", msgid="<a@b.example>")
    with ServerProxy(fakepw.url) as proxy:
        assert len(proxy.patch_list({"msgid": "<a@b.example>"})) == 1
"""


def test_it_is_what_compose_takes() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    done = subprocess.run([*check, ROOT / "compose.yaml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.needs(tools.ENGINE, "docker-compose")
def test_tests_and_the_suite_find_the_double_beside_them(image: str, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir(mode=0o755)
    (tmp_path / "tests/test_ours.py").write_text(TEST)
    (tmp_path / "reports").mkdir()
    (tmp_path / "tests/test_ours.py").chmod(0o644)
    project = f"fakepw-test-{os.getpid()}"
    compose = ["docker-compose", "--project-name", project, "--file", str(ROOT / "compose.yaml")]
    variables = {
        "FAKEPW_IMAGE": image,
        "FAKEPW_PORT": "0",
        "TESTS": str(tmp_path / "tests"),
        "REPORTS": str(tmp_path / "reports"),
        "USER_OF_REPORTS": f"{os.getuid()}:{os.getgid()}",
    }

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*compose, *words], env=os.environ | variables, capture_output=True, text=True
        )

    try:
        done = run("up", "--no-color", "--abort-on-container-exit", "--exit-code-from", "tests")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "1 passed" in done.stdout
        done = run("run", "--rm", "-T", "suite")
        assert done.returncode == 0, done.stdout + done.stderr
        report = json.loads((tmp_path / "reports/report.json").read_text())
        assert (report["url"], report["exit_code"]) == ("http://fakepw:8000/xmlrpc/", 0)
    finally:
        run("down", "--volumes", "--timeout", "1")
