"""What was answered so far, in a file: whoever records the same again asks for nothing twice.

One SQLite file, for its owner's eyes alone and bound to one URL. An answer is in it as a whole, or
not at all, whatever becomes of the process or the machine.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from contextlib import closing
from pathlib import Path

#: Of the file's form. A file in another one is not read.
VERSION = "1"


class Unfit(Exception):
    """The file cannot be gone on with; why, and what to do, in a sentence."""


class Answers:
    """The answers of one server by what was asked. Raises Unfit if the file is another's."""

    def __init__(self, path: Path | None, url: str) -> None:
        """`path` None: in a file without a name, which ends with the process."""
        self.path = path
        self.db = self._opened(path)
        try:
            self.db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self.db.execute("PRAGMA synchronous=NORMAL")
            with self.db:
                self.db.execute("BEGIN IMMEDIATE")
                self.db.execute("CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, text)")
                self.db.execute("CREATE TABLE IF NOT EXISTS answers (asked TEXT PRIMARY KEY, body)")
                self._bind("version", VERSION)
                self._bind("url", url)
        except sqlite3.Error as error:
            self.db.close()
            if "locked" in str(error):
                raise Unfit(f"{path} is in use: another recording writes to it") from None
            raise Unfit(f"{path} is no progress of a recording ({error}); remove it") from None
        except Unfit:
            self.db.close()
            raise

    def _opened(self, path: Path | None) -> sqlite3.Connection:
        if path is None:
            return sqlite3.connect("")
        try:
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
            with open(os.open(path, flags, 0o600), "rb") as file:
                found = os.fstat(file.fileno())
        except OSError as error:
            raise Unfit(f"{path} cannot be kept: {error.strerror}") from None
        if found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise Unfit(f"{path} is open to others, who may have changed it; remove it")
        return sqlite3.connect(path, timeout=2)

    def _bind(self, name: str, text: str) -> None:
        row = self.db.execute("SELECT text FROM about WHERE name = ?", (name,)).fetchone()
        if row is None:
            self.db.execute("INSERT INTO about VALUES (?, ?)", (name, text))
        elif row[0] != text:
            raise Unfit(
                f"{self.path} holds what was recorded of {row[0]}, not of {text}; remove it, or"
                " write to another file"
                if name == "url"
                else f"{self.path} was kept by another fakepw; remove it"
            )

    def noted(self, name: str, text: str) -> str:
        """What was noted under a name, which is this if nothing was."""
        with self.db:
            self.db.execute("INSERT OR IGNORE INTO about VALUES (?, ?)", (name, text))
        found = self.db.execute("SELECT text FROM about WHERE name = ?", (name,)).fetchone()
        return str(found[0])

    def answer_to(self, asked: str) -> bytes | None:
        """What was answered to this; None if that is not known."""
        try:
            row = self.db.execute("SELECT body FROM answers WHERE asked = ?", (asked,)).fetchone()
            return None if row is None else zlib.decompress(row[0])
        except (sqlite3.Error, zlib.error, TypeError) as error:
            raise Unfit(f"{self.path} is damaged ({error}); remove it") from None

    def keep(self, asked: str, body: bytes) -> None:
        """Keep what was answered to this. Raises Unfit if it cannot be kept."""
        try:
            with self.db:
                row = (asked, zlib.compress(body, 1))
                self.db.execute("INSERT OR REPLACE INTO answers VALUES (?, ?)", row)
        except sqlite3.Error as error:
            raise Unfit(f"{self.path} cannot be kept: {error}") from None

    def drop(self, asked: str) -> None:
        """Forget what was answered to this."""
        with self.db:
            self.db.execute("DELETE FROM answers WHERE asked = ?", (asked,))

    def __len__(self) -> int:
        with closing(self.db.execute("SELECT count(*) FROM answers")) as found:
            return int(found.fetchone()[0])

    def close(self, *, finished: bool = False) -> None:
        """Let go of the file, and remove it once nothing is left to be done."""
        self.db.close()
        if finished and self.path is not None:
            self.path.unlink(missing_ok=True)
