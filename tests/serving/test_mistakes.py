"""A client's mistakes, which it seldom tells itself: the log names what was asked."""

from __future__ import annotations

import base64

import pytest

import fakepw

from .wire import Wire

CREDENTIALS = base64.b64encode(b"kim:earl-grey")


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (
            b"CONNECT lists.example.org:443 HTTP/1.1\r\nHost: lists.example.org:443\r\n"
            b"Proxy-Authorization: Basic " + CREDENTIALS + b"\r\n\r\n",
            "was answered 400: Invalid HTTP request: CONNECT is for proxies, and this is none; "
            "it asked: CONNECT lists.example.org:443 HTTP/1.1",
        ),
        (
            b"post /xmlrpc/ HTTP/1.1\r\nHost: x\r\n\r\n",
            "; it asked: post /xmlrpc/ HTTP/1.1",
        ),
        (b"GET /a/b HTTP/3.7\r\n\r\n", "; it asked: GET /a/b"),
        (b"GET /a/b HTTP/2.0\r\n\r\n", "Invalid HTTP Version 2.0; it asked: GET /a/b"),
        (b"GET /a/b HTTP/1.1\r\nHost: a b\r\n\r\n", "GET /a/b to the host 'a b' was answered 400"),
        (
            b"GET http://kim:earl-grey@x/a HTTP/1.1\r\nHost: x_y\r\n\r\n",
            "GET http://x/a to the host 'x_y' was answered 400",
        ),
        (b"nonsense\x1b[2J\r\n\r\n", r"; it asked: nonsense\x1b[2J"),
        (b"GET /" + b"x" * 70_000, "; it asked: GET /xxx"),
    ],
    ids=["CONNECT", "lower case", "version", "newer", "host", "password", "garbage", "long"],
)
def test_a_mistake_is_named_in_the_log(sent: bytes, said: str, caplog) -> None:
    with fakepw.serve("tiny") as pw:
        wire = Wire(pw.port)
        wire.send(sent)
        assert wire.answer().status in (400, 431)
        wire.close()
    (line,) = [record.getMessage() for record in caplog.records]
    assert said in line
    assert line.isprintable()
    assert len(line) < 500
    assert "earl-grey" not in line
    assert CREDENTIALS.decode() not in line


def test_an_old_django_names_a_path_that_is_no_utf_8(caplog) -> None:
    patchwork = fakepw.Patchwork(fakepw.load("tiny"), "1.1-py2-sqlite")
    with fakepw.serve(patchwork) as pw:
        wire = Wire(pw.port)
        wire.send(b"GET /%FF HTTP/1.1\r\nHost: x\r\n\r\n")
        assert wire.answer().status == 400
        wire.close()
    assert "GET /%FF to the host 'x' was answered 400" in caplog.text
