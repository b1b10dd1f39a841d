"""Carry over what can still be read from a damaged database. Losing one page should not lose a profile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from sqlite_utils import Database

from localpersona.store.clock import now

_TABLES = ("profiles", "chats", "messages", "candidates", "comparisons", "trait_scores", "drafts", "state")

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
    "UPDATE messages SET parent_id = NULL WHERE parent_id NOT IN (SELECT id FROM messages)",
    """
    UPDATE chats SET last_message_id = (SELECT max(id) FROM messages WHERE chat_id = chats.id)
    WHERE last_message_id IS NULL OR last_message_id NOT IN (SELECT id FROM messages)""",
    "UPDATE comparisons SET message_id = NULL WHERE message_id NOT IN (SELECT id FROM messages)",
    "DELETE FROM candidates WHERE message_id NOT IN (SELECT id FROM messages)",
)


def rescue(damaged: Database, database: Database) -> str:
    """Copy every readable row of the damaged database, and close it; return what came over, in words."""
    connection: sqlite3.Connection = database.conn
    source: sqlite3.Connection = damaged.conn
    source.text_factory = lambda content: content.decode("utf-8", "replace")
    connection.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction
    connection.execute("BEGIN IMMEDIATE")
    try:
        for table in _TABLES:
            _copy(source, connection, table)
        if connection.execute("SELECT count(*) FROM profiles").fetchone()[0] == 0:
            connection.execute("INSERT INTO profiles (name, created) VALUES ('default', ?)", [now()])
        for repair in _REPAIRS:
            connection.execute(repair, {"now": now()})
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    finally:
        connection.execute("PRAGMA foreign_keys = ON")
        source.close()
    return _in_words(connection)


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> None:
    there = _columns(source, table)
    columns = [name for name in _columns(target, table) if name in there]
    if not columns:
        return
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    for row in _readable(source, table, columns):
        target.execute(insert, row)


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    try:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    except sqlite3.Error:
        return []


def _readable(source: sqlite3.Connection, table: str, columns: list[str]) -> Iterator[tuple[object, ...]]:
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
