"""The logs of the command `llm` (llm.datasette.io): logs.db, before and after its version 0.32.

Before: a conversation is a list of responses, each with its prompt. After: threads end in a tree of messages,
which are named by a hash and shared; a turn is one call of a model. Both may be in one file. The latest system
prompt becomes the chat's own; tool calls are left out; a thread's branches are kept.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace

from localpersona.store import ChatCopy, ChatOptions, MessageCopy
from localpersona.transfer.checking import moment, text, title_of


def is_llm(tables: set[str]) -> bool:
    return {"conversations", "responses"} <= tables or {"threads", "turns", "messages", "parts"} <= tables


def read(connection: sqlite3.Connection, tables: set[str]) -> Iterator[ChatCopy]:
    """Yield the chats of a database. Raises sqlite3.Error."""
    newer = {"threads", "turns", "messages", "parts"} <= tables
    threads = (
        connection.execute("SELECT id, name FROM threads ORDER BY datetime_utc").fetchall() if newer else []
    )
    if {"conversations", "responses"} <= tables:
        known = {row["id"] for row in threads}
        for name, responses in _conversations(connection).items():
            if name not in known:
                yield from _conversation(connection, tables, name, responses)
    for row in threads:
        yield from _thread(connection, text(row["id"]), row["name"])


def _conversations(connection: sqlite3.Connection) -> dict[str, list[str]]:
    """Return the ids of each conversation's responses, oldest first; one outside of any stands alone."""
    found: dict[str, list[str]] = {}
    for row in connection.execute("SELECT id, conversation_id FROM responses ORDER BY datetime_utc, id"):
        name = text(row["conversation_id"]) or f"response:{row['id']}"
        found.setdefault(name, []).append(row["id"])
    return found


def _conversation(
    connection: sqlite3.Connection, tables: set[str], name: str, responses: list[str]
) -> Iterator[ChatCopy]:
    messages: list[MessageCopy] = []
    system = ""
    for response in responses:
        row = connection.execute("SELECT * FROM responses WHERE id = ?", [response]).fetchone()
        prompt, told = (
            "\n\n".join(filter(None, [*_fragments(connection, tables, response, of), text(row[of])]))
            for of in ("prompt", "system")
        )
        system = told.strip() or system  # a response that goes on with a conversation need not repeat it
        _say(messages, MessageCopy("user", prompt, created=moment(row["datetime_utc"])))
        answer = MessageCopy(
            "assistant", text(row["response"]), created=moment(row["datetime_utc"]), model=text(row["model"])
        )
        _say(messages, answer)
    given = connection.execute("SELECT name FROM conversations WHERE id = ?", [name]).fetchone()
    yield from _chat(name, given["name"] if given else "", messages, None, system)


def _say(messages: list[MessageCopy], message: MessageCopy) -> None:
    """Add a message at the end, unless nothing is said in it."""
    if message.text.strip():
        messages.append(replace(message, parent=len(messages) - 1 if messages else None))


def _fragments(connection: sqlite3.Connection, tables: set[str], response: str, of: str) -> list[str]:
    """Return what stood before a response's prompt or system prompt, in versions that know fragments."""
    if not {f"{of}_fragments", "fragments"} <= tables:
        return []
    rows = connection.execute(
        f"SELECT content FROM {of}_fragments JOIN fragments ON fragments.id = fragment_id"
        ' WHERE response_id = ? ORDER BY "order"',
        [response],
    )
    return [text(row["content"]) for row in rows]


def _thread(connection: sqlite3.Connection, name: str, title: object) -> Iterator[ChatCopy]:
    messages: list[MessageCopy] = []
    places: dict[str, int | None] = {}  # for each hash the message imported for it, or the nearest above
    last: int | None = None
    system = ""
    for turn in connection.execute("SELECT * FROM turns WHERE thread_id = ? ORDER BY id", [name]).fetchall():
        new, last = _until_known(connection, text(turn["tip_message_hash"]), places)
        for row in new:
            words = _words(connection, row["hash"]).strip()
            if row["role"] == "system":
                system = words or system
            elif words and row["role"] in ("user", "assistant"):
                model = text(turn["model"]) if row["role"] == "assistant" else ""
                message = MessageCopy(
                    row["role"], words, last, created=moment(turn["datetime_utc"]), model=model
                )
                messages.append(message)
                last = len(messages) - 1
            places[row["hash"]] = last
    yield from _chat(name, title, messages, last, system)


def _until_known(
    connection: sqlite3.Connection, tip: str, places: dict[str, int | None]
) -> tuple[list[sqlite3.Row], int | None]:
    """Return a branch's messages that are not placed yet, oldest first, and the place they go on from."""
    new: dict[str, sqlite3.Row] = {}
    at = tip
    while at not in places and at not in new:
        row = connection.execute(
            "SELECT hash, parent_hash, role FROM messages WHERE hash = ?", [at]
        ).fetchone()
        if row is None:
            break
        new[at] = row
        at = text(row["parent_hash"])
    return list(new.values())[::-1], places.get(at)


def _words(connection: sqlite3.Connection, message: str) -> str:
    rows = connection.execute(
        "SELECT text, payload FROM parts WHERE message_hash = ? AND type = 'text' ORDER BY position",
        [message],
    )
    return "\n\n".join(
        filter(None, (text(row["text"]) or _joined(connection, row["payload"]) for row in rows))
    )


def _joined(connection: sqlite3.Connection, payload: object) -> str:
    """Return text that borrows from fragments: a list of {"fragment": id} and {"literal": …}."""
    try:
        pieces = json.loads(text(payload))["text_ref"]
        found = [
            connection.execute("SELECT content FROM fragments WHERE id = ?", [piece["fragment"]]).fetchone()[
                0
            ]
            if "fragment" in piece
            else piece["literal"]
            for piece in pieces
        ]
    except (ValueError, LookupError, TypeError):
        return ""
    return "".join(map(text, found))


def _chat(
    name: str, title: object, messages: list[MessageCopy], shown: int | None, system: str
) -> Iterator[ChatCopy]:
    if messages:
        yield ChatCopy(
            uid=f"llm:{name[:100]}",
            title=title_of(title, messages[0].text),
            created=messages[0].created,
            updated=max(message.created for message in messages),
            messages=tuple(messages),
            shown=shown,
            options=ChatOptions(system_prompt=system or None),
        )
