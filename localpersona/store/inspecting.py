"""A look at a database that changes nothing: no migration, no repair, no lock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from localpersona.store.connecting import check, connect_to_read
from localpersona.store.errors import StoreError, is_damage
from localpersona.store.opening import is_older


def inspect(path: Path) -> str:
    """Return what is damaged in the database at path; "" when nothing is.

    Raises StoreError when it cannot be read, is another program's, or of a newer version.
    """
    try:
        database = connect_to_read(path)
        with closing(database.conn):
            check(database, path)
            is_older(database, path)
    except sqlite3.Error as error:
        if is_damage(error):
            return str(error)
        raise StoreError(f"{path} cannot be read: {error}.") from error
    return ""
