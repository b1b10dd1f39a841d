"""Messages: a tree in each chat. Editing a prompt or answering again adds a sibling; nothing is replaced."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, fields

from localpersona.store.chats import Chats
from localpersona.store.clock import now
from localpersona.store.connection import read, write
from localpersona.store.errors import StoreError
from localpersona.store.records import MessageRow, MessageState
from localpersona.values import Candidate, FinishReason, Role, Statistics

_BRANCH = """
    WITH RECURSIVE branch(id, parent_id) AS (
        SELECT id, parent_id FROM messages WHERE id = ?
        UNION SELECT messages.id, messages.parent_id
        FROM messages JOIN branch ON messages.id = branch.parent_id
    )
    SELECT messages.* FROM branch JOIN messages USING (id) ORDER BY messages.id"""

_DESCENDANTS = """
    WITH RECURSIVE below(id) AS (
        SELECT id FROM messages WHERE id = ?
        UNION SELECT messages.id FROM messages JOIN below ON messages.parent_id = below.id
    )
    SELECT max(id) FROM below"""


class Messages(Chats):
    """The tree, and the candidates that each answer was chosen from."""

    @write
    def add_message(
        self,
        chat_id: int,
        parent_id: int | None,
        role: Role,
        text: str,
        state: MessageState = "complete",
        model: str = "",
    ) -> int:
        """Return the id of a new message, which becomes the end of the branch that is shown."""
        if parent_id is not None:
            self._require_in_chat(chat_id, parent_id)
        cursor = self._execute(
            "INSERT INTO messages (chat_id, parent_id, role, text, state, created, model, owner)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            chat_id, parent_id, role, text, state, now(), model, self._owner(state),
        )  # fmt: skip
        message_id = int(cursor.lastrowid or 0)
        self._touch(chat_id, message_id)
        return message_id

    @write
    def update_message(
        self,
        message_id: int,
        *,
        text: str | None = None,
        reasoning: str | None = None,
        state: MessageState | None = None,
        finish_reason: FinishReason | None = None,
        statistics: Statistics | None = None,
        chosen: int | None = None,
    ) -> None:
        """Change what is not None; raises StoreError when the message does not exist."""
        values: dict[str, object] = {
            "text": text,
            "reasoning": reasoning,
            "state": state,
            "finish_reason": finish_reason,
            "statistics": None if statistics is None else json.dumps(asdict(statistics)),
            "chosen": chosen,
        }
        changes = {column: value for column, value in values.items() if value is not None}
        if state is not None:
            changes["owner"] = self._owner(state)
        if changes:
            assignments = ", ".join(f"{column} = ?" for column in changes)
            self._change(
                "message", f"UPDATE messages SET {assignments} WHERE id = ?", *changes.values(), message_id
            )

    @write
    def finish_answer(
        self,
        message_id: int,
        *,
        text: str,
        reasoning: str = "",
        state: MessageState = "complete",
        finish_reason: FinishReason | None = "stop",
        statistics: Statistics | None = None,
        candidates: Sequence[Candidate] = (),
        chosen: int = 0,
        version: str = "",
    ) -> None:
        """Store an ended answer with everything that led to it: all or nothing."""
        self.update_message(
            message_id,
            text=text,
            reasoning=reasoning,
            state=state,
            finish_reason=finish_reason,
            statistics=statistics,
            chosen=chosen,
        )
        self.add_candidates(message_id, candidates, version)

    @read
    def message(self, message_id: int) -> MessageRow:
        """Return one message; raises StoreError when there is none."""
        row = self._one("SELECT * FROM messages WHERE id = ?", message_id)
        if row is None:
            raise StoreError(f"There is no message {message_id}.")
        return message_row(row)

    @read
    def path(self, message_id: int) -> list[MessageRow]:
        """Return the branch from the chat's first message to this one; empty when there is none such."""
        return [message_row(row) for row in self._execute(_BRANCH, message_id)]

    @read
    def children(self, message_id: int | None, chat_id: int) -> list[MessageRow]:
        """Return the messages after this one (None: the chat's first ones), oldest first."""
        rows = self._execute(
            "SELECT * FROM messages WHERE chat_id = ? AND parent_id IS ? ORDER BY id", chat_id, message_id
        )
        return [message_row(row) for row in rows]

    @read
    def siblings(self, message_id: int) -> list[MessageRow]:
        """Return the message and its alternatives (same parent, same role), oldest first."""
        message = self.message(message_id)
        same_place = self.children(message.parent_id, message.chat_id)
        return [sibling for sibling in same_place if sibling.role == message.role]

    @read
    def leaf(self, message_id: int) -> int:
        """Return the id of the newest message below this one; its own when nothing follows."""
        newest = self._one(_DESCENDANTS, message_id)[0]
        if newest is None:
            raise StoreError(f"There is no message {message_id}.")
        return int(newest)

    @write
    def add_candidates(self, message_id: int, candidates: Sequence[Candidate], version: str) -> None:
        """Store what an answer was chosen from, in place of what was there; `version` scored it."""
        self._execute("DELETE FROM candidates WHERE message_id = ?", message_id)
        for position, candidate in enumerate(candidates):
            self._execute(
                "INSERT INTO candidates VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                message_id, position, candidate.text, candidate.reasoning, candidate.seed, candidate.tokens,
                candidate.finish_reason, candidate.mean_log_probability,
                json.dumps(candidate.traits), json.dumps(candidate.spread), version, candidate.reading,
            )  # fmt: skip

    @read
    def candidates(self, message_id: int, version: str | None = None) -> tuple[Candidate, ...]:
        """Return the candidates of an answer in seed order; empty when none were kept.

        With a reward-model version, trait scores by another one are left out.
        """
        rows = self._execute("SELECT * FROM candidates WHERE message_id = ? ORDER BY position", message_id)
        return tuple(_candidate(row, scored=version in (None, row["version"])) for row in rows)

    def _owner(self, state: MessageState) -> str | None:
        return self._connection.token if state == "running" else None


def message_row(row: sqlite3.Row) -> MessageRow:
    return MessageRow(
        id=row["id"],
        chat_id=row["chat_id"],
        parent_id=row["parent_id"],
        role=row["role"],
        text=row["text"],
        reasoning=row["reasoning"],
        state=row["state"],
        created=row["created"],
        finish_reason=row["finish_reason"],
        model=row["model"],
        statistics=_statistics(row["statistics"]),
        chosen=row["chosen"],
    )


def _statistics(text: str | None) -> Statistics | None:
    """Return the stored statistics; fields that this version does not know are left out."""
    if text is None:
        return None
    known = {field.name for field in fields(Statistics)}
    return Statistics(**{name: value for name, value in json.loads(text).items() if name in known})


def _candidate(row: sqlite3.Row, *, scored: bool) -> Candidate:
    return Candidate(
        text=row["text"],
        reasoning=row["reasoning"],
        seed=row["seed"],
        tokens=row["tokens"],
        finish_reason=row["finish_reason"],
        mean_log_probability=row["mean_log_probability"],
        reading=row["reading"],
        traits=tuple(json.loads(row["traits"])) if scored else (),
        spread=tuple(json.loads(row["spread"])) if scored else (),
    )
