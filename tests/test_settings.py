"""What deployments of one instance set differently, and what clients see of it (servers.md 6.1)."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xmlrpc.client
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen as request

import jsonschema
import pytest

import fakepw
from fakepw import fixtures
from fakepw.cli import main
from fakepw.patchwork.instances.settings import SETTINGS, Settings, from_texts, settings_of
from fakepw.patchwork.instances.tables import RELEASES
from fakepw.patchwork.words.zones import names as zone_names
from fakepw.patchwork.words.zones import zone
from tests import recordings
from tests.clients.conftest import Pwclient

ROWS: dict[str, Any] = {
    "projects": [{"linkname": "netdev"}],
    "users": [{"username": "kim", "password": "secret", "maintainer_of": ["netdev"]}],
    "patches": [{"name": "x", "msgid": "<a/b@x>"}],
    "comments": [{"patch": "x"}],
}
NOW = datetime(2026, 1, 5, 9, 30)


def deployed(like: str = "3.2-py3-postgresql", **settings: Any) -> fakepw.Patchwork:
    return fakepw.Patchwork(fakepw.load(ROWS), like, clock=lambda: NOW, settings=settings)


def ask(patchwork: fakepw.Patchwork, target: str, method: str = "GET") -> fakepw.Response:
    headers = [(b"host", b"pw.example.org")]
    return fakepw.respond(fakepw.Request(method.encode(), target.encode(), headers), patchwork)


def text(response: fakepw.Response) -> str:
    return b"".join(response.body).decode()


def proxy(patchwork: fakepw.Patchwork, root: str = "") -> Any:
    url = f"http://kim:secret@fakepw{root}/xmlrpc/"
    return xmlrpc.client.ServerProxy(url, transport=fakepw.Transport(patchwork))


def shown(value: Any) -> str:
    return value.data.decode() if isinstance(value, xmlrpc.client.Binary) else value


# -- what each does ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "date"),
    [
        (None, "2026-01-05 20:30:00"),
        ("UTC", "2026-01-05 09:30:00"),
        ("America/New_York", "2026-01-05 04:30:00"),
    ],
)
@pytest.mark.parametrize("like", ["1.1-py2-sqlite", "2.2-py3-sqlite", "3.2-py3-postgresql"])
def test_new_checks_are_dated_by_the_time_zone(like: str, zone: str | None, date: str) -> None:
    patchwork = deployed(like, **({} if zone is None else {"TIME_ZONE": zone}))
    client = proxy(patchwork)
    assert client.check_create(1, "ci", "success")
    assert shown(client.check_get(1)["date"]) == date
    assert shown(client.patch_get(1)["date"]) == "2026-01-05 09:00:00"


def test_zones_do_not_depend_on_the_machine(tmp_path: Path) -> None:
    """Another machine's Canberra may lie, or be missing: it is not looked at."""
    wrong = tmp_path / "Australia"
    wrong.mkdir()
    data = (Path(sys.prefix) / "nothing").with_suffix(".x")
    assert not data.exists()
    (wrong / "Canberra").write_bytes(b"TZif2" + bytes(200))
    code = "from fakepw.patchwork.words.zones import zone; from datetime import datetime;"
    code += "print(zone('Australia/Canberra').utcoffset(datetime(2026, 1, 5)))"
    for path in (str(tmp_path), ""):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONTZPATH": path},
            capture_output=True,
            text=True,
        )
        assert (done.stdout, done.stderr) == ("11:00:00\n", "")
    assert {"UTC", "Australia/Canberra", "Europe/Berlin"} <= zone_names()


@pytest.mark.parametrize(
    "name", ["", "..", "../../etc/passwd", "/etc/localtime", "utc", "x" * 9999]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"^no time zone is called ") as error:
        zone(name)
    assert len(str(error.value)) < 200


def test_a_database_session_has_the_time_zone_too() -> None:
    """PostgreSQL writes dates as text with its offset (servers.md 3)."""
    for name, offset in ("UTC", "+00"), ("America/New_York", "-05"):
        client = proxy(deployed(TIME_ZONE=name))
        assert len(client.patch_list({"date__endswith": offset})) == 1


@pytest.mark.parametrize("like", fakepw.RECORDED)
def test_without_the_xmlrpc_api_its_paths_are_404(like: str) -> None:
    patchwork = deployed(like, ENABLE_XMLRPC=False)
    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
        for path in ("/xmlrpc", "/xmlrpc/"):
            status = ask(patchwork, path, method).status
            assert status in ((404,) if method in ("GET", "HEAD", "OPTIONS") else (403, 404))
    assert not patchwork.enabled


@pytest.mark.parametrize("like", fakepw.RECORDED)
def test_the_rest_api_is_there_unless_it_is_switched_off(like: str) -> None:
    release = list(RELEASES).index(like.split("-")[0])
    first, second, newest = (list(RELEASES).index(name) for name in ("2.0", "2.2", "3.2"))
    on, off = deployed(like), deployed(like, ENABLE_REST_API=False)
    root = ask(on, "/api/")
    assert root.status == (200 if release >= first else 404)
    if release >= first:
        headers = dict(root.headers)
        assert headers["Content-Type"] == "application/json"
        assert headers["Vary"] == "Accept, Cookie"
        assert headers["Allow"] == "GET, HEAD, OPTIONS"
    assert ask(on, "/api/1.2/").status == (200 if release >= second else 404)
    for path in ("/api/", "/api/1.2/", "/api/1.0/", "/api/patches/1/"):
        gone = ask(off, path)
        assert gone.status == 404
        assert dict(gone.headers)["Content-Type"].startswith("text/html")
    about = "/help/about/" if release < first else "/about/"
    for each, word in (on, "enabled"), (off, "disabled"):
        rest = {"REST": word} if release >= first else {}
        assert recordings.api_status(text(ask(each, about))) == rest | {"XML-RPC": "enabled"}
    pattern = re.compile("^(?:backend = |url ?= ?)(.*)$", re.MULTILINE)
    sample = "/project/netdev/pwclientrc/"
    backends = [pattern.findall(text(ask(each, sample))) for each in (on, off)]
    if release >= newest:
        assert backends == [
            ["rest", "http://example.com/api/"],
            ["xmlrpc", "http://example.com/xmlrpc/"],
        ]
    else:
        assert backends[0] == backends[1] == ["http://example.com/xmlrpc/"]


@pytest.mark.parametrize("like", fakepw.RECORDED)
def test_the_site_is_named_in_the_sample_pwclientrc_and_on_pages(like: str) -> None:
    patchwork = deployed(like, SITE_DOMAIN="pw.example.org:81", SITE_NAME="Kettle's <Patchwork>")
    assert "http://pw.example.org:81/" in text(ask(patchwork, "/project/netdev/pwclientrc/"))
    page = text(ask(patchwork, "/"))
    assert "Kettle&#x27;s &lt;Patchwork&gt;" in page
    assert "<Patchwork>" not in page


PATHS = (
    *(
        "/",
        "/about",
        "/about/",
        "/help/",
        "/help/about/",
        "/pwclient/",
        "/nope",
        "/nope/",
        "/xmlrpc",
    ),
    *("/xmlrpc/", "/xmlrpc?a=b", "/project/netdev", "/project/netdev/", "/project/netdev/list/"),
    *("/project/netdev/pwclientrc/", "/patch/1", "/patch/1/", "/patch/1/mbox/", "/patch/1/raw/"),
    *("/project/netdev/patch/a/b@x/", "/project/netdev/patch/a%2Fb@x/mbox/", "/comment/1/", "/api"),
    *("/api/", "/api/1.2/", "/api/patches/1/", "/user/login/", "/admin/", "//xmlrpc/", "/~x", "//"),
)


@pytest.mark.parametrize("like", fakepw.RECORDED)
def test_below_a_script_name_all_is_as_without_but_for_the_urls(like: str) -> None:
    plain, below = deployed(like), deployed(like, FORCE_SCRIPT_NAME="/of/pw")
    for path in PATHS:
        for method in ("GET", "POST", "PUT", "HEAD"):
            ours, theirs = ask(below, f"/of/pw{path}", method), ask(plain, path, method)
            assert ours.status == theirs.status, path
            told, usual = dict(ours.headers), dict(theirs.headers)
            if "Location" in usual:
                place = usual.pop("Location")
                root, slash, rest = place.partition("/") if place[:1] == "/" else ("", "", "")
                if place.startswith("http://"):
                    root, slash, rest = "http://pw.example.org", "/", place.split("/", 3)[3]
                rest = rest.replace("next=/", "next=/of/pw/").replace("%2F", "/", path == "//")
                assert told.pop("Location") == f"{root}/of/pw{slash}{rest}"
            if method == "GET" and told.get("Content-Type", "").startswith("text/html"):
                links = re.findall('href="(/[^"]*)"', text(ours))
                links = [link for link in links if link != "/pydoc.css"]  # which pydoc knows not
                assert all(link.startswith("/of/pw/") for link in links), links
                if not path.endswith("/xmlrpc/"):  # pydoc's page
                    assert len(links) >= 2 or ours.status in (301, 302)
            assert text(ours).replace("/of/pw/", "/") == text(theirs)
            for each in (told, usual):
                each.pop("Content-Length", None)
                each.pop("Set-Cookie", None)
            assert told == usual


@pytest.mark.parametrize("path", ["/", "/xmlrpc/", "/xmlrpc", "/about", "/pwx/xmlrpc/", "/p"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_outside_of_the_script_name_there_is_nothing(path: str, method: str) -> None:
    response = ask(deployed(FORCE_SCRIPT_NAME="/pw"), path, method)
    assert response.status == 404
    assert "Location" not in dict(response.headers)


def test_the_script_name_as_the_facts_tell_it() -> None:
    patchwork = deployed(FORCE_SCRIPT_NAME="/pw", SITE_DOMAIN="pw.example.org")
    asked = {
        ("POST", "/pw/xmlrpc"): (301, "/pw/xmlrpc/"),
        ("PUT", "/pw/xmlrpc/"): (302, "/pw/"),
        ("GET", "/pw/about"): (301, "/pw/about/"),
    }
    for (method, path), expected in asked.items():
        response = ask(patchwork, path, method)
        assert (response.status, dict(response.headers)["Location"]) == expected
    sample = text(ask(patchwork, "/pw/project/netdev/pwclientrc/"))
    assert "url = http://pw.example.org/pw/api/" in sample
    assert proxy(patchwork, "/pw").pw_rpc_version() == [1, 3, 0]


def test_pwclient_works_below_a_script_name(tmp_path: Path) -> None:
    with fakepw.serve("demo", settings={"FORCE_SCRIPT_NAME": "/pw"}) as server:
        assert server.url == f"http://127.0.0.1:{server.port}/pw/xmlrpc/"
        assert server.base_url == f"http://127.0.0.1:{server.port}/pw/"
        assert len(Pwclient(server.url, tmp_path).rows("list")) == 12
        with request(f"{server.control_url}health") as answer:
            assert answer.status == 200
        wrong = server.url.replace("/pw/", "/")
        assert "404" in Pwclient(wrong, tmp_path).failure("list")


@pytest.mark.parametrize("like", fakepw.RECORDED)
def test_framing_is_forbidden_as_set_where_the_release_forbids_it(like: str) -> None:
    old = like.startswith("1.")
    for value in ("DENY", "SAMEORIGIN"):
        told = dict(ask(deployed(like, X_FRAME_OPTIONS=value), "/").headers)
        assert told.get("X-Frame-Options") == (None if old else value)


@pytest.mark.parametrize(("limit", "faults"), [(0, True), (107, True), (108, False), (None, False)])
@pytest.mark.parametrize("like", ["1.1-py2-sqlite", "2.0-py3-sqlite", "3.2-py3-postgresql"])
def test_the_bound_on_bodies_can_be_set_where_there_is_one(
    like: str, limit: int | None, faults: bool
) -> None:
    settings = {"DATA_UPLOAD_MAX_MEMORY_SIZE": limit}
    with (
        fakepw.serve(ROWS, instance=like, settings=settings) as pw,
        xmlrpc.client.ServerProxy(pw.url) as client,
    ):
        assert len(xmlrpc.client.dumps((), "pw_rpc_version").encode()) == 108
        if faults and not like.startswith("1."):
            with pytest.raises(xmlrpc.client.Fault, match="RequestDataTooBig"):
                client.pw_rpc_version()
        else:
            assert client.pw_rpc_version()


def test_a_longer_body_than_usual_is_taken_where_that_is_set() -> None:
    body = xmlrpc.client.dumps(("x" * 3_000_000,), "project_list").encode()
    for limit, text_in in (None, b"<data>"), (4_000_000, b"<data>"), (2_999_999, b"TooBig"):
        settings = {"DATA_UPLOAD_MAX_MEMORY_SIZE": limit}
        with fakepw.serve(ROWS, settings=settings) as pw, request(pw.url, body) as answer:
            assert text_in in answer.read()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "HEAD"])
def test_plain_http_is_sent_to_https_where_that_is_set(method: str) -> None:
    patchwork = deployed(SECURE_SSL_REDIRECT=True)
    for path in ("/xmlrpc/", "/xmlrpc", "/", "/nope/", "/xmlrpc/?a=b"):
        response = ask(patchwork, path, method)
        assert response.status == 301
        assert dict(response.headers)["Location"] == f"https://pw.example.org{path}"
    below = deployed(SECURE_SSL_REDIRECT=True, FORCE_SCRIPT_NAME="/pw")
    place = dict(ask(below, "/pw/xmlrpc/", method).headers)["Location"]
    assert place == "https://pw.example.org/pw/xmlrpc/"


# -- how they are given --------------------------------------------------------------------

WRONG: dict[str, list[Any]] = {
    "TIME_ZONE": ["Mars/Base", "", "../UTC", 5, None, "UTC\n"],
    "ENABLE_XMLRPC": ["yes", 1, None, []],
    "ENABLE_REST_API": ["false", 0],
    "SITE_DOMAIN": ["", "a b", "http://x", "x/y", "x\n", "x\r\nSet-Cookie: y", 7],
    "SITE_NAME": ["", "x" * 51, None],
    "FORCE_SCRIPT_NAME": [
        "pw",
        "/pw/",
        "/",
        "",
        "/a b",
        "/a\n",
        "/..",
        "/./x",
        "/_fakepw",
        "//x",
        3,
    ],
    "X_FRAME_OPTIONS": ["ALLOWALL", "deny", None],
    "DATA_UPLOAD_MAX_MEMORY_SIZE": [-1, "10", 1.5, True],
    "SECURE_SSL_REDIRECT": ["x", None],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in WRONG.items() for v in values])
def test_a_wrong_value_is_one_sentence_that_says_what_is_allowed(name: str, value: Any) -> None:
    beginning = f"{name} is {SETTINGS[name].allowed}, not {value!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(beginning)}") as error:
        settings_of({name: value})
    assert str(error.value).count("\n") == 0
    with pytest.raises(fakepw.FixtureError) as refused:
        fakepw.load({"settings": {name: value}})
    assert refused.value.errors == [f"fixture: $.settings.{name}: {error.value}"]
    with pytest.raises(ValueError, match=re.escape(beginning)):
        fakepw.serve(ROWS, settings={name: value})
    with pytest.raises(ValueError, match=re.escape(beginning)):
        fakepw.Patchwork(fakepw.load(ROWS), settings={name: value})


def test_every_setting_is_described_and_known_to_these_tests() -> None:
    assert list(SETTINGS) == list(Settings.__struct_fields__) == list(WRONG)


def test_an_unknown_name_is_told_beside_all_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "no setting is called 'TIMEZONE'; there are TIME_ZONE, ENABLE_XMLRPC, "
    with pytest.raises(fakepw.FixtureError) as refused:
        fakepw.load({"settings": {"TIMEZONE": "UTC", "a b": 1}, "patches": [{"nam": "x"}]})
    first, second, third, _ = refused.value.errors
    assert first.startswith(f"fixture: $.settings.TIMEZONE: {sentence}")
    assert second.startswith('fixture: $.settings["a b"]: no setting is called ')
    assert third.startswith("fixture: $.patches[0].nam")
    with pytest.raises(SystemExit) as stop:
        main(["serve", "tiny", "--port", "0", "--setting", "TIMEZONE=UTC", "--setting", "x"])
    assert stop.value.code == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["fakepw serve: a setting is given as NAME=VALUE, not 'x'"]


def test_settings_that_are_no_object_are_refused() -> None:
    with pytest.raises(fakepw.FixtureError) as refused:
        fakepw.load({"settings": ["UTC"]})
    assert refused.value.errors == ["fixture: $.settings: expected an object, got an array"]


def test_files_may_share_settings_but_not_contradict_each_other() -> None:
    one, same = {"settings": {"TIME_ZONE": "UTC"}}, {"settings": {"TIME_ZONE": "UTC"}}
    more = {"settings": {"ENABLE_REST_API": False}}
    assert fixtures.read(one, same, more).settings == Settings(
        TIME_ZONE="UTC", ENABLE_REST_API=False
    )
    with pytest.raises(fakepw.FixtureError) as refused:
        fakepw.load(one, {"settings": {"TIME_ZONE": "Europe/Berlin"}})
    assert refused.value.errors == [
        "fixture 2: $.settings.TIME_ZONE: 'Europe/Berlin' is not 'UTC', to which fixture 1 sets it"
    ]


def test_the_command_line_and_python_win_over_the_fixture_one_by_one() -> None:
    fixture = ROWS | {"settings": {"TIME_ZONE": "UTC", "SITE_NAME": "one"}}
    with fakepw.serve(fixture, settings={"SITE_NAME": "two"}) as pw:
        assert pw.patchwork.settings == Settings(TIME_ZONE="UTC", SITE_NAME="two")
    with fakepw.serve(fixture) as pw:
        assert pw.patchwork.settings == Settings(TIME_ZONE="UTC", SITE_NAME="one")
    with pytest.raises(TypeError, match="has its own instance, enabled and settings"):
        fakepw.serve(fakepw.Patchwork(fakepw.load(ROWS)), settings={})


def test_texts_are_read_by_what_the_setting_is() -> None:
    given = from_texts(
        (
            "TIME_ZONE=UTC",
            "SITE_NAME=true",
            "ENABLE_XMLRPC=False",
            "ENABLE_REST_API=true",
            "DATA_UPLOAD_MAX_MEMORY_SIZE=None",
            "TIME_ZONE=Asia/Kathmandu",
        )
    )
    assert given == Settings(
        TIME_ZONE="Asia/Kathmandu",
        SITE_NAME="true",
        ENABLE_XMLRPC=False,
        ENABLE_REST_API=True,
        DATA_UPLOAD_MAX_MEMORY_SIZE=None,
    )
    assert from_texts(tuple(str(given).split(", "))) == given


def test_they_are_kept_through_state_and_dumps_and_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = {"TIME_ZONE": "UTC", "DATA_UPLOAD_MAX_MEMORY_SIZE": None, "ENABLE_REST_API": False}
    with fakepw.serve("demo", settings=settings, instance="2.2-py2-sqlite") as pw:
        with request(f"{pw.control_url}state") as answer:
            state = answer.read()
        assert json.loads(state)["settings"] == settings
    path = tmp_path / "now.json"
    path.write_bytes(state)
    with fakepw.serve(path) as pw:
        assert dict(pw.patchwork.settings.given()) == settings
    main(["check", str(path)])
    assert "settings: TIME_ZONE=UTC, ENABLE_REST_API=false, DATA_UPLOAD_MAX_MEMORY_SIZE=null" in (
        capsys.readouterr().out
    )
    dataset = fakepw.load(path)
    assert fixtures.read(fakepw.dumps(dataset, None, settings)).settings == settings_of(settings)
    assert "settings" not in fixtures.dump(dataset)


def test_the_schema_knows_them() -> None:
    validator = jsonschema.Draft202012Validator(fixtures.schema())
    good = {"TIME_ZONE": "UTC", "FORCE_SCRIPT_NAME": "/a/b", "DATA_UPLOAD_MAX_MEMORY_SIZE": None}
    validator.validate({"settings": good})
    for name, values in WRONG.items():
        for value in values:
            if name != "TIME_ZONE" or not isinstance(
                value, str
            ):  # whether there is one it cannot say
                assert not validator.is_valid({"settings": {name: value}}), (name, value)
    assert not validator.is_valid({"settings": {"TIMEZONE": "UTC"}})
