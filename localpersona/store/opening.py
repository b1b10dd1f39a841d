"""From a path to a database that is ready to use."""

from __future__ import annotations

import os
import secrets
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path

from sqlite_utils import Database

from localpersona.paths import make_private
from localpersona.store.migrations import migrations

_BUSY_SECONDS = 5.0


@dataclass
class Opened:
    """A database in use."""

    database: Database
    token: str = field(default_factory=lambda: secrets.token_hex(8))
    notices: tuple[str, ...] = ()


def open_database(path: Path | None) -> Opened:
    """Return the database at path (None: in memory), created or brought up to date."""
    if path is None:
        database = connect(":memory:")
    else:
        make_private(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        database = connect(str(path))
        database.conn.execute("PRAGMA journal_mode = WAL")
        database.conn.execute("PRAGMA synchronous = FULL")
    migrations.apply(database)
    return Opened(database)


def connect(name: str) -> Database:
    connection = sqlite3.connect(name, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return Database(connection, execute_plugins=False)


def shut(opened: Opened) -> None:
    opened.database.conn.close()
