"""The hash of a diff: what the one recorded pair shows, and that the rest is coherent."""

from __future__ import annotations

import re
from hashlib import sha1

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakepw.patchwork.instances.instances import RECORDED, instance
from fakepw.patchwork.mail.diffs import diff_hash
from tests import recordings

DIFF = """\
diff --git a/x.c b/x.c
index 1111111..2222222 100644
--- a/x.c
+++ b/x.c
@@ -10,3 +10,4 @@ int main(void)
 context
-old
+new
+newer

"""
COUNTED = """\
--- a/x.c
+++ b/x.c
@@ -3 +4 @@
 context
-old
+new
+newer
"""


@pytest.mark.parametrize(
    "name", [name for name in RECORDED if instance(name).traits.has_hash_member]
)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("a", "side/before patch_get 10"), ("a", "side/after patch_get 10")),
        (("b", "side2/before 10"), ("b", "side2/after 10")),
    ],
)
def test_every_server_computes_this_hash_when_patch_10_is_saved(
    name: str, before: recordings.Key, after: recordings.Key
) -> None:
    stored = next(row for row in recordings.dataset(before[0])["patches"] if row["id"] == 10)
    answers = recordings.answers(name)

    def shown(key: recordings.Key) -> str:
        found = re.search(r"<name>hash</name>\n<value><string>(.*?)<", answers[key].body or "")
        assert found is not None
        return found[1].strip()

    assert stored["hash"] is None
    assert shown(before) == ""
    assert shown(after) == diff_hash(stored["diff"])


def test_what_counts_is_names_and_changes_and_numbers_of_lines() -> None:
    assert diff_hash(DIFF) == sha1(COUNTED.encode()).hexdigest()


@pytest.mark.parametrize(
    ("header", "counted"),
    [
        ("@@ -1 +1 @@", "@@ -1 +1 @@"),
        ("@@ -7 +8,2 @@", "@@ -1 +2 @@"),
        ("@@ -7,0 +8 @@ f()", "@@ -0 +1 @@"),
    ],
)
def test_a_number_left_out_of_a_hunks_header_is_1(header: str, counted: str) -> None:
    assert diff_hash(f"{header}\n+x\n") == sha1(f"{counted}\n+x\n".encode()).hexdigest()


@pytest.mark.parametrize("diff", ["", "\n\n", "no diff at all\n", "@@ broken @@\n"])
def test_a_diff_without_a_line_that_counts_has_the_hash_of_nothing(diff: str) -> None:
    assert diff_hash(diff) == sha1(b"").hexdigest()


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_where_a_hunk_applies_does_not_matter(old: int, new: int) -> None:
    assert diff_hash(DIFF.replace("-10,3 +10,4", f"-{old},3 +{new},4")) == diff_hash(DIFF)


@given(st.sampled_from(["-3 +5", "-4 +4", "-2 +2"]))
def test_how_long_a_hunk_is_does(counts: str) -> None:
    old, new = counts.split()
    moved = DIFF.replace("-10,3 +10,4", f"-10,{old[1:]} +10,{new[1:]}")
    assert diff_hash(moved) != diff_hash(DIFF)


@given(st.text())
def test_any_text_has_a_hash_and_crlf_has_that_of_lf(diff: str) -> None:
    assert re.fullmatch("[0-9a-f]{40}", diff_hash(diff))
    lines = re.sub("\r+\n", "\n", diff).removesuffix("\r")
    assert diff_hash(lines.replace("\n", "\r\n")) == diff_hash(lines)


@given(st.text(min_size=1).filter(lambda text: not set(text) & set("\r\n")), st.sampled_from("+- "))
def test_every_changed_line_matters(text: str, sign: str) -> None:
    assert diff_hash(DIFF.rstrip() + f"\n{sign}{text}\n") != diff_hash(DIFF)
