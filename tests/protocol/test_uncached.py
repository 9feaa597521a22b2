"""Status lines, and the headers that keep pages out of caches (servers.md 6.2)."""

from __future__ import annotations

import http.client
from datetime import datetime

import pytest

import fakepw
from fakepw.patchwork.instances.instances import RECORDED, instance
from fakepw.patchwork.patchwork import Patchwork
from fakepw.protocol import Request, Response, respond

NOW = datetime(2026, 11, 23, 7, 1, 46)
NOW_IN_HEADERS = "Mon, 23 Nov 2026 07:01:46 GMT"
EVERY = pytest.mark.parametrize("name", [*RECORDED, "3.0-py3-django3.0-sqlite", "2.1-py2-mariadb"])

LOUD = {
    "/": "OK",
    "/xmlrpc": "MOVED PERMANENTLY",
    "/admin/": "FOUND",
    "/nowhere/": "NOT FOUND",
}


def got(name: str, target: str, method: str = "GET", **headers: str) -> Response:
    pw = Patchwork(fakepw.load("tiny"), name, clock=lambda: NOW)
    pairs = [(b"host", b"h"), *((k.encode(), v.encode()) for k, v in headers.items())]
    return respond(Request(method.encode(), target.encode(), pairs), pw)


@pytest.mark.parametrize(
    "name",
    [
        "1.0-py2-sqlite",
        "1.1-py2-postgresql",
        "2.0-py2-mariadb",
        "2.1-py2-sqlite",
        "1.1-py3-sqlite",
        "2.2-py3-sqlite",
        "main-py3-mariadb",
    ],
)
def test_django_1_8_shouts_in_the_status_line(name: str) -> None:
    loud = instance(name).django.startswith("1.8.")
    with fakepw.serve("tiny", instance=name) as pw:
        for target, reason in LOUD.items():
            connection = http.client.HTTPConnection(pw.host, pw.port)
            connection.request("GET", target)
            answer = connection.getresponse()
            assert answer.reason == (reason if loud else "OK" if reason == "OK" else reason.title())
            connection.close()
        connection = http.client.HTTPConnection(pw.host, pw.port)
        connection.request("POST", "/")
        assert connection.getresponse().reason == ("FORBIDDEN" if loud else "Forbidden")
        connection.close()


@EVERY
@pytest.mark.parametrize(("target", "status"), [("/user/login/", 200), ("/admin/", 302)])
def test_no_cache_keeps_what_logs_in(name: str, target: str, status: int) -> None:
    made = instance(name)
    answer = got(name, target)
    headers = dict(answer.headers)
    assert answer.status == status
    assert headers["Expires"] == NOW_IN_HEADERS
    old = made.django.rsplit(".", 1)[0] in ("1.8", "1.9", "1.10")
    assert headers.get("Last-Modified") == (NOW_IN_HEADERS if old else None)
    says = ["max-age=0", "no-cache", "no-store", "must-revalidate"]
    if made.traits.py2:
        says = [*says[1:], says[0]]
    if int(made.django.split(".")[0]) >= 3:
        says.append("private")
    assert headers["Cache-Control"] == ", ".join(says)
    if status == 302:
        where = headers["Location"]
        absolute = made.django.startswith("1.8.")
        assert where == ("http://h" if absolute else "") + "/admin/login/?next=/admin/"
    else:
        assert headers["Set-Cookie"].startswith("csrftoken=")


@EVERY
def test_other_pages_may_be_kept(name: str) -> None:
    for target in ("/", "/about/", "/nowhere/", "/xmlrpc/"):
        names = {header for header, _ in got(name, target).headers}
        assert not names & {"Expires", "Cache-Control", "Last-Modified"}
