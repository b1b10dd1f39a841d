"""Carry over what can still be read from a damaged database. Losing one page should not lose a profile."""

from __future__ import annotations

import shutil
import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlite_utils import Database

from localpersona.store.clock import now
from localpersona.store.connecting import connect_to_damaged, connect_to_read

_MAGIC = b"SQLite format 3\0"
_HEADER_BYTES = 100  # https://www.sqlite.org/fileformat.html, 1.3
_PAGE_BYTES = 4096  # what our databases have
_MOST_TIMES_LARGER = 1000  # than what is left of the file; the zeros take no room, but time to read

_TABLES = (
    "profiles", "chats", "chat_options", "messages", "candidates", "comparisons", "trait_scores", "drafts", "state",
)  # fmt: skip

# A row whose owner was on a lost page gets a new owner rather than being lost as well.
_REPAIRS = (
    """
    INSERT INTO profiles (id, name, created) SELECT DISTINCT profile_id, 'recovered ' || profile_id, :now
    FROM (SELECT profile_id FROM chats UNION SELECT profile_id FROM comparisons)
    WHERE profile_id NOT IN (SELECT id FROM profiles)""",
    """
    INSERT INTO chats (id, profile_id, title, created, updated, touched)
    SELECT DISTINCT chat_id, (SELECT min(id) FROM profiles), 'Recovered', :now, :now, 0
    FROM messages WHERE chat_id NOT IN (SELECT id FROM chats)""",
    "UPDATE chats SET uid = lower(hex(randomblob(16))) WHERE uid IS NULL",
    "UPDATE messages SET parent_id = NULL WHERE parent_id NOT IN (SELECT id FROM messages)",
    """
    UPDATE chats SET last_message_id = (SELECT max(id) FROM messages WHERE chat_id = chats.id)
    WHERE last_message_id IS NULL OR last_message_id NOT IN (SELECT id FROM messages)""",
    "UPDATE comparisons SET message_id = NULL WHERE message_id NOT IN (SELECT id FROM messages)",
    "DELETE FROM candidates WHERE message_id NOT IN (SELECT id FROM messages)",
    "DELETE FROM chat_options WHERE chat_id NOT IN (SELECT id FROM chats)",
)


def rescue(kept: Path, database: Database, passphrase: str | None = None) -> str:
    """Copy every readable row of the damaged file into the new database; return what came over, in words.

    kept: the damaged file; it is not written to. passphrase: of both, None when they are not encrypted.
    """
    try:
        if kept.stat().st_size:  # SQLite would delete the log of an empty database
            with _opened(kept, passphrase) as source:
                _copy_all(source, database.conn)
    except (sqlite3.Error, OSError) as error:
        return f"it could not be carried over ({error}), so a new one was started"
    return _in_words(database.conn)


class _Source:
    """The damaged file, connected to anew after each error: SQLCipher reads nothing more after a damaged page."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._connection = self._new()

    def execute(self, sql: str) -> Iterator[tuple[object, ...]]:
        """Yield rows. Raises sqlite3.Error at the first that cannot be read."""
        try:
            yield from self._connection.execute(sql)
        except sqlite3.Error:
            self.close()
            self._connection = self._new()
            raise

    def close(self) -> None:
        self._connection.close()

    def _new(self) -> sqlite3.Connection:
        connection = self._connect()
        connection.row_factory = None
        connection.text_factory = lambda content: content.decode("utf-8", "replace")
        return connection


@contextmanager
def _opened(kept: Path, passphrase: str | None) -> Iterator[_Source]:
    """Connect to the damaged file, or to a patched copy where SQLite refuses even to look at it."""
    with TemporaryDirectory(dir=kept.parent, prefix=".rescue-") as folder:
        if passphrase is not None:  # no byte of it can be patched, but a shorter file is accepted
            source = _Source(lambda: connect_to_damaged(kept, passphrase))
        else:
            try:
                source = _Source(lambda: connect_to_read(kept).conn)
            except sqlite3.Error:
                patched = _patched(kept, Path(folder))
                source = _Source(lambda: _tolerant(patched))
        with closing(source):
            yield source


def _tolerant(path: Path) -> sqlite3.Connection:
    """Connect even where a page of the schema is lost: the tables that the other pages name can be read."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA writable_schema = ON")
    return connection


def _patched(kept: Path, folder: Path) -> Path:
    """Return a copy whose header fits the file: of one that is cut off SQLite would not read anything."""
    copy = folder / "copy.db"
    shutil.copyfile(kept, copy)
    with copy.open("r+b") as file:
        header = bytearray(file.read(_HEADER_BYTES).ljust(_HEADER_BYTES, b"\0"))
        if not header.startswith(_MAGIC):
            header[:24] = _MAGIC + struct.pack(">H", _PAGE_BYTES) + b"\1\1\0\x40\x20\x20"
            header[44:48] = struct.pack(">I", 4)  # schema format
            header[56:60] = struct.pack(">I", 1)  # UTF-8
        page_bytes = struct.unpack(">H", header[16:18])[0] or _PAGE_BYTES
        pages = -(-copy.stat().st_size // page_bytes)
        # A table that begins beyond the end makes the whole schema malformed: what is missing becomes zeros.
        pages = max(pages, min(struct.unpack(">I", header[28:32])[0], _MOST_TIMES_LARGER * pages))
        header[18:20] = b"\1\1"  # no log
        header[28:32] = struct.pack(">I", pages)
        header[92:96] = header[24:28]  # the page count is valid for this change counter
        file.seek(0)
        file.write(header)
        file.truncate(pages * page_bytes)
    return copy


def _copy_all(source: _Source, target: sqlite3.Connection) -> None:
    target.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
    target.execute("BEGIN IMMEDIATE")
    try:
        for table in _TABLES:
            _copy(source, target, table)
        if target.execute("SELECT count(*) FROM profiles").fetchone()[0] == 0:
            target.execute("INSERT INTO profiles (name, created) VALUES ('default', ?)", [now()])
        for repair in _REPAIRS:
            target.execute(repair, {"now": now()})
        target.execute("COMMIT")
    except BaseException:
        target.execute("ROLLBACK")
        raise
    finally:
        target.execute("PRAGMA foreign_keys = ON")


def _copy(source: _Source, target: sqlite3.Connection, table: str) -> None:
    there = _columns(source, table)
    columns = [name for name in _columns(target, table) if name in there]
    if not columns:
        return
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    for row in _readable(source, table, columns):
        target.execute(insert, row)


def _columns(connection: _Source | sqlite3.Connection, table: str) -> list[str]:
    try:
        return [str(row[1]) for row in connection.execute(f"PRAGMA table_info({table})")]
    except sqlite3.Error:
        return []


def _readable(source: _Source, table: str, columns: list[str]) -> Iterator[tuple[object, ...]]:
    """Yield rows from both ends up to what cannot be read; some come twice when nothing is damaged."""
    for direction in ("ASC", "DESC"):
        rows = f"SELECT {', '.join(columns)} FROM {table} NOT INDEXED ORDER BY rowid {direction}"
        try:
            yield from source.execute(rows)
            return
        except sqlite3.Error:
            continue


def _in_words(connection: sqlite3.Connection) -> str:
    counts = {
        name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
        for name in ("chats", "messages", "comparisons")
    }
    if not any(counts.values()):
        return "nothing could be read from it, so a new one was started"
    read = ", ".join(f"{count} {name if count != 1 else name[:-1]}" for name, count in counts.items())
    return f"a new one was started with what could be read: {read}"
