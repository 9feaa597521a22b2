"""`pw-conformance baseline`: what failed is written down, and brought up to date."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from conformance.commands.cli import main
from conformance.verdicts import baseline
from conformance.verdicts.drafting import draft
from tests.conformance.kept.kept import report, stored
from tests.conformance.reports import outputs

DAY = date.today() + timedelta(90)
FAILED = {"PW-VER-001": "fail", "PW-READ-002": "fail", "PW-OLD-001": "fail"}


def invoke(*words: str) -> Result:
    return CliRunner().invoke(main, ["baseline", *words], catch_exceptions=False)


def written(folder: Path, outcomes: dict[str, Any], name: str = "r.json", **members: Any) -> str:
    def change(found: dict[str, Any]) -> None:
        found.update(members)
        for number, outcome in outcomes.items():
            each = next((v for v in found["verdicts"] if v["id"] == number), None)
            if each is None:
                each = {**found["verdicts"][0], "id": number}
                found["verdicts"].append(each)
            each |= {"outcome": outcome} if isinstance(outcome, str) else outcome

    path = folder / name
    path.write_text(report(change))
    return str(path)


def test_what_failed_is_written_down_and_taken_once_there_is_a_reason(tmp_path: Path) -> None:
    known = tmp_path / "known.toml"
    done = invoke(written(tmp_path, FAILED), "--expires", "90d", "-o", str(known))
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "added PW-VER-001",
        "added PW-READ-002",
        "left out PW-OLD-001, which failed and is not known to this version",
        f"{known} has 2 entries; give a reason for PW-VER-001, PW-READ-002",
    ]
    with pytest.raises(baseline.BadBaseline, match=r"1st .*\(PW-VER-001\) .* still to be filled"):
        baseline.read(known)
    refused = CliRunner().invoke(main, ["run", "x", "--baseline", str(known)])
    assert refused.exit_code == 2
    assert "still to be filled in: say why it is known" in " ".join(refused.output.split())
    known.write_text(known.read_text().replace('reason = ""', 'reason = "ticket 7"'))
    assert baseline.read(known) == {
        "PW-VER-001": ("ticket 7", DAY),
        "PW-READ-002": ("ticket 7", DAY),
    }


def test_what_was_known_keeps_its_reason(tmp_path: Path) -> None:
    reason = 'a "quoted" \\ reason\x7f\nwith more'
    path = written(tmp_path, {"PW-VER-001": {"outcome": "fail", "excused": reason}})
    found = tomllib.loads(invoke(path).stdout)["known"]
    assert [each["reason"] for each in found] == ['a "quoted" \\ reason  with more']


MINE = """\
# ours

# asked for in May
[[known]]
id = "PW-VER-001"
reason = "ticket 7"   # see there
expires = 2031-01-31

[[known]]
expires = 2031-01-31
id = 'PW-READ-001'
reason = '''
mended soon
[[not known]]
'''
# about the next one
# in two lines
[[ known ]]
id = "PW-READ-002"
reason = "the old proxy"
expires = 2020-01-31
[[known]]
id = "PW-GONE-001"
reason = "long ago"
expires = 2031-01-31
[[known]]
id = "PW-XML-001"
reason = "who knows"
expires = 2031-01-31"""


def test_an_update_keeps_what_people_wrote(tmp_path: Path) -> None:
    known = tmp_path / "known.toml"
    known.write_text(MINE)
    outcomes = {
        "PW-VER-001": "fail",
        "PW-READ-002": "warning",
        "PW-XML-001": "inconclusive",
        "PW-READ-003": "fail",
    }
    path = written(tmp_path, outcomes, trouble="interrupted")
    done = invoke(path, "--update", "-o", str(known), "--expires", DAY.isoformat())
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "dropped PW-READ-001: it passes now",
        "dropped PW-GONE-001: there is no such requirement any more",
        "kept PW-XML-001, which could not be decided: inconclusive",
        "kept PW-READ-002, which expired on 2020-01-31: mend it, or give it another day",
        "added PW-READ-003",
        "r.json was not done to its end, so more may fail: interrupted",
        f"{known} has 4 entries; give a reason for PW-READ-003",
    ]
    start, _, rest = MINE.partition("[[known]]\nexpires")
    middle = rest.partition("# about the next")[2].partition('[[known]]\nid = "PW-GONE')[0]
    end = rest.partition('"long ago"\nexpires = 2031-01-31\n')[2]
    kept = f"{start}# about the next{middle}{end}"
    assert known.read_text().startswith(f"{kept}\n# MUST: ")
    assert set(baseline.entries(known.read_text(), "x", draft=True)) == {*outcomes}
    again = invoke(path, "--update", "-o", str(known), "--json")
    told = outputs.told("baseline", again.stdout)
    assert (told["added"], told["dropped"], told["unfilled"]) == ([], {}, ["PW-READ-003"])
    assert told["kept"] == ["PW-VER-001", "PW-READ-002", "PW-XML-001", "PW-READ-003"]


def test_nothing_is_lost_where_there_is_something_already(tmp_path: Path) -> None:
    known = tmp_path / "known.toml"
    known.write_text(MINE)
    path = written(tmp_path, FAILED)
    done = invoke(path, "-o", str(known))
    assert done.exit_code == 2
    assert "is there already: give --update" in done.output
    for text, said in (
        ("known = [{id = 'PW-VER-001', reason = 'x', expires = 2031-01-31}]", "write each entry"),
        (MINE.replace("[[not known]]", "[[known]]"), "write each entry as [[known]]"),
        (MINE.replace("[[not known]]", "[[known]]").replace("[[ known", '[["known"'), "write each"),
        ("[[known]]\nid = 7", "lacks reason and expires"),
        ("[[known", "is no TOML"),
        ("x = " + "[" * 5000, "is no TOML"),
        ("#" * 1_000_001, "larger than 1 MB"),
        ("\xff", "is no TOML"),
    ):
        known.write_text(text, "latin-1")
        done = invoke(path, "--update", "-o", str(known))
        assert done.exit_code == 2
        assert said in done.output
        assert len(done.output.splitlines()) == 1
        assert known.read_text("latin-1") == text


def test_where_nothing_failed_the_baseline_is_empty(tmp_path: Path) -> None:
    done = invoke(written(tmp_path, {}))
    assert done.exit_code == 0
    assert tomllib.loads(done.stdout) == {}
    assert done.stderr == "it has 0 entries\n"
    updated = tmp_path / "new.toml"  # that is not there yet
    assert invoke(written(tmp_path, FAILED), "--update", "-o", str(updated)).exit_code == 0
    assert len(tomllib.loads(updated.read_text())["known"]) == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--expires", "soon"), "is no time: give 90d"),
        (("--expires", "2020-01-31"), "must lie in the future"),
        (("--expires", "0d"), "must lie in the future"),
        (("--expires", "99999d"), "no more than 3660 days away"),
        (("--expires", "٣d"), "is no time"),
        (("--update",), "--update needs -o FILE"),
        (("--json",), "--json needs -o FILE"),
        (("-o", "/nosuch/known.toml"), "cannot be written: No such file"),
    ],
)
def test_mistakes_are_told_in_a_sentence(words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["baseline", written(tmp_path, FAILED), *words])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())


def test_a_time_may_be_in_weeks(tmp_path: Path) -> None:
    text = invoke(written(tmp_path, FAILED), "--expires", "2w").stdout
    assert tomllib.loads(text)["known"][0]["expires"] == date.today() + timedelta(14)


def test_a_large_baseline_takes_no_time() -> None:
    many = "".join(
        f"# a comment\n[[known]]\nid='PW-VER-{n:03}'\nreason='r'\nexpires=2031-01-31\n"
        for n in range(1, 999)
    )
    found = draft(stored(), DAY, "# top\n" * 5000 + "\n" + many)
    assert len(found.dropped) == 998
