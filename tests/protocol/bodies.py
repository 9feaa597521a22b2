"""Request bodies, sound and broken, on which decoders are compared."""

from __future__ import annotations

import random
import re
import xmlrpc.client
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from tests import recordings

_HEAD = "<m><methodName>a</methodName><value>"
_TAIL = "</value></m>"

_VALUES: dict[str, tuple[str, ...]] = {
    "int": (
        *("1", "-1", " 1 ", "+1", "", " ", "-", "--1", "- 1", "+ 1", "- 99999999999999999999"),
        *("010", "0x10", "0b1", "1 2", "1\n2", "1_0", "1__0", "_1", "1_", "1L", "1.0", "1e3"),
        *("9223372036854775808", "-9223372036854775809", "99999999999999999999x", "abc", " new "),
        *("１", "１ ２", "٣", "𝟙", "²", "ü", "é1", "  é", "ф1", "1ф", "it's", "a\"b'", "é'", "\\"),
        *("&#160;1&#8195;", "-&#160;1", "&#133;1", "&#13;&#10;+1&#9;", "1&#28;", "True"),
        *("1" * 300, "x" * 300, "1" * 4300, "1" * 4301, "1" * 5000, " -" + "1_" * 5000 + "1"),
        *("фф", "1ффx", "佐藤 ü", "1 佐 藤", "ф\u180eф", "\u180e1", "1𝄞", "1𝄞𝄞"),
        *("x" + "1" * 5000, "é" * 150, "é" * 250, "-" + "9" * 4300, "+" + "9" * 4301),
    ),
    "double": (
        *("1", "1.5", "", " ", "\n", "1e", "1e5", ".5", "5.", ".", "+.5e-3 ", "-", "1.5.5", "nan"),
        *("1.5 5", "inf inity", "-inf", "infinity", "INF", "iNfInItY", "-nan", "infinit", "infx"),
        *("nanx", "nan()", "1_0", "1__0", "_1", "1_", "1_.0", "1e1_0", "1,5", "0x10", "0x1p3"),
        *("1.e5", "1.5e+", "1e5.5", "+ 1", "--1", " abc ", "1d5", "1L", "1j", "1e400", "-1e99999"),
        *("1e-99999", "ü", "ü1", "1é", "é.5", "é'", "\\", "ф", "1ф", "１", "𝟙.𝟙", "²"),
        *("фф", "1ффx", "ф\u180eф", "\u180e1"),
        *("&#160;1.5&#8195;", "&#160; x&#8195;", "x" * 300, "1" * 300 + "x", "3.141592653589793"),
    ),
    "boolean": ("0", "1", "2", "", "true", " 1", "ü", "01"),
    "base64": (
        *("MQ==", "", "!!", "M", "MQ", "MQ=", "MQ==x", "AAAA=", "AA=A", "=", "====", "AA==AAAA"),
        *("AAA=AA==", "A A A A", "AA-_", "AAAAA", "AAAA A", "A!", "A!!!A==", "=AAA", "A=A="),
        *("AA= =", "A==", "AAAAA==", "AAAAAA=", "AAA==", "AA===", "ü", "üé", "aüaé", "A\nA\nAA\n"),
    ),
    "dateTime.iso8601": ("20160131T23:59:59", "", " x ", "garbage", "ü", "aüéb", "x&#160; "),
    "nil": ("", "x"),
    "string": ("", " a ", "ü", "𝄞", "&lt;a&amp;b&gt;", "<![CDATA[<x>&]]>", "&#13;\r\n", "a" * 9000),
    "bigdecimal": ("1.5", "abc", " 1_0 ", "", "NaN", "1e5", "ü"),
    **dict.fromkeys(("i1", "i2", "i4", "i8", "biginteger"), ("1", "abc", "")),
    **dict.fromkeys(("float", "name", "ex:nil", "foo", "ü", "param", "data", "x:int"), ("1", "")),
    **dict.fromkeys(("x:y:int", "x:foo", "x:value", "value", "x:array", "INT"), ("1", "")),
}

_STRUCTS = (
    "<name>a</name><int>1</int>",
    "<name>a</name><int>1</int><name>b</name><int>2</int><name>a</name><int>3</int>",
    *(f"{key}<int>1</int>" for key in ("<int>1</int>", "<double>1.5</double>", "<nil/>")),
    *(f"{key}<int>1</int>" for key in ("<boolean>1</boolean>", "<struct/>", "<array/>")),
    *(f"{key}<int>1</int>" for key in ("<base64>MQ==</base64>", "<dateTime.iso8601/>", "<foo/>")),
    "<name>a</name>",
    "<int>1</int>",
    "<value>a</value><name>x</name>",
    "<name>ä</name><int>1</int><name>ä</name><int>2</int>",
    "<int>1</int><int>1</int><boolean>1</boolean><int>2</int><double>1</double><nil/>",
    "",
)

_FAULTS = (
    *("<int>1</int>", "<array/>", "<struct/>", "<nil/>", "abc", "", "<base64>MQ==</base64>"),
    *("<dateTime.iso8601/>", "<boolean>1</boolean>", "<double>1</double>", "ü"),
    "<i8>99999999999999999999</i8>",
    *("<array><data><int>1</int></data></array>", "<bigdecimal>1</bigdecimal>"),
    "<struct><name>faultCode</name><int>1</int></struct>",
    "<struct><name>faultString</name><int>1</int></struct>",
    "<struct><name>faultCode</name><int>1</int><name>x</name><int>1</int></struct>",
    "<struct><name>faultString</name>x<name>faultCode</name><int>7</int></struct>",
    "<struct><name>faultString</name><nil/><name>faultCode</name>y<name>x</name><nil/></struct>",
    "<struct><name>faultString</name><nil/><name>faultCode</name>y<name>self</name><nil/></struct>",
    "<struct><name>self</name><int>1</int></struct>",
    "<struct><int>1</int><int>1</int></struct>",
    "<struct><name>faultString</name><string>ü&lt;</string><name>faultCode</name><i8>-1</i8></struct>",
)

_WHOLE = (
    *("", " ", "<", "<m", "<m/>", "<m></m>", "<params/>", "<fault/>", "<m><fault/></m>", "\n\n"),
    *("<m><fault>x</fault></m>", "<m><array><fault>x</fault></array><params/></m>", "hello"),
    *("<m><params/><fault/></m>", "<m><fault/><params/></m>", "<m><methodName>ü</methodName></m>"),
    *("<m><params/><array><x:array/></array></m>", "<m><params/><x:array>1</x:array></m>"),
    *("<a></b>", "<a/><b/>", "<a/>junk", "<a b=1/>", "<a b='1' b='2'/>", "<a b='<'/>", "<a/\0>"),
    *("<!-- -- --><a/>", "<a><!-- --- --></a>", "<?xml version='1.1'?><params/>", "<?x?><params/>"),
    *("<?xml version='2.0'?><a/>", "<?xml ?><a/>", "\n<?xml version='1.0'?><a/>", "<params/>&amp;"),
    *("<a>]]></a>", "<a>&nosuch;</a>", "<a>&#xD800;</a>", "<a>&#0;</a>", "<a>&#x110000;</a>"),
    *("<a>&;</a>", "<a>&#;</a>", "<a>& </a>", "<a><![CDATA[x</a>", "<a>\x01</a>", "<a>\ufffe</a>"),
    "<!DOCTYPE m [<!ENTITY e 'x'>]><m><params/><value>&e;&e;</value></m>",
    "<!DOCTYPE m [<!ENTITY e '<int>1</int>'>]><m><params/><value>&e;</value></m>",
    "<!DOCTYPE m [<!ENTITY e '<int>'>]><m><params/><value>&e;1</int></value></m>",
    "<!DOCTYPE m [<!ENTITY e '&f;'><!ENTITY f '&e;'>]><m><params/><value>&e;</value></m>",
    "<!DOCTYPE m [<!ENTITY e '&f;'><!ENTITY f 'x'>]><m><params/><value>&e;</value></m>",
    "<!DOCTYPE m [<!ENTITY % p '<!ENTITY e \"x\">'> %p;]><m><params/><value>&e;</value></m>",
    "<!DOCTYPE m SYSTEM 'http://[::1]:1/' [<!ENTITY a '1'>]><m><params/><value>&e;&a;</value></m>",
    "<!DOCTYPE m [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><m><params/><value>&e;</value></m>",
    "<!DOCTYPE m [<!ATTLIST value x CDATA 'd'>]><m><params/><value y='1'>1</value></m>",
    "<!DOCTYPE m [<!ENTITY e 'x'>]><m><params/><value a='&e;'>&e;</value></m>",
    *(
        f"<?xml version='1.0' encoding='{name}'?><m><params/><value>ü</value></m>"
        for name in ("utf-8", "UTF8", "iso-8859-1", "us-ascii", "utf-16", "utf-7", "shift_jis")
    ),
    *(
        f"<?xml version='1.0' encoding='{name}'?><m><params/><value>ü</value></m>"
        for name in ("koi8-r", "cp037", "utf-32", "nosuch", "big5", "windows-1252", "latin-1", "")
    ),
)


def handpicked() -> Iterator[bytes]:
    """Every corner that we know of."""
    for kind, texts in _VALUES.items():
        for text in texts:
            yield f"{_HEAD}<{kind}>{text}</{kind}>{_TAIL}".encode()
    for members in _STRUCTS:
        yield f"{_HEAD}<struct>{members}</struct>{_TAIL}".encode()
    for fault in _FAULTS:
        yield f"<m><fault><value>{fault}</value></fault></m>".encode()
    for text in _WHOLE:
        yield text.encode()
        if text.isascii() and "encoding" not in text:
            yield text.encode("utf-16")
    yield b"\xef\xbb\xbf<m><params/></m>"
    yield "<m><params/><value>ü</value></m>".encode("latin-1")
    yield b"<m><params/><value>\xed\xa0\x80</value></m>"
    yield b"<m><params/><value>\xc0\x80</value></m>"
    yield b"<m><params/><value>\xf4\x90\x80\x80</value></m>"
    yield "<m><params/><value>𝄞</value></m>".encode("utf-16-le")
    yield "<m><params/></m>".encode("utf-32")


def samples() -> Iterator[bytes]:
    """Calls as clients send them: the recorded ones of each kind, and all types at once."""
    seen = set()
    for call in recordings.calls():
        body = b"" if call.op or call.big else call.sent
        shape = re.sub(rb"(?<=>)[^<]+(?=<)", b"", body)
        if 0 < len(body) < 3000 and shape not in seen:
            seen.add(shape)
            yield body
    when = xmlrpc.client.DateTime(datetime(2016, 2, 29, 12, 34, 56))
    everything: tuple[Any, ...] = (
        *(1, -5, 2.5, True, None, "text", "ü & <b>", b"bytes", when, [1, ["x", None]], {}),
        {"id": 1, "name__icontains": "x", "id__in": [1, 2], "a": {"b": {"c": [True, b"\0"]}}},
    )
    yield xmlrpc.client.dumps(everything, "patch_list", allow_none=True).encode()


_TAGS = [
    *("methodCall", "methodName", "params", "param", "value", "array", "data", "struct", "member"),
    *("name", "int", "i4", "string", "boolean", "double", "base64", "nil", "fault", "foo"),
]
_SNIPPETS = [
    *(b"<int>1</int>", b"<value>x</value>", b"<nil/>", b"&amp;", b"&lt;", b"&nosuch;", b"&#65;"),
    *(b"<!-- c -->", b"<![CDATA[<&]]>", b"<?pi x?>", b"\r\n", b"\0", b"\xc3\xbc", b"\xff", b" "),
    *(b"<", b">", b"</", b"</value>", b"<value>", b"<struct>", b"</struct>", b"]]>", b"'", b'"'),
]


def _flip(body: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(body))
    return body[:at] + bytes([rng.randrange(256)]) + body[at + 1 :]


def _truncate(body: bytes, rng: random.Random) -> bytes:
    return body[: rng.randrange(len(body))]


def _insert(body: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(body))
    return body[:at] + rng.choice(_SNIPPETS) + body[at:]


def _cut(body: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(body))
    return body[:at] + body[at + rng.randrange(1, 20) :]


def _tags(body: bytes, rng: random.Random, change: Callable[[bytes], bytes]) -> bytes:
    found = list(re.finditer(rb"</?[^<>]+>", body))
    if not found:
        return body
    tag = rng.choice(found)
    return body[: tag.start()] + change(tag[0]) + body[tag.end() :]


def _drop_tag(body: bytes, rng: random.Random) -> bytes:
    return _tags(body, rng, lambda tag: b"")


def _double_tag(body: bytes, rng: random.Random) -> bytes:
    return _tags(body, rng, lambda tag: tag + tag)


def _unwrap(body: bytes, rng: random.Random) -> bytes:
    name = rng.choice(_TAGS).encode()
    return re.sub(rb"</?" + name + rb"/?>", b"", body)


def _rename(body: bytes, rng: random.Random) -> bytes:
    old, new = rng.choice(_TAGS).encode(), rng.choice([*_TAGS, "i8", "ex:nil", "float", "m:int"])
    return re.sub(rb"(</?)" + old + rb"(?=[/>])", rb"\1" + new.encode(), body)


def _retype(body: bytes, rng: random.Random) -> bytes:
    """One value's text becomes one of the odd texts of some type, under that type's tag."""
    kind = rng.choice(list(_VALUES))
    text = rng.choice(_VALUES[kind])
    value = f"<value><{kind}>{text}</{kind}></value>".encode()
    found = list(re.finditer(rb"<value><(\w+)>[^<]*</\1></value>", body))
    if not found or len(text) > 100:
        return body
    old = rng.choice(found)
    return body[: old.start()] + value + body[old.end() :]


def _recode(body: bytes, rng: random.Random) -> bytes:
    name = rng.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32"))
    return body.decode(errors="replace").encode(name)


_MUTATIONS = [
    *(_flip, _flip, _truncate, _insert, _insert, _cut, _drop_tag, _drop_tag, _double_tag),
    *(_unwrap, _unwrap, _rename, _rename, _retype, _retype, _retype, _recode),
]


def mutant(body: bytes, rng: random.Random) -> bytes:
    """The body with one to three things broken."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        if body:
            body = rng.choice(_MUTATIONS)(body, rng)
    return body


def corpus(mutants: int, seed: int = 1) -> list[bytes]:
    """All of the above, and that many mutants of the samples, none twice."""
    rng = random.Random(seed)
    known = list(samples())
    made = (mutant(rng.choice(known), rng) for _ in range(mutants))
    return list(dict.fromkeys((*handpicked(), *known, *made)))
