"""Who is calling: HTTP Basic credentials, in the order in which the server looks at them.

servers.md 1.10, steps 3 to 6; what Python 2 does differently: section 2.
"""

from __future__ import annotations

from .instances.traits import Traits
from .mail.headers2 import BLANKS
from .query.collation import COLLATIONS
from .rows.rows import User
from .rows.store import Store
from .words import base64
from .words.faults import Fault


def login(authorization: str | None, store: Store, traits: Traits) -> User:
    """The user whose credentials an Authorization header (latin-1 text, None if absent) holds.

    Raises the Fault of the first step that fails.
    """
    # a byte string to Python 2, whose white space is ASCII's
    header = (authorization or "").strip(BLANKS if traits.py2 else None)
    if not header:
        raise Fault("Exception", "No authentication credentials given")
    if not header.startswith("Basic "):
        raise Fault("Exception", "Authentication scheme not supported")
    username, password = _credentials(header.removeprefix("Basic ").strip(), traits)
    if "\0" in username and traits.nul_in_text is not None:
        raise Fault(*traits.nul_in_text)
    same = COLLATIONS[traits.database].exact
    sought = same(username)
    for user in store.users.values():
        if same(user.username) == sought and user.password == password:
            if user.is_active or traits.inactive_users_log_in:
                return user
            break
    raise Fault("Exception", "Invalid username/password")


def name_of(authorization: str | None, traits: Traits) -> str | None:
    """The user name in an Authorization header, right or wrong; None if there is none in it."""
    try:
        return _credentials((authorization or "").partition("Basic ")[2].strip(), traits)[0]
    except Fault:
        return None


def _credentials(encoded: str, traits: Traits) -> tuple[str, str]:
    invalid = Fault("Exception", "Invalid authentication credentials")
    if traits.decodes_text_credentials and not traits.py2:
        raise invalid
    if not traits.py2 and not encoded.isascii():  # which Python 2 skips with all else that is odd
        raise invalid
    try:
        decoded = base64.decoded(encoded)
    except ValueError:
        if traits.py2 and not traits.decodes_text_credentials:
            raise Fault("TypeError", "Incorrect padding") from None
        raise invalid from None
    if not traits.decodes_text_credentials and not decoded.isascii():
        raise invalid
    username, colon, password = decoded.partition(b":")
    if not colon:
        raise invalid
    return _as_bytes(username, password, traits)


def _as_bytes(username: bytes, password: bytes, traits: Traits) -> tuple[str, str]:
    """Credentials as 1.x on Python 2 uses them: bytes, which its database and its hasher want as
    UTF-8 and ASCII (servers.md 2)."""
    try:
        name = username.decode()
    except UnicodeDecodeError:
        raise Fault(*traits.bytes_in_text) from None
    try:
        return name, password.decode("ascii")
    except UnicodeDecodeError as error:
        raise Fault("UnicodeDecodeError", str(error)) from None


def may_edit(user: User, patch_id: int, store: Store) -> bool:
    """Whether the user is the submitter's, the delegate, or a maintainer of the project.

    A superuser is nothing special here (servers.md 1.10).
    """
    patch = store.patches[patch_id]
    return (
        store.people[patch.submitter_id].user_id == user.id
        or patch.delegate_id == user.id
        or patch.project_id in user.maintainer_of
    )
