"""Waiting for a server that is about to answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from ...target.exchange import Exchange, Request
from ...target.knowing.survey import VERSION, Unusable
from ...target.sending.budget import BudgetSpent
from ...target.sending.transport import BUSY, Endpoint, Trouble, Untrusted, endpoint_of, retry_after
from ..opening.options import Options

#: The first pause between two tries, on this machine and elsewhere; it doubles up to the longest of
#: LONG seconds or that part of the whole, so that a long wait takes few requests.
PAUSE, ELSEWHERE, LONG, PART = 0.1, 1.0, 5.0, 1 / 20


def wait_for(options: Options, seconds: float, budget: Path, say: Callable[[str], None]) -> None:
    """Ask until the server answers, whatever it answers: what is in the way is for the run to say.

    Every try counts in the budget, and keeps to its rate. Raises Unusable, in one sentence, if it
    does not answer within so many seconds.
    """
    end = time.monotonic() + seconds
    candidates = endpoint_of(options.url)
    here = all(endpoint.loopback for endpoint in candidates)
    pause, longest = PAUSE if here else ELSEWHERE, max(LONG, seconds * PART)
    told = False
    while (gone := away(options, candidates, budget, end)).why:
        left = end - time.monotonic()
        if left <= pause / 10 or gone.again > left:
            late = f"did not answer within the {seconds:g} s of --wait"
            alone = f", and asks to be left alone for {gone.again:g} s" if gone.again > left else ""
            raise Unusable(f"{options.url} {late}: {gone.why}{alone}")
        if not told:
            say(f"waiting for {options.url}, {seconds:g} s at most: {gone.why}")
            told = True
        time.sleep(min(max(pause, gone.again), left))
        pause = min(2 * pause, longest)


class Away(NamedTuple):
    """Why nobody is there yet, '' if somebody is; and for how long not to ask again, in seconds."""

    why: str = ""
    again: float = 0.0


def away(
    options: Options,
    candidates: list[Endpoint],
    budget: Path,
    end: float,
    asked: Request = VERSION,
    below: int = 1000,
) -> Away:
    """Whether somebody answers with a status below that. Each address is tried once."""
    why = ""
    for endpoint in candidates:
        left = max(0.1, end - time.monotonic())
        asking = replace(options, timeout=min(options.timeout, left), max_time=0.0)
        transport = asking.transport(endpoint, budget, patient=False)
        try:
            exchange = Exchange(asked, transport.send(asked))
        except Untrusted:
            return Away()
        except BudgetSpent as error:
            raise Unusable(str(error)) from None
        except Trouble as error:
            why = why or str(error)
            continue
        finally:
            transport.close()
        status = exchange.answer.status
        if status in BUSY - {429}:
            told = f"the gateway in front answers HTTP {status}"
            return Away(told, retry_after(exchange.answer))
        told = f"{asked.describe()} is answered with HTTP {status}"
        return Away() if status < below else Away(told)
    return Away(why)
