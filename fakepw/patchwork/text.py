"""How Python writes values and complaints, for the Python that an instance runs on.

Fault texts hold `str()` and `repr()` of what a client sent, and names of types; they differ
between Python 2 and 3 (SERVER.md 1.5, 2).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from .faults import Fault
from .hash_order import walk
from .values import Binary, DateTime

_NOT_IN_FILENAMES = re.compile(r"[^-_A-Za-z0-9.]+")

#: Stands for a memory address, which no two real servers share (recordings/README.md).
_ADDRESS = "7f3a5c0d1e50"

_INT64 = 2**63


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


def to_str(value: Any, py2: bool) -> str:
    """`str(value)` of a parameter (`unicode(value)` under Python 2)."""
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
    return to_repr(value, py2)


def _unicode2(value: Binary) -> str:
    """What Django makes of a Binary under Python 2: its bytes, which have to be UTF-8."""
    try:
        return value.data.decode()
    except UnicodeDecodeError as error:
        text = str(error).replace("'utf-8'", "'utf8'")
        passed = f"You passed in {to_repr(value, py2=True)} (<type 'instance'>)"
        kind = "django.utils.encoding.DjangoUnicodeDecodeError"
        raise Fault(kind, f"{text}. {passed}") from None


def to_repr(value: Any, py2: bool) -> str:
    """`repr(value)` of a parameter."""
    match value:
        case str() if py2:
            return _repr2(value)
        case int() if not isinstance(value, bool):
            return digits(value) + "L" * (type_name(value, py2) == "long")
        case Binary():
            where = "xmlrpclib.Binary instance" if py2 else "xmlrpc.client.Binary object"
            return f"<{where} at 0x{_ADDRESS}>"
        case DateTime():
            address = _ADDRESS if py2 else f"0x{_ADDRESS}"
            return f"<DateTime {to_repr(value.value, py2)} at {address}>"
        case list():
            return "[" + ", ".join(to_repr(item, py2) for item in value) + "]"
        case dict():
            pairs = (f"{to_repr(k, py2)}: {to_repr(value[k], py2)}" for k in walk(value, py2))
            return "{" + ", ".join(pairs) + "}"
    return repr(value)


def digits(number: int) -> str:
    """`str(number)`, which Python 3.11 refuses for numbers that older ones write out."""
    try:
        return str(number)
    except ValueError:
        return format(Decimal(number), "f")


def _repr2(text: str) -> str:
    """Python 2's repr: XML-RPC text is `str` if it is ASCII and `unicode` if not."""
    quoted = repr(text).encode("unicode_escape").decode("ascii").replace("\\\\", "\\")
    return quoted if text.isascii() else "u" + quoted


def _short_float(value: float) -> str:
    """Python 2's `str(float)`: twelve digits, and always a point or an exponent."""
    text = f"{value:.12g}"
    if any(c in text for c in ".en"):
        return text
    if len(text.lstrip("-")) < 12:
        return text + ".0"
    mantissa, exponent = f"{value:.11e}".split("e")  # twelve digits leave none for the `.0`
    return f"{mantissa.rstrip('0').rstrip('.')}e{exponent}"


def fold_address(text: str) -> str:
    """A fault text without the memory addresses in it, for comparing (recordings/README.md)."""
    return re.sub(r"\b(0x)?[0-9a-f]{12}\b", "0xADDRESS", text)


def filename(name: str, suffix: str = "") -> str:
    """The `filename` of a patch called `name`: whatever a shell might mind becomes `-`.

    SERVER.md 1.3; 1.x adds `.patch` (section 2).
    """
    return _NOT_IN_FILENAMES.sub("-", name).strip("-") + suffix


def person(name: str | None, email: str) -> str:
    """A person as text: `Name <email>`, or the bare address for want of a name (SERVER.md 1.3)."""
    return f"{name} <{email}>" if name else email


def _listed(words: Sequence[str]) -> str:
    if len(words) <= 2:
        return " and ".join(words)
    return ", ".join(words[:-1]) + f", and {words[-1]}"


def arity_error(function: str, required: Sequence[str], most: int, given: int, py2: bool) -> str:
    """What Python says of `given` positional arguments that do not fit a function, which takes the
    `required` ones and `most` in all (SERVER.md 1.4 and 2)."""
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
