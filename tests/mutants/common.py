"""Answers and names that the mutants of several chapters share."""

from __future__ import annotations

from conformance.target.exchange import Answer, Request

from .operators import (
    fault,
    respond,
)

OLD, FIRST = "1.1-py2-sqlite", "1.0-py2-sqlite"
INT = "<int>1</int>"
VERSION = "pw_rpc_version"
GET = "patch_get"
LIST = "patch_list"
PATCHES = "patch_get patch_list patch_get_by_hash patch_get_by_project_hash"
EMPTY = respond("<array><data></data></array>")
NOTHING = respond("<struct></struct>")
BLANK = respond("<string></string>")
TRUE = respond("<boolean>1</boolean>")


def ints(*numbers: int) -> Answer:
    """An array of ints."""
    inside = "".join(f"<value><int>{n}</int></value>" for n in numbers)
    return respond(f"<array><data>{inside}</data></array>")


def auth_of(request: Request) -> str:
    """The header that was sent, unless it was the operator's own."""
    return request.authorization if isinstance(request.authorization, str) else ""


NOWHERE = fault(
    "<class 'patchwork.models.Patch.DoesNotExist'>:Patch matching query does not exist."
)
