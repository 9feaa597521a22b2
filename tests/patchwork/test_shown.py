"""What was shown before is as quick as a look-up, and never what is not so any more."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fakepw
from fakepw import Patchwork
from fakepw.double.pipeline import Pipeline
from fakepw.double.steering import Steering
from fakepw.patchwork.mail import mbox
from fakepw.patchwork.rows.shown import Mails
from fakepw.patchwork.words.values import Text
from fakepw.protocol.messages import Response
from tests.double.asking import call

DEMO = fakepw.load("demo")
KIM = "kim:earl-grey"
PATCHES = st.integers(1, 12)

#: What clients write, and what somebody else changes.
WRITES = st.one_of(
    st.tuples(st.just("patch_set"), PATCHES, st.integers(1, 10)),
    st.tuples(st.just("check_create"), PATCHES, st.sampled_from(["success", "fail"])),
    st.tuples(st.just("change"), PATCHES, st.sampled_from(["name", "content", "diff", "headers"])),
    st.tuples(st.just("comment"), PATCHES, st.just("Acked-by: Ann <ann@example.org>")),
    st.tuples(st.just("check"), PATCHES, st.just("warning")),
    st.tuples(st.just("reset"), PATCHES, st.none()),
    st.tuples(st.just("snapshot"), PATCHES, st.none()),
    st.tuples(st.just("restore"), PATCHES, st.none()),
    st.tuples(st.just("instance"), PATCHES, st.sampled_from(["2.0-py2-sqlite", "3.2-py3-mariadb"])),
)


def reads(patch_id: int) -> list[tuple[Any, ...]]:
    return [
        ("patch_get", patch_id),
        ("patch_get_mbox", patch_id),
        ("patch_get_diff", patch_id),
        ("patch_check_get", patch_id),
        ("check_list", {"patch_id": patch_id}),
        ("check_list", {"user": 2}),
        ("patch_list", {"state_id": 3}),
        ("person_list",),
    ]


def write(steering: Steering, kind: str, patch_id: int, value: Any) -> None:
    match kind:
        case "patch_set":
            steering.pipeline.answer(call(kind, patch_id, {"state": value}, user=KIM))
        case "check_create":
            steering.pipeline.answer(call(kind, patch_id, "ci", value, user=KIM))
        case "change":
            steering.change(patch_id, {value: f"X-New: {patch_id}\n"})
        case "comment":
            steering.add("comment", {"patch_id": patch_id, "content": value})
        case "check":
            steering.add("check", {"patch_id": patch_id, "state": value, "context": "else"})
        case "snapshot":
            steering.snapshot("now")
        case "restore" if "now" in steering.snapshots:
            steering.restore("now")
        case "instance":
            steering.load([steering.state()], value)
        case "reset":
            steering.reset()


def body(answer: object) -> bytes:
    assert isinstance(answer, Response)
    return b"".join(answer.body)


@settings(max_examples=15)
@given(st.lists(st.tuples(WRITES, PATCHES), max_size=10))
def test_what_was_shown_is_what_a_server_says_that_shows_it_for_the_first_time(
    steps: list[tuple[tuple[str, int, Any], int]],
) -> None:
    patchwork = Patchwork(DEMO)
    steering = Steering(Pipeline(patchwork))
    for written, shown in steps:
        write(steering, *written)
        fresh = Patchwork(patchwork.store.rows(), patchwork.instance)
        for patch_id in {shown, written[1]}:
            for asked in reads(patch_id):
                request = call(*asked)
                answer = steering.pipeline.answer(request)
                assert body(answer) == body(fakepw.respond(request, fresh)), asked


def test_checks_show_the_name_that_their_patch_has_now() -> None:
    patchwork = Patchwork(DEMO)
    steering = Steering(Pipeline(patchwork))

    def names() -> set[bytes]:
        asked = [
            ("patch_check_get", 3),
            ("check_list", {"patch_id": 3}),
            ("check_list", {"user": 2}),
        ]
        return {body(steering.pipeline.answer(call(*each))) for each in asked}

    before = names()
    steering.change(3, {"name": "another"})
    assert all(b64encode(b"another") in each for each in names())
    steering.reset()
    assert names() == before


def test_a_mail_is_written_once_for_as_long_as_its_patch_stays_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written: list[int] = []
    real = mbox.mbox

    def counted(store: Any, patch: Any, traits: Any) -> str:
        written.append(patch.id)
        return real(store, patch, traits)

    monkeypatch.setattr(mbox, "mbox", counted)
    patchwork = Patchwork(DEMO)
    pipeline = Pipeline(patchwork)

    def ask(*asked: Any) -> None:
        pipeline.answer(call(*asked, user=KIM))

    for _ in range(3):
        ask("patch_get_mbox", 5)
    assert written == [5]
    ask("patch_set", 6, {"state": 3})  # another
    ask("patch_get_mbox", 5)
    assert written == [5]
    ask("patch_set", 5, {"state": 3})
    for _ in range(3):
        ask("patch_get_mbox", 5)
    assert written == [5, 5]
    pipeline.reset()
    ask("patch_get_mbox", 5)
    assert written == [5, 5, 5]


def test_mails_are_kept_within_bounds() -> None:
    mails = Mails(most=100)
    for number in range(50):
        mails.keep(number, Text("x" * number))
        assert mails.held <= 100
    assert mails.get(49) is not None
    assert mails.get(1) is None
    mails.forget(49)
    mails.forget(49)
    mails.keep(99, Text("x" * 1000))
    assert (mails.held, mails.get(99)) == (0, None)


class Unwalked(dict[Any, Any]):
    """A table in which a row is looked up, never looked for."""

    def values(self) -> Any:
        raise AssertionError("all rows were walked")

    __iter__ = items = values


@pytest.mark.parametrize("filt", [{"patch_id": 5}, {"id": 3}, {"patch_id": 5, "user": 2}])
def test_the_checks_of_a_patch_are_found_without_the_others(filt: dict[str, int]) -> None:
    patchwork = Patchwork(DEMO)
    expected = patchwork.call("check_list", [filt])
    assert expected
    patchwork.store.checks = Unwalked(patchwork.store.checks)
    assert patchwork.call("check_list", [filt]) == expected


def test_the_combined_state_is_put_together_once() -> None:
    patchwork = Patchwork(DEMO)
    first = patchwork.call("patch_check_get", [5])
    assert patchwork.call("patch_check_get", [5]) is first
    login = f"Basic {b64encode(KIM.encode()).decode()}"
    patchwork.call("check_create", [6, "ci", "fail"], login)
    assert patchwork.call("patch_check_get", [5]) is first
    patchwork.call("check_create", [5, "ci", "fail"], login)
    assert patchwork.call("patch_check_get", [5])["state"] == "fail"
    patchwork.reset()
    assert patchwork.call("patch_check_get", [5]) == first
