"""Answers of a shape that nobody expects are told as such; they do not break the suite."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

import fakepw
from conformance.chapters import load
from conformance.commands.opening.options import Options
from conformance.commands.opening.session import discover, session
from conformance.deciding.decisions import DECISIONS
from conformance.deciding.drawing import Settings
from conformance.requirements.catalogue import requirements
from conformance.target.exchange import Answer, Request
from conformance.target.sending.sockets import HttpTransport
from conformance.verdicts.verdicts import Outcome

load()

MEMBER = rb"<member>\n<name>%b</name>\n<value>.*?</value>\n</member>\n"


@pytest.mark.parametrize(
    ("member", "instead"),
    [
        (b"date", b"<int>5</int>"),
        (b"state_id", b"<array><data></data></array>"),
        (b"name", b""),
        (b"id", b"<nil/>"),
    ],
)
def test_rows_of_another_shape_are_told(
    member: bytes, instead: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = HttpTransport.send
    with_value = b"<member>\n<name>%b</name>\n<value>%b</value>\n</member>\n" % (member, instead)

    def bend(self: HttpTransport, request: Request, *, alone: bool = False) -> Answer:
        answer = send(self, request, alone=alone)
        body = re.sub(MEMBER % member, with_value if instead else b"", answer.body, flags=re.S)
        return replace(answer, body=body)

    monkeypatch.setattr(HttpTransport, "send", bend)
    with fakepw.serve("demo") as server:
        options = Options(url=server.url)
        looking = session(options, discover(options))
        looking.settings = Settings(examples=1)
        verdicts = [looking.decide(DECISIONS[number]) for number in requirements()]
        looking.close()
    assert [v.id for v in verdicts if v.outcome is Outcome.FAIL and v.chapter == "SIG"]
