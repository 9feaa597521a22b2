"""What the chapter on writes has in common: where to write, what is looked at, what may change."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from ...deciding.decisions import OK, Finding, Judge, Step, Test, decides
from ...deciding.judging import deviates, faults
from ...target.exchange import Basic, Exchange, Request, call
from ...target.knowing.world import Lacking, Row, World, parse_date, rows_of
from ...target.login import BAD_CREDENTIALS, NO_CREDENTIALS
from ...verdicts.verdicts import Deviation, Lasting

US = Basic()
COMMIT = "c0ffee" + "0" * 34
OTHER = "decaf" + "0" * 35
MIXED = "V6.1-RC3-AbCdEf"
WIDE = "\u00fcn\u00efc\u00f6d\u00e9"
#: What a slug, an URL or a page would not hold.
ODD = ("pw-conformance: X/y (1)", "not a URL", "a \"b\" <c> & 'd', E\u00e9")
#: Longer than what a column for a line would take.
LONG = "made by pw-conformance, for the sake of many letters " * 40
URL, WORDS = "https://example.org/pw-conformance?job=1&of=2#log", "made by pw-conformance"
DENIED = "No permissions to edit this patch"


def writable_patch(world: World) -> int:
    """The patch to write to. Raises Lacking where nothing can be written."""
    if world.profile.locked_out:
        raise Lacking("Patchwork 1.1 on Python 3 refuses every login")
    if not world.writable:
        raise Lacking("no patch was named by --writes")
    return world.writable[0]


def writes(
    number: str, probe: Callable[[World], list[Step]], on: str = ""
) -> Callable[[Judge], Test]:
    """A decision that writes to a named patch; one worker takes them all, one after another."""
    return decides(number, probe, on=on, needs="credentials writes", group="writes")


def creates(
    number: str, probe: Callable[[World], list[Step]], on: str = ""
) -> Callable[[Judge], Test]:
    """A decision that creates checks, which stay."""
    return decides(number, probe, on=on, needs="credentials writes checks", group="writes")


def setting(
    *choices: Any, number: Callable[[int], Any] = int, auth: Basic | None = US
) -> Callable[[World], list[Step]]:
    """Steps that look, patch_set each choice (or what it makes of the world), and look again."""

    def probe(world: World) -> list[Step]:
        patch = writable_patch(world)
        look = call("patch_get", patch)
        values = [choice(world) if callable(choice) else choice for choice in choices]
        return [(look, call("patch_set", number(patch), v, auth=auth), look) for v in values]

    return probe


def turning(*pairs: tuple[Any, Any]) -> Callable[[World], list[Step]]:
    """Steps that patch_set the first of a pair, look, patch_set the second, and look again: what
    the second changes, and what it leaves alone, is never so already."""

    def probe(world: World) -> list[Step]:
        patch = writable_patch(world)
        look = call("patch_get", patch)
        chosen = [[c(world) if callable(c) else c for c in pair] for pair in pairs]
        return [
            (
                call("patch_set", patch, first, auth=US),
                look,
                call("patch_set", patch, second, auth=US),
                look,
            )
            for first, second in chosen
        ]

    return probe


def state(place: int, kind: Callable[[int], Any] = int) -> Callable[[World], Any]:
    """One of the instance's states, as `patch_set` may be given it."""

    def choose(world: World) -> Any:
        if len(world.states) < 2:
            raise Lacking("this server lists fewer than two states")
        return {"state": kind(world.states[place]["id"])}

    return choose


def row_of(exchange: Exchange) -> Row:
    """The struct that was answered; {} if none was."""
    plain = exchange.value.plain if exchange.value else None
    return plain if isinstance(plain, dict) else {}


def hindered(world: World, did: Exchange) -> bool:
    """Whether nothing can be said, as no one can log in. Raises Lacking if this account may not."""
    if world.profile.locked_out:
        return True
    message = did.fault.message if did.fault else ""
    if isinstance(did.request.authorization, Basic):
        if message == DENIED:
            raise Lacking(f"this account may not edit patch {did.params[0]}; name one that it may")
        if message in (NO_CREDENTIALS, BAD_CREDENTIALS):  # for the chapter AUTH to say
            raise Lacking(f"the login does not work ({message})")
    return False


def accepted(did: Exchange) -> bool:
    """Whether a write answered true."""
    return did.value is not None and did.value.plain is True


def unchanged(before: Exchange, after: Exchange, but: Collection[str] = ()) -> Finding:
    """Every member is as it was, but for these; a hash may be computed by any write, if null."""
    old, new = row_of(before), row_of(after)
    if not old or not new:
        return deviates(after if old else before, "the patch")
    for name in old:
        computed = name == "hash" and not str(old[name]).strip()
        if name not in but and not computed and new.get(name) != old[name]:
            found = deviates(after, f"{name} = {old[name]!r}, as before the write")
            settable = name in ("state", "state_id", "commit_ref", "archived")
            return found if settable else Lasting(found.expected, found.got)
    return OK


def took_effect(
    world: World, before: Exchange, did: Exchange, after: Exchange, wanted: dict[str, Any]
) -> Finding:
    """The write answered true, and changed what was wanted and nothing else."""
    if hindered(world, did):
        return None
    if not accepted(did):
        return deviates(did, "true")
    for name, value in wanted.items():
        if row_of(after).get(name) != value:
            return deviates(after, f"{name} = {value!r} after {did.request.describe()}")
    also = {"state"} if "state_id" in wanted else set()
    return unchanged(before, after, also | set(wanted))


def faulted_without_effect(
    world: World, before: Exchange, did: Exchange, after: Exchange, *kinds: str
) -> Finding:
    """The write was a fault of one of these classes, and changed nothing."""
    if hindered(world, did):
        return None
    found = faults(did, *kinds)
    return found if isinstance(found, Deviation) else unchanged(before, after)


def values_given(did: Exchange) -> Any:
    """The values that patch_set was given."""
    return did.params[1] if len(did.params) > 1 else None


def all_of(place: int, commit: str, archived: bool) -> Callable[[World], Any]:
    """All three that can be set, the state being one of the instance's."""
    more = {"commit_ref": commit, "archived": archived}
    return lambda world: {**state(place)(world), **more}


def editable_by_account(world: World, number: int) -> bool:
    """Whether the patch shows that this account may edit it (servers.md 1.10)."""
    row = world.patch(number)
    if row is None or not world.username:
        return False
    person = next((p for p in world.people if p["id"] == row["submitter_id"]), {})
    delegate = row["delegate"] if row["delegate_id"] else ""
    return world.username in (delegate, person.get("user"))


def _checks(world: World) -> tuple[int, Request]:
    patch = writable_patch(world)
    return patch, call("check_list", {"patch_id": patch})


def creating(*arguments: tuple[Any, ...]) -> Callable[[World], list[Step]]:
    """Steps that list the patch's checks, create one with these arguments, and list them again."""

    def probe(world: World) -> list[Step]:
        patch, look = _checks(world)
        return [(look, call("check_create", patch, *words, auth=US), look) for words in arguments]

    return probe


def added(before: Exchange, did: Exchange, after: Exchange) -> list[Row] | Deviation:
    """The new checks of that context; the deviation unless there is just one."""
    if not accepted(did):
        return deviates(did, "true")
    old, new = rows_of(before), rows_of(after)
    if old is not None and new is None:  # and so it stays, for no check can be taken back
        spoilt = deviates(after, "the patch's checks, as before the new one")
        return Lasting(spoilt.expected, spoilt.got)
    if old is None or new is None:
        raise Lacking("the checks of the patch cannot be listed")
    known = {row["id"] for row in old}
    found = [r for r in new if r["id"] not in known and r["context"] == did.params[1]]
    if len(found) != 1:
        return deviates(after, f"one more check in the context {did.params[1]!r}")
    ours = {row["id"] for row in old if row["patch_id"] == did.params[0]}
    if gone := ours - {row["id"] for row in new}:  # of one context all are kept (servers.md 1.10)
        return Lasting(f"check {min(gone)}, which there was before", deviates(after, "").got)
    return found


def new_check(
    world: World, before: Exchange, did: Exchange, after: Exchange, wanted: dict[str, Any]
) -> Finding:
    """One check was added, and it says what is wanted."""
    if hindered(world, did):
        return None
    found = added(before, did, after)
    if isinstance(found, Deviation):
        return found
    wrong = {name: value for name, value in wanted.items() if found[0].get(name) != value}
    return OK if not wrong else deviates(after, f"a check with {_shortened(wrong)!r}")


def _shortened(words: dict[str, Any]) -> dict[str, Any]:
    """The same for people: of a text as long as LONG how long it is."""
    return {
        name: f"{value[:20]}… ({len(value)} characters)" if value == LONG else value
        for name, value in words.items()
    }


def recent(did: Exchange, date: str) -> bool:
    """Whether that is about when the server says it is, in whatever zone (servers.md 1.10)."""
    told = did.answer.header("date")
    moment = parse_date(date)
    if told is None or moment is None:
        return True
    try:
        now = parsedate_to_datetime(told).replace(tzinfo=None)
    except ValueError:
        return True
    return abs(moment - now) < timedelta(hours=26)
