"""Strict mode: what is told of calls that a real server answers as if nothing were wrong."""

from __future__ import annotations

import threading
import warnings
import xmlrpc.client
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fakepw
from fakepw.double.pipeline import Pipeline
from fakepw.double.strictness import strict_of
from fakepw.patchwork.instances.instances import RECORDED
from fakepw.patchwork.words.remarks import KINDS, MOST, listening, remark
from fakepw.protocol.messages import Request, Response
from fakepw.serving.reach.connecting import RemoteDouble
from fakepw.strategies import method_calls
from fakepw.testing import last_calls

from .asking import call, get, pipeline

KIM = "kim:earl-grey"
NEW, DJANGO_1_8, OLDEST = "3.2-py3-postgresql", "2.0-py2-sqlite", "1.0-py2-sqlite"

#: Of the demo's patch 1.
MSGID, HASH = (str(getattr(fakepw.load("demo").patches[0], name)) for name in ("msgid", "hash"))

#: What is asked of which instance, by whom, and what is told of it.
TOLD: list[tuple[str, str | None, tuple[Any, ...], str]] = [
    (NEW, None, ("patch_list", {"series": "7", "id": 1}), "'series' is no key to filter by"),
    (NEW, None, ("check_list", {"context": "ci"}), "'context' is no key to filter by"),
    (NEW, None, ("patch_list", {"date__lte": "2026-01-01"}), "'lte' in 'date__lte' is no lookup"),
    (NEW, None, ("patch_list", {"name__exact": "x"}), "'exact' in 'name__exact' is no lookup"),
    (
        NEW,
        None,
        ("patch_list", "id"),
        "a filter is a struct; what 'id' holds is taken for its keys",
    ),
    (NEW, None, ("patch_list", {"project_id__gt": 1}), "the lookup of 'project_id__gt' is ignored"),
    (NEW, None, ("patch_list", {"max_count__lt": 1}), "the lookup of 'max_count__lt' is ignored"),
    (
        NEW,
        None,
        ("patch_list", {"state_id": 1, "state_id__in": 2}),
        "'state_id__in' takes the place of 'state_id'",
    ),
    (NEW, None, ("patch_list", {"project_id": 99}), "there is no row with the project_id 99"),
    (NEW, None, ("patch_list", {"state_id": None}), "nil is the id of no row"),
    (NEW, None, ("patch_list", {"delegate_id": 1}), "looked up among people and not among users"),
    (NEW, None, ("patch_list", {"id__in": []}), "there is nothing in the list"),
    (NEW, None, ("patch_list", {"id__in": "12"}), "in takes a list; of '12' it is the characters"),
    (NEW, None, ("patch_list", {"id__in": {"1": 2}}), "it is the names of the members"),
    (NEW, None, ("patch_list", {"hash__in": [None]}), "nil in a list stands for no row"),
    (NEW, None, ("patch_list", {"id__range": [5, 1]}), "a range from 5 to 1 holds nothing"),
    (NEW, None, ("patch_list", {"id__range": [None, 1]}), "nil is no end of a range"),
    (NEW, None, ("patch_list", {"date": "2026-01-01"}), "means midnight, and no moment after"),
    (NEW, None, ("patch_list", {"name": ["x"]}), "['x'] is no text, and taken for"),
    (NEW, None, ("patch_list", {"name__icontains": {}}), "{} is no text, and taken for '{}'"),
    (NEW, None, ("patch_list", {"id__gt": str(2**40)}), "the column holds no such number"),
    (NEW, None, ("patch_list", {"id__lt": str(2**40)}), "every row matches"),
    (NEW, None, ("patch_list", {"max_count": -2}), "is a fault where fewer rows match"),
    (NEW, None, ("patch_list", {"max_count": -2000}), "is a fault where fewer rows match"),
    (NEW, None, ("patch_list", {"max_count": 1.5}), "max_count=1.5 is taken for 1"),
    (NEW, None, ("project_list", "", True), "max_count=True is taken for 1"),
    (NEW, None, ("person_list", "", 2), "max_count cuts between rows that have no order"),
    (NEW, None, ("check_list", {"max_count": 2}), "cuts between rows that have no order"),
    (NEW, None, ("state_list", 0), "0 is nothing to search for: all rows come"),
    (NEW, None, ("patch_get", 1.5), "1.5 is taken for the id 1"),
    (NEW, None, ("patch_get", True), "True is taken for the id 1"),
    (NEW, None, ("patch_get_mbox", 0), "ids are counted from 1: 0 is the id of no row"),
    (NEW, None, ("check_get", None), "nil is the id of no row"),
    (
        NEW,
        None,
        ("patch_get_by_project_hash", "Kettle", "x"),
        "no patch is in a project whose linkname is 'Kettle'",
    ),
    (NEW, KIM, ("patch_get", 1), "patch_get takes no credentials"),
    (NEW, "nobody:x", ("patch_list", {}), "patch_list takes no credentials"),
    (NEW, KIM, ("patch_set", 5, {"delegate": 1}), "['delegate'] are ignored, and true is answered"),
    (NEW, KIM, ("patch_set", 5, {}), "nothing is set, and true is answered"),
    (NEW, KIM, ("patch_set", 5, {"commit_ref": ["x"]}), "is no text, and taken for"),
    (NEW, KIM, ("patch_set", 5, {"state": True}), "True is taken for the id 1"),
    (NEW, KIM, ("check_create", 5, "ci", "fail", None), "nil is stored as target_url"),
    (NEW, None, ("patch_lst",), "there is no method 'patch_lst'; there are check_create, "),
    (NEW, None, ("system.listMethods",), "there is no method 'system.listMethods'"),
    (NEW, None, ("patch_list", {"id": 0}), "ids are counted from 1: no row can match exact 0"),
    (NEW, None, ("patch_list", {"id__lt": 1}), "ids are counted from 1: no row can match lt 1"),
    (NEW, None, ("patch_list", {"id": True}), "True is taken for the number 1"),
    (NEW, None, ("patch_list", {"id": 2.5}), "2.5 is taken for the number 2"),
    (NEW, None, ("patch_list", {"name": 5}), "5 is no text, and taken for '5'"),
    (NEW, None, ("patch_list", {"name": None}), "no row is without name: no row can match"),
    (NEW, None, ("patch_list", {"date__isnull": False}), "without date: every row matches"),
    (NEW, None, ("patch_list", {"name__icontains": ""}), "icontains of an empty text lets every"),
    (NEW, None, ("patch_list", []), "a filter is a struct; [] is none, and lets all rows come"),
    (NEW, None, ("patch_list", {"msgid": MSGID[1:-1]}), f"no patch has the msgid '{MSGID[1:-1]}'"),
    (NEW, None, ("patch_list", {"hash": HASH.upper()}), f"; one has '{HASH}'"),
    (NEW, None, ("patch_get_by_hash", HASH.upper()), f"; one has '{HASH}'"),
    (NEW, "kim:wrong", ("patch_get", 1), "would answer 'Invalid username/password'"),
    (NEW, KIM, ("check_create", 5, True, "fail"), "True is no text, and taken for 'True'"),
    (NEW, KIM, ("patch_set", 5, {"commit_ref": 1.5}), "1.5 is no text, and taken for '1.5'"),
    (DJANGO_1_8, None, ("patch_list", {"archived": "False"}), "'False' is taken for True"),
    (DJANGO_1_8, None, ("patch_list", {"hash__isnull": "no"}), "isnull takes 'no' for True"),
    (OLDEST, None, ("patch_get", "abc"), "this release swallows an error and answers {} instead"),
    (OLDEST, None, ("patch_list", {"max_count": -1}), "is ignored: on this release all rows come"),
    (OLDEST, None, ("person_list", "", -1), "max_count=-1 is ignored by this release"),
]


def strict(like: str = NEW, mode: Any = True) -> Pipeline:
    double = pipeline("demo", like)
    double.strict = mode
    return double


def told(double: Pipeline, request: Request) -> list[str]:
    """What is told of a request."""
    double.answer(request)
    return list(double.journal.calls()[-1].remarks)


@pytest.mark.parametrize(("like", "user", "asked", "expected"), TOLD)
def test_what_a_server_says_nothing_of_is_told(
    like: str, user: str | None, asked: tuple[Any, ...], expected: str
) -> None:
    double = strict(like)
    for _ in range(2):  # what is remembered of the first says as much as the first
        remarks = told(double, call(*asked, user=user))
        assert [text for text in remarks if expected in text], remarks
        assert all("\n" not in text and len(text) < 400 for text in remarks)


@pytest.mark.parametrize(
    "asked",
    [
        ("patch_list",),
        ("patch_list", {"project_id": 1, "state_id": "1", "archived": False, "max_count": 3}),
        ("patch_list", {"id__in": [1, 2], "date__gte": "2020-01-01", "name__icontains": "x"}),
        ("patch_list", {"msgid": "<late@example.org>"}),
        ("check_list", {"patch_id": 1}),
        ("project_list", "kettle", 0),
        ("state_list", "New", 1),
        ("person_list", "kim"),
        ("patch_get", 1),
        ("patch_get", "1"),
        ("patch_get", 99),
        ("patch_get_by_hash", "cafe"),
        ("pw_rpc_version",),
    ],
)
def test_nothing_is_told_of_what_is_well_asked(asked: tuple[Any, ...]) -> None:
    for like in RECORDED:
        if like != OLDEST or not asked[0].startswith("check_"):
            assert told(strict(like), call(*asked)) == []
    assert told(strict(), call("patch_set", 5, {"state": 2, "archived": True}, user=KIM)) == []
    assert told(strict(), call("check_create", 5, "ci", "success", "u", "d", user=KIM)) == []


def test_what_goes_past_the_api_is_told() -> None:
    post = call("patch_get", 1)
    for target, expected in (
        (b"/xmlrpc", "the path has no slash at its end"),
        (b"/RPC2", "nothing is called at '/RPC2': the API is at '/xmlrpc/'"),
        (b"/", "nothing is called at '/': the API is at '/xmlrpc/'"),
        (b"/xmlrpc/x", "nothing is called at '/xmlrpc/x'"),
    ):
        request = Request(b"POST", target, post.headers, post.body)
        assert [expected in text for text in told(strict(), request)] == [True]
        assert told(strict(), get(target.decode())) == []
    chunked = Request(b"POST", b"/xmlrpc/", [(b"host", b"h")], post.body)
    assert told(strict(), chunked) == [
        "a body without Content-Length is not read: to Patchwork it is empty"
    ]
    echoed = xmlrpc.client.dumps(xmlrpc.client.Fault(5, "x")).encode()
    request = Request(b"POST", b"/xmlrpc/", [(b"content-length", b"%d" % len(echoed))], echoed)
    assert "sent back as it is" in told(strict(), request)[0]


def test_a_member_that_is_sent_twice_is_told() -> None:
    plain = call("patch_list", {"state_id": 1})
    member = b"<member>\n<name>state_id</name>\n<value><int>%d</int></value>\n</member>\n"
    again = plain.body.replace(b"</struct>", member % 2 + b"</struct>")
    for body in (again, again.replace(b"<?xml", b"<!-- the long way -->\n<?xml", 0) + b" \n"):
        head = [*plain.headers[:-1], (b"content-length", b"%d" % len(body))]
        request = Request(b"POST", b"/xmlrpc/", head, body)
        for like in (NEW, OLDEST):
            double = strict(like)
            for _ in range(2):  # also of a body that is known already
                expected = ["'state_id' stands in a struct more than once: the last one is taken"]
                assert told(double, request) == expected
            (call_,) = double.journal.calls()[-1:]
            assert call_.params == ({"state_id": 2},)


def test_kinds_of_remarks_can_be_ignored() -> None:
    double = strict(mode=strict_of("error ignore=order,keys"))
    assert told(double, call("patch_list", {"series": 7})) == []
    assert told(double, call("person_list", "", 2)) == []
    assert double.notices.failures(double.strict) == []
    (text,) = told(double, call("patch_get", 1.5))
    assert double.notices.failures(double.strict) == [f"patch_get(1.5): {text}"]
    assert strict_of(double.strict) == double.strict == "error ignore=keys,order"
    assert (strict_of("on"), strict_of("off"), strict_of("error")) == (True, False, "error")
    assert strict_of("on ignore=methods") == "on ignore=methods"
    for wrong in ("", " ", "on ignore", "error ignore=", "ignore=keys", "on ignore=keys order"):
        with pytest.raises(ValueError, match="strict") as raised:
            strict_of(wrong)
        assert "\n" not in str(raised.value)
    with pytest.raises(ValueError, match="no kind of remarks 'kays'; did you mean 'keys'"):
        strict_of("error ignore=kays")


def test_what_every_client_does_is_worth_knowing_and_no_more() -> None:
    """pwclient sends its credentials with every call."""
    with fakepw.serve("demo", strict="error") as pw:
        with xmlrpc.client.ServerProxy(pw.url.replace("://", f"://{KIM}@")) as proxy:
            proxy.patch_get(5)
            proxy.patch_set(5, {"state": 2})
        (line,) = pw.remarks
        assert line.startswith("patch_get(5): patch_get takes no credentials")
        assert (len(pw.calls[0].remarks), pw.unmet()) == (1, [])
        assert "  ! " not in last_calls(pw)
    wrong = strict(mode="error")
    told(wrong, call("patch_get", 5, user="kim:x"))
    (line,) = wrong.notices.failures(wrong.strict)
    assert line.endswith("a call that does would answer 'Invalid username/password'")


def test_every_remark_is_of_a_kind_that_is_explained() -> None:
    table = (Path(__file__).parents[2] / "docs" / "double.md").read_text()
    assert [kind for kind in KINDS if f"\n| `{kind}` | " not in table] == []


def test_a_client_cannot_make_it_talk_for_ever() -> None:
    filt = {f"project_id__gt__{n}": 1 for n in range(500)}
    assert len(told(strict(), call("patch_list", filt))) == MOST
    (text,) = told(
        strict(), call("patch_set", 5, {"x" * 500 + str(n): 1 for n in range(500)}, user=KIM)
    )
    assert len(text) < 500


@settings(max_examples=60)
@given(
    st.lists(method_calls(fakepw.load("demo")), max_size=4),
    st.sampled_from([NEW, DJANGO_1_8, OLDEST, "3.2-py3-mariadb", "1.1-py2-postgresql"]),
    st.sampled_from([None, KIM, "kim:wrong"]),
)
def test_the_wire_never_changes(calls: list[Any], like: str, user: str | None) -> None:
    plain, told = pipeline("demo", like), strict(like, "error")
    for double in (plain, told):
        double.clock.set("2026-01-31")
    for each in calls:
        like_it = call("pw_rpc_version", user=user)
        body = each.body()
        headers = [*like_it.headers[2:], (b"content-length", b"%d" % len(body))]
        request = Request(b"POST", b"/xmlrpc/", headers, body)
        answers = [double.answer(request) for double in (plain, told)]
        assert all(isinstance(answer, Response) for answer in answers)
        one, other = answers
        assert (one.status, one.headers) == (other.status, other.headers)  # type: ignore[union-attr]
        assert b"".join(one.body) == b"".join(other.body)  # type: ignore[union-attr]
    assert plain.patchwork.store.rows() == told.patchwork.store.rows()


def test_threads_hear_of_their_own_calls_alone() -> None:
    heard: dict[int, list[str]] = {}
    barrier = threading.Barrier(4)

    def listen(number: int) -> None:
        with listening() as found:
            barrier.wait()
            remark("values", "{}", number)
            barrier.wait()
            heard[number] = [each.text for each in found]

    threads = [threading.Thread(target=listen, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {n: [str(n)] for n in range(4)}


# What becomes of it.


@pytest.fixture(params=["here", "a world", "from afar"])
def pw(request: pytest.FixtureRequest) -> Iterator[fakepw.Double]:
    server = fakepw.serve("demo")
    if request.param == "here":
        yield server
    elif request.param == "a world":
        yield server.world()
    else:
        yield fakepw.connect(server.url)
    server.stop()


def mistake(pw: fakepw.Double, method: str = "patch_list", *params: Any) -> None:
    with xmlrpc.client.ServerProxy(pw.url) as proxy, suppress(xmlrpc.client.Fault):
        getattr(proxy, method)(*(params or ({"series": "7"},)))


def test_it_warns_once_of_each_and_at_the_line_of_the_test(pw: fakepw.Double) -> None:
    pw.strict = True
    mistake(pw)
    mistake(pw)
    with pytest.warns(
        fakepw.FakepwWarning, match=r"patch_list.*'series' is no key.*2 times"
    ) as seen:
        pw.warn()
    assert [each.filename for each in seen] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pw.warn()
    assert pw.calls[0].remarks == pw.calls[1].remarks
    assert last_calls(pw).count("  ! 'series' is no key") == 2
    assert pw.remarks[0].startswith("patch_list({'series': '7'}): 'series' is no key to filter by:")
    assert pw.unmet() == []
    pw.reset()
    assert (pw.strict, pw.remarks) == (False, [])


def test_it_fails_if_it_is_to_and_for_unknown_methods_anyway(pw: fakepw.Double) -> None:
    pw.strict = "error"
    mistake(pw)
    with pytest.raises(AssertionError, match="'series' is no key to filter by"):
        pw.settle()
    pw.settle()  # each is told once
    assert len(pw.unmet()) == 1
    pw.reset()
    pw.strict = "error ignore=keys"
    mistake(pw)
    assert (pw.strict, pw.remarks) == ("error ignore=keys", [])
    pw.settle()
    pw.strict = True
    mistake(pw, "system.listMethods")
    with pytest.raises(AssertionError, match=r"there is no method 'system\.listM"):
        pw.settle()
    assert len(pw.unmet()) == 1
    pw.reset()  # or the plugin tells it of the server that runs here, too


def test_a_filter_that_makes_it_an_error_is_heeded(pw: fakepw.Double) -> None:
    pw.strict = True
    mistake(pw)
    with warnings.catch_warnings():
        warnings.simplefilter("error", fakepw.FakepwWarning)
        with pytest.raises(fakepw.FakepwWarning, match="'series' is no key"):
            pw.warn()
    pw.reset()


def test_a_server_here_tells_at_the_next_thing_done_and_at_its_end() -> None:
    with fakepw.serve("demo", strict=True) as pw:
        mistake(pw)
        with pytest.warns(fakepw.FakepwWarning, match="'series' is no key"):
            assert len(pw.calls) == 1
        pw.reset()
        assert pw.strict is True  # as from the start
    with pytest.raises(AssertionError, match="in strict mode:\npatch_list"):  # noqa: SIM117
        with fakepw.serve("demo", strict="error") as pw:
            mistake(pw)
    with pytest.raises(ZeroDivisionError), fakepw.serve("demo", strict="error") as pw:  # noqa: PT012
        mistake(pw)
        raise ZeroDivisionError


def test_what_is_no_mode_is_said(pw: fakepw.Double) -> None:
    for wrong in ("yes", 7, "ERROR"):
        with pytest.raises(ValueError, match="strict") as raised:
            pw.strict = wrong  # type: ignore[assignment]
        assert "\n" not in str(raised.value)
    assert pw.strict is False
    if isinstance(pw, RemoteDouble):
        with pytest.raises(ValueError, match="is true, false or 'error', not 'loud'"):
            pw._request("POST", "strict", {"strict": "loud"})
        with pytest.raises(ValueError, match="the body: strict is missing"):
            pw._request("POST", "strict", {})
    with pytest.raises(ValueError, match="strict is true, false or 'error', not 'yes'"):
        fakepw.serve("tiny", strict="yes")


def test_what_a_rule_keeps_from_patchwork_is_not_told(pw: fakepw.Double) -> None:
    pw.strict = True
    pw.fault("patch_list", fault="no", first=1)
    pw.fault("patch_list", fault="no", when="after", first=1)
    mistake(pw)
    assert pw.remarks == []
    mistake(pw)  # carried out, and the answer lost
    assert len(pw.remarks) == 1
    with pytest.warns(fakepw.FakepwWarning):
        pw.warn()
    pw.reset()
