"""Text to number, bytes or date, as the Python under an instance reads it.

Which texts are accepted, and what the exception says of the others, differs between the Pythons
that Patchwork ran on and must not depend on the one that we run on.  The rules are those of
CPython 2.7.18, 3.6.15, 3.8.18, 3.9.18, 3.10.13, 3.12.1 and 3.13.0, whose answers
`tests/protocol/interpreters.jsonl.xz` holds; servers show them in faults (servers.md 1.2, 2).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from ..patchwork.instances.traits import Traits
from ..patchwork.words import numbers
from ..patchwork.words.base64 import decoded
from ..patchwork.words.characters import quoted
from ..patchwork.words.faults import Fault
from ..patchwork.words.text import encode_decimal, unencodable
from ..patchwork.words.values import Binary, DateTime

Read = Callable[[str], Any]

_SPACED = re.compile(r"[+-]? *[0-9]+ *")
_FLOAT_START = re.compile(r"[+-]?(?:[0-9]+|\.[0-9]|inf|nan)", re.I)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def readers(traits: Traits) -> dict[str, Read]:
    """The function for each typed element's text, by the element's name (servers.md 1.2, 2)."""
    if traits.py2:
        return {
            **dict.fromkeys(("i4", "i8", "int"), _int2),
            "double": _float2,
            "boolean": _boolean,
            "base64": _base64(traits),
            "dateTime.iso8601": _date2,
        }
    integer = _int3(traits)
    return {
        **dict.fromkeys(("i1", "i2", "i4", "i8", "int", "biginteger"), integer),
        **dict.fromkeys(("double", "float"), _float3(traits)),
        "bigdecimal": _decimal(traits),
        "boolean": _boolean,
        "base64": _base64(traits),
        "dateTime.iso8601": lambda text: DateTime(text.strip()),
    }


def _boolean(text: str) -> bool:
    if text == "1":
        return True
    if text == "0":
        return False
    raise Fault("TypeError", "bad boolean value")


def _decimal(traits: Traits) -> Read:
    def read(text: str) -> Decimal:
        try:
            number = numbers.decimal(text, traits.unicode)
        except InvalidOperation:
            said = "[<class 'decimal.ConversionSyntax'>]"
            raise Fault("decimal.InvalidOperation", said) from None
        if number.is_finite() and number.adjusted() > numbers.ENOUGH:
            sign, digits, _ = number.as_tuple()
            return Decimal((sign, digits[:10], numbers.ENOUGH))
        return number

    return read


# Integers.


def _int3(traits: Traits) -> Read:
    def read(text: str) -> int:
        try:
            return numbers.integer(text, traits.unicode, traits.int_limit_text)
        except ValueError as error:
            raise Fault("ValueError", str(error)) from None

    return read


def _int2(text: str) -> int:
    plain = encode_decimal(text).lstrip(" ")
    if not _SPACED.fullmatch(plain):
        shown = repr(plain.encode("latin-1")[:200])[1:]
        raise Fault("ValueError", f"invalid literal for int() with base 10: {shown}")
    digits = plain.strip(" +-")
    return -numbers.whole(digits) if plain[0] == "-" else numbers.whole(digits)


# Floating point.


def _float3(traits: Traits) -> Read:
    blank = traits.blank_float_text

    def read(text: str) -> float:
        try:
            return numbers.real(text, traits.unicode)
        except ValueError:
            shown = quoted(text, traits.unicode) if text.strip() or blank is None else blank
            raise Fault("ValueError", f"could not convert string to float: {shown}") from None

    return read


def _float2(text: str) -> float:
    plain = encode_decimal(text).lstrip(" ")
    try:
        if "_" not in plain:
            return float(plain)
    except ValueError:
        pass
    # The text is a byte string, which may be no UTF-8: see `encode.to_bytes`.
    shown = plain.encode("latin-1")[:200].decode("utf-8", "surrogateescape")
    if _FLOAT_START.match(plain):
        raise Fault("ValueError", f"invalid literal for float(): {shown}")
    raise Fault("ValueError", f"could not convert string to float: {shown}")


# Bytes and dates.


def _base64(traits: Traits) -> Read:
    def read(text: str) -> Binary:
        _require_ascii(text, traits.py2)
        try:
            return Binary(decoded(text))
        except ValueError as error:
            said = str(error) if traits.counts_base64 else "Incorrect padding"
            raise Fault("binascii.Error", said) from None

    return read


def _require_ascii(text: str, py2: bool) -> None:
    """Raise the Fault of `text.encode("ascii")`, which speaks of the first run of others."""
    found = _NOT_ASCII.search(text)
    if found is not None:
        raise Fault("UnicodeEncodeError", unencodable("ascii", text, *found.span(), py2))


def _date2(text: str) -> DateTime:
    _require_ascii(text, py2=True)
    return DateTime(text.strip())
