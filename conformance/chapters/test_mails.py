"""PW-READ, the mails and diffs of patches, and what XML can carry of them."""

from __future__ import annotations

import email
import email.errors
import email.header
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..deciding.decisions import OK, Finding, Step, decides
from ..deciding.judging import NONE_FAULT, calls, deviates, expect, faults, poisoned
from ..target.exchange import Exchange, call
from ..target.knowing.world import World, parse_date
from ..verdicts.verdicts import Deviation
from .asking.mailing import mail_of, of_each_mbox, stamped
from .asking.rows import PATCHES, one_int, patch_windows, sampled_patches, spread


def _unmailable(answer: Exchange) -> bool:
    """Whether stored headers that no mail may hold spoilt the mbox (servers.md 2)."""
    return answer.fault is not None and answer.fault.kind.startswith("Unicode")


@of_each_mbox("READ-040")
def test_the_mbox_begins_with_its_date(world: World, answer: Exchange) -> Finding:
    row = world.patch(one_int(answer) or 0)
    if row is None or _unmailable(answer):
        return None
    found = mail_of(world, answer)
    moment = parse_date(row["date"])
    if found is None or moment is None:
        return deviates(answer, "an mbox")
    if world.profile.api == "1.0" and found[1] == "":
        return None  # what cannot be mailed is swallowed there
    first = found[1].split("\n", 1)[0]
    return expect(
        first == f"From patchwork {moment.ctime()}",
        answer,
        f"`From patchwork {moment.ctime()}` first",
    )


@of_each_mbox("READ-041")
def test_the_mbox_is_a_plain_text_mail(world: World, answer: Exchange) -> Finding:
    found = mail_of(world, answer)
    if found is None or not found[1]:
        return None
    mail = email.message_from_string(found[1].split("\n", 1)[-1])
    right = (
        mail.get_content_type() == "text/plain"
        and (mail.get_content_charset("") == "utf-8")
        and mail["MIME-Version"] == "1.0"
    )
    return expect(right, answer, "a text/plain mail in utf-8")


@of_each_mbox("READ-042")
def test_the_mbox_names_its_patch(world: World, answer: Exchange) -> Finding:
    found = mail_of(world, answer)
    if found is None or not found[1]:
        return None
    ids = stamped(found[1], "Id")
    return expect(str(found[0]["id"]) in ids, answer, f"X-Patchwork-Id: {found[0]['id']}")


@of_each_mbox("READ-043")
def test_the_mbox_names_a_delegate(world: World, answer: Exchange) -> Finding:
    found = mail_of(world, answer)
    if found is None or not found[1]:
        return None
    if found[0]["delegate_id"]:
        there = bool(stamped(found[1], "Delegate"))
    else:  # a stored header of that name may stand further down
        there = bool(re.search(r"^X-Patchwork-Id: \d+\nX-Patchwork-Delegate:", found[1], re.M))
    return expect(
        there == bool(found[0]["delegate_id"]),
        answer,
        "X-Patchwork-Delegate if and only if there is a delegate",
    )


@of_each_mbox("READ-044")
def test_the_mbox_names_the_submitter(world: World, answer: Exchange) -> Finding:
    found = mail_of(world, answer)
    if found is None or not found[1]:
        return None
    value = next(iter(stamped(found[1], "Submitter")), "")
    known = found[0]["submitter"].rpartition("<")[2].rstrip(">")
    for _ in range(3):  # Python 2 encodes the address, too, and a name twice
        address = value.rpartition("<")[2].rstrip(">")
        if address and address == known:
            return OK
        value = decoded(value)
    return deviates(answer, f"X-Patchwork-Submitter: … <{known}>")


def decoded(value: str) -> str:
    """A header's value with its encoded words read; as it is if they cannot be."""
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (ValueError, LookupError, email.errors.HeaderParseError):
        return value


def _mbox_and_diff(world: World) -> list[Step]:
    return [
        (call("patch_get_mbox", r["id"]), call("patch_get_diff", r["id"]))
        for r in sampled_patches(world, 3)
    ]


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")


def _body(mbox: str) -> str:
    """An mbox with its body decoded: Python 3.6 may send it as base64."""
    mail = email.message_from_string(mbox.split("\n", 1)[-1])
    if str(mail["Content-Transfer-Encoding"]).lower() not in ("base64", "quoted-printable"):
        return mbox
    payload = mail.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else mbox


@decides("READ-045", _mbox_and_diff, data=True)
def test_the_mbox_holds_the_diff(world: World, mbox: Exchange, diff: Exchange) -> Finding:
    if not (mbox.value and diff.value and mbox.value.plain):
        return None
    wanted, text = _lines(diff.value.plain), _lines(_body(mbox.value.plain))
    if world.profile.python == 2:
        text = re.sub(r"^>(>*From )", r"\1", text, flags=re.M)
        wanted = re.sub(r"^>(>*From )", r"\1", wanted, flags=re.M)
    if not wanted.strip() or "\ufffd" in wanted:
        return None
    return expect(
        f"\n\n{text}".endswith(f"\n\n{wanted}"),
        mbox,
        "the diff that patch_get_diff gives, in full and at the end, behind an empty line",
    )


@of_each_mbox("READ-046")
def test_the_mbox_has_plain_line_ends(world: World, answer: Exchange) -> Finding:
    found = mail_of(world, answer)
    if found is None:
        return None
    # A parser makes a line feed of a raw CR; Python 2 leaves those of the mail (servers.md 2).
    raw = world.profile.python == 3 and b"\r" in answer.answer.body
    return expect(not raw and "\r" not in found[1], answer, "LF only")


@decides(
    "READ-047",
    lambda w: calls("patch_get_diff", [(r["id"],) for r in sampled_patches(w, 3)]),
    on="patch_get_diff",
    data=True,
)
def test_a_diff_is_a_string_or_none(world: World, answer: Exchange) -> Finding:
    if world.patch(one_int(answer) or 0) is None:
        return None
    if answer.fault:
        return faults(answer, "TypeError", text=NONE_FAULT)
    node = answer.value
    return expect(node is not None and node.kind == "string", answer, "a string")


@decides(
    "READ-048", lambda w: calls("patch_get_mbox", [(r["id"],) for r in spread(w.need_patches(), 5)])
)
def test_git_reads_the_mbox(world: World, answer: Exchange) -> Finding:
    git = shutil.which("git")
    text = answer.value.plain if answer.value else None
    if git is None or not isinstance(text, str):
        return None
    head = text.split("\n\n", 1)[0]
    if not re.search(r"^Subject: *\S", head, re.M) or not re.search(
        r"^From: .*<\S+@\S+>", head, re.M
    ):
        return None  # the stored headers hold no more than that
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [git, "mailinfo", "--encoding=UTF-8", Path(folder) / "msg", Path(folder) / "patch"],
            input=text.encode(),
            capture_output=True,
            check=False,
            cwd=folder,
        )
        found = b"\nSubject: " in b"\n" + done.stdout
    if done.returncode == 0 and found:
        return OK
    said = done.stderr.decode(errors="replace").strip()[:200]
    return deviates(answer, f"a mail that git mailinfo reads ({said or 'it finds no subject'})")


@decides("READ-050", patch_windows, on=PATCHES)
def test_patches_can_be_carried_by_xml(world: World, answer: Exchange) -> Finding:
    return _carried(answer)


@decides(
    "READ-051",
    lambda w: [
        c
        for r in sampled_patches(w, 3)
        for c in (call("patch_get_mbox", r["id"]), call("patch_get_diff", r["id"]))
    ],
    on="patch_get_mbox patch_get_diff",
)
def test_mails_and_diffs_can_be_carried_by_xml(world: World, answer: Exchange) -> Finding:
    return _carried(answer)


def _carried(answer: Exchange) -> Finding:
    flaw = answer.answer.flaw
    if flaw is None:
        return OK if answer.value else None
    where = flaw.where or f"patch {answer.params[0]}" if answer.params else flaw.where
    return Deviation(
        "text that XML can carry",
        f"{answer.request.describe()} holds the character {flaw.character!r} in {where}:"
        f" {flaw.reason}",
        "edit that row: no XML-RPC client can read an answer that holds it",
    )


def _spoilt(world: World) -> list[Step]:
    steps: list[Step] = []
    if world.patches:
        steps += [w.read("patch_list") for w in world.patches]
    spoilt = [n for n in world.notes if "cannot be listed" in n]
    if any("patch_list" in n for n in spoilt):
        steps.append(call("patch_list", {"max_count": 61}))
    if any("check_list" in n for n in spoilt):
        steps.append(call("check_list", {"max_count": 61}))
    if not steps:
        world.need_patches()
    return steps


@decides("READ-052", _spoilt, on="patch_list")
def test_no_row_spoils_its_list(world: World, answer: Exchange) -> Finding:
    if not poisoned(answer):
        return OK if answer.value is not None else None
    return Deviation(
        "rows that XML-RPC can carry",
        f"{answer.request.describe()} answered {answer.answer.describe()}",
        "a row holds NULL where text belongs (a check's target_url or description, a patch's"
        " state): set it to an empty text",
    )
