"""How a database writes what a column holds as text, where text is looked for in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..instances.traits import Traits
from ..words.zones import zone


def text_of(kind: str, traits: Traits) -> Callable[[Any], str]:
    """How the database writes a value of the column as text (servers.md 3)."""
    match kind:
        case "BooleanField":
            no, yes = traits.boolean_texts
            return lambda value: yes if value else no
        case "DateTimeField":
            return lambda value: date_text(value, traits)
        case "HashField" if traits.hash_storage != "as is":
            return lambda value: str(value).rstrip(" ")
        case _:
            return str


def date_text(moment: datetime, traits: Traits) -> str:
    """A date as the database writes it: its zone, its number of decimals (servers.md 3)."""
    text = moment.isoformat(" ", "seconds").partition(".")[0]
    match traits.date_decimals:
        case "always":
            return f"{text}.{moment.microsecond:06}"
        case "zone":
            # of two readings of an hour that comes twice, PostgreSQL takes standard time
            aware = moment.replace(tzinfo=zone(traits.time_zone), fold=1)
            fraction = f".{moment.microsecond:06}".rstrip("0").rstrip(".")
            return (
                text + fraction + aware.isoformat()[len(moment.isoformat()) :].removesuffix(":00")
            )
    return text if not moment.microsecond else f"{text}.{moment.microsecond:06}"
