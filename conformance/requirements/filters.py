"""The filters of patch_list as a table: which entry each requirement is about, and its values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ..target.knowing.world import Row, parse_date

Values = Callable[[list[Row], str], SearchStrategy[Any]]


@dataclass(frozen=True)
class Filter:
    """One requirement on the entries `keys`: their values are drawn by `values`."""

    number: str
    text: str
    keys: tuple[str, ...]
    values: Values
    recorded: tuple[str, ...]
    #: What parts day and time in the values that it speaks of; rows show a blank there.
    separator: str = ""


def _field(key: str) -> str:
    return key.partition("__")[0]


def present(rows: list[Row], key: str) -> list[Any]:
    """What the rows hold in that field, each value once; blank ones left out."""
    values = dict.fromkeys(row.get(_field(key), "") for row in rows)
    return [v for v in values if not isinstance(v, str) or v.strip()]


def ids(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """An id that there is, or next to it, as a number or in digits."""
    number = st.builds(int.__add__, st.sampled_from(present(rows, key)), st.integers(-1, 1))
    return st.one_of(number, number, number.map(str)) if key == "id" else number


def several_ids(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """A few ids, some of which there are."""
    return st.lists(ids(rows, "id__in"), min_size=1, max_size=4)


def two_ids(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """A lower and an upper id, mostly in that order."""
    return st.lists(ids(rows, "id__range"), min_size=2, max_size=2).flatmap(
        lambda pair: st.sampled_from([sorted(pair), sorted(pair), pair])
    )


def digits(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """A digit or two of an id."""
    return st.sampled_from(present(rows, "id")).flatmap(
        lambda n: st.sampled_from(sorted({str(n), str(n)[:1], str(n)[-1:]}))
    )


def safe(text: str) -> bool:
    """Whether the text comes through XML as the row has it."""
    return all(c >= " " and c != "\ufffd" for c in text) and 0 < len(text) < 500


def whole(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """A whole text of a row, or the same with another letter."""
    texts = [t for t in present(rows, key) if safe(t)] or ["pw-conformance"]
    exact = st.sampled_from(texts)
    return st.one_of(exact, exact, exact.map(lambda t: t + "x"))


def whole_any_case(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """A whole text of a row in some other case."""
    return st.one_of(whole(rows, key), whole(rows, key).map(str.swapcase))


def part(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """Part of a text of a row."""
    texts = [t for t in present(rows, key) if safe(t)] or ["pw-conformance"]
    edge = "start" if "starts" in key else "end" if "ends" in key else ""

    @st.composite
    def cut(draw: st.DrawFn) -> str:
        text: str = draw(st.sampled_from(texts))
        low = draw(st.integers(0, len(text) - 1))
        high = draw(st.integers(low + 1, min(len(text), low + 12)))
        if edge == "start":
            return text[: high - low]
        if edge == "end":
            return text[low - high :]
        return text[low:high]

    return cut()


def part_any_case(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """Part of a text of a row in some other case."""
    return st.one_of(part(rows, key), part(rows, key).map(str.swapcase))


def several(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """A few whole texts."""
    return st.lists(whole(rows, key), min_size=1, max_size=3)


def literal(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """What SQL's LIKE would take for a pattern, mixed with text of the rows."""
    names = [t for t in present(rows, key) if safe(t) and len(t) > 2] or ["name"]
    return st.one_of(
        st.sampled_from(["%", "_", "\\", "%%", "a%", "\\%"]),
        st.sampled_from(names).map(lambda t: t[:1] + "%" + t[-1:]),
        st.sampled_from(names).map(lambda t: t[:1] + "_" + t[2:3]),
    )


def dates(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """A moment of a row, or the midnight before it."""
    moment = st.sampled_from(present(rows, "date"))
    return st.one_of(moment, moment, moment.map(lambda d: d[:10]))


def dates_with_t(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """A moment of a row with a T in the middle."""
    return st.sampled_from(present(rows, "date")).map(lambda d: d.replace(" ", "T"))


def date_texts(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """How a moment of a row begins: its month, its day, its minute or its second."""
    moment = st.sampled_from(present(rows, "date"))
    ends = st.sampled_from((10, 16, 19) if "contains" in key else (7, 10, 16, 19))
    return st.builds(lambda text, end: text[:end], moment, ends)


def two_dates(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """Two moments of rows, the earlier first."""
    return st.lists(dates(rows, key), min_size=2, max_size=2).map(sorted)


def several_dates(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """A few moments of rows."""
    return st.lists(st.sampled_from(present(rows, "date")), min_size=1, max_size=3)


def date_part(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """The year, month or day of a row, or the one after."""
    name = key.partition("__")[2]
    moments = [m for d in present(rows, "date") if (m := parse_date(d))]
    found = sorted({getattr(m, name) for m in moments}) or [1]
    return st.one_of(st.sampled_from(found), st.sampled_from(found), st.integers(1, 28))


def flags(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """Either."""
    return st.booleans()


def held(rows: list[Row], key: str) -> SearchStrategy[Any]:
    """An id of another row that a row points to."""
    return st.sampled_from(present(rows, key))


def _text(number: str, lookup: str, words: str, values: Values, value: str) -> Filter:
    key = f"name__{lookup}" if lookup else "name"
    return Filter(
        number, f"A filter by {key} {words}.", (key,), values, (f"patch_list/{key}={value}",)
    )


FILTERS = (
    Filter(
        "020",
        "A filter by id gives that patch alone.",
        ("id",),
        ids,
        ("patch_list/id=1", "patch_list/id='1'"),
    ),
    Filter(
        "021", "A filter by id__gt gives greater ids.", ("id__gt",), ids, ("patch_list/id__gt=1",)
    ),
    Filter(
        "022",
        "A filter by id__gte gives that id and greater ones.",
        ("id__gte",),
        ids,
        ("patch_list/id__gte=1",),
    ),
    Filter(
        "023",
        "A filter by id__lt gives smaller ids.",
        ("id__lt",),
        ids,
        ("patch_list/id__lt=9999",),
    ),
    Filter(
        "024",
        "A filter by id__in gives those ids.",
        ("id__in",),
        several_ids,
        ("patch_list/id__in=[1, 2, 9999]",),
    ),
    Filter(
        "025",
        "A filter by id__range gives the ids between, both ends included.",
        ("id__range",),
        two_ids,
        ('patch_list/combo {"id__range": *',),
    ),
    Filter(
        "026",
        "Text lookups on id compare its digits.",
        (
            *("id__contains", "id__startswith", "id__endswith"),
            *("id__icontains", "id__istartswith", "id__iendswith", "id__iexact"),
        ),
        digits,
        (
            *("patch_list/id__contains='1'", "patch_list/id__startswith='1'"),
            *("patch_list/id__iendswith='1'", "patch_list/id__iexact='1'"),
        ),
    ),
    _text("030", "", "gives patches of just that name", whole, "'anonymous submitter'"),
    _text(
        "031",
        "iexact",
        "gives patches of that name in any case",
        whole_any_case,
        "'ANONYMOUS SUBMITTER'",
    ),
    _text("032", "contains", "gives names with that part", part, "'anon'"),
    _text("033", "icontains", "gives names with that part in any case", part_any_case, "'PATCH'"),
    _text("034", "startswith", "gives names that begin so", part, "'anon'"),
    _text("035", "istartswith", "gives names that begin so in any case", part_any_case, "'anon'"),
    _text("036", "endswith", "gives names that end so", part, "*"),
    _text("037", "iendswith", "gives names that end so in any case", part_any_case, "*"),
    _text("038", "in", "gives patches of any of those names", several, "['anonymous*"),
    Filter(
        "039",
        "In text lookups %, _ and \\ stand for themselves.",
        ("name__contains", "name__icontains", "name__startswith"),
        literal,
        ("patch_list/name__contains='%'", "patch_list/name__icontains='_'"),
    ),
    Filter(
        "040", "A filter by msgid gives that patch.", ("msgid",), whole, ("patch_list/msgid=*",)
    ),
    Filter(
        "041",
        "Text lookups on msgid compare it.",
        (
            *("msgid__contains", "msgid__startswith", "msgid__endswith"),
            *("msgid__icontains", "msgid__istartswith", "msgid__iendswith"),
        ),
        part,
        ("patch_list/msgid__*",),
    ),
    Filter(
        "042",
        "A filter by hash gives patches of that hash.",
        ("hash",),
        whole,
        ("patch_list/hash=*",),
    ),
    Filter(
        "043",
        "A filter by commit_ref gives patches of that commit.",
        ("commit_ref",),
        whole,
        ("patch_list/commit_ref=*",),
    ),
    Filter(
        "044",
        "Text lookups on commit_ref compare it.",
        (
            *("commit_ref__contains", "commit_ref__startswith", "commit_ref__endswith"),
            *("commit_ref__icontains", "commit_ref__istartswith", "commit_ref__iendswith"),
        ),
        part,
        ("patch_list/commit_ref__*",),
    ),
    Filter(
        "045",
        "A filter by archived gives archived patches, or the others.",
        ("archived",),
        flags,
        (
            *("patch_list/archived=True", "patch_list/archived=False"),
            *("patch_list/archived='True'", "patch_list/archived='0'"),
        ),
    ),
    Filter(
        "046",
        "A filter by project_id gives that project's patches.",
        ("project_id",),
        held,
        ("patch_list/project_id=1",),
    ),
    Filter(
        "047",
        "A filter by submitter_id gives that person's patches.",
        ("submitter_id",),
        held,
        ("patch_list/submitter_id=1",),
    ),
    Filter(
        "048",
        "A filter by state_id gives patches in that state.",
        ("state_id",),
        held,
        ("patch_list/state_id=1",),
    ),
    Filter(
        "049",
        "A filter by date gives patches of just that moment; a day is its midnight.",
        ("date",),
        dates,
        ("patch_list/date=*",),
    ),
    Filter(
        "050",
        "A filter by date__gt gives later patches.",
        ("date__gt",),
        dates,
        ("patch_list/date__gt=*",),
    ),
    Filter(
        "051",
        "A filter by date__gte gives patches of then and later.",
        ("date__gte",),
        dates,
        ("patch_list/date__gte=*",),
    ),
    Filter(
        "052",
        "A filter by date__lt gives earlier patches.",
        ("date__lt",),
        dates,
        ("patch_list/date__lt=*",),
    ),
    Filter(
        "053",
        "A filter by date__range gives patches between, both ends included.",
        ("date__range",),
        two_dates,
        ("patch_list/date__range=*",),
    ),
    Filter(
        "054",
        "A filter by date__in gives patches of those moments.",
        ("date__in",),
        several_dates,
        ("patch_list/date__in=*",),
    ),
    Filter(
        "055",
        "A filter by date__year gives that year's patches.",
        ("date__year",),
        date_part,
        ("patch_list/date__year=*",),
    ),
    Filter(
        "056",
        "A filter by date__month gives that month's patches.",
        ("date__month",),
        date_part,
        ("patch_list/date__month=*",),
    ),
    Filter(
        "057",
        "A filter by date__day gives that day of the month.",
        ("date__day",),
        date_part,
        ("patch_list/date__day=*",),
    ),
    Filter(
        "058",
        "A T may stand between day and time.",
        ("date__gte", "date__lt"),
        dates_with_t,
        ("patch_list/date__gte=*T*",),
        separator="T",
    ),
    Filter(
        "059",
        "Text lookups on hash compare it.",
        (
            *("hash__contains", "hash__startswith", "hash__endswith"),
            *("hash__icontains", "hash__istartswith", "hash__iendswith"),
        ),
        part,
        ("patch_list/hash__*",),
    ),
    Filter(
        "094",
        "iexact on msgid, hash and commit_ref gives the same in any case.",
        ("msgid__iexact", "hash__iexact", "commit_ref__iexact"),
        whole_any_case,
        ("patch_list/hash__iexact=*",),
    ),
    Filter(
        "095",
        "`in` on msgid, hash and commit_ref gives patches of any of those.",
        ("msgid__in", "hash__in", "commit_ref__in"),
        several,
        ("patch_list/hash__in=*",),
    ),
    Filter(
        "100",
        "Text lookups on date compare the day and the time that a patch shows.",
        ("date__contains", "date__startswith", "date__icontains", "date__istartswith"),
        date_texts,
        (
            *("patch_list/date__contains='2017-06-15'", "patch_list/date__startswith='2017-06'"),
            "patch_list/date__icontains='2017-06-15T08:00:00'",
        ),
    ),
)
