"""Whole chats, out of the database and into it. What is already there is recognised, never doubled."""

from __future__ import annotations

import sqlite3

from localpersona.store.chat_options import Options
from localpersona.store.clock import now
from localpersona.store.connection import read, write
from localpersona.store.pairs import Pairs
from localpersona.store.records import Added, ChatCopy, ChatOptions, MessageCopy


class Copies(Options, Pairs):
    @read
    def copy_chat(self, chat_id: int) -> ChatCopy:
        """Return a chat with all its branches; raises StoreError when there is none."""
        chat = self.chat(chat_id)
        rows = self._execute("SELECT * FROM messages WHERE chat_id = ? ORDER BY id", chat_id).fetchall()
        places = {row["id"]: place for place, row in enumerate(rows)}
        return ChatCopy(
            uid=str(self._one("SELECT uid FROM chats WHERE id = ?", chat_id)["uid"]),
            title=chat.title,
            created=chat.created,
            updated=chat.updated,
            messages=tuple(self._copy_of(row, places.get(row["parent_id"])) for row in rows),
            shown=None if chat.last_message_id is None else places.get(chat.last_message_id),
            options=self.chat_options(chat_id),
        )

    @write
    def add_copy(self, profile_id: int, copy: ChatCopy) -> Added:
        """Store a chat, or what is new in one that is there already (same uid): all or nothing.

        A new one takes its place in the list by its date. One that was deleted comes back. One that is there keeps
        its title and options.
        """
        found = self._one("SELECT id FROM chats WHERE uid = ?", copy.uid)
        chat_id = self._new_chat(profile_id, copy) if found is None else int(found["id"])
        ids: list[int] = []
        taken: set[int] = set()
        added = 0
        for message in copy.messages:
            parent = None if message.parent is None else ids[message.parent]
            same = None if found is None else self._same(chat_id, parent, message, taken)
            ids.append(self._add(chat_id, parent, message) if same is None else same)
            taken.add(ids[-1])
            added += same is None
        if found is not None:
            self.restore_chat(chat_id)
        if ids and (found is None or added):
            self.set_last_message(chat_id, ids[-1 if copy.shown is None else copy.shown])
        self._index_waiting()  # or the first search after a large import would have to
        return Added(chat_id, new=found is None, messages=added)

    def _new_chat(self, profile_id: int, copy: ChatCopy) -> int:
        updated = copy.updated or now()
        # Read along the index of the list from its top: quick for what is new, 1 ms with 20,000 newer chats.
        before = self._one(
            "SELECT touched FROM chats WHERE updated <= ? ORDER BY touched DESC, updated DESC LIMIT 1",
            updated,
        )
        cursor = self._execute(
            "INSERT INTO chats (uid, profile_id, title, created, updated, touched) VALUES (?, ?, ?, ?, ?, ?)",
            copy.uid, profile_id, copy.title, copy.created or updated, updated,
            0 if before is None else before["touched"],
        )  # fmt: skip
        chat_id = int(cursor.lastrowid or 0)
        if copy.options != ChatOptions():
            self.set_chat_options(chat_id, copy.options)
        return chat_id

    def _add(self, chat_id: int, parent_id: int | None, message: MessageCopy) -> int:
        cursor = self._execute(
            "INSERT INTO messages"
            " (chat_id, parent_id, role, text, reasoning, state, created, finish_reason, model, chosen)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            chat_id, parent_id, message.role, message.text, message.reasoning,
            "stopped" if message.state == "running" else message.state,  # it runs on in the original, if at all
            message.created or now(), message.finish_reason, message.model, message.chosen,
        )  # fmt: skip
        message_id = int(cursor.lastrowid or 0)
        if message.candidates:
            self.add_candidates(message_id, message.candidates, message.version)
        return message_id

    def _same(self, chat_id: int, parent_id: int | None, message: MessageCopy, taken: set[int]) -> int | None:
        """Return a message that says the same in the same place and stands for none of the others yet."""
        rows = self._execute(
            "SELECT id FROM messages WHERE chat_id = ? AND parent_id IS ? AND role = ? AND text = ? ORDER BY id",
            chat_id, parent_id, message.role, message.text,
        )  # fmt: skip
        return next((int(row["id"]) for row in rows if row["id"] not in taken), None)

    def _copy_of(self, row: sqlite3.Row, parent: int | None) -> MessageCopy:
        version = self._one("SELECT version FROM candidates WHERE message_id = ? LIMIT 1", row["id"])
        return MessageCopy(
            role=row["role"],
            text=row["text"],
            parent=parent,
            reasoning=row["reasoning"],
            state=row["state"],
            created=row["created"],
            finish_reason=row["finish_reason"],
            model=row["model"],
            chosen=row["chosen"],
            candidates=self.candidates(row["id"]) if version else (),
            version=version["version"] if version else "",
        )
