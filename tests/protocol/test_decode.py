"""Request bodies mean what the Python under an instance takes them to mean."""

from __future__ import annotations

import base64
import binascii
import random
import string
import tracemalloc
import xmlrpc.client
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fakepw.patchwork.instances.instances import RECORDED, instance
from fakepw.patchwork.words.base64 import decoded
from fakepw.patchwork.words.faults import Fault
from fakepw.patchwork.words.values import Binary, DateTime
from fakepw.protocol.decode import Decoder, _fast
from fakepw.protocol.encode import fault_string
from fakepw.protocol.messages import Echo
from tests.memory import kept

from .bodies import mutant, samples
from .interpreters import PYTHONS, a2b_base64, alike_to_every_expat, outcomes

#: One instance for every Python that was asked.
ON = {instance(name).python: instance(name) for name in RECORDED}


def plain(value: Any) -> Any:
    """The value as `interpreters` writes it."""
    match value:
        case None:
            return ["nil"]
        case bool():
            return ["boolean", value]
        case int():
            return ["int", f"{value:x}"]
        case float():
            return ["double", repr(value)]
        case Decimal():
            return ["decimal", str(value)]
        case str():
            return ["string", value]
        case list():
            return ["array", [plain(item) for item in value]]
        case dict():
            return ["struct", [[plain(key), plain(item)] for key, item in value.items()]]
        case Binary() | xmlrpc.client.Binary():
            return ["base64", value.data.hex()]
        case DateTime() | xmlrpc.client.DateTime():
            return ["date", value.value]
    raise AssertionError(f"no decoder may return a {type(value)}")


def outcome(python: str, body: bytes) -> dict[str, Any]:
    """What our decoder makes of a body on an instance with that Python."""
    traits = ON[python].traits
    try:
        method, params = Decoder(traits)(body)
    except Echo as echo:
        return {"fault": [plain(echo.code), plain(echo.string)]}
    except Fault as fault:
        return {"error": fault_string(fault, traits)}
    return {"method": method, "params": [plain(param) for param in params]}


def unordered(value: Any) -> Any:
    """The same with every struct's members sorted, as Python 2 has an order of its own."""
    if isinstance(value, list) and value[:1] == ["struct"]:
        return ["struct", sorted(([unordered(m) for m in pair] for pair in value[1]), key=str)]
    if isinstance(value, list):
        return [unordered(item) for item in value]
    if isinstance(value, dict):
        return {key: unordered(item) for key, item in value.items()}
    return value


#: Bodies that are no UTF-8 and on which we differ from these Pythons: up to 2.4.4 their expat let
#: stray bytes pass in the names of tags. Which expat we run on may not show, so ours refuses them.
STRAY_BYTES_IN_NAMES = {"2.7.18": 43, "3.6.15": 44}


def is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("python", PYTHONS)
def test_every_body_means_what_that_python_says(python: str) -> None:
    wrong, stray = [], 0
    for body, said in outcomes():
        ours, theirs = outcome(python, body), said[python]
        if python.startswith("2."):
            ours, theirs = unordered(ours), unordered(theirs)
        if ours == theirs:
            continue
        if python in STRAY_BYTES_IN_NAMES and not is_utf8(body):
            stray += 1
            continue
        wrong.append(f"{body!r}\n  expected {theirs}\n  got      {ours}")
    assert not wrong, f"{len(wrong)} of {len(outcomes())}:\n" + "\n".join(wrong[:10])
    assert stray == STRAY_BYTES_IN_NAMES.get(python, 0)


# Against the standard library of the Python that we run on.

MAIN = instance("main-py3-sqlite").traits


def loads(body: bytes) -> dict[str, Any]:
    """What xmlrpc.client makes of a body, in the same form as `outcome`.

    Of base64 with the binascii of 3.13.0: later ones read other bytes of what has data behind its
    padding, and which of them we run on may not decide a test.
    """
    try:
        with mock.patch.object(base64, "decodebytes", a2b_base64):
            params, method = xmlrpc.client.loads(body)
    except xmlrpc.client.Fault as fault:
        return {"fault": [plain(fault.faultCode), plain(fault.faultString)]}
    except Exception as error:
        return {"error": f"{type(error)}:{error}"}
    return {"method": method, "params": [plain(param) for param in params]}


@given(st.text("AQZaz09+/= \n-", max_size=16))
def test_base64_is_read_as_the_recorded_pythons_read_it(text: str) -> None:
    try:
        theirs: bytes | str = a2b_base64(text.encode())
    except binascii.Error as error:
        theirs = str(error)
    try:
        ours: bytes | str = decoded(text)
    except ValueError as error:
        ours = str(error)
    assert ours == theirs


XML_TEXT = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31 - 1)
    | st.floats()
    | XML_TEXT
    | st.binary().map(xmlrpc.client.Binary)
    | XML_TEXT.map(lambda text: xmlrpc.client.DateTime(text.replace("<", "").replace("&", "")))
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(XML_TEXT, inner), max_leaves=12
)
PARAMS = st.lists(VALUES, max_size=4).map(tuple)


@given(XML_TEXT.filter(bool), PARAMS)
def test_what_can_be_marshalled_is_read_as_the_standard_library_reads_it(
    method: str, params: tuple[Any, ...]
) -> None:
    name = method.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    body = xmlrpc.client.dumps(params, name, allow_none=True).encode()
    assert outcome("3.13.0", body) == loads(body)


@given(st.sampled_from(list(samples())), st.integers(0, 2**32))
def test_broken_bodies_are_read_or_refused_as_the_standard_library_does(
    body: bytes, seed: int
) -> None:
    broken = mutant(body, random.Random(seed))
    assume(alike_to_every_expat(broken))  # else the machine's would decide
    assert outcome("3.13.0", broken) == loads(broken)


@given(st.text(string.ascii_letters + string.digits + "_.-", max_size=6), st.booleans())
def test_whatever_version_is_declared_is_read_as_1_0(version: str, broken: bool) -> None:
    """As by every expat under a real server, whichever we run on."""
    rest = "\n<m><methodName>x</methodName>" + "</n>" * broken + "<value>a</value></m>"
    declared = f"<?xml version='{version}'?>{rest}"
    for codec in ("utf-8", "utf-8-sig", "utf-16"):
        told = outcome("3.13.0", declared.encode(codec))
        assert told == outcome("3.13.0", f"<?xml version='1.0'?>{rest}".encode(codec))
        assert ("error" in told) == broken


def test_what_expats_read_unlike_is_not_put_to_the_one_of_this_machine() -> None:
    body = b"<?xml version='1.0'?>\n<methodCall>\n<methodName>x</methodName></methodCall>"
    assert alike_to_every_expat(body)
    assert not alike_to_every_expat(body.replace(b"1.0", b"7.0"))
    assert not alike_to_every_expat(b"\xff\xfe<\0\x00\xd8a\0>\0")
    assert alike_to_every_expat("\ufeff<m>\U00010000</m>".encode("utf-16-le"))


# The short cut.

#: What calls in the plain form hold, and what nearly has it.
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31 - 1)
    | st.text(st.characters(max_codepoint=127, exclude_categories=["Cc"]))
    | st.sampled_from(["a&b<c>d", "&amp;", "]]>", "\t\n", "\x7f", "&lt;int>1&lt;/int>"])
)
PLAIN_PARAMS = st.lists(PLAIN | st.dictionaries(XML_TEXT, PLAIN), max_size=4).map(tuple)


@given(st.sampled_from(["pw_rpc_version", "patch_list", "a.b", ""]), PLAIN_PARAMS)
def test_the_short_cut_equals_the_long_way(method: str, params: tuple[Any, ...]) -> None:
    body = xmlrpc.client.dumps(params, method or " ", allow_none=True).encode()
    short = _fast(body)
    if short is not None:
        assert repr(short) == repr(Decoder(MAIN).slow(body))


@given(st.sampled_from(["1", "-5", "01", "123456789012345678"]), st.integers(0, 2**32))
def test_the_short_cut_equals_the_long_way_for_broken_calls(number: str, seed: int) -> None:
    params = ({"id": 1, "name": "<x>", "archived": True}, "text", None)
    body = xmlrpc.client.dumps(params, "patch_list", allow_none=True).encode()
    body = mutant(body.replace(b"<int>1<", f"<int>{number}<".encode()), random.Random(seed))
    short = _fast(body)
    if short is not None:
        assert repr(short) == repr(Decoder(MAIN).slow(body))


@pytest.mark.parametrize(
    "params",
    [(), (1,), ("New", 0), ({"project_id": 1, "archived": False, "max_count": -3},), (7, {}, None)],
    ids=repr,
)
def test_calls_as_pwclient_sends_them_take_the_short_cut(params: tuple[Any, ...]) -> None:
    body = xmlrpc.client.dumps(params, "patch_list", allow_none=True).encode()
    assert _fast(body) == ("patch_list", params)


# Hostile bodies.


def bomb(levels: int, base: str = "lol", use: str = "&a{};") -> bytes:
    """Entities that hold ten of the one before, the last used once."""
    declared = [f'<!ENTITY a0 "{base}">']
    declared += [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, levels)]
    doctype = f"<!DOCTYPE m [\n{chr(10).join(declared)}\n]>\n"
    used = use.replace("{}", str(levels - 1))
    return f"{doctype}<m><methodName>&a0;</methodName>\n<value>{used}</value></m>".encode()


LIMIT = "limit on input amplification factor (from DTD and entities) breached"


@kept
def bombs() -> dict[str, tuple[bytes, str]]:
    """Each with where expat says that it stops."""
    return {
        "lol": (bomb(9), "line 13, column 7"),
        "empty": (bomb(9, base=""), "line 13, column 7"),
        "tags": (bomb(9, base="<value>1</value>"), "line 13, column 7"),
        "after lines": (bomb(9, use="<!-- x -->\n \n &a{};"), "line 15, column 1"),
        "large": (bomb(3, base="x" * 100_000), "line 7, column 7"),
        "utf-16": (bomb(9).decode().encode("utf-16"), "line 13, column 7"),
        "flat": (
            f'<!DOCTYPE m [<!ENTITY a "{"x" * 10_000}">]>\n<m>{"&a;" * 2000}</m>'.encode(),
            "line 2, column 2514",
        ),
        "deep": (bomb(200), "line 204, column 7"),
    }


@pytest.mark.parametrize("kind", bombs())
def test_entity_bombs_are_refused_in_the_words_of_expat_and_cost_nothing(kind: str) -> None:
    body, where = bombs()[kind]
    tracemalloc.start()
    try:
        with pytest.raises(Fault) as caught:
            Decoder(MAIN)(body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.kind == "xml.parsers.expat.ExpatError"
    assert caught.value.text == f"{LIMIT}: {where}"
    assert peak < 4 * 2**20


@pytest.mark.parametrize("kind", [kind for kind in bombs() if kind != "deep"])
def test_expat_itself_stops_entity_bombs_at_the_same_place(kind: str) -> None:
    assert loads(bombs()[kind][0]) == outcome("3.13.0", bombs()[kind][0])


def declaring(declarations: str, content: str = "") -> bytes:
    return f"<!DOCTYPE m [{declarations}]><m><methodName>a</methodName>{content}</m>".encode()


def chain(length: int, last: str) -> str:
    """Entities of which each holds the next one, declared outermost first."""
    inner = (f'<!ENTITY e{n} "&e{n + 1};">' for n in range(length))
    return "".join(inner) + f'<!ENTITY e{length} "{last}">'


def attributes(count: int, kind: str) -> str:
    return "<!ATTLIST v " + "".join(f"a{n} CDATA {kind} " for n in range(count)) + ">"


@kept
def tangles() -> dict[str, bytes]:
    """Declarations that take expat's stack, or minutes of its time."""
    return {
        "nested": declaring(chain(60_000, "x"), "<value>&e0;</value>"),
        "nested in a default": declaring(chain(60_000, "x") + '<!ATTLIST v a CDATA "&e0;">'),
        "in a circle": declaring(chain(60_000, "&e0;"), "<value>&e0;</value>"),
        "doubling": declaring(
            "".join(f'<!ENTITY e{n} "&e{n - 1};&e{n - 1};">' for n in range(60_000)), "&e59999;"
        ),
        "attributes": declaring(attributes(60_000, '""')),
        "attributes, one at a time": declaring("<!ATTLIST v a CDATA #IMPLIED>" * 60_000),
        "attributes of many tags": declaring(attributes(1000, "#IMPLIED"), "<v/>" * 300_000),
        "defaults": declaring(
            '<!ATTLIST v a CDATA "&e0;">' + "".join(f'<!ENTITY e{n} "">' for n in range(60_000))
        ),
    }


@pytest.mark.parametrize("kind", tangles())
def test_tangled_declarations_are_refused_before_they_cost_anything(kind: str) -> None:
    with pytest.raises(Fault) as caught:
        Decoder(MAIN)(tangles()[kind])
    assert LIMIT in caught.value.text or "undefined entity" in caught.value.text
    assert caught.value.kind == "xml.parsers.expat.ExpatError"


@pytest.mark.parametrize(
    "body",
    [
        declaring(chain(900, "x"), "<value>&e0;</value>"),
        declaring(chain(300, "&e0;"), "<value>&e0;</value>"),
        declaring(attributes(50, '"x"') + attributes(50, "#IMPLIED"), "<v/>" * 1000),
        declaring("<!ENTITY e 'x'>" + attributes(100, '"&e;&e;"'), "<value a='&e;'>&e;</value>"),
    ],
)
def test_declarations_of_a_common_size_are_read_as_the_standard_library_does(body: bytes) -> None:
    assert outcome("3.13.0", body) == loads(body)


@pytest.mark.parametrize("python", PYTHONS)
def test_entity_bombs_are_refused_under_every_python(python: str) -> None:
    assert LIMIT in outcome(python, bomb(9))["error"]


def test_a_bomb_in_an_attributes_default_is_refused() -> None:
    body = bomb(8).replace(b"\n]>", b'\n<!ATTLIST value x CDATA "&a7;&a7;">\n]>')
    with pytest.raises(Fault, match="amplification"):
        Decoder(MAIN)(body)


def test_small_entities_are_expanded() -> None:
    assert Decoder(MAIN)(bomb(4)) == ("lol", ("lol" * 1000,))


def test_a_bomb_that_is_declared_but_never_used_is_no_harm() -> None:
    assert Decoder(MAIN)(bomb(9, use="<!-- &a{}; --><![CDATA[&a{};]]>")) == ("lol", ("&a8;",))


@pytest.mark.parametrize("url", ["file://{}", "{}"])
def test_external_entities_are_never_read(tmp_path: Path, url: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    declared = f'<!DOCTYPE m [<!ENTITY e SYSTEM "{url.format(secret)}">]>'
    body = f"{declared}<m><methodName>a</methodName><value>[&e;]</value></m>"
    assert Decoder(MAIN)(body.encode()) == ("a", ("[]",))


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("kind", ["int", "double", "bigdecimal", "base64"])
def test_a_number_of_a_million_digits_is_read_or_refused_at_once(python: str, kind: str) -> None:
    digits = "9" * 1_000_000
    body = f"<m><methodName>a</methodName><value><{kind}>{digits}</{kind}></value></m>"
    assert set(outcome(python, body.encode())) <= {"method", "params", "error"}
    long = f"<m><methodName>a</methodName><value><{kind}>1e9999999</{kind}></value></m>"
    (value,) = outcome(python, long.encode()).get("params") or [["none", ""]]
    assert len(value[1]) < 20


def test_deep_nesting_is_read() -> None:
    depth = 100_000
    body = b"<m><methodName>a</methodName>" + b"<array>" * depth + b"</array>" * depth + b"</m>"
    _, (value,) = Decoder(MAIN)(body)
    reached = 0
    while value:
        (value,) = value
        reached += 1
    assert reached == depth - 1
