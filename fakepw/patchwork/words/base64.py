"""base64 as Pythons from 2.7.18 to 3.13.0 read it.

Newer ones differ in what they say of padding with something behind it, and ours may be one.
"""

from __future__ import annotations

import re
from binascii import a2b_base64

_SKIPPED = re.compile(r"[^A-Za-z0-9+/=]+")
_PADDING = re.compile(r"=+")


def decoded(text: str) -> bytes:
    """The bytes that a text is the base64 of.

    What is not in the alphabet is skipped, and so is padding where none can be; all behind the
    padding of the last group is ignored.

    Raises ValueError, in the words of Python 3.7 and later, for groups that do not add up.
    """
    kept = _SKIPPED.sub("", text)
    before = 0  # letters in front of the padding that is looked at
    skipped = 0  # padding characters in front of it
    for padding in _PADDING.finditer(kept):
        before = padding.start() - skipped
        left = before % 4
        if left >= 2 and len(padding[0]) >= 4 - left:
            return _whole(kept[: padding.start()].replace("=", ""))
        skipped += len(padding[0])
    letters = kept.replace("=", "")
    if len(letters) % 4 == 1:
        raise ValueError(
            "Invalid base64-encoded string: number of data characters "
            f"({len(letters)}) cannot be 1 more than a multiple of 4"
        )
    if len(letters) % 4:
        raise ValueError("Incorrect padding")
    return _whole(letters)


def _whole(letters: str) -> bytes:
    return a2b_base64(letters + "=" * (-len(letters) % 4))
