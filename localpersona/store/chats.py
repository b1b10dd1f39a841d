"""Chats: a title, a profile, a tree of messages and which of its branches is shown."""

from __future__ import annotations

import sqlite3
from secrets import token_hex

from localpersona.store.clock import now
from localpersona.store.connection import Part, read, write
from localpersona.store.errors import StoreError
from localpersona.store.records import ChatRow

SELECT_CHATS = """
    SELECT chats.*, coalesce(drafts.text, '') AS draft
    FROM chats LEFT JOIN drafts ON drafts.key = CAST(chats.id AS TEXT)"""


class Chats(Part):
    @write
    def create_chat(self, profile_id: int, title: str = "") -> int:
        """Return the id of a new, empty chat."""
        cursor = self._execute(
            "INSERT INTO chats (uid, profile_id, title, created, updated, touched) "
            "SELECT ?, ?, ?, ?, ?, coalesce(max(touched), 0) + 1 FROM chats",
            token_hex(16), profile_id, title, now(), now(),
        )  # fmt: skip
        return int(cursor.lastrowid or 0)

    @read
    def chats(
        self, profile_id: int | None = None, include_deleted: bool = False, limit: int = 500
    ) -> list[ChatRow]:
        """Return chats (None: of all profiles), the one written to last first."""
        rows = self._execute(
            f"{SELECT_CHATS} WHERE (? OR chats.deleted IS NULL) AND (? IS NULL OR profile_id = ?)"
            " ORDER BY touched DESC, updated DESC LIMIT ?",
            include_deleted, profile_id, profile_id, limit,
        )  # fmt: skip
        return [chat_row(row) for row in rows]

    @read
    def chat(self, chat_id: int) -> ChatRow:
        """Return one chat, deleted or not; raises StoreError when there is none."""
        row = self._one(f"{SELECT_CHATS} WHERE chats.id = ?", chat_id)
        if row is None:
            raise StoreError(f"There is no chat {chat_id}.")
        return chat_row(row)

    @write
    def rename_chat(self, chat_id: int, title: str) -> None:
        """Give the chat another title. It keeps its place in the list."""
        self._change("chat", "UPDATE chats SET title = ? WHERE id = ?", title, chat_id)

    @write
    def delete_chat(self, chat_id: int) -> None:
        """Hide the chat from lists and search; `restore_chat` undoes it."""
        self._change("chat", "UPDATE chats SET deleted = ? WHERE id = ?", now(), chat_id)

    @write
    def restore_chat(self, chat_id: int) -> None:
        """Bring a deleted chat back, in its former place."""
        self._change("chat", "UPDATE chats SET deleted = NULL WHERE id = ?", chat_id)

    @write
    def set_last_message(self, chat_id: int, message_id: int | None) -> None:
        """Choose the branch that is shown: the one that ends with this message."""
        if message_id is not None:
            self._require_in_chat(chat_id, message_id)
        self._change("chat", "UPDATE chats SET last_message_id = ? WHERE id = ?", message_id, chat_id)

    def _require_in_chat(self, chat_id: int, message_id: int) -> None:
        if self._one("SELECT 1 FROM messages WHERE id = ? AND chat_id = ?", message_id, chat_id) is None:
            raise StoreError("That message is not part of this chat. Nothing was changed.")

    def _touch(self, chat_id: int, message_id: int) -> None:
        """Move the chat to the top of the list and show the branch that ends with the message."""
        self._change(
            "chat",
            "UPDATE chats SET updated = ?, last_message_id = ?,"
            " touched = (SELECT max(touched) FROM chats) + 1 WHERE id = ?",
            now(), message_id, chat_id,
        )  # fmt: skip


def chat_row(row: sqlite3.Row) -> ChatRow:
    return ChatRow(
        id=row["id"],
        title=row["title"],
        created=row["created"],
        updated=row["updated"],
        profile_id=row["profile_id"],
        deleted=row["deleted"] is not None,
        draft=row["draft"],
        last_message_id=row["last_message_id"],
    )
