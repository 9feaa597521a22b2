"""Numbers in text, as the Python of an instance reads them, whatever Python we run on."""

from __future__ import annotations

import re
from decimal import Context, Decimal, InvalidOperation

from .characters import in_ascii, quoted

#: The most digits that `int()` takes where a limit exists: since 3.8.14, 3.9.14, 3.10.7.
MOST_DIGITS = 4300
#: Of a longer number only so many digits are read: all that a server can find out of it is that it
#: is too large, and reading takes time that grows with the square of the length.
ENOUGH = 10_000
#: What every Python reads at once, however low its limit is set.
_AT_ONCE = 500

_INTEGER = re.compile(r"[ \t-\r]*([+-]?)([0-9]+(?:_[0-9]+)*)[ \t-\r]*")
_STRICT = Context(traps=[InvalidOperation])


def integer(text: str, unicode: str, limit_text: str | None) -> int:
    """Python 3's `int(text)`; `limit_text` is what it says of more than MOST_DIGITS, if anything.

    Raises ValueError with its text.
    """
    found = _INTEGER.fullmatch(in_ascii(text, unicode))
    if found is None:
        shown = quoted(text, unicode)[:200]
        raise ValueError(f"invalid literal for int() with base 10: {shown}")
    digits = found[2].replace("_", "")
    if limit_text is not None and len(digits) > MOST_DIGITS:
        raise ValueError(limit_text.format(digits=len(digits)))
    return -whole(digits) if found[1] == "-" else whole(digits)


def whole(digits: str) -> int:
    """The number of any length that ASCII digits mean."""
    digits = digits[:ENOUGH]
    if len(digits) <= _AT_ONCE:
        return int(digits)
    half = len(digits) // 2
    high: int = whole(digits[:-half]) * 10**half
    return high + whole(digits[-half:])


def real(text: str, unicode: str) -> float:
    """Python 3's `float(text)`. Raises ValueError, without its text."""
    return float(in_ascii(text, unicode))


def decimal(text: str, unicode: str) -> Decimal:
    """Python 3's `Decimal(text)`. Raises decimal.InvalidOperation, whatever the host traps."""
    return Decimal(in_ascii(text, unicode), _STRICT)
