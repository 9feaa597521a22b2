"""What a probe saw: the line of a monitoring plug-in, JSON, and metrics for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from ...target.probe import Bounds, Probed
from ..safe.visible import line, shortened

#: Grows when a reader of the JSON would have to change.
FORMAT = 1
#: How long the text in the line may be, in characters: monitors keep no more.
LONGEST = 1_000


def plugin(seen: Probed, bounds: Bounds) -> str:
    """The one line: a state, what was seen, and behind a bar performance data.

    A bar ends the text, so a server can say none.
    """
    text = shortened("; ".join(map(line, seen.told)), LONGEST).replace("|", "¦")
    figures = " ".join(_performance(seen, bounds))
    return f"PATCHWORK {seen.state.name} - {text} | {figures}"


def _performance(seen: Probed, bounds: Bounds) -> Iterator[str]:
    """label=value[unit];warn;critical;minimum. A range `7:` alarms below it."""
    if seen.took is not None:
        yield f"time={seen.took:.6f}s;{bounds.slow[0]:g};{bounds.slow[1]:g};0"
    if seen.days is not None:
        yield f"certificate_days={seen.days:.2f};{bounds.days[0]:g}:;{bounds.days[1]:g}:"
    yield f"requests={seen.requests};;;0"


def as_json(seen: Probed) -> dict[str, Any]:
    """What was seen as JSON values."""
    return {
        "format": FORMAT,
        "status": int(seen.state),
        "state": seen.state.name,
        "url": seen.url,
        "version": seen.version,
        "list_seconds": seen.took,
        "certificate_ends": seen.ends,
        "certificate_days": seen.days,
        "login": seen.login,
        "requests": seen.requests,
        "findings": [{"state": state.name, "text": text} for state, text in seen.findings],
    }


def prometheus(seen: Probed) -> str:
    """Metrics in Prometheus' text format, for the textfile collector of its node exporter."""
    metrics = [
        (
            "status",
            "0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.",
            seen.state,
        ),
        ("up", "Whether pw_rpc_version() was answered as Patchwork does.", bool(seen.version)),
        ("list_seconds", "How long a list of one patch took.", seen.took),
        ("certificate_end_timestamp_seconds", "When the certificate ends.", seen.ends),
        ("login_works", "Whether the login was let in.", seen.login),
        ("requests", "How many requests the probe sent.", seen.requests),
        ("timestamp_seconds", "When the probe was made.", time.time()),
    ]
    lines = []
    for name, text, value in metrics:
        if value is None:
            continue
        lines += [f"# HELP patchwork_{name} {text}", f"# TYPE patchwork_{name} gauge"]
        lines.append(f"patchwork_{name}{{{_label('url', seen.url)}}} {float(value)!r}")
    if seen.version:
        lines += ["# HELP patchwork_info What the server is.", "# TYPE patchwork_info gauge"]
        labels = f"{_label('url', seen.url)},{_label('version', seen.version)}"
        lines.append(f"patchwork_info{{{labels}}} 1.0")
    return "\n".join(lines) + "\n"


def _label(name: str, value: str) -> str:
    """A label; in its value three characters are escaped, and what cannot be seen spelt out."""
    escaped = line(value).replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{name}="{escaped}"'
