"""Time zones, from the `tzdata` package: the same on every machine, whatever its own files say."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of that name, for example `Australia/Canberra`.

    Raises ValueError if there is none.
    """
    folder = _folder()
    if folder is None:  # whoever packages fakepw without that dependency answers for the zones
        try:
            return ZoneInfo(name)
        except (OSError, ValueError):
            raise _unknown(name) from None
    if name not in names():
        raise _unknown(name)
    with (folder / "zoneinfo" / name).open("rb") as file:
        return ZoneInfo.from_file(file, name)


@cache
def names() -> frozenset[str]:
    """The names of all zones."""
    folder = _folder()
    if folder is None:
        return frozenset(available_timezones())
    return frozenset((folder / "zones").read_text().split())


@cache
def _folder() -> Path | None:
    try:
        import tzdata
    except ModuleNotFoundError:
        return None
    return Path(tzdata.__file__).parent


def _unknown(name: str) -> ValueError:
    import difflib  # only now: it is slow to import

    near = difflib.get_close_matches(name[:100], names(), n=1, cutoff=0.6)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    return ValueError(f"no time zone is called {name[:100]!r}{hint}")
