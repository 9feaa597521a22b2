"""The GitLab template: what its schema allows, and its script, as the image's shell runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import fakepw
from tests.examples import blocks

from .steps import ROOT, Done, gitlab, job

SUITE = ".patchwork-conformance"


@pytest.fixture(scope="module")
def pw() -> Iterator[fakepw.LiveServer]:
    with fakepw.serve("demo") as served:
        yield served


def ran(folder: Path, **variables: str) -> Done:
    """The job of the suite, with the commands of the image on the path."""
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ["PATH"], before = here, os.environ["PATH"]
    try:
        return job(SUITE, {"PW_SELECT": "VER", **variables}, folder)
    finally:
        os.environ["PATH"] = before


def test_it_is_what_gitlab_takes() -> None:
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    command = [*check, "--data-transform", "gitlab-ci", "ci/gitlab.yml"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert gitlab()[SUITE]["allow_failure"] == {"exit_codes": 3}


@pytest.mark.needs("shellcheck")
def test_its_shell_is_any_shell() -> None:
    (script,) = gitlab()[SUITE]["script"]
    assert "$[[" not in script  # which GitLab would paste, whatever it is
    check = ["shellcheck", "--shell=sh", "--severity=style", "--exclude=SC2154", "-"]
    done = subprocess.run(check, input=script, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_suite_runs_and_what_is_newly_broken_is_told(
    pw: fakepw.LiveServer, tmp_path: Path
) -> None:
    options = "--seed=7\n--failures=kept here\n"
    first = ran(tmp_path, PW_URL=pw.url, PW_REPORTS="first", PW_OPTIONS=options, PW_WAIT="5")
    assert first.status == 0, first.said
    report = json.loads((tmp_path / "first/report.json").read_text())
    assert (report["headline"], report["settings"]["seed"]) == ("conformant", 7)
    assert (tmp_path / "kept here").is_dir()
    assert {path.name for path in (tmp_path / "first").iterdir()} == {
        *("report.html", "report.json", "report.md", "report.xml", "bundle.zip")
    }
    pw.fault("pw_rpc_version", fault="boom", optional=True)
    since = {"PW_URL": pw.url, "PW_FAIL_ON": "newly-broken"}
    assert ran(tmp_path, **since, PW_COMPARE_WITH="first/report.json").status == 1
    last = "conformance/report.json"  # which is written anew
    assert ran(tmp_path, **since, PW_COMPARE_WITH=last).status == 0
    pw.reset()
    assert ran(tmp_path, PW_URL=pw.url, PW_COMPARE_WITH=last).status == 0
    pw.fault("pw_rpc_version", fault="boom", optional=True)
    assert ran(tmp_path, **since, PW_COMPARE_WITH=last).status == 1
    assert ran(tmp_path, **since, PW_COMPARE_WITH="nowhere.json").status == 1
    pw.reset()


def test_inconclusive_is_its_own_status_and_no_text_becomes_a_command(tmp_path: Path) -> None:
    assert ran(tmp_path, PW_URL="127.0.0.1:1").status == 3
    nasty = "$(touch owned) `touch owned` ; touch owned # \" ' \\ && touch owned\n--help"
    names = [name for name in gitlab()[SUITE]["variables"] if name != "PW_REPORTS"]
    compared = dict.fromkeys(["PW_COMPARE_WITH", "PW_FAIL_ON"], nasty)
    for given in (dict.fromkeys(set(names) - compared.keys(), nasty), compared):
        assert ran(tmp_path, **given).status in (1, 2)
    assert not list(tmp_path.rglob("owned"))


def test_the_example_of_the_page_is_what_gitlab_takes(tmp_path: Path) -> None:
    page = (ROOT / "docs/ci.md").read_text()
    (block,) = (each for each in blocks(page) if each.name == ".gitlab-ci.yml")
    (tmp_path / block.name).write_text(block.text)
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci"]
    command = [*check, "--data-transform", "gitlab-ci", block.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    given = YAML(typ="safe").load(block.text)
    for name in ("conformance", "tests"):
        template = gitlab()[given[name]["extends"]]
        assert given[name]["variables"].keys() <= template["variables"].keys()
