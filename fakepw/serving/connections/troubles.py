"""What goes wrong between a server and its clients, in one line of the log each."""

from __future__ import annotations

import logging
import ssl
import traceback

from ...patchwork.words.brief import asked
from ...protocol.messages import Request, Response
from ..http.framing import page
from ..http.refusal import Refusal

log = logging.getLogger("fakepw")


class Troubles:
    """The log of one server; what many clients do at the same moment is summed up in one line."""

    def __init__(self) -> None:
        self.turned_away = 0  # connections since the last `sum_up`
        self.vanished: list[str] = []  # addresses, since then

    def refused(self, peer: str, refusal: Refusal) -> None:
        """A client sent what is no request that can be answered."""
        status, detail, line = refusal
        what = f"; it asked: {asked(line)}" if line else ""
        log.warning("%s was answered %d: %s%s", peer, status, detail, what)

    def no_tls(self, peer: str, error: Exception | None) -> None:
        """A client did not come to speak TLS, or left off."""
        log.warning("%s was let go: %s", peer, _of_tls(error))

    def failed(self, request: Request, error: Exception) -> Response:
        """The application raised: what to answer then."""
        line = f"{request.method.decode('latin-1')} {request.target[:200].decode('latin-1')}"
        log.error("%s failed: %s", line, _where(error))
        log.debug("%s", "".join(traceback.format_exception(error)))
        return page(500, "The server failed; its log says why.")

    def broken(self, error: BaseException) -> None:
        """What should never happen: an error of the server's own."""
        log.error("a connection was cut: %s", _where(error))
        log.debug("%s", "".join(traceback.format_exception(error)))

    def cut_off(self, peers: list[str], reason: str) -> None:
        """Clients kept the server waiting, all in the same way."""
        log.warning("%s was cut off: it %s", _one_of(peers), reason)

    def sum_up(self, open_connections: int) -> None:
        """Tell of those who vanished or were turned away since the last time."""
        if self.vanished:
            log.warning("%s went away in the middle of its answer", _one_of(self.vanished))
            self.vanished.clear()
        if self.turned_away:
            log.warning(
                "%d connections were turned away: %d are open", self.turned_away, open_connections
            )
            self.turned_away = 0


#: What people make of OpenSSL's reasons; 3.5 has another name for records that are none.
_REASONS = {
    "HTTP_REQUEST": "it sent plain http, but this server speaks https",
    "WRONG_VERSION_NUMBER": "it spoke no TLS, which this server does",
    "RECORD_LAYER_FAILURE": "it spoke no TLS, which this server does",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not know the authority of this server's certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not trust this server's certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it does not trust this server's certificate",
}


def _of_tls(error: Exception | None) -> str:
    if not isinstance(error, ssl.SSLError):
        return "it hung up in its TLS handshake"
    reason = error.reason or ""
    return _REASONS.get(reason, f"its TLS failed: {reason.replace('_', ' ').lower() or error}")


def _one_of(peers: list[str]) -> str:
    more = len(peers) - 1
    return f"{peers[0]} (and {more} more)" if more else peers[0]


def _where(error: BaseException) -> str:
    """An exception in one line: its class, its text and the place that raised it."""
    text = " ".join(traceback.format_exception_only(error)).strip().replace("\n", " ")
    frames = traceback.extract_tb(error.__traceback__)
    return f"{text} ({frames[-1].filename}:{frames[-1].lineno})" if frames else text
