"""What people hand to a double is of the kind asked for, before anything is done with it."""

from __future__ import annotations

from typing import Any

import msgspec

from ..fixtures.errors import plain


def typed(kind: Any, **given: Any) -> None:
    """Raise ValueError for what is not of a kind: `calls: expected an integer or null, got …`."""
    for name, value in given.items():
        try:
            msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            raise ValueError(f"{name}: {plain(str(error))}") from None
