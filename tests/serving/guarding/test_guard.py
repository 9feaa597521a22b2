"""Who may steer a double, and which web pages may not."""

from __future__ import annotations

import base64
import json

import pytest

import fakepw
from fakepw.serving.guarding.guard import control_of

from ..wire import Answer, Wire

TOKEN = "correct-horse.battery~staple"


@pytest.fixture(scope="module")
def double():
    with fakepw.serve("tiny") as double:
        yield double


@pytest.fixture(scope="module")
def public():
    """One that others can reach."""
    with fakepw.serve("tiny", host="0.0.0.0") as double:
        yield double


@pytest.fixture(scope="module")
def locked():
    with fakepw.serve("tiny", host="0.0.0.0", control=TOKEN) as double:
        yield double


def send(double: fakepw.LiveServer, line: str, *headers: tuple[str, str], body: str = "") -> Answer:
    fields = [*headers, ("Content-Length", str(len(body)))]
    if not any(name == "Host" for name, _ in headers):
        fields.insert(0, ("Host", f"127.0.0.1:{double.port}"))
    text = "".join(f"{name}: {value}\r\n" for name, value in fields)
    with Wire(double.port) as wire:
        wire.send(f"{line} HTTP/1.1\r\n{text}\r\n{body}".encode())
        return wire.answer()


def error(answer: Answer) -> str:
    """The sentence of a refusal, which is all that it says."""
    assert answer.get("Content-Type") == "application/json"
    text: str
    (text,) = json.loads(answer.body).values()
    assert text
    assert "\n" not in text
    return text


HEALTH, STATE, RESET = "GET /_fakepw/health", "GET /_fakepw/state", "POST /_fakepw/reset"
JSON = ("Content-Type", "application/json")


# What a page of another site can send.

FORMS = [
    ("application/x-www-form-urlencoded", "a=b"),
    ("multipart/form-data; boundary=x", "--x--"),
    ("text/plain", '{"fixture": "tiny"}'),
    ("text/plain; charset=application/json", "{}"),
    ("", ""),
]


@pytest.mark.parametrize(("kind", "body"), FORMS)
@pytest.mark.parametrize("path", ["reset", "load", "rules", "clock"])
def test_no_form_of_another_site_changes_anything(double, kind, body, path):
    """A browser that says nothing of where the form is from."""
    headers = [("Content-Type", kind)] if kind else []
    answer = send(double, f"POST /_fakepw/{path}", *headers, body=body)
    assert answer.status == 415
    assert "takes Content-Type: application/json" in error(answer)


@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_changes_something(double, kind):
    assert send(double, RESET, ("Content-Type", kind)).status == 200


@pytest.mark.parametrize("headers", [[JSON, JSON], [JSON, ("Content-Type", "text/plain")]])
def test_two_content_types_are_none(double, headers):
    assert send(double, RESET, *headers).status == 415


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://127.0.0.1.evil.example",
        "null",
        "http://127.0.0.1:1",
        "http://localhost:{port}",
        "http://127.0.0.1:{port}@evil.example",
        "file://",
        "",
    ],
)
@pytest.mark.parametrize("line", [HEALTH, STATE, RESET])
def test_a_foreign_origin_is_refused(double, origin, line):
    answer = send(double, line, ("Origin", origin.format(port=double.port)), JSON)
    assert answer.status == 403
    assert "Origin" in error(answer)


def test_the_page_of_the_double_itself_may_steer_it(double):
    own = ("Origin", f"http://127.0.0.1:{double.port}")
    assert send(double, RESET, own, JSON, ("Sec-Fetch-Site", "same-origin")).status == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("line", [HEALTH, STATE, RESET])
def test_what_the_browser_calls_another_site_is_refused(double, site, line):
    answer = send(double, line, ("Sec-Fetch-Site", site), ("Sec-Fetch-Mode", "no-cors"), JSON)
    assert answer.status == 403
    assert "another site" in error(answer)


def test_a_link_from_another_site_may_lead_here_but_change_nothing(double):
    followed = [
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
    ]
    assert send(double, HEALTH, *followed).status == 200
    assert send(double, RESET, *followed, JSON).status == 403
    framed = [*followed[:2], ("Sec-Fetch-Dest", "iframe")]
    assert send(double, HEALTH, *framed).status == 403


def test_no_preflight_is_ever_granted(double):
    asked = [
        ("Origin", "http://evil.example"),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type"),
    ]
    answer = send(double, "OPTIONS /_fakepw/reset", *asked)
    assert answer.status == 403
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]


def test_what_is_answered_is_not_stored_nor_shown_elsewhere(double):
    answer = send(double, STATE)
    assert answer.get("Cache-Control") == "no-store"
    assert answer.get("X-Content-Type-Options") == "nosniff"
    assert answer.get("Cross-Origin-Resource-Policy") == "same-origin"


# By which name it is asked: DNS can make a name of anybody's mean this machine.


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "192.0.2.1", "127.0.0.1.evil.example", ""]
)
@pytest.mark.parametrize("line", [HEALTH, STATE, RESET])
def test_on_loopback_a_foreign_host_is_refused(double, host, line):
    answer = send(double, line, ("Host", host.format(port=double.port)), JSON)
    assert answer.status == 403
    assert "but this server is 127.0.0.1, localhost or [::1]" in error(answer)


def test_a_foreign_host_in_an_absolute_target_is_refused(double):
    answer = send(double, "GET http://evil.example/_fakepw/state")
    assert answer.status == 403


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:{port}", "127.0.0.1", "127.1.2.3:{port}", "[::1]:{port}"]
)
def test_on_loopback_every_name_of_loopback_will_do(double, host):
    assert send(double, STATE, ("Host", host.format(port=double.port))).status == 200


@pytest.mark.parametrize("host", ["192.0.2.1:{port}", "double", "pw.ci.internal", "[2001:db8::1]"])
def test_elsewhere_it_is_asked_by_addresses_and_names_that_nobody_can_own(public, host):
    assert send(public, STATE, ("Host", host.format(port=public.port))).status == 200


def test_elsewhere_a_name_that_somebody_can_own_needs_a_token(public, locked):
    host = ("Host", "pw.example.org")
    answer = send(public, STATE, host)
    assert answer.status == 403
    assert "without a token" in error(answer)
    assert send(locked, STATE, host, ("Authorization", f"Bearer {TOKEN}")).status == 200


@pytest.mark.parametrize("host", ["evil.example", "192.0.2.1"])
def test_the_api_itself_is_answered_by_any_name(double, host):
    """As real servers are, and as a proxy or a container's network call it."""
    body = "<methodCall><methodName>pw_rpc_version</methodName></methodCall>"
    answer = send(double, "POST /xmlrpc/", ("Host", host), ("Origin", "null"), body=body)
    assert answer.status == 200


# The token.


def test_with_a_token_nothing_goes_without_it(locked):
    basic = base64.b64encode(f"x:{TOKEN}".encode()).decode()
    for given in (
        [],
        [("Authorization", "Bearer")],
        [("Authorization", "Bearer wrong")],
        [("Authorization", f"Bearer {TOKEN}x")],
        [("Authorization", f"Basic {basic}")],
        [("Authorization", f"Bearer {TOKEN}"), ("Authorization", "Bearer wrong")],
        [("Authorization", "Bearer \xe4")],
    ):
        for line in (HEALTH, STATE, RESET, "GET /_fakepw/nosuch"):
            answer = send(locked, line, *given, JSON)
            assert answer.status == 401
            assert answer.get("WWW-Authenticate") == 'Bearer realm="fakepw"'
            assert TOKEN not in error(answer)


def test_with_its_token_everything_goes(locked):
    bearer = ("Authorization", f"bearer {TOKEN}")
    for line in (HEALTH, STATE, RESET):
        assert send(locked, line, bearer, JSON).status == 200
    connected = fakepw.connect(locked.base_url.replace("0.0.0.0", "127.0.0.1"), TOKEN)
    connected.reset()
    assert connected.state() == locked.state()


def test_a_token_is_no_reason_to_trust_another_site(locked):
    bearer = ("Authorization", f"Bearer {TOKEN}")
    assert send(locked, STATE, bearer, ("Origin", "http://evil.example")).status == 403
    assert send(locked, RESET, bearer).status == 415


def test_switched_off_it_is_a_path_as_any_other():
    with fakepw.serve("tiny", control=False) as double:
        for line in (HEALTH, STATE, RESET, "GET /_fakepw/"):
            answer = send(double, line, JSON)
            other = send(double, line.replace("_fakepw", "nosuch"), JSON)
            assert answer.status == other.status
            assert answer.get("Content-Type").startswith("text/html")
        assert send(double, HEALTH).status == 404


@pytest.mark.parametrize(
    ("text", "meant"),
    [("on", True), ("OFF", False), ("a", "a"), (TOKEN, TOKEN), ("abc==", "abc==")],
)
def test_what_control_can_be(text, meant):
    assert control_of(text) == meant


@pytest.mark.parametrize("text", ["", " ", "yes", "False", "0", "two words", "k\u00e4se", "a\nb"])
def test_what_control_cannot_be_is_one_sentence_that_does_not_repeat_it(text):
    with pytest.raises(ValueError, match="control is on, off, or a token") as raised:
        control_of(text)
    assert text.strip() in ("", "yes", "0") or text not in str(raised.value)
    with pytest.raises(ValueError, match="control is on, off, or a token"):
        fakepw.serve("tiny", control=text)
