"""The last safety net: whatever may hold credentials goes through here before it is reported.

Evidence is made without credentials in the first place (`report_evidence`); this is for what a
server echoes, what an error message quotes, and for mistakes.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from ...target import secrecy
from ...target.exchange import made_up
from ...target.secrecy import BLOT
from ...verdicts.verdicts import Deviation, Evidence, Run, Verdict

#: Words that may be seen before what is blotted out, or alone.
SCHEMES = frozenset({"basic", "bearer", "digest", "negotiate", "token"})
_HIDDEN_KEYS = frozenset(
    {"authorization", "proxy-authorization", "password", "passwd", "secret", "token", "api_key"}
)
_HEADER = re.compile(
    r"""((?:^|["'])(?:proxy-)?authorization["']?[ \t]*:[ \t]*["']?)([^\r\n"']*)""", re.I | re.M
)
_BASIC = re.compile(r"\b(basic[ \t]+)([A-Za-z0-9+/=_-]{4,})", re.I)
_USERINFO = re.compile(r"(://)[^/\s:@\"'<>]*:[^/\s@\"'<>]*@")


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with every secret, Authorization value and `user:password@` blotted out.

    Secrets are found however they are bent (`secrecy`); those that were kept there, too.
    """
    return _scrubber(secrets)(text)


def clean(run: Run, secrets: Iterable[str] = ()) -> Run:
    """A copy of the run in which every text went through `redact`; the run itself is left alone."""
    scrub = _scrubber(secrets)
    return replace(
        run,
        url=scrub(run.url),
        card=_value(run.card, scrub),
        verdicts=[_verdict(verdict, scrub) for verdict in run.verdicts],
        settings=_value(run.settings, scrub),
        trouble=scrub(run.trouble),
        problems=[scrub(problem) for problem in run.problems],
    )


def clean_verdict(verdict: Verdict, secrets: Iterable[str] = ()) -> Verdict:
    """A copy of the verdict in which every text went through `redact`."""
    return _verdict(verdict, _scrubber(secrets))


def _scrubber(secrets: Iterable[str]) -> Callable[[str], str]:
    words = tuple(secrets)

    def scrub(text: str) -> str:
        text = secrecy.redact(text, words)
        lower = text.lower()  # most texts hold none of these: to see that first is much cheaper
        if "authorization" in lower:
            text = _HEADER.sub(lambda match: match[1] + _header_value(match[2]), text)
        if "basic" in lower:
            text = _BASIC.sub(lambda m: m[1] + (BLOT if _is_login(m[2]) else m[2]), text)
        return _USERINFO.sub(rf"\1{BLOT}@", text) if "://" in text and "@" in text else text

    return scrub


def _header_value(value: str) -> str:
    if not value.strip() or BLOT in value or "…" in value or "{" in value or "$(" in value:
        return value
    if made_up(value.replace("\\t", "\t")):  # as printf and Python write a tab
        return value
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() not in SCHEMES:
        return BLOT
    return f"{scheme} {BLOT}" if rest else scheme


def _is_login(token: str) -> bool:
    """Whether it decodes to `user:password`; the word behind "Basic" may be a plain word."""
    if made_up(f"Basic {token}"):
        return False
    try:
        text = b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=False)
        return ":" in text.decode()
    except ValueError:
        return False


def _bytes(data: bytes, scrub: Callable[[str], str]) -> bytes:
    return scrub(data.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _value(value: Any, scrub: Callable[[str], str]) -> Any:
    """Any JSON value, scrubbed, its keys as well."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {_value(k, scrub): _member(str(k), v, scrub) for k, v in value.items()}
    if isinstance(value, list | tuple):
        if len(value) == 2 and isinstance(value[0], str) and value[0].lower() in _HIDDEN_KEYS:
            return [value[0], _header_value(str(value[1]))]
        return [_value(item, scrub) for item in value]
    return value


def _member(name: str, value: Any, scrub: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        if name.lower() in _HIDDEN_KEYS:
            return _header_value(value)
        if name.endswith("_b64"):
            return b64encode(_bytes(b64decode(value), scrub)).decode()
    return _value(value, scrub)


def _verdict(verdict: Verdict, scrub: Callable[[str], str]) -> Verdict:
    deviation = verdict.deviation
    return replace(
        verdict,
        reason=scrub(verdict.reason),
        excused=scrub(verdict.excused),
        deviation=deviation
        and Deviation(
            scrub(deviation.expected),
            scrub(deviation.got),
            scrub(deviation.advice),
            tuple(map(scrub, deviation.symptoms)),
        ),
        evidence=tuple(_evidence(item, scrub) for item in verdict.evidence),
    )


def _evidence(item: Evidence, scrub: Callable[[str], str]) -> Evidence:
    return Evidence(
        call=scrub(item.call),
        answer=scrub(item.answer),
        request=_bytes(item.request, scrub),
        response=_bytes(item.response, scrub),
        curl=scrub(item.curl),
        python=scrub(item.python),
        stored=_value(item.stored, scrub),
    )
