"""HTTP/1.x as the server speaks it, over raw sockets."""

from __future__ import annotations

import re

import pytest

from fakepw.protocol.messages import Request, Response

from .wire import Wire, echo, post, serving, text_response


@pytest.fixture
def seen() -> list[Request]:
    return []


@pytest.fixture
def port(seen):
    """Where `echo` is served; the requests that it got are in `seen`."""

    def application(request: Request) -> Response:
        seen.append(request)
        return echo(request)

    with serving(application) as (_, port):
        yield port


@pytest.fixture
def wire(port):
    with Wire(port) as wire:
        yield wire


def test_a_connection_stays_for_the_next_request(wire):
    for _ in range(3):
        wire.send(post(b"abc"))
        answer = wire.answer()
        assert (answer.status, answer.body) == (200, b"POST /xmlrpc/ 3")
        assert answer.get("Connection") is None


def test_connection_close_is_honoured(wire):
    wire.send(post(Connection="close"))
    answer = wire.answer()
    assert answer.get("Connection") == "close"
    assert wire.rest() == b""


def test_pipelined_requests_are_answered_in_order(wire):
    wire.send(b"".join(post(target=f"/{n}") for n in range(200)))
    for n in range(200):
        assert wire.answer().body.startswith(b"POST /%d " % n)


def test_what_follows_connection_close_is_not_read(wire, seen):
    wire.send(post(target="/1", Connection="close") + post(target="/2"))
    assert wire.answer().body.startswith(b"POST /1 ")
    assert wire.rest() == b""
    assert [request.target for request in seen] == [b"/1"]


def test_a_request_may_come_byte_by_byte(wire, seen):
    for byte in post(b"abc", X_Long="x" * 50):
        wire.send(bytes([byte]))
    assert wire.answer().body == b"POST /xmlrpc/ 3"
    assert seen[0].headers == (
        (b"host", b"pw.example.org"),
        (b"content-length", b"3"),
        (b"x-long", b"x" * 50),
    )


def test_http_10_is_answered_in_http_10_and_closed(wire, seen):
    wire.send(b"POST /xmlrpc/ HTTP/1.0\r\nContent-Length: 2\r\n\r\nab")
    answer = wire.answer()
    assert (answer.version, answer.body) == ("HTTP/1.0", b"POST /xmlrpc/ 2")
    assert answer.get("Connection") == "close"
    assert wire.rest() == b""
    assert seen[0].version == "1.0"


def test_http_10_with_keep_alive_stays(wire):
    for _ in range(2):
        wire.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        answer = wire.answer()
        assert answer.get("Connection") == "keep-alive"
        assert answer.body == b"GET / 0"


@pytest.mark.parametrize("version", ["2.0", "0.9", "3.1"])
def test_other_versions_of_http_are_refused(wire, version, seen):
    wire.send(f"GET / HTTP/{version}\r\n\r\n".encode())
    assert wire.answer().status == 400
    assert wire.rest() == b""
    assert not seen


def test_absolute_targets_reach_the_application_as_sent(wire, seen):
    """What pwclient always sends (clients.md 1)."""
    wire.send(post(target="http://127.0.0.1:8000/xmlrpc/"))
    assert wire.answer().status == 200
    assert seen[0].target == b"http://127.0.0.1:8000/xmlrpc/"


def test_a_long_target_may_come_in_two_reads(wire, seen):
    request = post(target="/" + "x" * 5000)
    wire.send(request[:3000])
    wire.send(request[3000:])
    assert wire.answer().status == 200
    assert seen[0].target == b"/" + b"x" * 5000


@pytest.mark.parametrize(
    "method",
    ["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PROPFIND", "CONNECT", "BREW", "A-B"],
)
def test_every_upper_case_method_reaches_the_application(wire, seen, method):
    """As through gunicorn, the front of the recorded servers."""
    wire.send(f"{method} /xmlrpc/ HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert wire.answer().body == f"{method} /xmlrpc/ 0".encode()
    wire.send(post(b"abc"))
    assert wire.answer().body == b"POST /xmlrpc/ 3"
    assert [request.method for request in seen] == [method.encode(), b"POST"]


def test_an_unusual_method_may_come_byte_by_byte(wire):
    for byte in b"BREW /pot HTTP/1.1\r\nContent-Length: 2\r\n\r\nxy":
        wire.send(bytes([byte]))
    assert wire.answer().body == b"BREW /pot 2"


@pytest.mark.parametrize(("method", "length"), [("get", "184"), ("post", "185")])
def test_lower_case_methods_are_answered_as_by_the_recorded_servers(wire, seen, method, length):
    """Recordings `http/get /xmlrpc/` and `http/post /xmlrpc/`."""
    wire.send(f"{method} /xmlrpc/ HTTP/1.1\r\nHost: pw.example.org\r\n\r\n".encode())
    answer = wire.answer()
    assert answer.status == 400
    front = ("server", "date", "connection")
    assert [pair for pair in answer.headers if pair[0].lower() not in front] == [
        ("Content-Type", "text/html"),
        ("Content-Length", length),
    ]
    assert wire.rest() == b""
    assert not seen


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: abc\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        b"GET /two words HTTP/1.1\r\n\r\n",
        b"A / HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_no_http_gets_a_400_page_and_one_line_in_the_log(wire, seen, garbage, caplog):
    wire.send(garbage)
    answer = wire.answer()
    assert answer.status == 400
    assert b"<h1><p>Bad Request</p></h1>" in answer.body
    assert wire.rest() == b""
    assert not seen
    assert len(caplog.records) == 1
    assert "was answered 400: " in caplog.text


def test_who_hangs_up_behind_what_is_no_http_is_one_line_in_the_log(port, caplog):
    for _ in range(10):
        with Wire(port) as hasty:
            hasty.send(b"hello\r\n\r\n")
    with Wire(port) as wire:
        wire.send(post(b"abc"))
        assert wire.answer().status == 200
    assert ["was answered 400: " in record.message for record in caplog.records] == [True] * 10


def test_good_requests_before_a_bad_one_are_answered(wire):
    wire.send(post(target="/1") + post(target="/2") + b"rubbish\r\n\r\n" + post(target="/3"))
    assert [wire.answer().status for _ in range(2)] == [200, 200]
    refusal = wire.answer()
    assert refusal.status == 400
    assert b"POST" not in refusal.body  # the method of the good ones
    assert wire.rest() == b""


def test_100_continue_is_sent_when_the_body_is_waited_for(wire):
    request = post(b"abc", Expect="100-continue")
    wire.send(request[:-3])
    assert wire.answer().status == 100
    wire.send(b"abc")
    assert wire.answer().body == b"POST /xmlrpc/ 3"
    wire.send(request[:-3])
    assert wire.answer().status == 100
    wire.send(b"abc")
    assert wire.answer().status == 200


def test_100_continue_is_left_out_when_the_body_is_there(wire):
    wire.send(post(b"abc", Expect="100-continue"))
    assert wire.answer().status == 200


def test_100_continue_comes_after_the_answers_before_it(wire):
    wire.send(post(target="/1") + post(b"abc", Expect="100-continue")[:-3])
    assert wire.answer().body.startswith(b"POST /1 ")
    assert wire.answer().status == 100


def test_a_chunked_body_is_decoded_and_its_header_kept(wire, seen):
    wire.send(
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    assert wire.answer().status == 200
    assert seen[0].body == b"abcde"
    assert (b"transfer-encoding", b"chunked") in seen[0].headers


def test_a_post_without_content_length_has_no_body(wire, seen):
    wire.send(b"POST /xmlrpc/ HTTP/1.1\r\nHost: a\r\n\r\n")
    assert wire.answer().body == b"POST /xmlrpc/ 0"


def test_a_wish_to_upgrade_is_ignored_and_the_body_read(wire, seen):
    """What curl sends for --http2."""
    for _ in range(2):
        wire.send(post(b"abc", Connection="Upgrade, HTTP2-Settings", Upgrade="h2c"))
        assert wire.answer().body == b"POST /xmlrpc/ 3"
    wire.send(b"GET /x HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n" + post(b"a"))
    assert wire.answer().body == b"GET /x 0"
    assert wire.answer().body == b"POST /xmlrpc/ 1"


def test_head_is_answered_without_a_body(wire):
    wire.send(b"HEAD /about/ HTTP/1.1\r\nHost: a\r\n\r\n" + post(b"abc"))
    answer = wire.answer(to="HEAD")
    assert (answer.status, answer.get("Content-Length")) == (200, "14")
    assert wire.answer().body == b"POST /xmlrpc/ 3"


def test_who_has_sent_all_may_stop_sending_and_still_gets_the_answer(wire):
    wire.send(post(b"abc"))
    wire.socket.shutdown(1)
    assert wire.answer().status == 200
    assert wire.rest() == b""


def test_every_answer_is_dated(wire):
    wire.send(post())
    date = wire.answer().get("Date")
    assert date is not None
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", date)


# Answers of other kinds than a body with its length.


def answers_with(*headers: tuple[str, str], body: list[bytes], status: int = 200):
    return serving(lambda request: Response(status, headers, body))


LOCATION = ("Location", "/xmlrpc/")


@pytest.mark.parametrize("headers", [[LOCATION], [("Transfer-Encoding", "chunked"), LOCATION]])
def test_an_answer_without_length_is_chunked_as_the_301_of_real_servers(headers):
    """servers.md 1.1; Transfer-Encoding comes first, as in the recordings."""
    with answers_with(*headers, body=[b""], status=301) as (_, port), Wire(port) as wire:
        for _ in range(2):
            wire.send(post(target="/xmlrpc"))
            answer = wire.answer()
            assert (answer.status, answer.body) == (301, b"")
            assert answer.headers[-2:] == [("Transfer-Encoding", "chunked"), LOCATION]
            assert answer.get("Content-Length") is None
        wire.send(b"HEAD /xmlrpc HTTP/1.1\r\n\r\n")
        assert wire.answer(to="HEAD").get("Transfer-Encoding") is None


def test_the_chunks_of_a_chunked_answer_are_those_of_its_body():
    body = [b"a" * 10, b"", b"b" * 300_000, b"c"]
    with answers_with(body=body) as (_, port), Wire(port) as wire:
        wire.send(post() + post())
        assert wire.answer().body == b"".join(body)
        assert wire.answer().body == b"".join(body)


def test_http_10_is_not_answered_in_chunks_but_by_the_end_of_the_connection():
    with answers_with(body=[b"abc"]) as (_, port), Wire(port) as wire:
        wire.send(post(version="1.0", Connection="keep-alive"))
        answer = wire.answer()
        assert answer.get("Transfer-Encoding") is None
        assert answer.get("Connection") == "close"
        assert answer.body == b"abc"


@pytest.mark.parametrize("count", [1, 63, 64, 20_000])
def test_answers_of_many_megabytes_arrive_whole(count):
    chunk = bytes(range(256)) * (12_000_000 // 256 // count)
    body = [chunk] * count
    length = ("Content-Length", str(len(chunk) * count))
    with answers_with(length, body=body) as (_, port), Wire(port) as wire:
        for _ in range(2):
            wire.send(post())
        for _ in range(2):
            assert wire.answer().body == b"".join(body)


def test_an_answer_may_mix_huge_and_tiny_chunks():
    body = [b"x"] * 10_000 + [b"y" * 3_000_000] * 3 + [b"z"] * 10_000
    length = ("Content-Length", str(sum(map(len, body))))
    with answers_with(length, body=body) as (_, port), Wire(port) as wire:
        wire.send(post(Connection="close"))
        assert wire.answer().body == b"".join(body)
        assert wire.rest() == b""


def test_an_application_that_raises_is_a_500_and_one_line_and_the_server_goes_on(caplog):
    def application(request: Request) -> Response:
        if request.target == b"/bad":
            raise ZeroDivisionError("over\nhere")
        return text_response(b"fine")

    with serving(application) as (_, port), Wire(port) as wire:
        wire.send(post(target="/bad") + post())
        assert wire.answer().status == 500
        assert wire.answer().body == b"fine"
    (record,) = caplog.records
    assert "POST /bad failed: ZeroDivisionError: over here (" in record.getMessage()
    assert "\n" not in record.getMessage()
