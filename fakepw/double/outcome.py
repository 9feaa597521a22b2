"""What becomes of a request: a response, as a rule, but also silence, half of one, or a delay."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from ..protocol.messages import Request, Response


class End(Enum):
    """What becomes of the connection once its answer is sent."""

    KEEP = "what HTTP says; after no answer, or half of one, it stays open in silence"
    CLOSE = "it is closed, whatever the answer's headers say"
    RESET = "it is reset; what was sent just before may be lost on its way"


@dataclass(slots=True, frozen=True)
class Outcome:
    """What is sent, and what becomes of the connection.

    response
        What is answered; None: nothing at all.
    cut
        Bytes of the body after which the answer breaks off, though its head promises all of them
        (0: behind the head); None: nowhere.
    end
        What becomes of the connection.
    """

    response: Response | None = None
    cut: int | None = None
    end: End = End.KEEP


@dataclass(slots=True, frozen=True)
class Later:
    """An outcome that is still to come, `seconds` from now, when `outcome` is called for it.

    Until then nothing is carried out; if the client hangs up before, nothing ever is, and
    `given_up` is called in its place.  A call that is carried out at once and answered late has an
    `outcome` that is ready.
    """

    seconds: float
    outcome: Callable[[], Answer]
    given_up: Callable[[], None] = lambda: None


#: Takes what comes next; None: that was all.
Push: TypeAlias = Callable[[bytes | None], None]


@dataclass(slots=True, frozen=True)
class Stream:
    """An answer that goes on as things happen; it is its connection's last.

    `response` is its head, without a length, and what there is of it so far.  `follow` is told
    whom to push the rest to, at once or later, and gives what ends that: it is called when the
    client is gone.
    """

    response: Response
    follow: Callable[[Push], Callable[[], None]]


#: What an application gives for a request.  A Response is sent as it is, at once.
Answer: TypeAlias = Response | Outcome | Later
#: What is asked for an answer; it is called for one request at a time.
Application: TypeAlias = Callable[[Request], Answer | Stream]
