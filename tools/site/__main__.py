"""Builds the site; see the package."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .gather import ROOT, extras, gather
from .generate import generate
from .outside import odd, outside

BUILD = ROOT / "build" / "site"
#: In docs/index.md, where pages of docs/ go that it does not name.
MORE = "MORE"


def source(into: Path) -> None:
    """Write every page of the site."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    names = [*gather(into), *generate(into)]
    index = into / "index.md"
    text = index.read_text()
    named = set(_listed(text))
    named |= {name for name in names if name.startswith("reference/catalogue/")}
    text = re.sub(
        rf"^{MORE}$", "\n".join(n for n in names if n not in {*named, "index"}), text, flags=re.M
    )
    missing = [name for name in _listed(text) if name not in names]
    for name in missing:  # a page that another branch of the work has
        text = re.sub(rf"^{re.escape(name)}\n", "", text, flags=re.M)
    index.write_text(text)


def _listed(text: str) -> list[str]:
    blocks = re.findall(r"^```\{toctree\}\n(.*?)^```$", text, re.M | re.S)
    lines = [line for block in blocks for line in block.splitlines() if line and line[0] != ":"]
    return [re.sub(r".*<(\S+)>$", r"\1", line) for line in lines]


def build(
    pages: Path, into: Path, trees: Path, *, quiet: bool = False, builder: str = "html"
) -> int:
    """Build it; warnings are errors. The status of Sphinx."""
    sphinx = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-j", "auto"]
    words = ["-b", builder, "-c", str(ROOT / "docs"), "-d", str(trees), str(pages), str(into)]
    words += ["-D", f"html_extra_path={','.join(map(str, extras()))}"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    said = subprocess.DEVNULL if quiet else None
    return subprocess.run([*sphinx, *words], env=environment, stderr=said, check=False).returncode


def _asked() -> int:
    """Whether all links to other sites lead somewhere, as Sphinx's linkcheck finds. (Links within
    the site are a matter of building it.)"""
    links = outside(BUILD / "source")
    for address, pages in links.items():
        print(f"{address}  in {', '.join(pages)}")
    for sentence in (wrong := odd(links)):
        print(sentence, file=sys.stderr)
    status = build(BUILD / "source", BUILD / "links", BUILD / "doctrees", builder="linkcheck")
    return status or bool(wrong)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tools.site", description=__doc__)
    parser.add_argument("--source", type=Path, help="write the pages here, and build nothing")
    parser.add_argument(
        "--links", action="store_true", help="ask the sites that are linked to, which takes network"
    )
    given = parser.parse_args()
    if given.source:
        source(given.source)
        return
    source(BUILD / "source")
    if given.links:
        sys.exit(_asked())
    status = build(BUILD / "source", BUILD / "html", BUILD / "doctrees")
    if not status:
        print(f"the site is in {(BUILD / 'html').relative_to(ROOT)}/index.html")
    sys.exit(status)


if __name__ == "__main__":
    main()
