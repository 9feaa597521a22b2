"""What `fakepw serve` tells people once it serves: where, as what, with whom to log in, and how."""

from __future__ import annotations

import base64
import shlex
from itertools import zip_longest
from typing import TypeAlias

from ...fixtures import counted
from ...patchwork.auth import login
from ...patchwork.patchwork import Patchwork
from ...patchwork.rows.rows import User
from ...patchwork.rows.store import Store
from ...patchwork.words.faults import Fault

#: Accounts shown, and those looked at; a fixture may hold thousands.
MOST = 8
TRIED = 100
#: A user, and what they may change.
Account: TypeAlias = tuple[User, list[str]]


def banner(
    patchwork: Patchwork, root: str, control: bool | str = True, ca_file: str | None = None
) -> str:
    """The banner of a server that answers at `root`, a URL without a path, as lines of text.

    `control` is whether it can be steered, or the token for that, which is not shown; `ca_file` the
    authority that clients are to trust, if it has one of its own.
    """
    store, url = patchwork.store, root + patchwork.place.url_path
    accounts = _accounts(patchwork)
    lines = [
        f"fakepw serves {url}{_state(patchwork)}",
        f"  instance   {patchwork.instance.name}{_composed(patchwork)}",
        *([f"  settings   {patchwork.settings}"] if patchwork.settings else []),
        f"  time zone  {patchwork.traits.time_zone}: new checks are dated by it, patches by UTC",
        f"  loaded     {_loaded(store)}",
        *_account_lines(accounts, len(store.users) > TRIED),
        f"  control    {_control(root, control)}",
        *([f"  authority  {ca_file}   (to be trusted by clients)"] if ca_file else []),
        "",
        "Try:",
        *(f"  {line}" for line in _examples(patchwork, url, accounts, ca_file)),
        "",
        "Ctrl-C stops it.",
    ]
    return "\n".join(lines)


def _control(root: str, control: bool | str) -> str:
    if control is False:
        return "off"
    return f"{root}/_fakepw/{'' if control is True else '   (with its bearer token)'}"


def _state(patchwork: Patchwork) -> str:
    if patchwork.enabled:
        return ""
    why = "switched off" if patchwork.traits.has_xmlrpc else "gone from this release"
    return f"   (XML-RPC is {why}: every call is answered 404)"


def _composed(patchwork: Patchwork) -> str:
    instance = patchwork.instance
    if not patchwork.traits.has_xmlrpc:
        return " (what is known of it: no XML-RPC, and where its REST API is)"
    kind = "recorded" if instance.recorded else "composed of recorded ones"
    return f" ({kind}; Python {instance.python}, Django {instance.django})"


def _loaded(store: Store) -> str:
    tables = ("patches", "projects", "people", "users", "comments", "checks")
    return ", ".join(counted(table, len(getattr(store, table))) for table in tables)


def _accounts(patchwork: Patchwork) -> list[Account]:
    """Who can log in and what they may change, those who may first (servers.md 1.10)."""
    users = list(patchwork.store.users.values())[:TRIED]
    users = [user for user in users if _logs_in(user, patchwork)]
    rights = _rights(users, patchwork)
    return sorted(zip(users, rights, strict=True), key=lambda account: not account[1])


def _account_lines(accounts: list[Account], more: bool) -> list[str]:
    if not accounts:
        return ["  accounts   none that can log in: nobody can call patch_set or check_create"]
    shown = accounts[:MOST]
    width = max(len(_credentials(user)) for user, _ in shown)
    lines = [
        f"{_credentials(user):{width}}   {' and '.join(may) or 'may change nothing'}"
        for user, may in shown
    ]
    if len(accounts) > MOST or more:
        lines.append("… and more")
    return [f"  {head:10} {line}" for head, line in zip_longest(["accounts"], lines, fillvalue="")]


def _credentials(user: User) -> str:
    return f"{user.username} / {user.password}"


def _logs_in(user: User, patchwork: Patchwork) -> bool:
    """Whether the user's own name and password open the door of this instance."""
    pair = f"{user.username}:{user.password}".encode()
    header = f"Basic {base64.b64encode(pair).decode()}"
    try:
        return login(header, patchwork.store, patchwork.traits).id == user.id
    except Fault:
        return False


def _rights(users: list[User], patchwork: Patchwork) -> list[list[str]]:
    """What each of the users may change."""
    store = patchwork.store
    accounts = {person.id: person.user_id for person in store.people.values()}
    theirs = {(accounts.get(row.submitter_id), row.project_id) for row in store.patches.values()}
    theirs |= {(row.delegate_id, row.project_id) for row in store.patches.values()}
    rights = []
    for user in users:
        maintained = [store.projects[each].linkname for each in user.maintainer_of]
        may = [f"maintains {', '.join(maintained)}"] if maintained else []
        if any((user.id, each) in theirs for each in store.projects.keys() - user.maintainer_of):
            may.append("may change patches of their own or delegated to them")
        rights.append(may)
    return rights


def _examples(
    patchwork: Patchwork, url: str, accounts: list[Account], ca_file: str | None
) -> list[str]:
    project = next((each.linkname for each in patchwork.store.projects.values()), "PROJECT")
    call = "<methodCall><methodName>pw_rpc_version</methodName></methodCall>"
    trust = [] if ca_file is None else [f"export SSL_CERT_FILE={shlex.quote(ca_file)}"]
    return [
        *trust,
        f"curl -d '{call}' {shlex.quote(url)}",
        f"python3 -c 'from xmlrpc.client import *; print(ServerProxy(\"{url}\").patch_list())'",
        f"printf {shlex.quote(_pwclientrc(project, url, accounts))} > pwclientrc",
        "PWCLIENTRC=pwclientrc pwclient list",
    ]


def _pwclientrc(project: str, url: str, accounts: list[Account]) -> str:
    """pwclient's configuration, as a format of printf; who may change most is to log in."""
    members = {"backend": "xmlrpc", "url": url}
    for user, _ in accounts[:1]:
        members |= {"username": user.username, "password": user.password}
    lines = ["[options]", f"default={_doubled(project)}", f"[{project}]"]
    lines += [f"{name}={_doubled(value)}" for name, value in members.items()]
    text = "".join(f"{line}\n" for line in lines)
    return _doubled(text.replace("\\", "\\\\")).replace("\n", "\\n")


def _doubled(text: str) -> str:
    """Text for where `%` has a meaning: in pwclient's configuration and in printf's format."""
    return text.replace("%", "%%")
