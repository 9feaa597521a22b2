"""A server that echoes what it was sent, however it bends it, gets no secret out of the suite."""

from __future__ import annotations

import base64
import itertools
import json
import os
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fakepw
from conformance.target import secrecy
from conformance.target.exchange import Answer, Exchange, call, show
from conformance.target.sending.transport import endpoint_of
from conformance.verdicts.evidence import KEPT, evidence_of
from fakepw.generating import generate

from . import servers
from .bending import BENDS, bent

PASSWORDS = ["correct horse", "pä<ss>&'\"w/o+rd", "hunter22", "p?q%xy", "line\\back", "naïve£pw"]
CHAINS = st.lists(st.sampled_from(sorted(BENDS)), min_size=0, max_size=3)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(PASSWORDS), st.integers(0, 4), CHAINS, st.booleans())
def test_any_chain_of_three_is_seen_through(
    password: str, which: int, chain: list[str], marked_up: bool
) -> None:
    words = secrecy.login("kim", password)
    said = bent(words[which % len(words)], chain)
    text = f"<string>{escape(said) if marked_up else said}</string>"
    shown = secrecy.redact(f"HTTP_AUTHORIZATION was {text} in the end", words)
    assert secrecy.BLOT in shown
    assert said not in shown
    assert shown.startswith("HTTP_AUTHORIZATION was")


@pytest.mark.parametrize("chain", [("base64", a, b) for a in BENDS for b in ("XML", "base64")])
def test_base64_of_anything_is_seen_through(chain: tuple[str, ...]) -> None:
    for password in PASSWORDS:
        said = bent(password, chain)
        assert said not in secrecy.redact(f"so: {said}.", secrecy.login("kim", password))


@pytest.mark.parametrize("lost", ["case-folded", "upper case"])
@pytest.mark.parametrize("digits", [bend for bend in BENDS if bend.startswith("base64")])
def test_base64_of_anything_is_known_after_its_case_was_lost(digits: str, lost: str) -> None:
    """Nothing takes base64 off any more, so that each way to bend what is in it has to be known."""
    for bend, password in itertools.product(BENDS, PASSWORDS):
        words = secrecy.login("kim", password)
        for word in words[:2]:
            said = bent(word, (bend, digits, lost))
            assert said not in secrecy.redact(f"so: {said}.", words), (bend, word)


@pytest.mark.parametrize("chain", [(), ("base64",), ("base64", "base64"), ("percent", "base64")])
@pytest.mark.parametrize("limit", [80, 300])
def test_what_is_cut_holds_no_part_of_a_secret(chain: tuple[str, ...], limit: int) -> None:
    password = "correct-horse-battery-staple"
    secrecy.keep(*secrecy.login("kim", password))
    said = bent(password, chain)
    for before in range(limit - len(said) - 10, limit + 10):
        text = "." * max(0, before) + said + "." * 400
        for shown in (show(text, limit), show([text], limit), secrecy.excerpt(text, limit)):
            for size in range(6, len(said) + 1):
                assert said[:size] not in shown


def test_an_answer_that_is_cut_off_holds_no_part_of_a_secret() -> None:
    secrecy.keep(*secrecy.login("kim", "correct-horse"))
    endpoint = endpoint_of("http://127.0.0.1")[0]
    for before in range(KEPT - 80, KEPT, 7):
        answer = Answer(200, (), b"." * before + b"correct-horse" + b"." * 99)
        (item,) = evidence_of(endpoint, [Exchange(call("x"), answer)])
        assert b"correct" not in item.response
        assert len(item.response) <= KEPT


@pytest.mark.parametrize("form", ["utf-16-le", "utf-16-be"])
def test_dumps_mails_and_letters_that_stand_apart_are_seen_through(form: str) -> None:
    for password in PASSWORDS:
        data = password.encode(form)
        quoted = "".join(f"={byte:02X}" for byte in password.encode())
        scripts = "".join(f"%u{ord(c):04x}" for c in password)
        bent = ("\u200b".join(password), data.hex(), data.hex(":"), quoted, scripts)
        for said in (base64.b64encode(data).decode(), *bent):
            assert said not in secrecy.redact(f"so: {said}.", secrecy.login("kim", password))


def test_each_character_is_one_in_lower_case() -> None:
    """Else what was found would be blotted out elsewhere; and it is done at once, not one by one,
    which a single such character would make of a large answer."""
    for code in range(0x110000):
        assert len(secrecy._folded(chr(code))) == 1, hex(code)
    for text in ("x\u0130ODO\u03a3", "x\u0130odo\u03c3y"):
        assert secrecy.redact(text, ["ODO\u03a3"]).startswith(f"x\u0130{secrecy.BLOT}")


@pytest.mark.parametrize("text", ["correct horses", "kim", "Basic", "a" * 5000, "patch 17", ""])
def test_what_is_no_secret_stays(text: str) -> None:
    assert secrecy.redact(text, secrecy.login("kim", "hunter22")) == text


def test_what_could_be_anything_is_not_shown() -> None:
    """Wrapped up so often that looking for more is not worth it."""
    said = "hunter22"
    for _ in range(12):
        said = base64.b64encode(said.encode() * 3).decode()[:200_000]
    assert "hunter22" not in secrecy.redact(said, ["hunter22"])


def everything_under(folder: Path) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.name, path.read_bytes().decode("utf-8", "surrogateescape")


def unpacked(text: str) -> str:
    """A report, and what its members hold in base64."""
    try:
        loaded = json.loads(text)
    except ValueError:
        return text
    found = [text]

    def walk(value: object) -> None:
        if isinstance(value, dict):
            for each in value.values():
                walk(each)
        elif isinstance(value, list):
            for each in value:
                walk(each)
        elif isinstance(value, str):
            found.append(value)
            try:
                raw = base64.b64decode(value, validate=True)
            except ValueError:
                return
            found.append(raw.decode("utf-8", "surrogateescape"))

    walk(loaded)
    return "\n".join(found)


@pytest.mark.parametrize("password", ["earl-grey", "pä<ss>w/o+rd"])
def test_nothing_that_leaves_holds_what_was_echoed(password: str, tmp_path: Path) -> None:
    """One run, of which each login is echoed after another chain of transforms."""
    chains = itertools.cycle([*itertools.combinations(sorted(BENDS), 2), ("base64",) * 3, ()])
    right = base64.b64encode(f"kim:{password}".encode()).decode()
    said: list[str] = []
    leaked: list[str] = []

    def echoes(turn: servers.Turn) -> Iterator[bytes]:
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if f"PPid:\t{run.pid}\n" in (process / "status").read_text():
                    for name in ("environ", "cmdline"):
                        data = (process / name).read_bytes()
                        leaked.extend([name] * (password.encode() in data))
            except OSError:
                continue
        if turn.authorization != f"Basic {right}":  # what the suite makes up is no secret
            yield turn.honest()
            return
        token = turn.authorization.partition(" ")[2]
        secrets = [turn.authorization, token, password]
        said.append(bent(secrets[len(said) % 3], next(chains)))
        text = "<class 'Exception'>:" + "x" * (len(said) * 37 % 300) + said[-1]
        clean = "".join(c if c.isprintable() and c not in "\ufffe\uffff" else "?" for c in text)
        yield servers.written(200, servers.fault(escape(clean)))

    folder = tmp_path / "out"
    folder.mkdir()
    kinds = ("json", "junit", "html", "markdown", "badge")
    words = [sys.executable, "-m", "conformance", "run", "URL", "--username", "kim"]
    words += ["--select", "AUTH", "--select", "WRITE", "--writes", "1", "--journal", str(tmp_path)]
    words += [word for kind in kinds for word in ("--report", f"{kind}={folder / kind}")]
    words += ["--failures", str(folder / "failures")]
    tmp_path.chmod(0o700)
    with servers.misbehaving(echoes) as server:
        words[words.index("URL")] = server.url
        run = subprocess.Popen(
            words,
            env=os.environ | {"PW_CONFORMANCE_PASSWORD": password},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = run.communicate(timeout=300)
    assert run.returncode in (0, 1, 3), err.decode()
    assert said
    assert not leaked
    (folder / "stdout").write_bytes(out)
    (folder / "stderr").write_bytes(err)
    for name, text in everything_under(folder):
        whole = unpacked(text)
        for secret in {password, right, *said}:
            if len(secret) > 5:
                assert secret not in whole, f"{name} holds {secret!r}"


def test_what_honest_servers_answer_stays_as_it_is() -> None:
    """The longest lists that a run asks for, and mails, cost less than what goes unseen."""
    secrecy.keep(*secrecy.login("kim", "earl-grey"))
    rows = fakepw.load("demo"), generate(120, "kernel")
    calls: list[tuple[str, tuple[Any, ...]]] = [
        ("patch_list", ({"max_count": 100},)),
        ("check_list", ({"max_count": 100},)),
        ("person_list", ()),
        ("patch_get", (12,)),
        ("patch_get_mbox", (12,)),
        ("patch_get_diff", (12,)),
    ]
    for patchwork in map(fakepw.Patchwork, rows):
        for method, params in calls:
            body = xmlrpc.client.dumps(params, method).encode()
            head = [(b"host", b"x"), (b"content-length", b"%d" % len(body))]
            request = fakepw.Request(b"POST", b"/xmlrpc/", head, body)
            answer = b"".join(fakepw.respond(request, patchwork).body)
            assert secrecy.redact_bytes(answer) == answer, method
