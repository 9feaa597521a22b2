"""Which stacks there are: the Django of a release, the Python of a Django, what lay beside."""

from __future__ import annotations

from typing import Any

#: What lay beside a recorded server: psycopg2, and with it more lookups to suggest, where no
#: PostgreSQL was (servers.md 0).
SURROUNDINGS: dict[str, dict[str, Any]] = {
    "3.2-py3-sqlite": {"has_range_lookups": True},
}

#: The Django of a release by runtime, if an instance's name does not say another: the one that was
#: recorded, or that of the release before (servers.md 0).  No other release and runtime ever were
#: one deployment.
STACKS: dict[str, dict[str, str]] = {
    "1.0": {"py2": "1.8"},
    "1.1": {"py2": "1.8", "py3": "1.9"},
    "2.0": {"py2": "1.8", "py3": "1.10"},
    "2.1": {"py2": "1.8", "py3": "1.11"},
    "2.2": {"py2": "1.11", "py3": "2.2"},
    "3.0": {"py3": "3.1"},
    "3.1": {"py3": "4.0"},
    "3.2": {"py3": "5.1"},
    "main": {"py3": "6.0"},
}

#: Each Django's patch release and, by runtime, the Python under it: as recorded (servers.md 0 and
#: 0.1), or else that of a neighbour which it runs on.
DJANGO_STACKS: dict[str, tuple[str, dict[str, str]]] = {
    "1.8": ("1.8.19", {"py2": "2.7.18", "py3": "3.6.15"}),
    "1.9": ("1.9.13", {"py2": "2.7.18", "py3": "3.6.15"}),
    "1.10": ("1.10.8", {"py2": "2.7.18", "py3": "3.6.15"}),
    "1.11": ("1.11.29", {"py2": "2.7.18", "py3": "3.6.15"}),
    "2.0": ("2.0.13", {"py3": "3.6.15"}),
    "2.1": ("2.1.15", {"py3": "3.6.15"}),
    "2.2": ("2.2.28", {"py3": "3.8.18"}),
    "3.0": ("3.0.14", {"py3": "3.8.18"}),
    "3.1": ("3.1.14", {"py3": "3.9.18"}),
    "3.2": ("3.2.25", {"py3": "3.9.18"}),
    "4.0": ("4.0.10", {"py3": "3.10.13"}),
    "4.1": ("4.1.13", {"py3": "3.10.13"}),
    "4.2": ("4.2.20", {"py3": "3.11.7"}),
    "5.0": ("5.0.14", {"py3": "3.12.1"}),
    "5.1": ("5.1.15", {"py3": "3.12.1"}),
    "5.2": ("5.2.9", {"py3": "3.13.0"}),
    "6.0": ("6.0.10", {"py3": "3.13.0"}),
}
