"""The hash by which Patchwork knows a diff again wherever it applies (servers.md 0, 1.9, 1.10).

servers.md says that it is the SHA-1 of the normalised diff, not how that is made.  One recorded
pair shows it: patch 10 of datasets a and b is stored without a hash, and each server from 2.0 on,
whatever its runtime and database, computes `eec1e9e693b92fb0813e240e7e421eaa12db7e07` when it is
saved.  (The hashes that the datasets themselves give are SHA-1s of the diffs as they are, and show
nothing; a hash of '' is not computed anew.)

Shown by that pair: lines that begin with `-`, `+` or a blank count as they are, names of files
and context among them; `diff` and `index` lines do not; of a hunk's header only the numbers of
lines count, `@@ -1,3 +1,3 @@` as `@@ -3 +3 @@`; each line ends in LF.

Not shown, and so kept simplest: a number left out of a hunk's header is 1, as diffs mean it; what
follows that header's second `@@` does not count, nor does any other line; CRLF ends a line as LF
does, with a CR elsewhere counting; names of files are never altered; text is UTF-8.
"""

from __future__ import annotations

import hashlib
import re

_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")


def diff_hash(diff: str) -> str:
    """The hash of a diff, 40 hexadecimal digits; a diff without any line that counts has one too.

    The same on every release that has hashes (2.0 on).
    """
    digest = hashlib.sha1(usedforsecurity=False)
    for line in diff.split("\n"):
        counted = _counted(line.removesuffix("\r"))
        if counted is not None:
            digest.update(counted.encode() + b"\n")
    return digest.hexdigest()


def _counted(line: str) -> str | None:
    """What of a line counts; None if it does not."""
    if line.startswith(("-", "+", " ")):
        return line
    hunk = _HUNK.match(line)
    return f"@@ -{hunk[1] or 1} +{hunk[2] or 1} @@" if hunk else None
