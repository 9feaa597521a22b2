"""What must be put back, on disk, where only the operator can write; and who may write just now.

Files here lead to writes on a server, so nothing in them is taken on trust: a folder and its files
must be the operator's own, plain, and as they were written, or they are left alone and told of.
"""

from __future__ import annotations

import errno
import hashlib
import ipaddress
import os
import re
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from ..target.sending.transport import Endpoint, Trouble

#: The largest file that is read, in bytes: one of ours is far smaller.
LARGEST = 1 << 20
#: The seconds between two looks at a lock that somebody holds.
PAUSE = 0.05


def state_folder() -> Path:
    """Where what must be put back is kept unless told: as the XDG base directories have it."""
    base = os.environ.get("XDG_STATE_HOME", "")
    home = base if os.path.isabs(base) else os.path.join(os.path.expanduser("~"), ".local/state")
    return Path(home) / "pw-conformance"


def server_of(endpoint: Endpoint) -> str:
    """A name for the server: the same however its address is written, and whether by TLS or not."""
    host = endpoint.host.lower().rstrip(".")
    with suppress(ValueError):
        host = str(ipaddress.ip_address(host))
    host = "localhost" if endpoint.loopback else host
    port = "" if endpoint.port in (80, 443) else f":{endpoint.port}"
    return f"{host}{port}{endpoint.prefix}{endpoint.path}"


class Values(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What patch_set can change, of one patch (servers.md 1.10); None is a NULL commit_ref."""

    state: int
    commit_ref: str | None
    archived: bool

    def but(self, **changed: Any) -> Values:
        """The same with some of them changed."""
        return msgspec.structs.replace(self, **changed)


_KINDS = {"state": (int,), "commit_ref": (str, type(None)), "archived": (bool,)}


def fits(name: str, value: Any) -> bool:
    """Whether a value is of the kind that this one of `Values` is."""
    return type(value) in _KINDS[name]


class Written(msgspec.Struct, forbid_unknown_fields=True):
    """What this suite may have made of each; `anything` where that cannot be told."""

    state: list[int] = []
    commit_ref: list[str | None] = []
    archived: list[bool] = []
    anything: bool = False

    def explains(self, name: str, value: Any) -> bool:
        """Whether this suite may have made that value."""
        # 1 is no True: a list of one kind holds the other, as Python compares them.
        return self.anything or any(
            type(known) is type(value) and known == value for known in getattr(self, name)
        )

    def add(self, name: str, value: Any) -> bool:
        """Note that it may be made so; whether that is news."""
        if self.explains(name, value):
            return False
        getattr(self, name).append(value)
        return True


class Kept(msgspec.Struct, forbid_unknown_fields=True):
    """What one patch of one server was like before it was written to, and as whom."""

    server: str
    login: str
    patch: int
    before: Values
    written: Written = msgspec.field(default_factory=Written)


class Journal:
    """The files of one server in a folder: one for each patch that is to be put back.

    Every method raises Trouble, in one sentence, if the folder or a file is not as it must be.
    """

    def __init__(self, folder: Path, server: str) -> None:
        self.folder, self.server = folder, server
        slug = re.sub(r"[^0-9A-Za-z.]+", "-", server).strip("-.")[:60]
        self._stem = f"{slug}-{hashlib.sha256(server.encode()).hexdigest()[:12]}"

    def path(self, patch: int) -> Path:
        """Where a patch is remembered."""
        return self.folder / self._name(patch)

    def read(self, patch: int) -> Kept | None:
        """What is remembered of a patch; None if nothing is."""
        with self._opened(make=False) as folder:
            if folder is None:
                return None
            try:
                file = _open(self._name(patch), os.O_RDONLY, folder)
            except FileNotFoundError:
                return None
            except OSError as error:
                raise self._broken(patch, _reason(error)) from None
            try:
                if wrong := _strange(os.fstat(file)):
                    raise self._broken(patch, wrong)
                data = b"".join(iter(lambda: os.read(file, LARGEST), b""))
            finally:
                os.close(file)
        try:
            kept = msgspec.json.decode(data, type=Kept)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise self._broken(patch, str(error).partition("\n")[0]) from None
        if (kept.server, kept.patch) != (self.server, patch):
            raise self._broken(patch, f"it is about patch {kept.patch} of {kept.server}")
        return kept

    def write(self, kept: Kept) -> None:
        """Remember a patch: the file is there whole, or as it was before, after any crash."""
        name = self._name(kept.patch)
        draft = f".{name}.{os.getpid()}"
        try:
            with self._opened(make=True) as folder:
                with suppress(FileNotFoundError):
                    os.unlink(draft, dir_fd=folder)
                file = _open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, folder)
                try:
                    with os.fdopen(file, "wb") as opened:
                        opened.write(msgspec.json.encode(kept))
                        opened.flush()
                        os.fsync(file)
                    os.rename(draft, name, src_dir_fd=folder, dst_dir_fd=folder)
                except OSError:
                    with suppress(OSError):
                        os.unlink(draft, dir_fd=folder)
                    raise
                assert folder is not None
                os.fsync(folder)
        except OSError as error:
            raise Trouble(
                f"{self.folder / name} cannot be written ({_reason(error)}), so what must be put"
                " back could not be remembered: nothing was written"
            ) from None

    def forget(self, patch: int) -> None:
        """Take away what is remembered of a patch."""
        with self._opened(make=False) as folder, suppress(FileNotFoundError):
            if folder is not None:
                os.unlink(self._name(patch), dir_fd=folder)

    def patches(self) -> list[int]:
        """The patches of this server of which something is remembered."""
        pattern = re.compile(rf"{re.escape(self._stem)}\.(\d{{1,18}})\.json")
        with self._opened(make=False) as folder:
            names = [] if folder is None else os.listdir(folder)
        return sorted(int(found[1]) for name in names if (found := pattern.fullmatch(name)))

    @property
    def usable(self) -> bool:
        """Whether there is such a folder, or can be, in which files can be made."""
        try:
            with self._opened(make=True):
                return os.access(self.folder, os.W_OK)
        except Trouble:
            return False

    @contextmanager
    def locked(self, patch: int, what: str, patience: float, refusal: str) -> Iterator[None]:
        """Nobody else of this user holds that lock of a patch meanwhile.

        Raises Trouble if somebody does for longer than `patience` seconds; `{holder}` in the
        `refusal` becomes the number of that process.
        """
        name, owner = f"{self._stem}.{patch}.{what}", os.getpid()
        with self._opened(make=True) as folder:
            assert folder is not None
            file = self._lock(folder, name, patience, refusal)
            try:
                yield
            finally:
                if os.getpid() == owner:  # a process that was forked off holds nothing
                    with suppress(OSError):
                        os.unlink(name, dir_fd=folder)
                    os.close(file)

    def _lock(self, folder: int, name: str, patience: float, refusal: str) -> int:
        import fcntl

        ends = time.monotonic() + patience
        while True:
            try:
                file = _open(name, os.O_RDWR | os.O_CREAT, folder)
            except OSError as error:
                raise self._unusable(name, _reason(error)) from None
            about = os.fstat(file)
            try:
                if about.st_nlink and (wrong := _strange(about)):
                    raise self._unusable(name, wrong)
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Whoever held it before may have taken the file away since it was opened.
                if os.stat(name, dir_fd=folder, follow_symlinks=False).st_ino == about.st_ino:
                    os.ftruncate(file, 0)
                    os.write(file, str(os.getpid()).encode())
                    return file
            except BlockingIOError:
                if time.monotonic() >= ends:
                    holder = os.pread(file, 20, 0).decode("ascii", "replace")
                    os.close(file)
                    who = holder if holder.isascii() and holder.isdigit() else "another one"
                    raise Trouble(refusal.format(holder=who)) from None
                time.sleep(PAUSE)
            except FileNotFoundError:
                pass
            except OSError as error:
                os.close(file)
                raise self._unusable(name, _reason(error)) from None
            except Trouble:
                os.close(file)
                raise
            os.close(file)

    def _name(self, patch: int) -> str:
        return f"{self._stem}.{patch}.json"

    @contextmanager
    def _opened(self, *, make: bool) -> Iterator[int | None]:
        """The folder, held open, so that nothing can be put in its place; None if there is none."""
        folder = self._open_folder(make)
        try:
            yield folder
        finally:
            if folder is not None:
                os.close(folder)

    def _open_folder(self, make: bool) -> int | None:
        if not self.folder.is_absolute() and self.folder.parts[:1] == ("~",):
            raise Trouble(
                "where your home folder is cannot be told, so nothing can be remembered there:"
                " set HOME, or name a folder with --journal"
            )
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            if make and self.folder == state_folder():
                _make(self.folder)
            folder = os.open(self.folder, flags)
        except FileNotFoundError:
            if not make:
                return None
            raise self._unfit("there is no such folder") from None
        except OSError as error:
            raise self._unfit(_reason(error)) from None
        about = os.fstat(folder)
        if about.st_uid != os.geteuid() or about.st_mode & 0o022:
            os.close(folder)
            raise self._unfit("others can write to it; it must be yours alone, mode 0700")
        return folder

    def _unfit(self, why: str) -> Trouble:
        return Trouble(
            f"what must be put back cannot be remembered in {self.folder} ({why}): nothing was"
            " written; mend that, or name another folder with --journal"
        )

    def _unusable(self, name: str, why: str) -> Trouble:
        return Trouble(
            f"{self.folder / name} should keep two runs apart, but cannot be used ({why}): nothing"
            " was written; look at it, then remove it"
        )

    def _broken(self, patch: int, why: str) -> Trouble:
        return Trouble(
            f"{self.path(patch)} should tell how patch {patch} must be put back, but cannot be"
            f" trusted ({why}): nothing was written; look at that patch, then remove the file"
        )


def _open(name: str, flags: int, folder: int | None) -> int:
    """Open a file of a folder: no link is followed, and nothing that waits is waited for."""
    flags |= os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    return os.open(name, flags, 0o600, dir_fd=folder)


def _make(folder: Path) -> None:
    """Make a folder and those above that are not there, for the operator alone."""
    for place in [*reversed(folder.parents), folder]:
        with suppress(FileExistsError):
            if not place.is_dir():
                place.mkdir(0o700)


def _strange(about: os.stat_result) -> str:
    """Why a file cannot be one of ours; '' if it can."""
    if not stat.S_ISREG(about.st_mode):
        return "it is no regular file"
    if about.st_uid != os.geteuid():
        return "it is somebody else's"
    if about.st_mode & 0o022:
        return "others can write to it"
    if about.st_nlink != 1:
        return "it has a second name"
    return "it is too large" if about.st_size > LARGEST else ""


def _reason(error: OSError) -> str:
    if error.errno == errno.ELOOP:
        return "it is a symbolic link"
    return error.strerror or str(error)
