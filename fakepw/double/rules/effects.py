"""What the effects of rules make of a request, one function each."""

from __future__ import annotations

from collections.abc import Callable

from ...protocol.messages import Response
from ...protocol.site import site_of
from ...rules.nginx import nginx
from ...rules.presets import PRESETS
from ...rules.spec import Spec
from ..outcome import End, Outcome
from .arrived import Arrived

Effect = Callable[[Arrived, Spec], Response | Outcome]


def _status(arrived: Arrived, spec: Spec) -> Response:
    body = spec.body or b""
    if isinstance(body, str):
        body = body.encode()
    headers = {"Content-Type": "text/html; charset=utf-8", **spec.headers}
    named = {name.lower() for name in spec.headers}
    if "content-type" in named:
        headers = dict(spec.headers)
    if "content-length" not in named and "transfer-encoding" not in named:
        headers["Content-Length"] = str(len(body))
    return Response(spec.status or 200, tuple(headers.items()), [body])


def _fault(arrived: Arrived, spec: Spec) -> Response:
    site = site_of(arrived.patchwork)
    return site.fault(spec.fault or "", arrived.patchwork)


def _cut(arrived: Arrived, spec: Spec) -> Outcome:
    response = arrived.carry_out()
    cut = spec.cut or 0
    if 0 < cut < 1:
        cut *= sum(map(len, response.body))
    return Outcome(response, cut=int(cut), end=End.CLOSE)


def _reset(arrived: Arrived, spec: Spec) -> Outcome:
    return Outcome(end=End.RESET)


def _drop(arrived: Arrived, spec: Spec) -> Outcome:
    return Outcome()


def _preset(arrived: Arrived, spec: Spec) -> Response:
    preset = PRESETS[spec.preset or ""]
    if not preset.disabled:
        return arrived.front or nginx(arrived.request, 503)  # a front that answers, or limits
    patchwork = arrived.patchwork
    enabled, patchwork.enabled = patchwork.enabled, False
    try:
        return site_of(patchwork).respond(arrived.passed, patchwork)
    finally:
        patchwork.enabled = enabled


def _rate(arrived: Arrived, spec: Spec) -> Response:
    retry = () if spec.retry_after is None else (("Retry-After", str(spec.retry_after)),)
    return nginx(arrived.request, spec.status or 503, *retry)


#: By name, as `Spec.effect` gives it.
EFFECTS: dict[str, Effect] = {
    "status": _status,
    "fault": _fault,
    "cut": _cut,
    "reset": _reset,
    "drop": _drop,
    "preset": _preset,
    "rate": _rate,
}
