"""Values that tell a filter's neighbours apart: boundaries, parts and spellings that are not left
to chance, for each way in which `filters` draws values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ...deciding.lookups import FLAGS
from ...requirements import filters
from ...target.exchange import NOWHERE
from ...target.knowing.world import Row, parse_date

Edges = Callable[[list[Row], str], list[Any]]

#: What a database, a pattern or a page might take for more than a letter.
_SPECIAL = ("%", "_", "\\", "'", '"', "&", "<")


#: As many ids as a screen of patches has, and more than some take for the most.
MANY = 120


def _three(values: Iterable[Any]) -> tuple[Any, Any, Any]:
    """The least, one in the middle and the greatest."""
    found = sorted(values)
    return found[0], found[len(found) // 2], found[-1]


def _unlike(pair: list[Any]) -> list[list[Any]]:
    return [pair, pair[::-1]] if pair[0] != pair[1] else [pair]


def ids(rows: list[Row], key: str) -> list[Any]:
    """Ids that there are: a boundary shows at no other."""
    least, middle, most = _three(filters.present(rows, key))
    return [middle, str(middle), least, most, most + 1]


def several_ids(rows: list[Row], key: str) -> list[Any]:
    """One id, two in another order than theirs, one of them twice, two as digits, and all of them
    and more."""
    ids = filters.present(rows, key)
    least, middle, most = _three(ids)
    many = sorted({*ids, *range(most, most + MANY - len(ids))})
    texts = [str(most), str(least)]
    return [[most, least], [middle], [least, middle, least, NOWHERE], texts, many]


def two_ids(rows: list[Row], key: str) -> list[Any]:
    """Bounds that there are, the same twice, and the wrong way round."""
    least, middle, most = _three(filters.present(rows, key))
    return [*_unlike([least, middle]), [middle, most], [middle, middle]]


def digits(rows: list[Row], key: str) -> list[Any]:
    """Digits of ids."""
    least, middle, most = (str(n) for n in _three(filters.present(rows, "id")))
    return list(dict.fromkeys([most[:1], most[-1], middle, least]))


def telling(rows: list[Row], key: str) -> list[str]:
    """Texts of rows that are unlike: in the middle, the longest, beyond ASCII, with special
    characters in them, the shortest."""
    texts = [t for t in filters.present(rows, key) if filters.safe(t)]
    if not texts:
        return []
    found = [texts[len(texts) // 2], max(texts, key=len)]
    found += [t for t in texts if not t.isascii()][:2]
    found += [next((t for t in texts if c in t), texts[0]) for c in _SPECIAL]
    found += [t for t in texts if t != t.strip()][:1]
    return list(dict.fromkeys([*found, min(texts, key=len)]))[:8]


def whole(rows: list[Row], key: str) -> list[Any]:
    """Whole texts, and what is nearly one."""
    texts = telling(rows, key)
    near = [f(t) for t in texts[:1] for f in _NEARLY if f(t) and f(t) != t]
    return [*texts[:1], *near, *texts[1:]]


_NEARLY: tuple[Callable[[str], str], ...] = (
    str.swapcase,
    lambda text: text[:-1],
    lambda text: text[1:],
    lambda text: f"{text} ",
    lambda text: f" {text}",
    lambda text: text.strip("<>"),
)


def part(rows: list[Row], key: str) -> list[Any]:
    """Beginnings, ends and middles, also of the other case and around what is no plain letter."""
    texts = telling(rows, key)
    found: list[str] = []
    for text in texts:
        pieces = [text[:4], text[-4:], text[2:7], text[-7:-2]]
        found += pieces if text == texts[0] else pieces[:2]
        odd = [at for at, c in enumerate(text) if not c.isascii() or c in _SPECIAL][:1]
        found += [text[max(0, at - 1) : at + 2] for at in odd]
    found += [piece.swapcase() for piece in found[:4]] + [f"{t[:4]} " for t in texts[:1]]
    return [text for text in dict.fromkeys(found) if text]


def several(rows: list[Row], key: str) -> list[Any]:
    """One text, two the other way round, and none that there is."""
    texts = telling(rows, key)
    return [texts[1::-1], texts[:1], ["pw-conformance", *texts[:1]]] if texts else []


def literal(rows: list[Row], key: str) -> list[Any]:
    """Patterns that match everything, or a text, if they are taken for such."""
    texts = [t for t in telling(rows, key) if len(t) > 2][:1]
    shaped = [p for t in texts for p in (f"{t[:1]}%{t[-1:]}", f"{t[:1]}_{t[2:3]}")]
    return ["%", "_", "\\", *shaped]


def dates(rows: list[Row], key: str) -> list[Any]:
    """Moments that there are, to the second, and the midnight before."""
    least, middle, most = _three(filters.present(rows, "date"))
    fractions = [d for d in filters.present(rows, "date") if "." in d][:1]
    found = [middle, least, most, middle[:10], *fractions, *(d[:19] for d in fractions)]
    return list(dict.fromkeys(found))


def dates_with_t(rows: list[Row], key: str) -> list[Any]:
    """The same with a T in the middle."""
    return [d.replace(" ", "T") for d in dates(rows, key) if " " in d]


def date_texts(rows: list[Row], key: str) -> list[Any]:
    """A day, a minute, a second, a month where it is the beginning, and what no row reads."""
    least, middle, most = _three(filters.present(rows, "date"))
    found = [middle[:10], most[:16], least[:19], middle[:19].replace(" ", "T")]
    return list(dict.fromkeys(found + ([most[:7]] if "starts" in key else [])))


def two_dates(rows: list[Row], key: str) -> list[Any]:
    """Bounds that there are, the same twice, and the wrong way round."""
    least, middle, most = _three(filters.present(rows, "date"))
    return [*_unlike([least, middle]), [middle, most], [middle, middle]]


def several_dates(rows: list[Row], key: str) -> list[Any]:
    """One moment, and two the other way round."""
    least, middle, most = _three(filters.present(rows, "date"))
    return [[middle], [most, least]]


def date_part(rows: list[Row], key: str) -> list[Any]:
    """Each year, month or day that there is, and its neighbours."""
    name = key.partition("__")[2]
    moments = [m for d in filters.present(rows, "date") if (m := parse_date(d))]
    found = sorted({getattr(m, name) for m in moments})
    near = sorted({n + step for n in found for step in (-1, 1)} - set(found))
    most = {"year": 9998, "month": 12, "day": 31}[name]
    return [n for n in (*found[-4:], *near[:4]) if 1 <= n <= most]


def flags(rows: list[Row], key: str) -> list[Any]:
    """Either, also as numbers and as texts."""
    return [False, True, 0, 1, *FLAGS]


def held(rows: list[Row], key: str) -> list[Any]:
    """Other rows that rows point to, and one of them as digits."""
    found = sorted(filters.present(rows, key))[-6:]
    return [*found, *(str(number) for number in found[-1:])]


#: Strategy of values -> its edges.
EDGES: dict[filters.Values, Edges] = {
    filters.ids: ids,
    filters.several_ids: several_ids,
    filters.two_ids: two_ids,
    filters.digits: digits,
    filters.whole: whole,
    filters.whole_any_case: whole,
    filters.part: part,
    filters.part_any_case: part,
    filters.several: several,
    filters.literal: literal,
    filters.dates: dates,
    filters.dates_with_t: dates_with_t,
    filters.date_texts: date_texts,
    filters.two_dates: two_dates,
    filters.several_dates: several_dates,
    filters.date_part: date_part,
    filters.flags: flags,
    filters.held: held,
}
