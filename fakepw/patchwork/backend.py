"""What the methods work on: the rows, how an instance shows them, and the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from .instances.traits import Traits
from .records import Records
from .rows.store import Store


@dataclass(frozen=True, slots=True)
class Backend:
    """One Patchwork's rows and traits; `clock` gives the time as naive UTC."""

    store: Store
    traits: Traits
    records: Records
    clock: Callable[[], datetime]
