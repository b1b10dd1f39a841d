"""Connections to encrypted databases, by SQLCipher (AES-256, page by page; the key from 256,000 rounds of PBKDF2).

Imported only when a database is encrypted or is to be. sqlcipher3 has connections, rows and errors of its own; here its
errors become those of sqlite3, so that nobody else needs to know. https://www.zetetic.net/sqlcipher/sqlcipher-api/
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from localpersona.store.errors import StoreError

try:
    from sqlcipher3 import dbapi2 as sqlcipher
except ImportError as error:
    raise StoreError(
        "Encryption needs a package that is not installed: pip install 'localpersona[encryption]'"
    ) from error

_SETTINGS = (
    "PRAGMA cipher_log_level = NONE",  # it would write to stderr, through the screen
    "PRAGMA cipher_default_compatibility = 4",  # whatever a later version prefers, files stay readable
)


def connect(name: str, passphrase: str | None, *, uri: bool, timeout: float) -> sqlite3.Connection:
    """Connect as `sqlite3.connect` does, in autocommit mode; a wrong passphrase shows at the first look into the file.

    passphrase: None reads and writes plain files. Deriving the key takes about 0.1 s, at that first look.
    """
    connection = sqlcipher.connect(
        name, timeout=timeout, isolation_level=None, check_same_thread=False, uri=uri, factory=_Connection
    )
    connection.row_factory = sqlcipher.Row
    for setting in _SETTINGS:
        connection.execute(setting)
    if (
        connection.execute("PRAGMA cipher_version").fetchone() is None
    ):  # plain SQLite ignores what it does not know
        raise StoreError("The installed sqlcipher3 does not encrypt. Install it again from its wheel.")
    if passphrase is not None:
        connection.execute(f"PRAGMA key = {quoted(passphrase)}")
    connection.execute("PRAGMA temp_store = MEMORY")  # temporary files would not be encrypted
    return cast(sqlite3.Connection, connection)


def quoted(passphrase: str) -> str:
    """Return it as a literal: PRAGMA takes no parameters."""
    return "'" + passphrase.replace("'", "''") + "'"


def _translating(method: Callable[..., Any]) -> Callable[..., Any]:
    """Make a method of sqlcipher3 raise the errors of sqlite3, with the same codes."""

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except sqlcipher.Error as error:
            raise _translated(error) from None

    return call


def _translated(error: Exception) -> sqlite3.Error:
    kind = getattr(sqlite3, type(error).__name__, sqlite3.DatabaseError)
    same: sqlite3.Error = kind(*error.args)
    same.sqlite_errorcode = getattr(error, "sqlite_errorcode", 0)
    same.sqlite_errorname = getattr(error, "sqlite_errorname", "")
    return same


class _Cursor(sqlcipher.Cursor):  # type: ignore[misc]  # it has no types
    execute = _translating(sqlcipher.Cursor.execute)
    executemany = _translating(sqlcipher.Cursor.executemany)
    executescript = _translating(sqlcipher.Cursor.executescript)
    fetchone = _translating(sqlcipher.Cursor.fetchone)
    fetchmany = _translating(sqlcipher.Cursor.fetchmany)
    fetchall = _translating(sqlcipher.Cursor.fetchall)
    __next__ = _translating(sqlcipher.Cursor.__next__)


class _Connection(sqlcipher.Connection):  # type: ignore[misc]
    """Its own `execute` and the like make a cursor and call that."""

    def cursor(self, factory: type[Any] = _Cursor) -> Any:
        return super().cursor(factory)

    commit = _translating(sqlcipher.Connection.commit)
    rollback = _translating(sqlcipher.Connection.rollback)
    backup = _translating(sqlcipher.Connection.backup)
    close = _translating(sqlcipher.Connection.close)
