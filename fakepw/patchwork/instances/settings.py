"""The settings by which two deployments of one instance differ, and what each changes.

Names are Django's and Patchwork's own; `SITE_DOMAIN` and `SITE_NAME` are the row of Django's sites
framework, which an operator sets as well.  What a client sees of each: servers.md 6.1.  Settings
are one more layer over the tables: `laid` gives the traits of an instance as it is deployed, and no
code asks for a setting itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from ..words.brief import brief, cut
from ..words.zones import zone
from .traits import Traits

#: The end of a text for any kind of pattern: Python's `$` is in front of a line end as well.
_END = r"$(?![\s\S])"


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The settings of a deployment. One that is UNSET is as the release ships it, but that
    XML-RPC is on."""

    TIME_ZONE: (
        Annotated[
            str,
            Meta(description="Of the dates of new checks. Left out: Australia/Canberra."),
        ]
        | UnsetType
    ) = UNSET
    ENABLE_XMLRPC: (
        Annotated[bool, Meta(description="Left out: true, unlike on a real server.")] | UnsetType
    ) = UNSET
    ENABLE_REST_API: Annotated[bool, Meta(description="Left out: true.")] | UnsetType = UNSET
    SITE_DOMAIN: (
        Annotated[
            str,
            Meta(
                pattern=rf"^[A-Za-z0-9.-]+(:[0-9]{{1,5}})?{_END}",
                description="The host in a sample pwclientrc. Left out: example.com.",
            ),
        ]
        | UnsetType
    ) = UNSET
    SITE_NAME: (
        Annotated[
            str,
            Meta(min_length=1, max_length=50, description="On pages. Left out: Patchwork."),
        ]
        | UnsetType
    ) = UNSET
    FORCE_SCRIPT_NAME: (
        Annotated[
            str,
            Meta(
                pattern=rf"^(/[A-Za-z0-9][A-Za-z0-9._~-]*)+{_END}",
                description="The path under which all of it is. Left out: none.",
            ),
        ]
        | UnsetType
    ) = UNSET
    X_FRAME_OPTIONS: (
        Annotated[Literal["DENY", "SAMEORIGIN"], Meta(description="Left out: the release's own.")]
        | UnsetType
    ) = UNSET
    DATA_UPLOAD_MAX_MEMORY_SIZE: (
        Annotated[
            int,
            Meta(ge=0, description="Bytes of a request's body; null: any. Left out: 2621440."),
        ]
        | UnsetType
        | None
    ) = UNSET
    SECURE_SSL_REDIRECT: Annotated[bool, Meta(description="Left out: false.")] | UnsetType = UNSET

    def given(self) -> Iterator[tuple[str, Any]]:
        """The names and values of those that are not UNSET."""
        values = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return (pair for pair in values if pair[1] is not UNSET)

    def __bool__(self) -> bool:
        return any(True for _ in self.given())

    def __or__(self, other: Settings) -> Settings:
        """These settings, but for those that the other gives."""
        return structs.replace(self, **dict(other.given()))

    def __str__(self) -> str:
        """`TIME_ZONE=UTC, ENABLE_REST_API=false`, as the command line takes them."""
        return ", ".join(f"{name}={_written(value)}" for name, value in self.given())

    def __repr__(self) -> str:
        return f"<Settings: {cut(str(self), 200)}>" if self else "<Settings>"


class Setting(NamedTuple):
    """What a setting may be, in words, and the traits that a value of it changes."""

    allowed: str
    lay: Callable[[Traits, Any], dict[str, Any]]


_SWITCH = "true or false"
SETTINGS: dict[str, Setting] = {
    "TIME_ZONE": Setting(
        "the name of a time zone, such as UTC or Europe/Berlin",
        lambda _, value: {"time_zone": value},
    ),
    "ENABLE_XMLRPC": Setting(_SWITCH, lambda _, value: {"xmlrpc_enabled": value}),
    "ENABLE_REST_API": Setting(
        _SWITCH,
        lambda traits, value: (
            {"rest_enabled": value}
            | ({} if value else {"pwclientrc": traits.pwclientrc_without_rest or traits.pwclientrc})
        ),
    ),
    "SITE_DOMAIN": Setting(
        "a host name, with a port or without", lambda _, value: {"site_domain": value}
    ),
    "SITE_NAME": Setting("a text of 1 to 50 characters", lambda _, value: {"site_name": value}),
    "FORCE_SCRIPT_NAME": Setting(
        "a path such as /pw or /a/b, of letters, digits and -._~, without a slash at its end",
        lambda _, value: {"script_name": value},
    ),
    "X_FRAME_OPTIONS": Setting("DENY or SAMEORIGIN", lambda _, value: {"frame_options": value}),
    "DATA_UPLOAD_MAX_MEMORY_SIZE": Setting(
        "a number of bytes, or null for no limit",
        # before Django 1.10 there is no such setting
        lambda traits, value: {} if traits.body_limit is None else {"body_limit": value},
    ),
    "SECURE_SSL_REDIRECT": Setting(_SWITCH, lambda _, value: {"redirects_to_https": value}),
}
#: Those whose value is a text, whatever it looks like.
_TEXTS = frozenset(
    {"TIME_ZONE", "SITE_DOMAIN", "SITE_NAME", "FORCE_SCRIPT_NAME", "X_FRAME_OPTIONS"}
)


class SettingsError(ValueError):
    """Settings that are none. `problems` holds a sentence for each by its name."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("\n".join(self.problems.values()))


def settings_of(given: Settings | Mapping[str, Any]) -> Settings:
    """The settings of these names and values, as JSON gives them.

    Raises SettingsError with all that is wrong, a sentence each.
    """
    if not isinstance(given, (Settings, Mapping)):
        text = f"settings are names and values, such as {{'TIME_ZONE': 'UTC'}}, not {brief(given)}"
        raise SettingsError({"settings": text})
    values = dict(given.given()) if isinstance(given, Settings) else given
    problems: dict[str, str] = {}
    for name, value in values.items():
        try:
            _check(name, value)
        except ValueError as error:
            problems[str(name)] = str(error)
    if problems:
        raise SettingsError(problems)
    return Settings(**values)


def _check(name: str, value: Any) -> None:
    """Raise ValueError, with what is allowed, for a name or value that is none."""
    if name not in SETTINGS:
        raise ValueError(f"no setting is called {brief(name)}; there are {', '.join(SETTINGS)}")
    wrong = f"{name} is {SETTINGS[name].allowed}, not {brief(value)}"
    try:
        msgspec.convert({name: value}, Settings)
    except msgspec.ValidationError:
        raise ValueError(wrong) from None
    if name == "TIME_ZONE":
        try:
            zone(value)
        except ValueError as error:
            raise ValueError(f"{wrong}: {error}") from None


def from_texts(given: tuple[str, ...]) -> Settings:
    """Settings from texts `NAME=VALUE`, of which the last of a name counts.

    Raises SettingsError.
    """
    values: dict[str, Any] = {}
    problems = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            problems[text] = f"a setting is given as NAME=VALUE, not {brief(text)}"
        values[name] = value if name in _TEXTS else _read(value)
    if problems:
        raise SettingsError(problems)
    return settings_of(values)


def _read(text: str) -> Any:
    """A value that is no text: as JSON writes it, or as Python does."""
    try:
        return msgspec.json.decode(text.lower() if text in ("True", "False", "NULL") else text)
    except (msgspec.MsgspecError, ValueError):
        return None if text == "None" else text


def _written(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def laid(traits: Traits, settings: Settings) -> Traits:
    """The traits of an instance that is deployed with these settings: always the same object."""
    if not settings:
        return traits
    key = id(traits), settings
    found = _LAID.get(key)
    if found is None:
        changes: dict[str, Any] = {}
        for name, value in settings.given():
            changes |= SETTINGS[name].lay(traits, value)
        if len(_LAID) >= _MOST:
            _LAID.clear()
        found = _LAID[key] = (structs.replace(traits, **changes), traits)
    return found[0]


_MOST = 64
#: By the identity of the traits, which are held so that no others can come to have it.
_LAID: dict[tuple[int, Settings], tuple[Traits, Traits]] = {}
