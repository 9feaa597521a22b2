"""What each option is for, as `--help` says it."""

from __future__ import annotations

from ...reports import KINDS
from ...target.knowing.profile import RELEASES
from ..opening.options import LOCAL, REMOTE

USERNAME = (
    "Log in as this user: proves that right credentials work, and changes nothing. The password is"
    " read from PW_CONFORMANCE_PASSWORD or ~/.netrc, or asked for."
)
WRITES = "Write to these patches, and put them back: what changes a patch is decided, too."
CREATE_CHECKS = "Create checks on those patches, too. No call can take a check back."
SELECT = "Only these requirements: an id such as PW-LIST-021, or a chapter such as LIST."
SKIP = "All requirements but these."
SELECT_CALLS = "Only the calls of these requirements: an id such as PW-LIST-021, or a chapter."
EXAMPLES = (
    "Draw so many examples of each property: more look harder and take more requests"
    f" (default {REMOTE}, and {LOCAL} where requests are not counted)."
)
EXAMPLES_OF_CALLS = "Draw so many calls of each property."
SEED = "Draw other examples. The same seed draws the same ones (default 0)."
WORKERS = "Decide in so many processes at once, by pytest-xdist (default 1)."
REPORT = f"Write a report, too; may be given again. The kinds are {', '.join(KINDS)}."
BASELINE = (
    "Deviations that are known, and fail no run until a date: TOML with [[known]] tables of id,"
    " reason and expires."
)
MIN_DECIDED = (
    "Inconclusive if fewer of the MUSTs could be decided that apply to this server and to what was"
    " given (default 1%, and one MUST with --select)."
)
EXPECT_RELEASE = f"Not conformant if it is another release than this: {', '.join(RELEASES)}."
JOURNAL = (
    "Remember in this folder what must be put back, not in your state folder: for machines that"
    " come and go."
)
FAILURES = "Keep the raw exchanges of what failed in this folder, for --replay."
REPLAY = "Send what --failures kept again, and tell what still fails. Nothing else is decided."
DRY_RUN = "Print the calls that would be sent, made from a sample. Nothing is sent."
BEFORE = (
    "Run this by the shell first, such as what starts or seeds the server. If it fails the run is"
    " inconclusive."
)
BEFORE_TIMEOUT = "How long that may take; 600 unless told."
WAIT = (
    "Wait so long for the server to answer, whatever it answers; if it never does the run is"
    " inconclusive."
)
MAX_FAILURES = (
    "Try nothing more once so many requirements failed; those of a baseline do not count."
)
FAILED_FROM = (
    "Only what failed there: in a JSON report, or a bundle, of an earlier run. What a baseline"
    " excused did not fail."
)
BUNDLE = (
    "Write one zip file of all there is: reports, raw exchanges, settings, versions, logs. replay,"
    " compare, matrix and --failed-from read it."
)
STRICT = "Not 0 either if something is no longer decided."
EXPIRES = "Until when they are known: 90d, 12w, or a date such as 2027-01-31."
OUTPUT = "Write to this file, which must not be there yet; to standard output if none is given."
UPDATE = (
    "Bring FILE up to date: its reasons and dates stay, what is no longer needed goes, what failed"
    " besides is added."
)
CONTAINER = {
    "--container-port": "Of docker://IMAGE: the port that it answers on, if not the only one that"
    " the image exposes.",
    "--env": "Give that container this variable; without =VALUE, that of our own environment. May"
    " be given again.",
    "--ready": "Begin once this path is answered with a status below 400, not when the image's"
    " health check says so, or anything is answered at all.",
    "--exec": "Run this in the container before the run, to fill it: a command and its arguments,"
    " by no shell. May be given again.",
}
RECORDED = "Show the real servers that were recorded, release by release, and what they answered."
SLOW = "Warn if a list of one patch takes so long."
TOO_SLOW = "Alarm if a list of one patch takes so long."
CERTIFICATE = "Warn, and alarm, if the certificate is valid for no more days than that."
PROBE_TIMEOUT = "Alarm if all of it together takes longer."
PROBE_USERNAME = (
    "Log in as this user, too, which changes nothing. The password is read from"
    " PW_CONFORMANCE_PASSWORD or ~/.netrc."
)
PROMETHEUS = (
    "Write metrics to this file, too, whole or not at all: a *.prom in the folder of the node"
    " exporter's textfile collector."
)
