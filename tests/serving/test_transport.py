"""The transport without a socket answers what the server answers over one."""

from __future__ import annotations

import xml.parsers.expat
import xmlrpc.client
from typing import Any

import pytest

import fakepw
from fakepw.serving.reach.transport import Transport

ROWS = {
    "projects": [{"id": 1, "linkname": "netdev", "name": "Networking"}],
    "users": [{"id": 1, "username": "kim", "password": "secret", "maintainer_of": [1]}],
    "patches": [
        {"id": 1, "name": "one", "project": "netdev"},
        {"id": 2, "name": "form\ffeed", "project": "netdev"},
    ],
}


def proxy(
    credentials: str = "", path: str = "/xmlrpc/", *, enabled: bool = True, **options: Any
) -> xmlrpc.client.ServerProxy:
    patchwork = fakepw.Patchwork(fakepw.load(ROWS), enabled=enabled)
    url = f"http://{credentials}fakepw{path}"
    return xmlrpc.client.ServerProxy(url, transport=Transport(patchwork, **options))


def test_calls_are_answered_as_over_http():
    with fakepw.serve(ROWS) as pw, xmlrpc.client.ServerProxy(pw.url) as over_http:
        direct = proxy()
        assert direct.pw_rpc_version() == over_http.pw_rpc_version() == [1, 3, 0]
        assert direct.patch_get(1) == over_http.patch_get(1)
        assert direct.project_list("net") == over_http.project_list("net")


def test_credentials_come_from_the_url():
    with_credentials = proxy("kim:secret@")
    assert with_credentials.patch_set(1, {"commit_ref": "cafe"}) is True
    assert with_credentials.patch_get(1)["commit_ref"] == "cafe"
    with pytest.raises(xmlrpc.client.Fault, match="No authentication credentials given"):
        proxy().patch_set(1, {"commit_ref": "cafe"})


def test_base64_becomes_bytes_if_asked_for():
    assert isinstance(proxy().patch_get(1)["project"], xmlrpc.client.Binary)
    assert proxy(use_builtin_types=True).patch_get(1)["project"] == b"Networking"


def test_any_status_but_200_is_a_protocol_error_as_over_http():
    with pytest.raises(xmlrpc.client.ProtocolError) as raised:
        proxy(enabled=False).pw_rpc_version()
    assert raised.value.errcode == 404
    with pytest.raises(xmlrpc.client.ProtocolError) as raised:
        proxy(path="/xmlrpc").pw_rpc_version()
    assert (raised.value.errcode, raised.value.headers["Location"]) == (301, "/xmlrpc/")


def test_an_answer_that_is_no_xml_is_an_error_as_over_http():
    """A control character in a name (servers.md 1.3)."""
    with pytest.raises(xml.parsers.expat.ExpatError):
        proxy().patch_get(2)


@pytest.mark.parametrize("builtin", [False, True])
def test_what_is_read_again_is_the_callers_own_and_as_over_http(builtin):
    with fakepw.serve("demo") as pw:
        login = pw.url.replace("://", "://kim:earl-grey@")
        options = {"use_builtin_types": builtin, "allow_none": True}
        transport = pw.transport(use_builtin_types=builtin)
        within = xmlrpc.client.ServerProxy(login, transport=transport, **options)
        with xmlrpc.client.ServerProxy(login, **options) as over_http:
            for state in (1, 3):
                for _ in range(4):
                    patch, checks = within.patch_get(5), within.patch_check_get(5)
                    assert (patch, checks) == (over_http.patch_get(5), over_http.patch_check_get(5))
                    patch["name"] = "changed by its owner"
                    checks["checks"].clear()
                within.patch_set(5, {"state": state})


def test_a_parser_of_the_users_may_make_what_cannot_be_copied():
    class Own(Transport):
        def getparser(self) -> Any:
            parser, unmarshaller = super().getparser()
            close = unmarshaller.close
            setattr(unmarshaller, "close", lambda: [close(), lambda: "no copy"])  # noqa: B010
            return parser, unmarshaller

    transport = Own(fakepw.Patchwork(fakepw.load("tiny")))
    proxy = xmlrpc.client.ServerProxy("http://fakepw/xmlrpc/", transport=transport)
    for _ in range(4):
        (version,), _ = proxy.pw_rpc_version()
        assert version == [1, 3, 0]
