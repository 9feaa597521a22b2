"""How Python writes values and complaints, for the Python that an instance runs on.

Fault texts hold `str()` and `repr()` of what a client sent, and names of types; they differ
between Python 2 and 3 (servers.md 1.5, 2).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from . import characters
from .faults import Fault
from .hash_order import keys_as_met
from .values import Binary, DateTime

_NOT_IN_FILENAMES = re.compile(r"[^-_A-Za-z0-9.]+")

#: Stands for a memory address, which no two real servers share (fixtures/recorded/README.md).
_ADDRESS = "7f3a5c0d1e50"

_INT64 = 2**63

#: Arrays within arrays that a repr() is sure to write.  CPython's limit is 1000 up to 3.11, less
#: what the server itself has on its stack; 3.12.1 goes down to 1496, 3.13.0 to 9997.
_DEEPEST = 900
_TOO_DEEP = "maximum recursion depth exceeded while getting the repr of an object"


def type_name(value: Any, py2: bool) -> str:
    """The name of a parameter's type as a fault text gives it, e.g. `NoneType`."""
    if py2:
        if isinstance(value, Binary | DateTime):
            return "instance"
        if isinstance(value, str) and not value.isascii():
            return "unicode"
        if type(value) is int and not -_INT64 <= value < _INT64:
            return "long"
    return "decimal.Decimal" if isinstance(value, Decimal) else type(value).__name__


def to_str(value: Any, py2: bool, unicode: str = characters.NEWEST) -> str:
    """`str(value)` of a parameter (`unicode(value)` under Python 2).

    `unicode` is the version of Unicode that the Python goes by.
    """
    match value:
        case str():
            return value
        case Binary():
            return _unicode2(value) if py2 else value.data.decode("latin-1")
        case DateTime():
            return value.value
        case float() if py2:
            return _short_float(value)
        case int() if not isinstance(value, bool):
            return digits(value)
        case Decimal():
            return str(value)
    return to_repr(value, py2, unicode)


def _unicode2(value: Binary) -> str:
    """What Django makes of a Binary under Python 2: its bytes, which have to be UTF-8."""
    try:
        return value.data.decode()
    except UnicodeDecodeError as error:
        text = str(error).replace("'utf-8'", "'utf8'")
        passed = f"You passed in {to_repr(value, py2=True)} (<type 'instance'>)"
        kind = "django.utils.encoding.DjangoUnicodeDecodeError"
        raise Fault(kind, f"{text}. {passed}") from None


def to_repr(value: Any, py2: bool, unicode: str = characters.NEWEST) -> str:
    """`repr(value)` of a parameter, for a Python of that version of Unicode.

    Raises Fault for one that is nested deeper than any of these Pythons is sure to write.
    """
    written: list[str] = []
    rest: list[Iterator[tuple[str, Any]]] = [iter([("", value)])]
    ends = [""]
    while rest:
        for before, item in rest[-1]:
            written.append(before)
            if isinstance(item, list | dict):
                if len(rest) > _DEEPEST:
                    raise Fault("RuntimeError" if py2 else "RecursionError", _TOO_DEEP)
                opening, closing = "[]" if isinstance(item, list) else "{}"
                written.append(opening)
                ends.append(closing)
                rest.append(_within(item, py2, unicode))
                break
            written.append(_repr(item, py2, unicode))
        else:
            rest.pop()
            written.append(ends.pop())
    return "".join(written)


def _within(
    value: list[Any] | dict[Any, Any], py2: bool, unicode: str
) -> Iterator[tuple[str, Any]]:
    """The items of an array or a struct, each with the text in front of it."""
    separator = ""
    keys: Iterable[Any] = range(len(value)) if isinstance(value, list) else keys_as_met(value, py2)
    for key in keys:
        name = "" if isinstance(value, list) else f"{_repr(key, py2, unicode)}: "
        yield separator + name, value[key]
        separator = ", "


def _repr(value: Any, py2: bool, unicode: str) -> str:
    match value:
        case str():
            return _repr2(value) if py2 else characters.quoted(value, unicode)
        case int() if not isinstance(value, bool):
            return digits(value) + "L" * (type_name(value, py2) == "long")
        case Binary():
            where = "xmlrpclib.Binary instance" if py2 else "xmlrpc.client.Binary object"
            return f"<{where} at 0x{_ADDRESS}>"
        case DateTime():
            address = _ADDRESS if py2 else f"0x{_ADDRESS}"
            return f"<DateTime {_repr(value.value, py2, unicode)} at {address}>"
    return repr(value)


def digits(number: int) -> str:
    """`str(number)`, which Python 3.11 refuses for numbers that older ones write out."""
    try:
        return str(number)
    except ValueError:
        return format(Decimal(number), "f")


def _repr2(text: str) -> str:
    """Python 2's repr: XML-RPC text is `str` if it is ASCII and `unicode` if not."""
    return repr(text) if text.isascii() else "u" + ascii(text)


_REASONS = {"ascii": "ordinal not in range(128)", "decimal": "invalid decimal Unicode string"}


def unencodable(codec: str, text: str, start: int, end: int, py2: bool = True) -> str:
    """What Python says of the characters from `start` to `end` that a codec cannot encode."""
    where = (
        f"character {'u' * py2}{text[start]!a} in position {start}"
        if end == start + 1
        else f"characters in position {start}-{end - 1}"
    )
    return f"'{codec}' codec can't encode {where}: {_REASONS[codec]}"


def encode_decimal(text: str) -> str:
    """Unicode as the byte string that Python 2 parses numbers from: digits become ASCII, blanks
    spaces; what else is below U+0100 stays, a byte each.

    Raises the Fault of the first characters that are beyond.
    """
    plain = text.translate(_DECIMAL)
    if (start := plain.find(_BEYOND)) >= 0:
        end = next((at for at in range(start, len(text)) if plain[at] != _BEYOND), len(text))
        raise Fault("UnicodeEncodeError", unencodable("decimal", text, start, end))
    return plain


#: Stands for a character that is in no number.
_BEYOND = "\uffff"


def _decimal(code: int) -> str | int:
    char = chr(code)
    if characters.is_digit(char, "5.2"):
        return characters.in_ascii(char, "5.2")
    return " " if _blank2(char) else code if code < 0x100 else _BEYOND


_DECIMAL = characters.Translation(_decimal)


def _blank2(char: str) -> bool:
    return char.isspace() or char == "\u180e"  # which is no white space to newer Unicodes


def _short_float(value: float) -> str:
    """Python 2's `str(float)`: twelve digits, and always a point or an exponent."""
    text = f"{value:.12g}"
    if any(c in text for c in ".en"):
        return text
    if len(text.lstrip("-")) < 12:
        return text + ".0"
    mantissa, exponent = f"{value:.11e}".split("e")  # twelve digits leave none for the `.0`
    return f"{mantissa.rstrip('0').rstrip('.')}e{exponent}"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def internet_date(moment: datetime, zone: str, dash: str = " ") -> str:
    """`Mon, 05 Jan 2026 09:00:00 GMT`, as HTTP and mails write dates, whatever the locale."""
    day = f"{moment.day:02}{dash}{_MONTHS[moment.month - 1]}{dash}{moment.year:04}"
    return f"{_DAYS[moment.weekday()]}, {day} {moment:%H:%M:%S} {zone}"


def filename(name: str, suffix: str = "") -> str:
    """The `filename` of a patch called `name`: whatever a shell might mind becomes `-`.

    servers.md 1.3; 1.x adds `.patch` (section 2).
    """
    return _NOT_IN_FILENAMES.sub("-", name).strip("-") + suffix


def person(name: str | None, email: str) -> str:
    """A person as text: `Name <email>`, or the bare address for want of a name (servers.md 1.3)."""
    return f"{name} <{email}>" if name else email


def attribute_error(value: Any, name: str, py2: bool) -> str:
    """What Python says of a parameter that has no attribute of that name (servers.md 1.7, 2)."""
    kind = type_name(value, py2)
    shown = f"{type(value).__name__} instance" if kind == "instance" else f"'{kind}' object"
    return f"{shown} has no attribute '{name}'"


def _listed(words: Sequence[str]) -> str:
    if len(words) <= 2:
        return " and ".join(words)
    return ", ".join(words[:-1]) + f", and {words[-1]}"


def arity_error(function: str, required: Sequence[str], most: int, given: int, py2: bool) -> str:
    """What Python says of `given` positional arguments that do not fit a function, which takes the
    `required` ones and `most` in all (servers.md 1.4 and 2)."""
    least = len(required)
    if py2:
        if most == 0:
            return f"{function}() takes no arguments ({given} given)"
        bound = "exactly" if least == most else "at most" if given > most else "at least"
        count = least if given < least else most
        plural = "" if count == 1 else "s"
        return f"{function}() takes {bound} {count} argument{plural} ({given} given)"
    if given > most:
        takes = str(most) if least == most else f"from {least} to {most}"
        plural = "" if takes == "1" else "s"
        was = "was" if given == 1 else "were"
        return f"{function}() takes {takes} positional argument{plural} but {given} {was} given"
    missing = [repr(name) for name in required[given:]]
    plural = "" if len(missing) == 1 else "s"
    return (
        f"{function}() missing {len(missing)} required positional argument{plural}: "
        f"{_listed(missing)}"
    )
