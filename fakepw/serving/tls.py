"""Certificates for https: those that people give, or those of an authority made for the occasion.

The authority is one for all servers of a process, and lives as long: clients trust its file once.
What it certifies is whatever name a client asks for, and the address that it came to; so a server
in a container is trusted by whatever name the others know it.
"""

from __future__ import annotations

import atexit
import os
import ssl
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from ..fixtures.files import opened
from .connections.ciphered import Certified

if TYPE_CHECKING:
    import trustme

#: False: plain http. True: a certificate of an authority made for the occasion; or one of these
#: files, and its key.
TLS: TypeAlias = "bool | tuple[str | os.PathLike[str], str | os.PathLike[str]]"
#: Names for which certificates are kept; clients choose them.
MOST_NAMES = 128
#: By which this machine's own clients know it, whatever it listens on.
_HERE = ("localhost", "127.0.0.1", "::1")
#: Where what is temporary goes if no file can be written: engines give it to containers.
_MEMORY = "/dev/shm"


class Secured(NamedTuple):
    """What a server of https shows to be, and the file of who says so, if that is made for it."""

    certified: Certified | None = None  # of plain http: nothing
    ca_file: str | None = None

    @property
    def scheme(self) -> str:
        """Of its URLs."""
        return "http" if self.certified is None else "https"


def secured(given: TLS) -> Secured:
    """What a server needs to speak as it is told.

    Raises ValueError for files that are no certificate and its key, in one sentence, OSError if
    the authority's file cannot be written, and ModuleNotFoundError if trustme is not installed.
    """
    if given is False:
        return Secured()
    if given is True:
        authority = _authority()
        return Secured(authority.certified, authority.file)
    try:
        certificate, key = (os.fspath(each) for each in given)
    except (TypeError, ValueError):
        raise ValueError("tls is True, or the files of a certificate and its key") from None
    context = _of_files(certificate, key)
    return Secured(lambda _: context)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_RENEGOTIATION  # so that to write never needs to read
    return context


def _of_files(certificate: str, key: str) -> ssl.SSLContext:
    _look(certificate, "certificate", b"CERTIFICATE-----")
    if b"ENCRYPTED" in _look(key, "key", b"PRIVATE KEY-----"):
        raise ValueError(f"the key {key} is encrypted, and nobody is there to enter its password")
    context = _context()
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise ValueError(
                f"the key {key} is not that of the certificate {certificate}"
            ) from None
        why = (error.reason or "no PEM that can be read").replace("_", " ").lower()
        raise ValueError(f"{certificate} and {key} are no certificate and its key: {why}") from None
    return context


def _look(path: str, what: str, sign: bytes) -> bytes:
    """What a file holds. Raises ValueError unless it seems to be the right one."""
    try:
        with opened(path) as file:
            found = file.read(1 << 20)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise ValueError(f"the {what} {path} cannot be read: {why}") from None
    if sign not in found:
        raise ValueError(f"the {what} {path} is no PEM file with a {what} in it")
    return found


class Authority:
    """Certifies whatever this process serves.

    file
        The authority's own certificate, for clients to trust; it is gone at the end of the process.
    """

    def __init__(self, ca: trustme.CA, file: Path) -> None:
        self._ca = ca
        self.file = str(file)
        self.certified: Certified = lru_cache(MOST_NAMES)(self._certified)

    def _certified(self, *names: str) -> ssl.SSLContext:
        """A context that shows a certificate for these names, or for the one that is asked for."""
        names = tuple(name.partition("%")[0].removeprefix("::ffff:") for name in names)
        context = self._issued(*names, *_HERE)
        context.sni_callback = self._named
        return context

    def _named(self, connection: Any, name: str | None, _: ssl.SSLContext) -> None:
        if name is not None and name not in _HERE:
            try:
                connection.context = self.certified(name)
            except ValueError:  # it is no name that can be certified: the client will see
                return

    def _issued(self, *names: str) -> ssl.SSLContext:
        context = _context()
        issued = self._ca.issue_cert(*dict.fromkeys(names))
        # not by its configure_cert, which wants a folder for what is temporary
        with issued.private_key_and_cert_chain_pem.tempfile(dir=os.path.dirname(self.file)) as path:
            context.load_cert_chain(path)
        return context


@cache
def _authority() -> Authority:
    """That of this process, made when it is first needed."""
    try:
        import trustme
    except ModuleNotFoundError as error:
        how = "pip install 'fakepw[tls]', or an image built with --build-arg EXTRAS=tls"
        text = f"tls needs the package trustme ({how}), or a certificate"
        raise ModuleNotFoundError(text, name=error.name) from None
    folder = _folder()
    atexit.register(_swept(folder))
    ca = trustme.CA(organization_name="fakepw")
    file = folder / "ca.pem"
    ca.cert_pem.write_to_path(str(file))
    return Authority(ca, file)


def _folder() -> Path:
    """A new folder for what is temporary: in memory, in a container whose files are read-only."""
    import tempfile  # slow to import, for a server of plain http

    try:
        return Path(tempfile.mkdtemp(prefix="fakepw-"))
    except FileNotFoundError:  # no folder for such things can be written
        if not os.access(_MEMORY, os.W_OK):
            raise
        return Path(tempfile.mkdtemp(prefix="fakepw-", dir=_MEMORY))


def _swept(folder: Path) -> Callable[[], None]:
    """Removes a folder at the end of the process that made it, not of a fork of that."""
    import shutil

    owner = os.getpid()

    def sweep() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    return sweep
