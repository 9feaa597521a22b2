"""What becomes of people, addresses, hosts and message ids: the same of the same, always."""

from __future__ import annotations

from ...generating import words

#: Where nobody is (RFC 2606).
_TOP = "example"
#: Words that addresses and hosts are made of.
_HOSTS = ("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "heath", "inlet", "jetty")
#: The host of message ids.
_IDS = "mail.example"


class MadeUp:
    """Each thing by what it was, in the order in which it was asked for."""

    def __init__(self) -> None:
        #: Original addresses, in lower case, and what becomes of them.
        self.addresses: dict[str, str] = {}
        #: The same to the letter, where somebody else's differs in case alone.
        self._owned: dict[str, str] = {}
        self.hosts: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        #: Addresses and ids that are made up, and may stay wherever they stand.
        self.results: set[str] = set()
        self._named: dict[str, str] = {}
        self._usernames: dict[str, str] = {}

    def owned(self, address: str, name: str | None = None) -> str:
        """The address of a row, which no other row of its kind has."""
        if address not in self._owned:
            taken = self.addresses.get(address.lower()) in self._owned.values()
            if taken:
                host = self.address(address).rpartition("@")[2]
                self._owned[address] = f"someone.else.{len(self._owned) + 1}@{host}"
            else:
                self._owned[address] = self.address(address, name)
        return self._owned[address]

    def address(self, address: str, name: str | None = None) -> str:
        """An address in a text, in any case; `name` is whose it is, if that is known."""
        key = address.lower()
        if name and name.strip():
            self._named[key] = self.name(name, like=self._named.get(key))
        if key not in self.addresses:
            host = self.host(address.rpartition("@")[2]) if "@" in address else f"host.{_TOP}"
            who = _ascii(self._named[key]) if key in self._named else "someone"
            self.addresses[key] = f"{who}.{len(self.addresses) + 1}@{host}"
            self.results.add(self.addresses[key].lower())
        return self.addresses[key]

    def host(self, host: str) -> str:
        """A host."""
        key = host.lower().strip(".")
        if key not in self.hosts:
            number = len(self.hosts)
            word = _HOSTS[number % len(_HOSTS)]
            self.hosts[key] = f"{word}{number // len(_HOSTS) or ''}.{_TOP}"
        return self.hosts[key]

    def name(self, name: str, like: str | None = None) -> str:
        """Somebody's name, which becomes `like` where the same person had another one. One that is
        an address is that."""
        key = name.strip()
        if not key:
            return name
        if "@" in key:
            return self.address(key)
        if key not in self.names:
            number = len(self.names)
            given = words.GIVEN[number % len(words.GIVEN)]
            family = words.FAMILY[(number * 7 + number // len(words.GIVEN)) % len(words.FAMILY)]
            rest = number // (len(words.GIVEN) * len(words.FAMILY))
            made = f"{given[0]} {family[0]}{f' {rest + 1}' if rest else ''}"
            self.names[key] = like or made
        return self.names[key]

    def username(self, username: str) -> str:
        """The name of an account."""
        if username not in self._usernames:
            self._usernames[username] = f"user{len(self._usernames) + 1}"
        return self._usernames[username]

    def msgid(self, msgid: str) -> str:
        """A message id, in its angle brackets if it had them."""
        core = msgid.removeprefix("<").removesuffix(">")
        bare = msgid == core
        key = core if bare or msgid == f"<{core}>" else msgid  # oddly spelt, and so another one
        if key not in self.ids:
            self.ids[key] = f"message.{len(self.ids) + 1}@{_IDS}"
            self.results.add(self.ids[key])
        return self.ids[key] if bare else f"<{self.ids[key]}>"


def _ascii(name: str) -> str:
    """What an address makes of a made-up name."""
    spelt = dict((*words.GIVEN, *words.FAMILY))
    return (
        ".".join(spelt.get(word, "x") for word in name.split(" ") if "@" not in name) or "someone"
    )
