"""JSON, JUnit, Markdown and badge: each says what the run found, whatever the server said."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from base64 import b64decode
from dataclasses import replace

import jsonschema
import pytest
from markdown_it import MarkdownIt

from conformance.reports import KINDS, html, markdown
from conformance.reports import json as json_report
from conformance.reports.safe.redaction import clean
from conformance.reports.safe.visible import decoded
from conformance.requirements.catalogue import Level, requirements
from conformance.target.exchange import call
from conformance.verdicts.verdicts import Outcome, Verdict

from . import builders
from .builders import HOSTILE, RUNS, run_of

MUST = builders.ids(Level.MUST)
SHOULD = builders.ids(Level.SHOULD)
ALL = len(MUST)


@pytest.fixture(params=RUNS)
def run(request):
    return RUNS[request.param]()


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_text_that_utf8_can_carry_and_leaves_the_run_alone(kind, run):
    before = repr(run)
    assert KINDS[kind](run).encode().endswith(b"\n")
    assert repr(run) == before


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_is_the_same_twice_and_in_any_order_of_verdicts(kind):
    run = builders.everything()
    assert KINDS[kind](run) == KINDS[kind](replace(run, verdicts=run.verdicts[::-1]))


# JSON


def test_the_schema_is_a_schema_and_knows_every_outcome_and_level():
    schema = json_report.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    outcomes = [outcome.value for outcome in Outcome]
    assert schema["$defs"]["outcome"]["enum"] == outcomes
    assert schema["properties"]["counts"]["required"] == outcomes
    assert schema["$defs"]["requirement"]["properties"]["level"]["enum"] == list(Level)


def test_the_json_report_is_as_its_schema_says(run):
    jsonschema.validate(json.loads(KINDS["json"](run)), json_report.schema())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda report: report.pop("verdicts"),
        lambda report: report.update(format=2),
        lambda report: report["verdicts"][0].update(outcome="skipped"),
        lambda report: report["verdicts"][0].pop("requirement"),
        lambda report: report["counts"].pop("not run"),
    ],
)
def test_the_schema_refuses_what_is_no_report(spoil):
    report = json.loads(KINDS["json"](builders.everything()))
    spoil(report)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(report, json_report.schema())


def test_the_schema_describes_every_member_that_is_written():
    schema = json_report.schema()
    report = json.loads(KINDS["json"](builders.everything()))
    failed = next(v for v in report["verdicts"] if v["evidence"])
    defs = schema["$defs"]
    for written, described in [
        (report, schema),
        (failed, defs["verdict"]),
        (failed["requirement"], defs["requirement"]),
        (failed["deviation"], defs["deviation"]),
        (failed["evidence"][0], defs["evidence"]),
    ]:
        assert set(written) == set(described["properties"]) == set(described["required"])


def test_a_run_is_rebuilt_from_its_json_report(run):
    text = KINDS["json"](run)
    again = json_report.load(text)
    expected = clean(run)
    order = {number: index for index, number in enumerate(requirements())}
    expected.verdicts.sort(key=lambda verdict: order[verdict.id])
    assert again == expected
    assert json_report.render(again) == text


@pytest.mark.parametrize("kind", KINDS)
def test_a_rebuilt_run_makes_the_same_report_in_every_format(kind, run):
    assert KINDS[kind](json_report.load(KINDS["json"](run))) == KINDS[kind](run)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no JSON report"),
        ("[]", "no report of pw-conformance"),
        ('{"format": 9, "verdicts": []}', "of format 9"),
        ('{"format": 1, "verdicts": []}', "damaged"),
        ('{"format": 1, "verdicts": [{"outcome": "pass"}]}', "damaged"),
    ],
)
def test_what_is_no_report_is_refused_in_one_sentence(text, said):
    with pytest.raises(ValueError, match=said) as refused:
        json_report.load(text)
    assert "\n" not in str(refused.value)


def test_a_report_of_a_requirement_that_is_not_known_is_refused():
    report = json.loads(KINDS["json"](builders.conformant()))
    report["verdicts"][0]["id"] = "PW-VER-999"
    with pytest.raises(ValueError, match="PW-VER-999"):
        json_report.load(json.dumps(report))


def test_the_schema_is_printed():
    from click.testing import CliRunner

    from conformance.commands.cli import main

    assert json.loads(CliRunner().invoke(main, ["schema"]).output) == json_report.schema()
    done = CliRunner().invoke(main, ["schema", "anything"])
    assert (done.exit_code, "'compare', 'matrix'" in done.output) == (2, True)


def test_whatever_command_prints_json_has_a_schema():
    from conformance.commands.cli import main

    printing = {
        name
        for name, command in main.commands.items()
        if any(option.name == "as_json" for option in command.params)
    }
    assert printing | {"report"} == set(json_report.SCHEMAS)
    for name in json_report.SCHEMAS:
        schema = json_report.schema(name)
        jsonschema.Draft202012Validator.check_schema(schema)
        assert name == "report" or "--json` prints" in schema["description"]


# JUnit. There is no standard; these are the rules of the xUnit schema that Jenkins keeps, which
# GitLab's and GitHub's readers are laxer than: element -> its attributes, its children.

RULES = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname"},
        {"properties", "testcase"},
    ),
    "properties": (set(), {"property"}),
    "property": ({"name", "value"}, set()),
    "testcase": (
        {"name", "classname", "time"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "skipped": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "failure": ({"type", "message"}, set()),
    "system-out": (set(), set()),
}
REQUIRED = {
    "testsuite": {"name", "tests", "failures", "errors"},
    "testcase": {"name"},
    "property": {"name", "value"},
}


def junit(run):
    return ET.fromstring(KINDS["junit"](run).encode())


def case_of(run, number):
    return next(c for c in junit(run).iter("testcase") if c.get("name", "").startswith(number))


def test_the_junit_report_keeps_to_the_rules_that_readers_have(run):
    root = junit(run)
    assert root.tag == "testsuites"
    for element in root.iter():
        attributes, children = RULES[element.tag]
        assert REQUIRED.get(element.tag, set()) <= set(element.attrib) <= attributes
        assert {child.tag for child in element} <= children
        if "time" in element.attrib:
            assert re.fullmatch(r"[0-9]+\.[0-9]{3}", element.attrib["time"])
        if element.tag == "testcase":
            assert sum(c.tag in ("failure", "error", "skipped") for c in element) <= 1


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.WARNING, Outcome.INCONCLUSIVE])
def test_a_job_summary_is_never_longer_than_github_takes(outcome):
    """1 MiB, in bytes: a letter may take four of them."""
    wide = "\U0001d54f" * 4_000
    shown = builders.evidence(call("patch_get", wide), builders.answer(wide))
    verdicts = [
        replace(builders.failure(n, wide, wide, shown, advice=wide), outcome=outcome, reason=wide)
        for n in requirements()
    ]
    run = run_of(*verdicts, trouble=wide, problems=[wide] * 3, card={"x": [wide] * 9})
    assert len(KINDS["markdown"](run).encode()) < 1_048_576


def test_junit_names_the_host_that_was_tested():
    suites = list(junit(builders.everything()))
    assert {suite.get("hostname") for suite in suites} == {"patchwork.example.com"}


def test_the_junit_counts_are_those_of_the_cases(run):
    root = junit(run)
    for suite in root:
        cases = suite.findall("testcase")
        assert suite.get("tests") == str(len(cases))
        for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert suite.get(count) == str(len(suite.findall(f"testcase/{tag}")))
    for count in ("tests", "failures", "errors"):
        assert int(root.get(count)) == sum(int(suite.get(count)) for suite in root)


def test_junit_names_are_unique_and_every_verdict_has_a_case():
    run = builders.everything()
    names = [case.get("name") for case in junit(run).iter("testcase")]
    assert len(set(names)) == len(names) == len(run.verdicts) + 1


@pytest.mark.parametrize("name", RUNS)
def test_junit_is_red_exactly_where_the_exit_code_is(name):
    run = RUNS[name]()
    root = junit(run)
    red = int(root.get("failures")) + int(root.get("errors"))
    if run.verdicts:
        assert (red > 0) == (run.exit_code != 0)
    else:
        assert red > 0, "a report of nothing must not be green"


@pytest.mark.parametrize(
    ("verdict", "tag", "said"),
    [
        (Verdict(MUST[0], Outcome.PASS), None, ""),
        (builders.failure(MUST[0], "a", "b"), "failure", "expected a, got b"),
        (replace(builders.failure(MUST[0], "a", "b"), excused="why"), "skipped", "baseline: why"),
        (Verdict(MUST[0], Outcome.INCONCLUSIVE, "slow"), "error", "slow"),
        (Verdict(SHOULD[0], Outcome.INCONCLUSIVE, "slow"), "skipped", "inconclusive: slow"),
        (Verdict(MUST[0], Outcome.NOT_RUN, "no login"), "skipped", "not run: no login"),
        (Verdict(MUST[0], Outcome.NOT_APPLICABLE, "old"), "skipped", "not applicable: old"),
    ],
)
def test_junit_tells_outcomes_apart(verdict, tag, said):
    case = case_of(run_of(verdict), verdict.id)
    found = [child for child in case if child.tag != "system-out"]
    assert [child.tag for child in found] == ([tag] if tag else [])
    assert all(said in child.get("message") for child in found)


def test_a_junit_failure_tells_all_that_helps():
    verdict = builders.failures()[0]
    text = case_of(run_of(verdict), verdict.id).find("failure").text
    about = requirements()[verdict.id]
    for wanted in (about.text, about.why, about.facts, "[1, 3, 0]", "Is this a proxy?", "curl -sS",
                   "POST /xmlrpc/ HTTP/1.1", "<string>1.1</string>"):  # fmt: skip
        assert wanted in text


def test_junit_keeps_warnings_and_observations_as_output():
    for outcome in (Outcome.WARNING, Outcome.OBSERVED):
        case = case_of(run_of(Verdict(SHOULD[0], outcome, "a thing seen")), SHOULD[0])
        assert case.find("system-out").text.startswith(outcome.value)
        assert "a thing seen" in case.find("system-out").text


def test_problems_and_trouble_of_the_run_are_cases_of_their_own():
    run = replace(builders.conformant(), trouble="the server went away", problems=["one", "two"])
    root = junit(run)
    assert root.find(".//error").get("message") == "the server went away"
    assert [f.get("message") for f in root.iter("failure")] == ["one", "two"]


def test_the_url_is_a_property_of_every_junit_suite():
    for suite in junit(builders.everything()):
        found = {p.get("name"): p.get("value") for p in suite.iter("property")}
        assert found["url"] == "https://patchwork.example.com/xmlrpc/"
        assert found["setting: Seed"] == "0"
        assert suite.get("timestamp") == "2026-11-23T10:46:00"


# Markdown


def rendered(text):
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text)


def every(tokens):
    for token in tokens:
        yield token
        yield from every(token.children or [])


def test_markdown_shows_headline_counts_and_failures_with_their_details():
    run = builders.everything()
    text = KINDS["markdown"](run)
    assert text.startswith("## ❌ Patchwork XML-RPC: not conformant\n")
    assert "| Chapter | failed | warnings | inconclusive | passed |" in text
    assert f"| **All** | **{run.counts[Outcome.FAIL]}** |" in text
    for verdict in run.failures:
        assert f"#### {verdict.id} (MUST)" in text
        assert verdict.deviation.expected in text
    assert "fixed by the next upgrade" in text


def test_the_markdown_table_adds_up():
    text = KINDS["markdown"](builders.everything())
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("| ")]
    numbers = [[int(cell.strip(" *").replace("·", "0")) for cell in row[1:]] for row in rows[1:]]
    *chapters, whole = numbers
    assert [sum(column) for column in zip(*chapters, strict=True)] == whole


def test_nothing_that_a_server_says_is_markup_in_markdown():
    tokens = list(every(rendered(KINDS["markdown"](builders.hostile()))))
    markup = {token.content.strip() for token in tokens if token.type.startswith("html_")}
    allowed = r"(</?details>|</?summary>|<details><summary>[A-Za-z ,:0-9]+</summary>)*"
    assert all(re.fullmatch(allowed, part.replace("\n", "")) for part in markup), markup
    assert not [token for token in tokens if token.type in ("link_open", "image", "s_open")]
    assert any("<script>" in token.content for token in tokens if token.type == "code_inline")


def test_markdown_fits_into_a_job_summary_however_much_failed():
    shown = [builders.evidence(builders.call("patch_get", 1), builders.answer("x" * 20_000))] * 5
    long = "`" * 3000
    run = run_of(*(builders.failure(number, long, long, *shown) for number in requirements()))
    text = KINDS["markdown"](run)
    assert len(text.encode()) < 1024 * 1024
    assert text.count("xxxx" * 10) * 40 <= markdown.DUMPS
    assert all(number in text for number in requirements())


def test_code_in_markdown_cannot_be_left():
    for words in ("a`b", "``", "`", "a ``` b", "", "x\ny", HOSTILE):
        [paragraph] = [t for t in rendered(markdown.code(words)) if t.type == "inline"]
        assert len(paragraph.children) == 1
        body = "\n".join(markdown.block(words))
        assert [t.type for t in rendered(body)] == ["fence"]


# Badge


@pytest.mark.parametrize(
    ("run", "message", "color"),
    [
        (builders.conformant(), f"conformant, {ALL} of {ALL} decided", "green"),
        (builders.everything(), f"3 failed, {ALL - 3} of {ALL - 1} decided", "red"),
        (run_of(builders.failure(MUST[0], "a", "b")), "1 failed, 1 of 1 decided", "red"),
        (
            replace(builders.conformant(), problems=["stale"]),
            f"1 problem, {ALL} of {ALL} decided",
            "red",
        ),
        (builders.empty(), "inconclusive", "lightgrey"),
        (
            run_of(Verdict(MUST[0], Outcome.INCONCLUSIVE)),
            "inconclusive, 0 of 1 decided",
            "lightgrey",
        ),
    ],
)
def test_the_badge_is_what_shields_reads(run, message, color):
    assert json.loads(KINDS["badge"](run)) == {
        "schemaVersion": 1,
        "label": "Patchwork XML-RPC",
        "message": message,
        "color": color,
    }


def test_raw_bytes_survive_in_json():
    run = run_of(builders.failure(MUST[0], "", "", builders.evidence(
        builders.call("x"), builders.answer(bytes(range(256))))))  # fmt: skip
    [shown] = json.loads(KINDS["json"](run))["verdicts"][0]["evidence"]
    assert b64decode(shown["response"]).endswith(bytes(range(256)))


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 200_000,
        b"a\0" * 100_000,
        b"<&" * 100_000,
        bytes(range(256)) * 800,
        b"plain" * 40_000,
    ],
    ids=["unseen", "in turn", "escaped", "every byte", "plain"],
)
def test_the_html_report_shows_no_more_of_an_answer_than_a_browser_takes(data):
    markup, rest = html.excerpt(data)
    assert len(markup) <= html.MARKUP
    assert 0 < len(data) - rest <= html.SHOWN
    assert html.spelt_out(decoded(data[: len(data) - rest])) == markup


def test_json_holds_nothing_that_steers_a_terminal() -> None:
    text = "\x07\x1b[2J\x7f\x9b31m\u200b\u202e\u2066\ufeff\ud800\U000e0001"
    encoded = json_report.encoded({"said": f"{text}\t\n😀ü"})
    assert encoded.replace("\n", "").isprintable()
    assert json.loads(encoded) == {"said": f"{text}\t\n😀ü"}
