"""From a path to a database that is ready to use, whatever was found there."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlite_utils import Database

from localpersona.locks import FileLock
from localpersona.paths import home, make_private
from localpersona.store import files
from localpersona.store.connecting import check, connect, connect_to_read
from localpersona.store.encryption import is_plain, key_for
from localpersona.store.errors import (
    UNWRITABLE,
    LockedError,
    StoreError,
    is_damage,
    is_unreadable,
    result_code,
)
from localpersona.store.migrations import migrations
from localpersona.store.rescue import rescue

_OPENING_SECONDS = 30.0  # another process may be migrating or rescuing
_CHECKED_BYTES = 64 << 20  # checked at every start, in about a tenth of a second; a larger file when it fails


@dataclass(frozen=True)
class Opened:
    """A database in use."""

    database: Database
    path: Path | None = None
    """None: in memory."""
    token: str = ""
    """Names this use of the database among all that there are."""
    presence: FileLock | None = None
    """Held as long as this use lasts, so that others can tell whether we are still alive."""
    identity: tuple[int, int] | None = None
    notices: tuple[str, ...] = ()
    passphrase: str | None = field(default=None, repr=False)
    """None: the file is not encrypted."""


class _DamagedError(Exception):
    """The database was damaged; it has been put aside."""

    def __init__(self, kept: Path) -> None:
        super().__init__(kept)
        self.kept = kept


def open_database(
    path: Path | None, former: Opened | None = None, *, passphrase: str | None = None
) -> Opened:
    """Return the database at path (None: in memory), created or brought up to date; else raise StoreError.

    A damaged one is kept aside and replaced. Where nothing can be written, a copy in memory takes its place.
    former: the use that has just failed; the database is checked thoroughly, and the new use has its name.
    passphrase: of an encrypted one; left out, the file that LOCALPERSONA_PASSPHRASE_FILE names has it. Raises
    LockedError when it is missing or wrong.
    """
    if former is not None:
        passphrase = former.passphrase
    token = secrets.token_hex(8) if former is None else former.token
    if path is None:
        return Opened(_migrated(connect(":memory:")), token=token)
    path = Path(os.path.realpath(path))
    try:
        if not path.parent.exists() or path.parent == home().resolve():
            make_private(path.parent)  # somebody else's directory stays as it is
        with alone(path):
            key = _key(path, passphrase, former)
            database, notice = _open_file(path, key, thorough=former is not None)
            presence = _announced(path, token) if former is None else former.presence
            notices = (notice,) if notice else ()
            return Opened(database, path, token, presence, files.identity(path), notices, key)
    except OSError as error:
        return _open_copy(path, passphrase, token, error.strerror or str(error))
    except sqlite3.Error as error:
        if result_code(error) not in UNWRITABLE:
            raise
        why = "the disk is full" if files.disk_is_full(path) else str(error)
        return _open_copy(path, passphrase, token, why)


def shut(opened: Opened) -> None:
    """Close the database. What this use left running is stopped; if that fails, the next start sees to it."""
    connection = opened.database.conn
    with suppress(sqlite3.Error):
        connection.execute(
            "UPDATE messages SET state = 'stopped', owner = NULL WHERE state = 'running' AND owner = ?",
            [opened.token],
        )
    connection.close()
    if opened.presence is not None:
        with suppress(OSError):
            opened.presence.release(remove=True)


def presence_of(path: Path, token: str) -> FileLock:
    """Return the lock that the use called token holds while it lasts."""
    return FileLock(path.with_name(f"{path.name}.open-{token}"))


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other processes from opening the same database meanwhile: they could put aside what we create."""
    lock = FileLock(path.with_name(f"{path.name}.lock"))
    if not lock.acquire(_OPENING_SECONDS):
        raise StoreError("Another LocalPersona is busy with the database. Try again in a moment.")
    try:
        yield
    finally:
        lock.release()


def _key(path: Path, passphrase: str | None, former: Opened | None) -> str | None:
    """Return the passphrase to use. What takes the place of an encrypted database in use is encrypted as well."""
    if former is not None and former.passphrase is not None and not is_plain(path):
        return former.passphrase
    return key_for(path, passphrase)


def _open_file(path: Path, key: str | None, thorough: bool) -> tuple[Database, str]:
    """Return the database at path, or a new one in place of a damaged one, and what to say about that."""
    try:
        return _ready(path, key, thorough)
    except _DamagedError as damage:
        database, _ = _ready(path, key, thorough=False)
        came_over = rescue(damage.kept, database, key)
        return database, f"The database was damaged. It is kept as {damage.kept.name}; {came_over}."


def _ready(path: Path, key: str | None, thorough: bool) -> tuple[Database, str]:
    """Return the database at path, checked and migrated, and what to say about that. Raises _DamagedError."""
    files.remove(files.rewritten(path))  # of a process that was killed while it encrypted or decrypted
    files.make_file_private(path)
    if files.lost_its_head(path):
        raise _DamagedError(files.put_aside(path))
    database = connect(str(path), key)
    notice = ""
    try:
        if thorough or path.stat().st_size <= _CHECKED_BYTES:
            check(database, path)
        if is_older(database, path):
            copy = files.back_up(database, path)
            notice = f"The database was brought up to date; a copy of the former one is {copy.name}."
        database.conn.execute("PRAGMA journal_mode = WAL")
        database.conn.execute("PRAGMA journal_size_limit = 16777216")
        # FULL, not NORMAL: once the screen said that a comparison counts, a power cut must not undo it.
        database.conn.execute("PRAGMA synchronous = FULL")
        _migrated(database)
        if thorough:
            _rebuild_search(database)
    except BaseException as error:
        if key is not None and is_unreadable(error):  # never put aside what a typing error cannot open
            database.conn.close()
            raise LockedError(path, wrong=True) from error
        if isinstance(error, sqlite3.Error) and is_damage(error):
            raise _DamagedError(_aside(database, path)) from error
        database.conn.close()
        raise
    return database, notice


def _aside(database: Database, path: Path) -> Path:
    """Put the file aside before closing the connection, which would work the log into it and remove that."""
    if os.name == "nt":  # where open files cannot be renamed
        database.conn.close()
        return files.put_aside(path)
    kept = files.put_aside(path)
    with suppress(sqlite3.Error):
        database.conn.close()
    return kept


def is_older(database: Database, path: Path) -> bool:
    """Whether the database has an older schema. Raises StoreError when it has a newer one, or is not ours."""
    applied = {migration.name for migration in migrations.applied(database)}
    with closing(connect(":memory:")) as nothing_applied:
        known = {migration.name for migration in migrations.pending(nothing_applied)}
    if applied - known:
        raise StoreError(f"{path.name} was written by a newer LocalPersona. Update LocalPersona to use it.")
    if not applied and database.table_names():
        raise StoreError(f"{path.name} belongs to another program. Move it away, or set LOCALPERSONA_HOME.")
    return bool(applied) and applied != known


def _migrated(database: Database) -> Database:
    """Apply what is pending, all of it or nothing."""
    if migrations.pending(database):
        database.conn.execute("BEGIN IMMEDIATE")
        migrations.apply(database)
        database.conn.execute("COMMIT")
    return database


def _rebuild_search(database: Database) -> None:
    """Make the search indexes anew. A damaged index reports the same error as a damaged database."""
    database.conn.execute("BEGIN IMMEDIATE")
    for index in ("messages_search", "messages_pairs"):
        database.conn.execute(f"INSERT INTO {index} ({index}) VALUES ('rebuild')")
    database.conn.execute(
        "INSERT INTO messages_search (messages_search, rowid, text)"
        " SELECT 'delete', id, text FROM messages WHERE state = 'running'"
    )
    database.conn.execute("COMMIT")


def _announced(path: Path, token: str) -> FileLock:
    """Tell other processes that we are here, and remove what killed ones left.

    Nobody else is opening the database now, so each file that is not locked is really left over.
    """
    in_use(path)
    presence = presence_of(path, token)
    presence.acquire()
    return presence


def in_use(path: Path) -> bool:
    """Whether any process has the database open. Call it `alone`: then the answer stays true."""
    abandoned = [FileLock(left).is_abandoned() for left in path.parent.glob(f"{path.name}.open-*")]
    return not all(abandoned)


def _open_copy(path: Path, passphrase: str | None, token: str, why: str) -> Opened:
    """Return a copy in memory of a database that cannot be written to; if it cannot be read, an empty one."""
    key = key_for(path, passphrase)
    database, found = connect(":memory:", key), "What is stored can be read."
    try:
        with closing(connect_to_read(path, key).conn) as source:
            source.backup(database.conn)
        check(database, path)
    except (sqlite3.Error, OSError) as error:
        damaged = isinstance(error, sqlite3.Error) and is_damage(error)
        found = f"{'The database is damaged. ' if damaged else ''}The app starts empty."
        database = connect(":memory:", key)
    is_older(database, path)
    notice = f"Nothing will be kept: {path.parent} cannot be written to ({why}). {found}"
    return Opened(_migrated(database), token=token, notices=(notice,), passphrase=key)
