"""Calls that nobody recorded get what the Django and the database of each instance make of them."""

from __future__ import annotations

import base64
import json
import lzma
from functools import cache
from typing import Any

import pytest

from fakepw import Patchwork, Request, load, respond
from fakepw.patchwork.instances.instances import RECORDED, names
from tests.memory import kept

from .. import stacks


@kept
def lines() -> tuple[dict[str, Any], ...]:
    with lzma.open(stacks.FILE, "rt") as file:
        return tuple(json.loads(line) for line in file)


def answer(pw: Patchwork, call: str) -> str:
    body = call.encode()
    user = next(iter(pw.store.users.values()))
    login = base64.b64encode(f"{user.username}:{user.password}".encode())
    headers = [
        (b"host", b"pw.example.org"),
        (b"content-length", b"%d" % len(body)),
        (b"authorization", b"Basic " + login),
    ]
    response = respond(Request(b"POST", b"/xmlrpc/", headers, body), pw)
    return stacks.outcome(response.status, b"".join(response.body))


@cache
def asked_stacks() -> list[str]:
    """The instances whose stacks were asked."""
    found = {who for line in lines() for names in line.get("answers", {}).values() for who in names}
    return sorted(found)


@pytest.mark.parametrize("name", asked_stacks())
def test_an_instance_answers_as_its_stack(name: str) -> None:
    pw, asked, wrong = None, 0, []
    for line in lines():
        if "dataset" in line:
            pw = Patchwork(load(line["dataset"]), name, clock=lambda: stacks.NOW)
            continue
        assert pw is not None
        expected = next((told for told, who in line["answers"].items() if name in who), None)
        if expected is None:  # the stack could not be asked: no such method, or nobody can log in
            continue
        asked += 1
        got = answer(pw, line["call"])
        if got != expected:
            wrong.append(f"{line['call']}expected {expected}\ngot      {got}")
    assert asked > 1000
    assert not wrong, "\n".join([f"{len(wrong)} of {asked}:", *wrong[:5]])


@pytest.mark.parametrize("name", sorted({*names()} - {*RECORDED}))
def test_a_composed_instance_answers_at_all(name: str) -> None:
    pw = Patchwork(load(lines()[0]["dataset"]), name)
    outcomes = [answer(pw, line["call"]) for line in lines()[1::13] if "call" in line]
    assert len({*outcomes}) > 15  # it is 1.0 that has one for all its faults
