"""`pw-conformance diff`: what differs between two servers, what matters most first."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import fakepw
from conformance.commands.cli import main
from conformance.reports.shown.compared import Kind, kind_of, places
from conformance.target.wire import Node
from tests.conformance.reports import outputs

from ..builders import answer, value

ROW = "<struct><member><name>id</name><value><int>{}</int></value></member>{}</struct>"
NAME = "<member><name>name</name><value><{0}>{1}</{0}></value></member>"


def rows(*inside: str) -> str:
    items = "".join(f"<value>{each}</value>" for each in inside)
    return value(f"<array><data>{items}</data></array>")


def fault(text: str) -> str:
    text = text.replace("<", "&lt;")
    return (
        "<?xml version='1.0'?><methodResponse><fault><value><struct><member><name>faultCode</name>"
        "<value><int>1</int></value></member><member><name>faultString</name><value><string>"
        f"{text}</string></value></member></struct></value></fault></methodResponse>"
    )


ONE, TWO = ROW.format(1, NAME.format("string", "a")), ROW.format(2, "")
PLAIN = rows(ONE, TWO)
WRAPPED = PLAIN.replace("<string>a</string>", "<base64>YQ==</base64>")


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        (answer(PLAIN), answer(PLAIN, 500), Kind.STATUS),
        (answer(PLAIN), answer("<html>"), Kind.NO_XMLRPC),
        (answer(PLAIN), answer(fault("<class 'X'>:a")), Kind.FAULT),
        (answer(PLAIN), answer(rows(TWO)), Kind.VALUE),
        (answer(fault("<class 'X'>:a")), answer(fault("<class 'Y'>:a")), Kind.CLASS),
        (answer(PLAIN), answer(rows(TWO, ONE)), Kind.ORDER),
        (answer(PLAIN), answer(WRAPPED), Kind.WIRE),
        (answer(fault("<class 'X'>:a")), answer(fault("<type 'exceptions.X'>:a")), Kind.WORDS),
    ],
)
def test_each_kind_of_difference_is_told_from_the_others(left, right, kind):
    assert kind_of(left, right) is kind
    assert kind_of(right, left) is kind


def node(body: str) -> Node:
    found = answer(body).reply
    assert isinstance(found, Node)
    return found


def test_the_place_of_a_difference_is_named():
    other = rows(ROW.format(1, NAME.format("base64", "Yg==")), TWO)
    assert list(places(node(PLAIN), node(other))) == [("[0].name", "<string> 'a'", "<base64> 'b'")]
    assert list(places(node(PLAIN), node(rows(TWO)))) == [
        ("length", "2 items", "1 item"),
        ("[0].id", "<int> 1", "<int> 2"),
        ("[0].name", "<string> 'a'", "missing"),
    ]


def test_what_only_the_wire_shows_is_left_out_if_asked():
    other = rows(ROW.format(1, NAME.format("base64", "YQ==")), ROW.format(3, ""))
    assert list(places(node(PLAIN), node(other), wire=False)) == [("[1].id", "<int> 2", "<int> 3")]


def test_two_servers_are_compared_and_named():
    with (
        fakepw.serve("fixtures/demo.json", instance="3.2-py3-sqlite") as one,
        fakepw.serve("fixtures/demo.json", instance="2.2-py2-sqlite") as other,
    ):
        words = ("diff", one.url, other.url, "--select", "SIG")
        text = CliRunner().invoke(main, words)
        found = CliRunner().invoke(main, (*words, "--json"))
        alike = CliRunner().invoke(main, ("diff", one.url, one.url, "--select", "SIG"))
    assert text.exit_code == found.exit_code == 1
    assert outputs.told("diff", found.output)["different"]
    assert "A  " + one.url in text.output
    assert "Python 2" in text.output
    assert "  at " in text.output
    assert "the same fault in other words (" in text.output
    report = json.loads(found.output)
    assert report["servers"][1]["url"] == other.url
    assert report["compared"] == report["planned"] > 20
    assert {each["kind"] for each in report["different"]} <= set(Kind)
    assert f"{len(report['different'])} of {report['compared']} answers differ" in text.output
    assert alike.exit_code == 0
    assert "0 of " in alike.output


def test_servers_that_cannot_be_asked_are_inconclusive():
    done = CliRunner().invoke(main, ("diff", "http://127.0.0.1:9", "http://127.0.0.1:9"))
    assert done.exit_code == 3
    assert "nothing listens" in done.output
