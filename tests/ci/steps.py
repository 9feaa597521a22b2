"""Steps of action.yml and of the GitLab template, run as GitHub and GitLab run them."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
_EXPRESSION = re.compile(r"\$\{\{ *([\w.-]+) *\}\}")


@cache
def action() -> Any:
    return YAML(typ="safe").load(ROOT / "action.yml")


@cache
def gitlab() -> Any:
    return YAML(typ="safe").load(ROOT / "ci/gitlab.yml")


@dataclass
class Done:
    """What a job of one action came to: its status, its outputs, its summary, what it printed."""

    status: int
    said: str
    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""


def used(inputs: dict[str, str], folder: Path, temp: Path, **variables: str) -> Done:
    """`uses: ./` with these inputs, in a workspace; its steps one after the other, as they are."""
    given = {name: str(each.get("default", "")) for name, each in action()["inputs"].items()}
    assert inputs.keys() <= given.keys()
    known = {f"inputs.{name}": value for name, value in (given | inputs).items()}
    known["github.action_path"] = str(ROOT)
    done = Done(0, "")
    for number, step in enumerate(action()["runs"]["steps"]):
        if "if" in step and not _holds(step["if"], known):
            continue
        names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        files = {name: temp / f"{name}-{number}" for name in names}
        for file in files.values():
            file.write_text("")
        script = temp / f"step-{number}.sh"
        script.write_text(step["run"])
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("FAKEPW_")},
            **{name: str(file) for name, file in files.items()},
            **{name: valued(text, known) for name, text in step["env"].items()},
            "RUNNER_TEMP": str(temp),
            **variables,
        }
        bash = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)]
        ran = _run(bash, folder, environment)
        done.said += ran.stdout
        done.summary += files["GITHUB_STEP_SUMMARY"].read_text()
        for line in files["GITHUB_OUTPUT"].read_text().splitlines():
            name, equals, value = line.partition("=")
            assert equals, f"GitHub would refuse {line!r}"
            known[f"steps.{step['id']}.outputs.{name}"] = value
        if ran.returncode:
            done.status = ran.returncode
            break
    for name, each in action()["outputs"].items():
        done.outputs[name] = valued(each["value"], known)
    return done


def valued(text: str, known: dict[str, str]) -> str:
    """A text with its expressions evaluated: what is not known is empty, as GitHub has it."""
    return _EXPRESSION.sub(lambda found: known.get(found[1], ""), str(text))


def _holds(condition: str, known: dict[str, str]) -> bool:
    name, value = re.fullmatch(r"([\w.]+) == '(\w+)'", condition).groups()  # type: ignore[union-attr]
    return known[name] == value


def job(name: str, variables: dict[str, str], folder: Path) -> Done:
    """The script of a job of the GitLab template, with these variables, in a checkout."""
    template = gitlab()[name]
    given = {key: str(value) for key, value in template["variables"].items()}
    assert variables.keys() <= given.keys()
    script = "\n".join(template["script"])
    ran = _run(["sh", "-e", "-c", script], folder, {**os.environ, **given, **variables})
    return Done(ran.returncode, ran.stdout)


def _run(
    command: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    streams: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.run(command, cwd=folder, env=environment, text=True, **streams)
