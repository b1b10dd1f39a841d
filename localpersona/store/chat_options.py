"""What is special about a chat: pinned, archived, a system prompt or a temperature of its own."""

from __future__ import annotations

import sqlite3

from localpersona.store.chats import SELECT_CHATS, chat_row
from localpersona.store.connection import read, write
from localpersona.store.messages import Messages, message_row
from localpersona.store.records import ChatOptions, ChatRow, MessageRow


class Options(Messages):
    @read
    def chat_options(self, chat_id: int) -> ChatOptions:
        """Return a chat's options; the defaults when nothing was set."""
        row = self._one("SELECT * FROM chat_options WHERE chat_id = ?", chat_id)
        return ChatOptions() if row is None else _options(row)

    @write
    def set_chat_options(self, chat_id: int, options: ChatOptions) -> None:
        """Replace a chat's options; raises StoreError when there is no such chat."""
        self.chat(chat_id)
        self._execute(
            "INSERT OR REPLACE INTO chat_options VALUES (?, ?, ?, ?, ?)",
            chat_id, options.pinned, options.archived, options.system_prompt, options.temperature,
        )  # fmt: skip

    @read
    def pinned_chats(self) -> list[ChatRow]:
        """Return the pinned chats that are not archived, the one written to last first."""
        rows = self._execute(
            f"{SELECT_CHATS} JOIN chat_options ON chat_options.chat_id = chats.id"
            " WHERE chats.deleted IS NULL AND pinned AND NOT archived ORDER BY touched DESC, updated DESC"
        )
        return [chat_row(row) for row in rows]

    @read
    def unpinned_chats(self, limit: int = 500) -> list[ChatRow]:
        """Return the chats that are neither pinned nor archived, the one written to last first."""
        rows = self._execute(
            f"{SELECT_CHATS} WHERE chats.deleted IS NULL"
            " AND chats.id NOT IN (SELECT chat_id FROM chat_options WHERE pinned OR archived)"
            " ORDER BY touched DESC, updated DESC LIMIT ?",
            limit,
        )
        return [chat_row(row) for row in rows]

    @read
    def archived_chats(self, limit: int = 500) -> list[ChatRow]:
        """Return the archived chats, the one written to last first."""
        rows = self._execute(
            f"{SELECT_CHATS} JOIN chat_options ON chat_options.chat_id = chats.id"
            " WHERE chats.deleted IS NULL AND archived ORDER BY touched DESC, updated DESC LIMIT ?",
            limit,
        )
        return [chat_row(row) for row in rows]

    @read
    def all_messages(self, chat_id: int) -> list[MessageRow]:
        """Return the messages of all branches of a chat, oldest first."""
        rows = self._execute("SELECT * FROM messages WHERE chat_id = ? ORDER BY id", chat_id)
        return [message_row(row) for row in rows]

    @read
    def recent_prompts(self, limit: int = 200) -> list[str]:
        """Return what was asked last in any chat that is not deleted, newest first, each text once."""
        rows = self._execute(
            "SELECT text FROM messages JOIN chats ON chats.id = chat_id"
            " WHERE role = 'user' AND chats.deleted IS NULL ORDER BY messages.id DESC LIMIT ?",
            limit,
        )
        return list(dict.fromkeys(str(row["text"]) for row in rows))


def _options(row: sqlite3.Row) -> ChatOptions:
    return ChatOptions(bool(row["pinned"]), bool(row["archived"]), row["system_prompt"], row["temperature"])
