"""What becomes of people, addresses, hosts and ids: the same of the same, always."""

from __future__ import annotations

import hashlib
import re

from ..shelves import Numbers
from .words import Words

#: Where nobody is (RFC 2606).
_TOP = "example"
#: Words that addresses and hosts are made of.
_HOSTS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "jetty")
#: The host of message ids, and what they look like.
_IDS = "mail.example"
MADE_ID = re.compile(r"message\.\d+@mail\.example")


class Met:
    """Who and what is named anywhere, in the order in which it is met."""

    def __init__(self, ids: Numbers) -> None:
        #: Names; and words that may be some.
        self.names: dict[str, None] = {}
        self.hinted: dict[str, None] = {}
        #: Addresses in lower case, and whose they are, if that is known.
        self.addresses: dict[str, str | None] = {}
        self.hosts: dict[str, None] = {}
        self.usernames: dict[str, None] = {}
        self.ids = ids
        self.digest = hashlib.blake2b(digest_size=16)

    def person(self, address: str, name: str | None) -> None:
        """Somebody, by their address, and by their name if that is known."""
        key = address.lower()
        if name and name.strip() and "@" not in name:
            self.names.setdefault(name.strip())
            if self.addresses.get(key) is None:
                self.addresses[key] = name.strip()
        self.addresses.setdefault(key, None)
        if "@" in key:
            self.host(key.rpartition("@")[2])

    def host(self, host: str) -> None:
        """A host."""
        if bare := host.lower().strip("."):
            self.hosts.setdefault(bare)

    def msgid(self, msgid: str) -> None:
        """The id of a message."""
        self.ids.meet(_core(msgid))
        self.digest.update(msgid.encode("utf-8", "replace"))


class MadeUp:
    """What becomes of all that was met; and of what else there turns out to be."""

    def __init__(self, met: Met) -> None:
        self.words = Words(met.names, [*met.hinted, *met.usernames])
        self._key = met.digest.digest()
        self._ids = met.ids
        self.names: dict[str, str] = {}
        #: Original addresses, in lower case, and what becomes of them.
        self.addresses: dict[str, str] = {}
        #: The same to the letter, where somebody else's differs in case alone.
        self._owned: dict[str, str] = {}
        self._taken: set[str] = set()
        #: Addresses that are made up, and may stay wherever they stand.
        self.results: set[str] = set()
        #: Hosts, what becomes of them, and all of that.
        self.hosts: dict[str, str] = {}
        self.made_hosts: set[str] = set()
        self._originals = set(met.hosts)
        self._hosts = 0
        self._usernames = {name: f"user{number}" for number, name in enumerate(met.usernames, 1)}
        for host in met.hosts:
            self.host(host)
        for address, name in met.addresses.items():
            self.address(address, name)
        for name in met.names:
            self.name(name)

    def owned(self, address: str) -> str:
        """The address of a row, which no other row of its kind has."""
        if address not in self._owned:
            made = self.address(address)
            if made in self._taken:
                made = f"someone.else.{len(self._owned) + 1}@{made.rpartition('@')[2]}"
            self._owned[address] = made
            self._taken.add(made)
        return self._owned[address]

    def address(self, address: str, name: str | None = None) -> str:
        """An address in a text, in any case; `name` is whose it is, if that is known."""
        key = address.lower()
        if key not in self.addresses:
            host = self.host(address.rpartition("@")[2]) if "@" in address else f"host.{_TOP}"
            who = self._spelt(self.name(name)) if name else "someone"
            self.addresses[key] = f"{who}.{len(self.addresses) + 1}@{host}"
            self.results.add(self.addresses[key].lower())
        return self.addresses[key]

    def _spelt(self, name: str) -> str:
        """What an address makes of a made-up name."""
        spelt = self.words.spelt
        return ".".join(spelt[word] for word in name.split() if word in spelt) or "someone"

    def host(self, host: str) -> str:
        """A host."""
        key = host.lower().strip(".")
        while key not in self.hosts:
            number, self._hosts = self._hosts, self._hosts + 1
            word = _HOSTS[number % len(_HOSTS)]
            made = f"{word}{number // len(_HOSTS) or ''}.{_TOP}"
            if made not in self._originals and not self.words.knows(word):
                self.hosts[key] = made
                self.made_hosts.add(made)
        return self.hosts[key]

    def name(self, name: str) -> str:
        """Somebody's name. One that is an address is that."""
        key = name.strip()
        if not key:
            return name
        if "@" in key:
            return self.address(key)
        if key not in self.names:
            made = self.words.named(key)
            self.names[key] = made if made != key else self.words.somebody()
        return self.names[key]

    def username(self, username: str) -> str:
        """The name of an account."""
        return self._usernames[username]

    def msgid(self, msgid: str) -> str:
        """A message id, in its angle brackets if it had them."""
        core = _core(msgid)
        made = f"message.{self._ids.meet(core)}@{_IDS}"
        return made if msgid == core and not core.startswith("<") else f"<{made}>"

    def id_in_text(self, core: str) -> str | None:
        """What becomes of something that may be a message id, without brackets."""
        number = self._ids.of(core)
        return None if number is None else f"message.{number}@{_IDS}"

    def commit(self, commit: str) -> str:
        """An id of a commit, or its first digits: what is the beginning of another stays so."""
        digits = ""
        for at, digit in enumerate(commit.lower()):
            seed = commit[:at].lower().encode()
            moved = hashlib.blake2b(seed, digest_size=1, key=self._key).digest()[0]
            digits += f"{(int(digit, 16) + moved) % 16:x}"
        return digits.upper() if commit.isupper() else digits


def _core(msgid: str) -> str:
    """A message id without its brackets; one that is oddly spelt is another one."""
    core = msgid.removeprefix("<").removesuffix(">")
    return core if msgid in (core, f"<{core}>") else msgid
