"""The comparison with recorded answers leaves out what cannot be reproduced, and nothing more."""

from __future__ import annotations

import base64
import xmlrpc.client
from typing import Any

import pytest

from fakepw.protocol import Response

from .recordings import INSTANCES, Answer, Call, answers, as_bytes, as_request, calls, compare

HEADERS = (("Content-Type", "text/html; charset=utf-8"),)


def call(method: str, *params: Any, dataset: str = "a", verb: str = "POST") -> Call:
    body = xmlrpc.client.dumps(params, method, allow_none=True)
    return Call(dataset=dataset, id="x", method=verb, path="/xmlrpc/", body=body)


def sized(body: bytes, length: int | None = None) -> tuple[tuple[str, str], ...]:
    return (*HEADERS, ("Content-Length", str(len(body) if length is None else length)))


def difference(sent: Call, recorded: bytes, got: bytes, status: int = 200) -> str | None:
    answer = Answer(
        dataset="a", id="x", status=200, headers=sized(recorded), body=recorded.decode()
    )
    return compare(sent, answer, Response(status, sized(got), [got]))


def result(value: Any) -> bytes:
    return xmlrpc.client.dumps((value,), methodresponse=True).encode()


def fault(text: str) -> bytes:
    return xmlrpc.client.dumps(xmlrpc.client.Fault(1, text), methodresponse=True).encode()


@pytest.mark.parametrize("name", INSTANCES)
def test_every_recorded_answer_equals_itself(name: str) -> None:
    said = answers(name)
    known = [sent for sent in calls() if sent.op is None and sent.key in said]
    assert len(known) == len(said)
    for sent in known:
        answer = said[sent.key]
        body = answer.received
        if body is None or answer.comments_left_out or "0xADDRESS" in (answer.body or ""):
            continue
        assert compare(sent, answer, Response(answer.status, answer.headers, [body])) is None


def test_a_call_can_be_sent_as_bytes_and_as_a_request() -> None:
    for sent in calls("c"):
        if sent.op is None:
            head, _, body = as_bytes(sent).partition(b"\r\n\r\n")
            request = as_request(sent)
            assert body == request.body == sent.sent
            assert head.split(b"\r\n")[0].split()[:2] == [request.method, request.target]
            assert len(head.split(b"\r\n")) == 1 + len(request.headers)


def test_another_value_status_or_header_is_a_difference() -> None:
    sent = call("pw_rpc_version")
    one = result([1, 3, 0])
    assert difference(sent, one, one) is None
    assert "value" in str(difference(sent, one, result([1, 2, 0])))
    assert "status" in str(difference(sent, one, one, status=500))
    answer = Answer(dataset="a", id="x", status=200, headers=sized(one), body=one.decode())
    assert "headers" in str(compare(sent, answer, Response(200, HEADERS, [one])))
    assert "headers" in str(compare(sent, answer, Response(200, sized(one)[::-1], [one])))
    assert "2 bytes" in str(compare(sent, answer, Response(200, sized(one), [b"ab"])))


def test_other_bytes_of_the_same_value_are_told_apart() -> None:
    one = result([1])
    other = one.replace(b"<int>1<", b"<i4>1<").replace(b"1</int>", b"1</i4>")
    assert str(difference(call("x"), one, other.ljust(len(one)))).startswith("bytes")


def test_memory_addresses_do_not_count() -> None:
    real, ours = fault("got <Binary at 0xADDRESS>."), fault("got <Binary at 0x7f1234567890>.")
    assert difference(call("x"), real, ours) is None
    assert difference(call("x"), real, fault("got <Binary at 0x7f12>, no.")) is not None


def test_of_a_drivers_fault_the_class_counts() -> None:
    real = fault("<class 'django.db.utils.DataError'>:bigint out of range\n")
    assert difference(call("x"), real, fault("<class 'django.db.utils.DataError'>:else")) is None
    other = fault("<class 'django.db.utils.ProgrammingError'>:bigint out of range\n")
    assert difference(call("x"), real, other) is not None
    assert difference(call("x"), fault("<class 'ValueError'>:a"), fault("<class 'ValueError'>:b"))


def check(number: int, date: Any, context: str = "ci") -> dict[str, Any]:
    return {"id": number, "date": date, "context": context, "target_url": "", "state": "fail"}


@pytest.mark.parametrize("wrap", [str, lambda text: xmlrpc.client.Binary(text.encode())])
def test_the_date_of_a_check_created_on_the_way_does_not_count(wrap: Any) -> None:
    sent = call("check_get", 1000)
    one, other = wrap("2026-11-22 18:01:02.123456"), wrap("2026-11-23 05:06:07")
    real = result(check(1000, one))
    assert difference(sent, real, result(check(1000, other))) is None
    assert difference(sent, real, result(check(1000, wrap("yesterday")))) is not None
    assert difference(sent, real, result(check(1000, other, "cj"))) is not None
    assert difference(sent, result(check(1, one)), result(check(1, other))) is not None


def rows(*pairs: tuple[int, str]) -> bytes:
    return result([{"id": number, "date": date, "name": f"n{number}"} for number, date in pairs])


def test_order_counts_where_sql_defines_it_and_only_there() -> None:
    straight, turned = rows((1, "a"), (2, "b")), rows((2, "b"), (1, "a"))
    tied, tied_turned = rows((1, "a"), (2, "a")), rows((2, "a"), (1, "a"))
    for method in ("person_list", "check_list"):
        assert difference(call(method), straight, turned) is None
    assert difference(call("patch_list", {}), tied, tied_turned) is None
    assert difference(call("patch_list", {}), straight, turned) is not None
    for method in ("state_list", "project_list"):
        assert difference(call(method), tied, tied_turned) is not None
    assert difference(call("patch_list", {}), tied, rows((1, "a"), (3, "a"))) is not None


def test_a_slice_may_be_cut_anywhere_among_equals() -> None:
    sent = call("patch_list", {"max_count": 2})
    real = rows((1, "a"), (2, "b"))
    assert difference(sent, real, rows((1, "a"), (3, "b"))) is None
    assert difference(sent, real, rows((1, "a"), (3, "c"))) is not None
    assert difference(sent, real, rows((1, "a"))) is not None
    assert difference(sent, real, rows((1, "a"), (1, "b"))) is not None
    three = rows((1, "a"), (2, "b"), (3, "c"))
    assert difference(sent, three, rows((1, "a"), (4, "b"), (3, "c"))) is not None


def test_a_csrf_cookie_may_hold_any_token_and_expire_any_time() -> None:
    def cookie(token: str, expires: str) -> Response:
        value = f"csrftoken={token}; expires={expires}; Max-Age=31449600; Path=/"
        return Response(200, (*HEADERS, ("Set-Cookie", value)), [b""])

    real = cookie("...", "Mon, 22 Nov 2027 07:01:46 GMT")
    answer = Answer(dataset="a", id="x", status=200, headers=real.headers, html=True)
    sent = Call(dataset="a", id="x", method="GET", path="/")
    assert compare(sent, answer, cookie("a" * 32, "Tue, 23 Nov 2027 08:00:00 GMT")) is None
    assert compare(sent, answer, cookie("a" * 32, "Tue, 23-Nov-2027 08:00:00 GMT")) is not None
    assert compare(sent, answer, cookie("a" * 9, "Tue, 23 Nov 2027 08:00:00 GMT")) is not None
    assert compare(sent, answer, Response(200, HEADERS, [b""])) is not None


def test_of_a_page_the_words_do_not_count_but_its_headers_do() -> None:
    sent = Call(dataset="a", id="x", method="GET", path="/")
    answer = Answer(dataset="a", id="x", status=404, headers=sized(b"", 2849), html=True)
    assert compare(sent, answer, Response(404, sized(b"ours"), [b"ours"])) is None
    assert compare(sent, answer, Response(404, HEADERS, [b"ours"])) is not None
    documented = Answer(
        dataset="a", id="x", status=200, headers=sized(b""), html=True, documented={"f": "(a)"}
    )
    page = b'<dl><dt><a name="-f"><strong>f</strong></a>(a)</dt></dl>'
    assert compare(sent, documented, Response(200, sized(page), [page])) is None
    wrong = page.replace(b"(a)", b"(b)")
    assert compare(sent, documented, Response(200, sized(wrong), [wrong])) is not None


def test_of_a_pwclientrc_all_but_the_comments_counts() -> None:
    sent = Call(dataset="a", id="x", method="GET", path="/project/p/pwclientrc/")
    answer = Answer(
        dataset="a", id="x", status=200, headers=sized(b"", 99), body="[p]\nurl = x\n",
        comments_left_out=True,
    )  # fmt: skip
    ours, other = b"# ours\n\n[p]\nurl = x\n", b"[p]\nurl = y\n"
    assert compare(sent, answer, Response(200, sized(ours), [ours])) is None
    assert compare(sent, answer, Response(200, sized(other), [other])) is not None


def test_bodies_that_are_no_text_are_recorded_too() -> None:
    raw = b"\xff\xfe"
    answer = Answer(
        dataset="a", id="x", status=200, headers=sized(raw), body_b64=base64.b64encode(raw).decode()
    )
    assert compare(call("x"), answer, Response(200, sized(raw), [raw])) is None
    assert compare(call("x"), answer, Response(200, sized(b"ab"), [b"ab"])) is not None


def test_of_equal_bodies_and_headers_one_copy_is_held() -> None:
    """A server's answers would otherwise take eight times as much."""
    held = list(answers(INSTANCES[0]).values())
    for each in ("body", "headers"):
        found = [value for answer in held if (value := getattr(answer, each))]
        assert len({id(value) for value in found}) == len(set(found)) < len(found) / 5
