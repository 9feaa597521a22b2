"""What real Pythons make of request bodies and of our documentation, kept in files.

    python -m tests.protocol.interpreters PYENV_VERSIONS_FOLDER

asks every interpreter that an instance stands on and writes the files anew.  Each line of
`interpreters.jsonl.xz` has a body (base64) and what `loads` said of it; Pythons that said the same
share an entry.  `pydoc/MARKUP.html` is the page that DocXMLRPCServer makes of our methods' words.
"""

from __future__ import annotations

import base64
import binascii
import json
import lzma
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from fakepw.patchwork.instances.instances import instance, names
from fakepw.patchwork.instances.stacks import DJANGO_STACKS
from fakepw.patchwork.patchwork import Patchwork
from fakepw.patchwork.rows.rows import Dataset
from fakepw.protocol import documentation
from tests.memory import kept

from .bodies import corpus


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]


FOLDER = Path(__file__).parent
FILE = FOLDER / "interpreters.jsonl.xz"
PYTHONS = tuple(
    sorted(
        {each for _, pythons in DJANGO_STACKS.values() for each in pythons.values()}, key=_numbers
    )
)

#: Runs on Python 2.7 and 3.x: hex bodies in, outcomes as JSON out, a line each.
_ASK = r"""
import sys, json, binascii
try:
    import xmlrpclib as x
    text, big, py2 = unicode, long, True
except ImportError:
    import xmlrpc.client as x
    text, big, py2 = str, int, False
from decimal import Decimal

def readable(s):
    if isinstance(s, text):
        return s
    try:
        return s.decode("utf-8")
    except UnicodeDecodeError:
        return u"".join(unichr(ord(c) if ord(c) < 128 else 0xdc00 + ord(c)) for c in s)

def plain(v):
    if v is None:
        return ["nil"]
    if isinstance(v, bool):
        return ["boolean", v]
    if isinstance(v, (int, big)):
        return ["int", "%x" % v]
    if isinstance(v, float):
        return ["double", repr(v)]
    if isinstance(v, Decimal):
        return ["decimal", str(v)]
    if isinstance(v, (text, bytes)):
        return ["string", readable(v)]
    if isinstance(v, list):
        return ["array", [plain(i) for i in v]]
    if isinstance(v, dict):
        items = [[plain(k), plain(w)] for k, w in v.items()]
        return ["struct", sorted(items, key=json.dumps) if py2 else items]
    if isinstance(v, x.Binary):
        return ["base64", binascii.hexlify(v.data).decode("ascii")]
    return ["date", readable(v.value)]

def outcome(body):
    try:
        params, method = x.loads(body)
    except x.Fault as f:
        return {"fault": [plain(f.faultCode), plain(f.faultString)]}
    except Exception as e:
        return {"error": readable("%s:%s" % (type(e), e))}
    return {"method": method, "params": [plain(p) for p in params]}

for line in sys.stdin:
    print(json.dumps(outcome(binascii.unhexlify(line.strip())), sort_keys=True))
"""


@kept
def outcomes() -> tuple[tuple[bytes, dict[str, Any]], ...]:
    """The bodies, and for each Python (`3.12.1`) what it made of them."""
    with lzma.open(FILE) as lines:  # json: msgspec refuses lone surrogates
        return tuple(_entry(json.loads(line)) for line in lines)


def _entry(line: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    said = {python: what for pythons, what in line["said"] for python in pythons.split()}
    return base64.b64decode(line["body"]), said


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    bodies = corpus(mutants=4000)
    asked = "".join(f"{body.hex()}\n" for body in bodies).encode()
    said = {
        python: subprocess.run(
            [folder / python / "bin" / "python", "-c", _ASK],
            input=asked,
            stdout=subprocess.PIPE,
            check=True,
        ).stdout.splitlines()
        for python in PYTHONS
    }
    for at, body in enumerate(bodies):
        groups: dict[bytes, list[str]] = {}
        for python in PYTHONS:
            groups.setdefault(said[python][at], []).append(python)
        yield {
            "body": base64.b64encode(body).decode(),
            "said": [[" ".join(who), msgspec.Raw(what)] for what, who in groups.items()],
        }


def a2b_base64(data: bytes) -> bytes:
    """What binascii of Python 3.7 to 3.13.0 makes of base64, character by character.

    Raises binascii.Error, in its words.
    """
    letters = f"{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}+/".encode()
    kept, pads = bytearray(), 0
    for byte in data:
        if byte == ord("="):
            pads += 1
            if len(kept) % 4 >= 2 and len(kept) % 4 + pads >= 4:
                return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))
        elif byte in letters:
            kept.append(byte)
            pads = 0
    if len(kept) % 4 == 1:
        raise binascii.Error(
            f"Invalid base64-encoded string: number of data characters ({len(kept)}) "
            "cannot be 1 more than a multiple of 4"
        )
    if len(kept) % 4:
        raise binascii.Error("Incorrect padding")
    return binascii.a2b_base64(kept)


#: A declaration of any version that expat took before 2.8; since then it takes `1.` and digits.
_VERSION = re.compile(
    r"""\ufeff?<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(["'])([\w.-]*)\1""", re.ASCII
)
_UTF_16 = {
    **dict.fromkeys((b"\xff\xfe", b"<\0"), "utf-16-le"),
    **dict.fromkeys((b"\xfe\xff", b"\0<"), "utf-16-be"),
}


def alike_to_every_expat(body: bytes) -> bool:
    """Whether expats before and since 2.8 read a body alike.

    They differ by the version that it declares, and in UTF-16 by a high surrogate alone.
    """
    codec = _UTF_16.get(body[:2])
    if codec is None:
        text = body.decode("utf-8", "replace")
    else:
        text = body[: len(body) // 2 * 2].decode(codec, "surrogatepass")
        if re.search("[\ud800-\udbff]", text):
            return False
    declared = _VERSION.match(text)
    return declared is None or re.fullmatch(r"1\.[0-9]+", declared[2]) is not None


#: Runs on Python 2.7 and 3.x: signatures, words and introduction as JSON in, the page out.
_DOCUMENT = r"""
import json, sys
try:
    from DocXMLRPCServer import XMLRPCDocGenerator
except ImportError:
    from xmlrpc.server import XMLRPCDocGenerator

class Generator(XMLRPCDocGenerator):
    def __init__(self):
        XMLRPCDocGenerator.__init__(self)
        self.funcs, self.instance = {}, None
    def system_listMethods(self):
        return sorted(self.funcs)

signatures, words, introduction = json.loads(sys.stdin.read())
generator = Generator()
generator.set_server_documentation(str(introduction))
for name in signatures:
    made = {}
    exec("def %s%s: pass" % (name, signatures[name]), made)
    made[name].__doc__ = str(words[name]) if name in words else None
    generator.funcs[str(name)] = made[name]
sys.stdout.write(generator.generate_html_documentation())
"""

#: What is documented: our methods, and one that nobody has said a word about.
SIGNATURES = {**Patchwork(Dataset()).signatures, "wordless": "(text='x', count=-1)"}


def documented(markup: str) -> str:
    """The page as the Pythons with that markup made it."""
    return (FOLDER / "pydoc" / f"{markup}.html").read_text()


def _document(folder: Path) -> None:
    asked = json.dumps([SIGNATURES, documentation.WORDS, documentation.INTRODUCTION]).encode()
    pages: dict[str, set[bytes]] = {}
    for like in map(instance, names()):
        command: list[str | Path] = [folder / like.python / "bin" / "python", "-c", _DOCUMENT]
        said = subprocess.run(command, input=asked, stdout=subprocess.PIPE, check=True).stdout
        pages.setdefault(like.traits.markup, set()).add(said)
    for markup, (page,) in pages.items():
        (FOLDER / "pydoc" / f"{markup}.html").write_bytes(page)


def main(folder: str) -> None:
    """Asks the interpreters and writes the files."""
    _document(Path(folder))
    lines = b"".join(msgspec.json.encode(line) + b"\n" for line in _lines(Path(folder)))
    FILE.write_bytes(lzma.compress(lines, preset=9 | lzma.PRESET_EXTREME))
    print(f"{FILE.name}: {lines.count(10)} bodies, {FILE.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
