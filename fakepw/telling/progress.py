"""How far something has come, for whoever waits for it at a terminal; for nobody, nothing."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

#: Told how far it has come.
Tell = Callable[[int], None]


@contextmanager
def progress(what: str, total: int | None) -> Iterator[Tell]:
    """A bar on stderr while the block lasts, if that is a terminal: rich's, where it is installed,
    or a line that counts. `total` None: nobody knows how far it is."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ModuleNotFoundError:
        with _counting(what, total) as tell:
            yield tell
        return
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.update(task, completed=done)


@contextmanager
def stages() -> Iterator[Callable[[str, int, int | None], None]]:
    """The same for what is done in several stages: told which, how far, and how far it goes."""
    with ExitStack() as stack:
        current: tuple[str, int | None] | None = None
        tell: Tell = lambda done: None  # noqa: E731

        def told(what: str, done: int, total: int | None) -> None:
            nonlocal current, tell
            if (what, total) != current:
                stack.close()
                current, tell = (what, total), stack.enter_context(progress(what, total))
            tell(done)

        yield told


@contextmanager
def _counting(what: str, total: int | None) -> Iterator[Tell]:
    """A line that is written anew with every hundredth part, and taken away at the end."""
    step, said = max(1, (total or 1000) // 100), -1

    def tell(done: int) -> None:
        nonlocal said
        if done // step != said or done == total:
            said = done // step
            of = f" of {total}" if total is not None else ""
            sys.stderr.write(f"\r\x1b[K{what}: {done}{of}")
            sys.stderr.flush()

    try:
        yield tell
    finally:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
