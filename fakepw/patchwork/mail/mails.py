"""Mail as the `email` package of each emulated Python reads and writes it.

Patchwork leaves the writing of an mbox to its Python, and Pythons differ: in how they fold and
encode a header, what they do to line ends, how they escape (servers.md 2, "py2/py3").  So the text
must not depend on the Python that fakepw happens to run on.  Python 3's header folding has been
the same since 3.6 and comes from the standard library; all the rest is spelt out here, and Python
2's folding in `headers2`.  The facts are CPython's: 2.7.18 and 3.6.15 to 3.13.0.
"""

from __future__ import annotations

import base64
import re
from email.errors import HeaderParseError
from email.header import Header
from email.utils import formataddr
from typing import Protocol

from ..words.faults import Fault
from . import headers2

#: A header's name and its value; the value of a folded one holds its line ends.
Field = tuple[str, str]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_LINE_END = re.compile(r"\r\n|\r|\n")
_FROM_LINE = re.compile("^From ", re.MULTILINE)

#: The widest line of a header, where lines can be folded at all.
_WIDTH = 78


class Email(Protocol):
    """The `email` package of one Python."""

    def stripped(self, text: str) -> str:
        """`text` without the white space around it, by this Python's idea of white space."""

    def address(self, name: str | None, email: str) -> str:
        """A person in a header: `Name <email>`, quoted or encoded as need be.

        Raises Fault if this Python cannot write it.
        """

    def plain(self, text: str) -> str:
        """A text that is to be a header's value as it is.

        Raises Fault if this Python cannot make a header of it.
        """

    def fields(self, headers: str) -> list[Field]:
        """The headers in the text of a mail's head, up to its first line that is none.

        Raises Fault if this Python cannot read it.
        """

    def write(self, from_line: str, fields: list[Field], body: str, *, as_text: bool) -> str:
        """A mail as text: From_ line, the MIME headers of plain text, `fields`, and `body`.

        `as_text`: written as text, which may hold no raw 8-bit data, rather than as bytes; one to
        Python 2.  Raises Fault for a header that this Python refuses to write.
        """


def _split_fields(headers: str, name: str, blanks: str) -> list[Field]:
    """Headers up to the first line that is none: `name` matches those, `blanks` precede values."""
    starts = re.compile(rf"From |{name}:|[\t ]")
    lines: list[str] = []
    for line in _LINE.findall(headers):
        if not starts.match(line):
            break
        lines.append(line)
    found: list[list[str]] = []
    folded: list[str] | None = None  # the header that a continuation line goes on with
    for line in lines:
        if line[0] in " \t":
            if folded is not None:
                folded.append(line)
        elif line.startswith(("From ", ":")):
            folded = None
        else:
            key, _, value = line.partition(":")
            folded = [key, value.lstrip(blanks)]
            found.append(folded)
    return [(key, "".join(values).rstrip("\r\n")) for key, *values in found]


def _head(encoding: str) -> str:
    return (
        'Content-Type: text/plain; charset="utf-8"\n'
        "MIME-Version: 1.0\n"
        f"Content-Transfer-Encoding: {encoding}\n"
    )


def _bits(body: str) -> str:
    return "7bit" if body.isascii() else "8bit"


class _Python3:
    """Python 3.6 to 3.13."""

    def stripped(self, text: str) -> str:
        return text.strip()

    def address(self, name: str | None, email: str) -> str:
        try:
            return formataddr((name, email))
        except UnicodeEncodeError as error:
            raise Fault("UnicodeEncodeError", str(error)) from None

    def plain(self, text: str) -> str:
        return text

    def fields(self, headers: str) -> list[Field]:
        return _split_fields(headers, r"[!-9;-~]*", " \t")

    def write(self, from_line: str, fields: list[Field], body: str, *, as_text: bool) -> str:
        if as_text and not body.isascii():
            encoding = "base64"
            payload = base64.encodebytes(body.encode()).decode("ascii")
        else:
            encoding = _bits(body)
            payload = _LINE_END.sub("\n", body)
        # written as text, headers are not folded at all
        head = "".join(self._field(*field, width=0 if as_text else _WIDTH) for field in fields)
        return f"{from_line}\n{_head(encoding)}{head}\n{payload}"

    def _field(self, name: str, value: str, width: int) -> str:
        try:
            return f"{name}: {Header(value, header_name=name).encode(maxlinelen=width)}\n"
        except HeaderParseError as error:
            raise Fault("email.errors.HeaderParseError", str(error)) from None


class _Python2:
    """Python 2.7."""

    #: U+180E counts as white space in its Unicode 5.2, and no longer in Python 3's.
    _blanks = "".join(c for c in map(chr, range(0x3001)) if c.isspace()) + "\u180e"

    _special = re.compile(r'[][\\()<>@,:;".]')
    _escaped = re.compile(r'[][\\()"]')

    def stripped(self, text: str) -> str:
        return text.strip(self._blanks)

    def address(self, name: str | None, email: str) -> str:
        encoded = headers2.encode(name or "")
        if not encoded:  # a name of nothing but white space is none either
            return email
        quote = '"' if self._special.search(encoded) else ""
        return quote + self._escaped.sub(r"\\\g<0>", encoded) + quote + f" <{email}>"

    def plain(self, text: str) -> str:
        headers2.require_ascii(text)
        return text

    def fields(self, headers: str) -> list[Field]:
        headers2.require_ascii(headers)
        return _split_fields(headers, r"[!-9;-~]+", headers2.BLANKS)

    def write(self, from_line: str, fields: list[Field], body: str, *, as_text: bool) -> str:
        head = "".join(
            f"{name}: {headers2.encode(value, name, _WIDTH)}\n" for name, value in fields
        )
        payload = _FROM_LINE.sub(">From ", body)
        return f"{from_line}\n{_head(_bits(body))}{head}\n{payload}"


PYTHON2: Email = _Python2()
PYTHON3: Email = _Python3()
