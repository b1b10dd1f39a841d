"""SQLite connections as the store uses them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlite_utils import Database

from localpersona.store.errors import CORRUPT, LockedError, is_unreadable

_BUSY_SECONDS = 5.0


def connect(name: str, passphrase: str | None = None, *, uri: bool = False) -> Database:
    """Return a connection whose transactions are begun by hand and whose foreign keys are checked.

    passphrase: of an encrypted database; None: it is plain. Raises StoreError where encryption is not installed.
    """
    if passphrase is None:
        connection = sqlite3.connect(
            name, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=uri
        )
        connection.row_factory = sqlite3.Row
    else:
        from localpersona.store import cipher  # only here: who encrypts nothing need not have it

        connection = cipher.connect(name, passphrase, uri=uri, timeout=_BUSY_SECONDS)
    for pragma in ("foreign_keys = ON", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return Database(connection, execute_plugins=False)


def connect_to_read(path: Path, passphrase: str | None = None) -> Database:
    """Return a connection that never writes, if possible not even side files. Raises sqlite3.Error, LockedError."""
    try:
        return _connect_to_read(path, passphrase)
    except sqlite3.Error as error:
        if passphrase is not None and is_unreadable(error):
            raise LockedError(path, wrong=True) from error
        raise


def _connect_to_read(path: Path, passphrase: str | None) -> Database:
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size > 0:
        try:
            return _readable(f"{path.as_uri()}?mode=ro", passphrase)
        except sqlite3.Error:  # to read a log, SQLite wants to write an index of it, and here it cannot
            pass
    return _readable(f"{path.as_uri()}?immutable=1", passphrase)


def connect_to_damaged(path: Path, passphrase: str) -> sqlite3.Connection:
    """Return a connection to an encrypted file of which pages are unreadable, or that is cut off; never writes."""
    log = path.with_name(path.name + "-wal")
    mode = "mode=ro" if log.exists() else "immutable=1"
    connection: sqlite3.Connection = connect(f"{path.as_uri()}?{mode}", passphrase, uri=True).conn
    connection.execute("PRAGMA writable_schema = ON")  # with that, SQLite reads a file that is cut off
    return connection


def check(database: Database, path: Path) -> None:
    """Read every page; raise sqlite3.DatabaseError when one is damaged. About 0.1 s for 64 MB."""
    verdict = str(database.conn.execute("PRAGMA quick_check(1)").fetchone()[0])
    if path.stat().st_size % int(database.conn.execute("PRAGMA page_size").fetchone()[0]):
        verdict = "the file is cut off within a page"  # SQLite would read zeros instead
    if verdict != "ok":
        error = sqlite3.DatabaseError(verdict)
        error.sqlite_errorcode = CORRUPT
        raise error


def _readable(uri: str, passphrase: str | None) -> Database:
    database = connect(uri, passphrase, uri=True)
    try:
        database.conn.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error:
        database.conn.close()
        raise
    return database
