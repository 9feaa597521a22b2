"""The operator's own login: proved once, without writing, and not sent again where it is refused.

A server may lock an account out after a few wrong passwords, so a mistyped one is sent only once.
"""

from __future__ import annotations

from .exchange import NOWHERE, Basic, Exchange, call

#: The refusals of Patchwork, word by word (SERVER.md 1.10).
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


def wrong_password(login: Exchange | None) -> bool:
    """Whether Patchwork read the credentials and would not have them."""
    fault = login.fault if login else None
    return fault is not None and fault.message == BAD_LOGIN
