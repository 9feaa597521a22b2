"""Credentials of every kind, and calls that carry them to a patch that cannot exist."""

from __future__ import annotations

import base64
import binascii

from ...deciding.decisions import Step
from ...target.exchange import (
    NOWHERE,
    Basic,
    Exchange,
    Request,
    call,
)
from ...target.knowing.world import World


def basic(text: str) -> str:
    """A header that carries this text as Basic credentials."""
    return "Basic " + base64.b64encode(text.encode()).decode()


def set_nowhere(auth: str | Basic | None = None, login: bool = False) -> Request:
    """patch_set on the patch that cannot exist."""
    return call("patch_set", NOWHERE, {"archived": True}, auth=auth, login=login)


def create_nowhere(auth: str | Basic | None = None, state: str = "success") -> Request:
    """check_create on the patch that cannot exist."""
    return call("check_create", NOWHERE, "pw-conformance", state, auth=auth)


def with_checks(*steps: Step, also: Step):  # type: ignore[no-untyped-def]
    """The steps, and one more where the server has checks."""
    return lambda world: [*steps, *([also] if world.profile.api != "1.0" else [])]


def header(exchange: Exchange) -> str:
    """The Authorization header that was sent; '' if none was."""
    value = exchange.request.authorization
    return "" if value is None or isinstance(value, Basic) else value


def authentic(world: World, exchange: Exchange) -> bool:
    """Whether the right credentials were sent, to a server on which they can work."""
    if world.profile.locked_out:
        return False
    value = exchange.request.authorization
    if isinstance(value, Basic):
        return value.form.startswith("Basic ")
    return header(exchange).strip() in world.right


def attempt(exchange: Exchange) -> str | None:
    """`user:password` if the header carries readable ones."""
    scheme, _, rest = header(exchange).strip().partition(" ")
    try:
        text = base64.b64decode(rest.strip(), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return None
    return text if scheme == "Basic" and ":" in text else None


def well_called(exchange: Exchange) -> bool:
    """Whether the number of arguments is right."""
    given = len(exchange.params)
    return given == 2 if exchange.method == "patch_set" else 3 <= given <= 5


def other_scheme(exchange: Exchange) -> bool:
    """Whether the header names a scheme that is not Basic in any spelling."""
    word = header(exchange).strip().partition(" ")[0]
    return bool(word) and not word.lower().startswith("basic")
