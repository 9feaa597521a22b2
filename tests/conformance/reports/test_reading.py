"""JSON reports of anybody's: of other versions, damaged, hostile."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from conformance.reports import reading
from tests.conformance.kept.kept import report, stored


def test_a_report_of_another_version_is_read_with_what_it_says_of_its_requirements() -> None:
    found = stored({"PW-READ-901": "fail"}, generator="pw-conformance 9")
    assert found.unknown == found.failed == ["PW-READ-901"]
    assert found.about["PW-READ-901"].chapter == "READ"
    assert "PW-READ-901" not in {verdict.id for verdict in found.run.verdicts}


def test_members_that_came_later_are_no_matter() -> None:
    text = report(lambda found: found.update(later={"a": 1}) or found["verdicts"][0].update(new=2))
    assert reading.read(text).run.verdicts


def first(**members: Any) -> Callable[[dict[str, Any]], object]:
    return lambda found: found["verdicts"][0].update(members)


def whole(**members: Any) -> Callable[[dict[str, Any]], object]:
    return lambda found: found.update(members)


def deep(depth: int) -> Any:
    """Lists in lists."""
    found: Any = "x"
    for _ in range(depth):
        found = [found]
    return found


EVIDENCE = {
    "call": "", "answer": "", "request": "A", "response": "", "curl": "", "python": "",
    "stored": {},
}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (whole(format=2), "of format 2, and this version reads 1"),
        (whole(format=True), "of format True"),
        (whole(format=[[1]]), r"of format \[\[1\]\]"),
        (whole(url=7), r"damaged: Expected `str`, got `int` - at `\$\.url`"),
        (whole(seconds="x"), r"at `\$\.seconds`"),
        (whole(requests=-1), r"at `\$\.requests`"),
        (whole(requests=1 << 70), "damaged"),
        (whole(min_decided=101), r"at `\$\.min_decided`"),
        (whole(problems="x"), r"at `\$\.problems`"),
        (whole(card=[]), r"at `\$\.card`"),
        (whole(verdicts={}), r"at `\$\.verdicts`"),
        (first(outcome="excellent"), "excellent"),
        (first(outcome=["pass"]), r"at `\$\.verdicts\[0\]\.outcome`"),
        (first(id="PW-VER-1; rm"), r"at `\$\.verdicts\[0\]\.id`"),
        (first(id="PW-VER-002"), "PW-VER-002 is there twice"),
        (first(deviation={"expected": 1, "got": ""}), "expected"),
        (first(requirement={"level": "MAYBE", "text": ""}), "MAYBE"),
        (first(evidence=[EVIDENCE]), "PW-VER-001"),
        (first(seconds=1e300), "seconds"),
        (whole(card={"likely": deep(50)}), "nested more deeply than any report"),
        (whole(settings={"seed": deep(900)}), "nested more deeply than any report"),
        (first(evidence=[{**EVIDENCE, "request": "", "stored": {"a": deep(50)}}]), "more deeply"),
        (lambda found: found["verdicts"][0].pop("reason"), "reason"),
    ],
)
def test_what_is_wrong_with_a_report_is_told_in_one_sentence(change: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        reading.read(report(change), "r.json")
    assert str(refused.value).startswith("r.json is ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 100_000,
        '{"a":' * 100_000,
        "[[],[]" + ",[]" * reading.PARTS + "]",
        "NaN",
        '{"format": 1, "verdicts": [], "seconds": NaN}',
        '{"format": 1, "verdicts": [], "seconds": ' + "9" * 5000 + "}",
        "null",
        '"format verdicts"',
    ],
    ids=range(9),
)
def test_what_is_no_report_at_all_is_refused_too(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape("r.json is ")):
        reading.read(text, "r.json")


def test_numbers_beyond_all_bounds_are_none() -> None:
    text = report().replace('"seconds": 83.4', '"seconds": 1e999')
    assert json.loads(text)["seconds"] == float("inf")
    with pytest.raises(ValueError, match="seconds"):
        reading.read(text)
