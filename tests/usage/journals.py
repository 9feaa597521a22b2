"""Journals as a double writes them, made without a socket."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import fakepw
from fakepw.double.pipeline import Pipeline
from fakepw.protocol.messages import Request
from fakepw.rules.grammar import parse
from fakepw.serving.commands.staging import JournalFile
from tests.double.asking import call, get

KIM = "kim:earl-grey"
#: What a client of some variety asks.
CALLS = (
    call("pw_rpc_version"),
    call("project_list", "kettle", 0),
    call("patch_list", {"project_id": 1, "max_count": 3}),
    call("patch_list", {"id__lte": 3}),
    call("patch_get", 3),
    call("patch_get", 3),
    call("patch_get", 999),
    call("patch_get", "abc"),
    call("patch_check_get", 5),
    call("patch_set", 5, {"state": 3, "foo": 1}, user=KIM),
    call("patch_get", 5),
    call("check_create", 5, "ci", "success", user=KIM),
    get("/project/kettle/pwclientrc/"),
)


def journal(
    path: Path,
    requests: Iterable[Request] = CALLS,
    *,
    instance: str = "3.2-py3-postgresql",
    rules: Iterable[str] = (),
    source: Any = "demo",
) -> Path:
    """The file in which a double noted some requests."""
    pipeline = Pipeline(fakepw.Patchwork(fakepw.load(source), instance))
    for rule in rules:
        pipeline.rules.add(parse(rule))
    file = JournalFile(str(path))
    file.follow(pipeline)
    for request in requests:
        pipeline.answer(request)
    file.close()
    return path
