"""A database is encrypted, decrypted or given another passphrase: written anew, checked, put in the place of the old.

Not in place: whenever the process is killed, there is one whole database, the old one or the new one.
"""

from __future__ import annotations

import importlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from localpersona.store import files
from localpersona.store.connecting import check, connect, connect_to_read
from localpersona.store.encryption import key_for, normal
from localpersona.store.errors import LockedError, StoreError, explained, is_damage, is_unreadable
from localpersona.store.opening import alone, in_use

_TABLES = "SELECT name FROM {0}.sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL %' ORDER BY name"


def require_encryption() -> None:
    """Raise StoreError, with the remedy, where what encrypts is not installed."""
    importlib.import_module("localpersona.store.cipher")


def convert(path: Path, new: str | None, passphrase: str | None = None) -> None:
    """Write the database at path anew, encrypted with the passphrase `new`; None: no longer encrypted.

    passphrase: the present one, where there is one. Needs room for a second copy meanwhile. Raises LockedError,
    StoreError (in use, damaged, no room) and OSError; nothing was changed then.
    """
    with alone(path):
        if in_use(path):
            raise StoreError("LocalPersona is running. Quit it first. Nothing was changed.")
        convert_copy(path, new, passphrase)


def convert_copy(path: Path, new: str | None, passphrase: str | None = None) -> None:
    """Do the same with a backup, or another database that nobody uses. Raises as `convert` does."""
    require_encryption()
    new = None if new is None else normal(new)
    present = key_for(path, passphrase)
    unfinished = files.rewritten(path)
    files.remove(unfinished)  # of a process that was killed
    try:
        _write(path, present, unfinished, new)
        if files.has_log(path):  # it would be taken for the log of the new one
            raise StoreError(f"{path.name} could not be closed. Nothing was changed.")
        files.give_name(unfinished, path)
    except sqlite3.Error as error:
        raise _explained(error, path, present) from error
    finally:
        files.remove(unfinished)


def _write(path: Path, present: str | None, unfinished: Path, new: str | None) -> None:
    from localpersona.store import cipher

    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # whatever the umask
    with closing(cipher.connect(str(path), present, uri=False, timeout=1.0)) as source:
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        check(Database(source, execute_plugins=False), path)
        source.execute("ATTACH ? AS target KEY ?", [str(unfinished), new or ""])
        source.execute("SELECT sqlcipher_export('target')").fetchall()
        before, after = _counts(source, "main"), _counts(source, "target")
    with closing(connect(str(unfinished), new).conn) as target:
        target.execute("INSERT INTO messages_search (messages_search) VALUES ('integrity-check')")
    with closing(connect_to_read(unfinished, new).conn) as target:
        if before != after or target.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
            raise StoreError(f"The new copy of {path.name} is not the same. Nothing was changed.")


def _counts(connection: sqlite3.Connection, schema: str) -> dict[str, int]:
    tables = [str(row[0]) for row in connection.execute(_TABLES.format(schema)).fetchall()]
    return {
        table: connection.execute(f'SELECT count(*) FROM {schema}."{table}"').fetchone()[0]
        for table in tables
    }


def _explained(error: sqlite3.Error, path: Path, present: str | None) -> StoreError:
    if present is not None and is_unreadable(error):
        return LockedError(path, wrong=True)
    if is_damage(error):
        return StoreError(f"{path.name} is damaged ({error}). Nothing was changed.")
    return explained(error)
