"""The operator's own login: proved once, without writing, and not sent again where it is refused.

A server may lock an account out after a few wrong passwords, so a mistyped one is sent only once.
"""

from __future__ import annotations

from .exchange import NOWHERE, Basic, Exchange, call
from .sending.transport import Trouble

#: The refusals of Patchwork, word by word (servers.md 1.10).
NO_CREDENTIALS = "No authentication credentials given"
BAD_SCHEME = "Authentication scheme not supported"
BAD_CREDENTIALS = "Invalid authentication credentials"
BAD_LOGIN = "Invalid username/password"

#: What a refusal of the right header means, and what to do.
MEANING = {
    NO_CREDENTIALS: "the Authorization header does not reach Patchwork: a proxy removes it"
    " (with Apache's mod_wsgi, set WSGIPassAuthorization On)",
    BAD_CREDENTIALS: "Patchwork reads user names and passwords in ASCII only, and 1.1 on Python 3"
    " none at all",
    BAD_LOGIN: "the user name or the password is wrong, or the account is not active",
}

#: Proves a login without writing: with the right one, the patch is missing.
LOGIN = call("patch_set", NOWHERE, {"archived": True}, auth=Basic())


def refusal(login: Exchange | None) -> str:
    """Why the login does not work, in a sentence; '' if it does, or if something else is wrong."""
    fault = login.fault if login else None
    return MEANING.get(fault.message, "") if fault else ""


class Refused(Trouble):
    """The server will not have the operator's credentials, and says so in the right words: that
    is no fault of the server's."""


def let_in(exchange: Exchange) -> bool:
    """Whether this shows that the operator's credentials are right: the patch was looked for."""
    own = isinstance(exchange.request.authorization, Basic) and not exchange.request.login
    return own and exchange.fault is not None and exchange.fault.kind == "DoesNotExist"


def turned_away(exchange: Exchange, username: str, plain: bool) -> str:
    """Why the operator's own credentials were refused, if a sound server would refuse them so; ''
    if not. `plain` says whether they are ASCII, which is all that Patchwork reads."""
    fault, value = exchange.fault, exchange.request.authorization
    if not fault or not isinstance(value, Basic) or not value.form.strip().startswith("Basic "):
        return ""
    if exchange.request.login:  # a wrong password, on purpose
        return ""
    if fault.message == BAD_LOGIN:
        return (
            f"the login is refused ({BAD_LOGIN}): is the password of {username or 'that user'}"
            " right, and the account active?"
        )
    if fault.message == BAD_CREDENTIALS and not plain:
        return (
            f"the login is refused ({BAD_CREDENTIALS}): Patchwork reads user names and passwords in"
            " ASCII only, so these can never log in; is there another account?"
        )
    return ""


def advice(exchange: Exchange) -> str:
    """What to do where credentials were sent that the answer knows nothing of; '' if it does."""
    fault, value = exchange.fault, exchange.request.authorization
    if fault is None or value is None:
        return ""
    if isinstance(value, Basic):
        return MEANING.get(fault.message, "")
    sent = bool(value.strip())
    return MEANING[NO_CREDENTIALS] if sent and fault.message == NO_CREDENTIALS else ""
