"""A transport for `xmlrpc.client` that needs no socket: calls go straight to a Patchwork."""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from ..patchwork.patchwork import Patchwork
from ..protocol import respond
from ..protocol.messages import Request

if TYPE_CHECKING:
    from _typeshed import SizedBuffer


class Transport(xmlrpc.client.Transport):
    """Answers the calls of a `ServerProxy` from a Patchwork, byte for byte as over HTTP.

        transport = Transport(Patchwork(fakepw.load("fixture.json")))
        client = xmlrpc.client.ServerProxy("http://fakepw/xmlrpc/", transport=transport)

    The URL's path and credentials (`http://user:password@fakepw/…`) count, its host does not.
    The proxy raises what it raises over HTTP: Fault, ProtocolError for any status but 200, and
    ExpatError for an answer that is no XML (servers.md 1.3).
    """

    def __init__(
        self,
        patchwork: Patchwork,
        use_datetime: bool = False,
        use_builtin_types: bool = False,
        *,
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(use_datetime, use_builtin_types, headers=headers)
        self.patchwork = patchwork
        self._own_headers = list(headers)

    def request(
        self,
        host: Any,
        handler: str,
        request_body: SizedBuffer,
        verbose: bool = False,
    ) -> Any:
        """The decoded answer to one call."""
        host, extra, _ = self.get_host_info(host)
        body = bytes(request_body)
        headers = [
            ("Host", host),
            ("Content-Type", "text/xml"),
            ("User-Agent", self.user_agent),
            ("Content-Length", str(len(body))),
            *self._own_headers,
            *(extra or ()),
        ]
        pairs = [(n.lower().encode("latin-1"), str(v).encode("latin-1")) for n, v in headers]
        request = Request(b"POST", handler.encode("latin-1"), pairs, body)
        response = respond(request, self.patchwork)
        if response.status != 200:
            phrase = HTTPStatus(response.status).phrase
            fields = dict(response.headers)
            raise xmlrpc.client.ProtocolError(host + handler, response.status, phrase, fields)
        parser, unmarshaller = self.getparser()
        for chunk in response.body:
            parser.feed(chunk)
        parser.close()
        return unmarshaller.close()
