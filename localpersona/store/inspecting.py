"""A look at a database that changes nothing: no migration, no repair, no lock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from localpersona.store.connecting import check, connect_to_read
from localpersona.store.encryption import key_for
from localpersona.store.errors import StoreError, is_damage
from localpersona.store.opening import is_older


def inspect(path: Path, passphrase: str | None = None) -> str:
    """Return what is damaged in the database at path; "" when nothing is.

    Raises LockedError when it is encrypted and the passphrase is missing or wrong, and StoreError when it cannot be
    read, is another program's, or of a newer version.
    """
    try:
        database = connect_to_read(path, key_for(path, passphrase))
        with closing(database.conn):
            check(database, path)
            is_older(database, path)
    except sqlite3.Error as error:
        if is_damage(error):
            return str(error)
        raise StoreError(f"{path} cannot be read: {error}.") from error
    return ""
