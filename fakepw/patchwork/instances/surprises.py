"""What of an instance surprises who has seen another, in a few words each, as its traits say."""

from __future__ import annotations

from collections.abc import Callable

from .traits import Traits


def can_log_in(its: Traits) -> bool:
    """Whether anybody can: 1.1 on Python 3 never understands credentials (servers.md 2)."""
    return its.py2 or not its.decodes_text_credentials


#: (whether it is so, what is so); the most surprising first.  servers.md 2 and 3.
_SURPRISES: tuple[tuple[Callable[[Traits], bool], str], ...] = (
    (lambda its: not can_log_in(its), "refuses every login"),
    (lambda its: not its.has_checks, "has no checks"),
    (lambda its: its.swallows_errors, "reads that fail are empty"),
    (lambda its: its.missing_row_faults, "a missing row is a fault"),
    (lambda its: its.py2, "text is no base64"),
    (lambda its: its.inactive_users_log_in and can_log_in(its), "inactive users log in"),
    (lambda its: its.hash_storage == "padded", "hashes are padded"),
    (lambda its: its.hash_storage == "stripped", "text compares without case"),
)


def surprises(traits: Traits) -> list[str]:
    """What to know before trusting an instance of these traits, the most surprising first."""
    if not traits.has_xmlrpc:
        return ["has no XML-RPC"]
    return [text for applies, text in _SURPRISES if applies(traits)]
