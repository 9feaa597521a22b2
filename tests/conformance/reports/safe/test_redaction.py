"""No password and no Authorization value gets out, whatever went wrong before."""

from __future__ import annotations

import base64
import json
import urllib.parse
import xmlrpc.client
from dataclasses import replace

import pytest

from conformance.reports import KINDS, write
from conformance.reports.safe.redaction import clean, redact
from conformance.requirements.catalogue import Level
from conformance.target import secrecy
from conformance.target.exchange import Basic, call
from conformance.verdicts.verdicts import Deviation, Evidence, Outcome, Verdict

from .. import builders

#: Passwords as people have them, and as they would hide in an encoding.
PASSWORDS = ["correct horse", "pä<ss>&'\"w/o+rd", "hunter22", "p?q%", "line\\back"]
NUMBER = builders.ids(Level.MUST)[0]


def token(password: str) -> str:
    return base64.b64encode(f"kim:{password}".encode()).decode()


def echoes(password: str) -> list[str]:
    """The ways in which a server may send it back."""
    return [
        f"you said {password}",
        f"Authorization: Basic {token(password)}",
        f"HTTP_AUTHORIZATION = Basic {token(password)} in the environment",
        xmlrpc.client.dumps((password,)),
        xmlrpc.client.dumps((xmlrpc.client.Binary(f"a long line {password}".encode() * 9),)),
        json.dumps({"password": password, "Authorization": f"Basic {token(password)}"}),
        urllib.parse.quote(password, safe=""),
        urllib.parse.urlencode({"p": password}),
        repr([password]),
        *spellings(password),
        *(base64.b64encode(b"x" * n + password.encode() + b"yz").decode() for n in range(3)),
        f"https://kim:{urllib.parse.quote(password, safe='')}@patchwork.example.com/",
    ]


def leaky(password: str):
    """A run in which every field that can hold a text holds them all."""
    text = "\n".join(echoes(password))
    shown = Evidence(
        call=text,
        answer=text,
        request=f"POST / HTTP/1.1\r\nAuthorization: Basic {token(password)}\r\n\r\n{text}".encode(),
        response=text.encode(),
        curl=f"curl -H 'Authorization: Basic {token(password)}' -u kim:'{password}' # {text}",
        python=text,
        stored={
            "headers": [["Authorization", f"Basic {token(password)}"], ["X", text]],
            "authorization": f"Basic {token(password)}",
            "body_b64": base64.b64encode(text.encode()).decode(),
            "credentials": "Basic {token}",
        },
    )
    failed = Verdict(NUMBER, Outcome.FAIL, text, Deviation(text, text, text), (shown,))
    others = [
        replace(failed, id=number, outcome=outcome, excused=text if outcome == "fail" else "")
        for number, outcome in zip(builders.ids(Level.MUST)[1:], Outcome, strict=False)
    ]
    return builders.run_of(
        failed,
        *others,
        url=f"https://kim:{password}@patchwork.example.com/",
        trouble=text,
        problems=[text],
        card={"said": text, text: [text, {text: text}]},
        settings={"password": password, "why": text},
    )


def decodings(text: str) -> list[str]:
    """A report, and whatever is base64 in it."""
    found = [text]
    for word in text.replace('"', " ").replace(">", " ").replace("<", " ").split():
        try:
            found.append(base64.b64decode(word, validate=True).decode("utf-8", "replace"))
        except ValueError:
            continue
    return found


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_format_holds_a_password_in_any_spelling(kind, password, tmp_path):
    path = tmp_path / "report"
    write(kind, path, leaky(password), secrets=[password])
    text = path.read_text()
    part = base64.b64encode(password.encode()).decode().rstrip("=")[:-1]
    forms = {password, token(password), part, *spellings(password)}
    for shown in decodings(text):
        for form in forms:
            assert form not in shown
    if kind != "badge":
        assert "[redacted]" in text


def spellings(password: str) -> list[str]:
    """Spellings that this test knows by itself, apart from those the code lists."""
    import html

    return [
        html.escape(password),
        password.replace("&", "&amp;").replace("<", "&lt;"),
        urllib.parse.quote(password, safe=""),
        json.dumps(password)[1:-1],
        repr(password)[1:-1],
        "".join(f"%{byte:02x}" for byte in password.encode()),
        "".join(f"&#{ord(c)};" for c in password),
        "".join(f"&#X{ord(c):04X};" for c in password),
        "".join(f"\\u{ord(c):04X}" for c in password),
        "".join(f"\\{byte:03o}" for byte in password.encode()),
        "".join(c if i % 2 else f"%{c.encode().hex('%')}" for i, c in enumerate(password)),
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_authorization_values_are_blotted_out_even_if_nobody_names_the_secret(kind):
    text = f"Authorization: Basic {token('hunter22')}"
    shown = Evidence(
        f"said '{text}'",
        f"HTTP_AUTHORIZATION: Basic {token('hunter22')}",
        f"POST / HTTP/1.1\r\n{text}\r\nProxy-Authorization: Bearer abc.def\r\n\r\n".encode(),
        b"",
        f"curl -H '{text}'",
        "",
        {"authorization": f"Basic {token('hunter22')}", "headers": [["authorization", "s3cret"]]},
    )
    report = KINDS[kind](builders.run_of(builders.failure(NUMBER, "", "", shown)))
    for part in decodings(report):
        for secret in (token("hunter22"), "hunter22", "abc.def", "s3cret"):
            assert secret not in part


def test_the_evidence_of_the_engine_needs_no_net():
    """Made the usual way, evidence is the same before and after."""
    request = call("patch_set", -1, {}, auth=Basic())
    wrong = call("patch_set", -1, {}, auth=f"Basic {token('wrong')}", login=True)
    for item in (request, wrong):
        run = builders.run_of(
            builders.failure(NUMBER, "", "", builders.evidence(item, builders.answer("no")))
        )
        assert clean(run).verdicts == run.verdicts
        assert token("wrong") not in repr(run)


def test_a_run_without_secrets_is_left_as_it_is():
    run = builders.everything()
    assert clean(run) == run


@pytest.mark.parametrize(
    "text",
    [
        "No authentication credentials given",
        "Basic authentication credentials are refused",
        "Authorization: Basic",
        "Authorization: Basic [redacted]",
        "the Authorization: header is not passed on",
        "curl -H 'Authorization: Bearer …'",
        "https://patchwork.example.com:8443/a@b",
        "",
    ],
)
def test_what_is_no_secret_is_left_as_it_is(text):
    assert redact(text, ["hunter22"]) == text


@pytest.mark.parametrize("password", PASSWORDS)
def test_every_spelling_is_found_by_itself(password):
    for text in echoes(password):
        found = redact(f"<{text}>", [password])
        assert "[redacted]" in found, text


def test_a_very_short_password_is_blotted_out_as_a_word():
    assert redact("password 7 of patch 17 is '7'", ["7"]) == (
        "password [redacted] of patch 17 is '[redacted]'"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_report_is_whole_though_there_are_secrets_to_look_for(kind, tmp_path):
    """The larger a document, the more is wrapped up in it: it is looked through line by line."""
    run, path = builders.everything(), tmp_path / "report"
    write(kind, path, run, secrecy.login("kim", "earl-grey"))
    assert path.read_text("utf-8") == KINDS[kind](run)
