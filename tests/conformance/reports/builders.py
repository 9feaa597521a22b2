"""Runs to make reports of: ordinary ones, and what a hostile server could bring about."""

from __future__ import annotations

from dataclasses import replace

from conformance.requirements.catalogue import Level, requirements
from conformance.target.exchange import Answer, Exchange, Request, call
from conformance.target.sending.transport import Endpoint
from conformance.verdicts.evidence import evidence_of
from conformance.verdicts.verdicts import Deviation, Evidence, Outcome, Run, Verdict

ENDPOINT = Endpoint("https", "patchwork.example.com", 443)
HEADERS = (("Content-Type", "text/html; charset=utf-8"), ("X-Frame-Options", "DENY"))

#: What must be shown and must not act, in any format.
HOSTILE = (
    "<script>window.stolen = 1</script><img src=x onerror='window.stolen = 1'>"
    " \x00\x07\x1b[31m\r\n\x7f\x85\u200b\u202egnp.exe\u2066\ufeff\ufffe "
    "]]> --> ``` ` | * _ [x](javascript:alert(1)) </pre></style></script> @everyone #1 &lt;b&gt;"
    " 日本語 Zoë 💥 \ud800 {{ 7 * 7 }} {% raw %}"
)


def ids(level: Level, chapter: str = "") -> list[str]:
    """The requirements of a level, of one chapter if it is named."""
    return [
        number
        for number, about in requirements().items()
        if about.level is level and chapter in ("", about.chapter)
    ]


def answer(body: str | bytes, status: int = 200) -> Answer:
    """An answer as Patchwork heads it."""
    data = body.encode() if isinstance(body, str) else body
    return Answer(status, (*HEADERS, ("Content-Length", str(len(data)))), data)


def value(xml: str) -> str:
    """A methodResponse."""
    return (
        "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n"
        f"<value>{xml}</value>\n</param>\n</params>\n</methodResponse>\n"
    )


def evidence(request: Request, reply: Answer) -> Evidence:
    """One exchange, made into evidence as the engine makes it."""
    return evidence_of(ENDPOINT, [Exchange(request, reply)])[0]


def failure(number: str, expected: str, got: str, *shown: Evidence, advice: str = "") -> Verdict:
    """A failed requirement."""
    return Verdict(
        number,
        Outcome.FAIL,
        deviation=Deviation(expected, got, advice),
        evidence=shown,
        requests=max(1, len(shown)),
        seconds=0.21,
    )


def run_of(*verdicts: Verdict, **more: object) -> Run:
    """A run with a target card and settings."""
    run = Run(
        url=ENDPOINT.url,
        card={
            "target": "Patchwork 3.1 or 3.2, Python 3, PostgreSQL",
            "size": {"projects": 3, "states": 10, "people": "61 or more", "patches": "1 to 48 211"},
            "will be checked": ["version", "signatures", "authentication", "reads", "lists"],
            "will not be checked": [
                "writes: need --writes PATCH_ID",
                "right credentials: need --username and a password",
            ],
            "notes": ["https://patchwork.example.com/xmlrpc redirects to the address with a slash"],
            "nothing": None,
        },
        verdicts=list(verdicts),
        settings={"examples": 6, "seed": 0, "rate": 5.0, "max_requests": 600, "username": None},
        requests=412,
        seconds=83.4,
        started="2026-11-23T10:46:00+00:00",
    )
    return replace(run, **more)  # type: ignore[arg-type]


def everything() -> Run:
    """A verdict for every requirement, and every outcome among them."""
    musts = ids(Level.MUST)
    verdicts = {
        number: Verdict(number, Outcome.PASS, requests=2, seconds=0.0123)
        for number in requirements()
    }
    for number in ids(Level.INFO):
        verdicts[number] = Verdict(number, Outcome.OBSERVED, "case-insensitive, like SQLite")
    for number in ids(Level.SHOULD)[:2]:
        verdicts[number] = replace(
            failure(number, "no difference", "one answer took 3 s longer"), outcome=Outcome.WARNING
        )
    verdicts[musts[-1]] = Verdict(musts[-1], Outcome.NOT_APPLICABLE, "only for release 1.0")
    verdicts[musts[-2]] = Verdict(musts[-2], Outcome.NOT_RUN, "needs --writes PATCH_ID")
    verdicts[musts[-3]] = Verdict(
        musts[-3], Outcome.INCONCLUSIVE, "no complete answer within 30 s", requests=1, seconds=30.0
    )
    for verdict in failures():
        verdicts[verdict.id] = verdict
    known = ids(Level.MUST, "READ")[1]
    verdicts[known] = replace(
        failure(known, "''", "None"), excused="fixed by the next upgrade (until 2027-01-31)"
    )
    # As xdist's workers report them: in no order.
    return run_of(*reversed(verdicts.values()))


def failures() -> list[Verdict]:
    """Three failures of different chapters, one of them with two exchanges."""
    version = ids(Level.MUST, "VER")[0]
    auth = ids(Level.MUST, "AUTH")[3]
    read = ids(Level.MUST, "READ")[0]
    refused = call("patch_set", -1, {"state": 1}, auth="Basic bm9ib2R5Ondyb25n", login=True)
    text = "<class 'Exception'>:Invalid username/password"
    fault = (
        "<?xml version='1.0'?>\n<methodResponse>\n<fault>\n<value><struct>\n<member>\n"
        "<name>faultCode</name>\n<value><int>1</int></value>\n</member>\n<member>\n"
        f"<name>faultString</name>\n<value><string>{text.replace('<', '&lt;')}</string></value>\n"
        "</member>\n</struct></value>\n</fault>\n</methodResponse>\n"
    )
    return [
        failure(
            version,
            "[1, 3, 0]",
            "pw_rpc_version() answered '1.1'",
            evidence(call("pw_rpc_version"), answer(value("<string>1.1</string>"))),
            advice="1.1 is the documentation's sample; no Patchwork ever sent it. Is this a proxy?",
        ),
        failure(
            auth,
            "the same refusal for an unknown user and a wrong password",
            "two different faults",
            evidence(refused, answer(fault)),
            evidence(refused, answer("<h1>Server Error (500)</h1>\r\n", 500)),
        ),
        failure(
            read,
            "{}",
            "patch_get(9999) answered a fault 1: <class 'IndexError'>:list index out of range",
            evidence(call("patch_get", 9999), answer(fault)),
            advice="upgrade to a release after 1.1",
        ),
    ]


def symptomatic() -> Run:
    """Failures of three causes: two that several share, and one alone."""
    musts = ids(Level.MUST)
    shown = {
        5: "faults of code 500 in place of 1",
        6: "faults of code 500 in place of 1",
        9: "faults of code 500 in place of 1",
        8: "HTTP 500 in answer to patch_get",
        40: "HTTP 500 in answer to patch_get",
        60: "patch_list answers []",
    }
    found = []
    for place, symptom in shown.items():
        exchange = evidence(call("patch_get", place), answer(value("<int>1</int>")))
        failed = failure(musts[place], "{}", f"patch_get({place}) answered 1", exchange)
        deviation = Deviation("{}", f"patch_get({place}) answered 1", symptoms=(symptom,))
        found.append(replace(failed, deviation=deviation))
    failed_ids = {verdict.id for verdict in found}
    others = (Verdict(n, Outcome.PASS, requests=1) for n in requirements() if n not in failed_ids)
    return run_of(*found, *others)


def conformant() -> Run:
    """A run in which all is well."""
    return run_of(*(Verdict(number, Outcome.PASS, requests=1) for number in requirements()))


def empty() -> Run:
    """A run that never came to a verdict."""
    return Run(
        url="patchwork.example.com",
        trouble="the name patchwork.example.com does not resolve; check the spelling or DNS",
    )


def hostile() -> Run:
    """A run in which the server decides every text that it can."""
    long = "A" * 300_000
    shown = replace(
        evidence(
            Request(HOSTILE.encode("utf-8", "surrogatepass"), headers=(("X", "a\tb"),)),
            answer(HOSTILE.encode("utf-8", "surrogatepass") + bytes(range(256))),
        ),
        call=HOSTILE,
        answer=HOSTILE,
        curl=f"curl '{HOSTILE}'",
        python=f"print({HOSTILE!r})",
    )
    huge = evidence(call("patch_get_mbox", 1), answer(long))
    musts = ids(Level.MUST)
    return run_of(
        failure(musts[0], HOSTILE, HOSTILE, shown, advice=HOSTILE),
        failure(musts[1], long, long, huge),
        failure(musts[2], "", ""),
        Verdict(musts[3], Outcome.INCONCLUSIVE, HOSTILE),
        Verdict(musts[4], Outcome.NOT_RUN, HOSTILE),
        Verdict(musts[5], Outcome.FAIL, HOSTILE, excused=HOSTILE),
        Verdict(ids(Level.INFO)[0], Outcome.OBSERVED, HOSTILE),
        replace(failure(ids(Level.SHOULD)[0], HOSTILE, HOSTILE), outcome=Outcome.WARNING),
        url=f"https://x.example/{HOSTILE}",
        trouble=HOSTILE,
        problems=[HOSTILE, ""],
        card={"what": HOSTILE, HOSTILE: [HOSTILE, {HOSTILE: HOSTILE}], "nothing": ""},
        settings={"why": HOSTILE},
        started=HOSTILE,
    )


def faulty() -> Run:
    """The suite itself failed, in the middle."""
    return replace(conformant(), trouble="internal error in test_x: KeyError")


RUNS = {
    "everything": everything,
    "symptomatic": symptomatic,
    "conformant": conformant,
    "empty": empty,
    "hostile": hostile,
    "nothing": lambda: Run(url=""),
    "faulty": faulty,
}
