"""oterm's database, store.db: a table of chats and one of messages, without times and without branches.

A chat's system prompt comes along.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator

from localpersona.store import ChatCopy, ChatOptions, MessageCopy
from localpersona.transfer.checking import moment, text, title_of
from localpersona.values import Role

# What authors are called, now and in versions before 0.12.
_ROLES: dict[str, Role] = {"user": "user", "me": "user", "assistant": "assistant", "ollama": "assistant"}


def is_oterm(tables: set[str]) -> bool:
    return {"chat", "message"} <= tables


def read(connection: sqlite3.Connection, changed: float) -> Iterator[ChatCopy]:
    """Yield the chats of a database that was changed at a time (seconds since 1970). Raises sqlite3.Error."""
    for chat in connection.execute("SELECT * FROM chat ORDER BY id").fetchall():
        said = [
            (_ROLES[row["author"]], text(row["text"]))
            for row in connection.execute(
                "SELECT author, text FROM message WHERE chat_id = ? ORDER BY id", [chat["id"]]
            )
            if row["author"] in _ROLES and text(row["text"]).strip()
        ]
        if not said:
            continue
        when = moment(changed)
        messages = tuple(
            MessageCopy(role, words, place - 1 if place else None, created=when,
                        model=text(chat["model"]) if role == "assistant" else "")
            for place, (role, words) in enumerate(said)
        )  # fmt: skip
        # Numbers start at 1 in everybody's database: what was said first tells them apart.
        digest = hashlib.sha256(f"{chat['id']}:{said[0][1]}".encode("utf-8", "replace")).hexdigest()
        options = ChatOptions(system_prompt=text(dict(chat).get("system")).strip() or None)
        title = title_of(chat["name"], said[0][1])
        yield ChatCopy(f"oterm:{digest[:32]}", title, when, when, messages, options=options)
