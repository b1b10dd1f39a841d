"""What the user is told when the database cannot do what was asked."""

from __future__ import annotations

import sqlite3
from pathlib import Path


class StoreError(Exception):
    """Something was not read or not written. str(error) is one or two plain lines: what, why, what to do."""


class LockedError(StoreError):
    """The database is encrypted, and no passphrase was given or a wrong one."""

    def __init__(self, path: Path, *, wrong: bool = False) -> None:
        no_passphrase = (
            f"{path.name} is encrypted. Run this in a terminal, which asks for the passphrase, or name a file that"
            " holds it in LOCALPERSONA_PASSPHRASE_FILE."
        )
        not_this_one = (
            f"That passphrase does not open {path.name}. Nothing was changed. If it is the right one, the file is"
            " damaged: localpersona restore goes back to a backup."
        )
        super().__init__(not_this_one if wrong else no_passphrase)
        self.path = path
        self.wrong = wrong


# SQLite's primary result codes. The sqlite3 module names them only since Python 3.11.
_PERM, _BUSY, _LOCKED, _NOMEM, _READONLY, _IOERR, CORRUPT, _FULL, _CANTOPEN = 3, 5, 6, 7, 8, 10, 11, 13, 14
_TOOBIG, _CONSTRAINT, _AUTH, _NOTADB = 18, 19, 23, 26
_CONSTRAINT_VTAB = _CONSTRAINT | 9 << 8

UNWRITABLE = frozenset({_PERM, _READONLY, _IOERR, _FULL, _CANTOPEN, _AUTH})
BUSY = frozenset({_BUSY, _LOCKED})

_WHY = {
    _PERM: "The database may not be used: permission denied. Check who owns the data directory.",
    _BUSY: "Another program is using the database. Nothing was changed; try again.",
    _LOCKED: "Another program is using the database. Nothing was changed; try again.",
    _NOMEM: "There is not enough memory for the database. Nothing was changed; close something else.",
    _READONLY: "The database is read-only, so nothing was saved. Make its directory writable and try again.",
    _IOERR: "The disk reported an error, so nothing was saved. Check the disk and its free space.",
    _FULL: "The disk is full, so nothing was saved. Free some space and try again.",
    _CANTOPEN: "The database file cannot be opened. Check that its directory exists and may be written to.",
    _TOOBIG: "That text is too long to be stored.",
    _CONSTRAINT: "That no longer fits what is stored (was it deleted meanwhile?). Nothing was changed.",
    _AUTH: "The database may not be used: permission denied. Check who owns the data directory.",
}


def result_code(error: sqlite3.Error) -> int:
    """Return SQLite's primary result code; 0 when the error comes from the Python module itself."""
    return int(getattr(error, "sqlite_errorcode", 0) or 0) & 0xFF


def is_unreadable(error: BaseException) -> bool:
    """Whether the file is no database; an encrypted one: with a wrong passphrase, or with its first page damaged."""
    return isinstance(error, sqlite3.Error) and result_code(error) == _NOTADB


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the error means that the file is damaged.

    Our own constraints say which one failed; a damaged search index violates nameless ones in its own tables.
    """
    nameless = (_CONSTRAINT, _CONSTRAINT_VTAB)
    return result_code(error) in (CORRUPT, _NOTADB) or getattr(error, "sqlite_errorcode", 0) in nameless


def explained(error: sqlite3.Error) -> StoreError:
    """Return what to tell the user about an error of SQLite."""
    why = _WHY.get(result_code(error))
    return StoreError(why or f"The database refused: {error}. Nothing was changed.")
