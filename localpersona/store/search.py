"""Full-text search over messages and titles. What the user types is never syntax."""

from __future__ import annotations

import re
import unicodedata

from localpersona.store.connection import Part, read
from localpersona.store.records import Hit
from localpersona.text import harmless, one_line

_START, _END = "\ue000", "\ue001"  # private use: no meaning of their own, so text rarely holds them
_WORDS_OF_SNIPPET = 20
_CHARACTERS_AROUND = 60
_MOST_TERMS = 16

_BY_WORDS = f"""
    SELECT messages.id AS message_id, messages.chat_id, chats.title,
        snippet(messages_search, 0, '{_START}', '{_END}', '…', {_WORDS_OF_SNIPPET}) AS snippet
    FROM messages_search
    JOIN messages ON messages.id = messages_search.rowid
    JOIN chats ON chats.id = messages.chat_id
    WHERE messages_search MATCH ? AND chats.deleted IS NULL
    ORDER BY messages_search.rowid DESC LIMIT ?"""

_BY_CHARACTERS = """
    SELECT messages.id AS message_id, messages.chat_id, chats.title, messages.text
    FROM messages JOIN chats ON chats.id = messages.chat_id
    WHERE messages.text LIKE ? ESCAPE '\\' AND chats.deleted IS NULL AND messages.state <> 'running'
    ORDER BY messages.id DESC LIMIT ?"""

_BY_TITLE = """
    SELECT id, title FROM chats WHERE title LIKE ? ESCAPE '\\' AND deleted IS NULL
    ORDER BY touched DESC, updated DESC LIMIT ?"""


class Search(Part):
    @read
    def search(self, query: str, limit: int = 50) -> list[Hit]:
        """Return at most `limit` hits in chats that are not deleted: titles, then messages, newest first.

        All words must occur, the last one may be unfinished; words in double quotes must follow each other. A
        query without a word (only punctuation), or in a script without spaces, is looked for as it stands.
        """
        query = query.replace("\0", " ").strip()[:500]
        if not query:
            return []
        hits = [
            Hit(row["id"], None, one_line(row["title"]), one_line(row["title"]))
            for row in self._execute(_BY_TITLE, _like(query), limit)
        ]
        words = match_expression(query)
        found = self._by_words(words, limit) if words else self._by_characters(query, limit)
        return (hits + found)[:limit]

    def _by_words(self, expression: str, limit: int) -> list[Hit]:
        rows = self._execute(_BY_WORDS, expression, limit)
        return [_hit(row["chat_id"], row["message_id"], row["title"], row["snippet"]) for row in rows]

    def _by_characters(self, query: str, limit: int) -> list[Hit]:
        rows = self._execute(_BY_CHARACTERS, _like(query), limit)
        return [
            _hit(row["chat_id"], row["message_id"], row["title"], _around(row["text"], query)) for row in rows
        ]


def match_expression(query: str) -> str:
    """Return an FTS5 expression in which all that was typed is quoted; empty when that cannot find it."""
    if any(_written_without_spaces(character) for character in query):
        return ""
    terms = [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|([^\s"]+)', query)]
    terms = [term for term in terms if any(_in_a_word(character) for character in term)][:_MOST_TERMS]
    if not terms:
        return ""
    unfinished = "" if query.endswith('"') else " *"
    return " ".join(f'"{term}"' for term in terms) + unfinished


def _in_a_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LN"


def _written_without_spaces(character: str) -> bool:
    """Whether the tokeniser would take a sentence of this script for one word (Thai, Khmer, kana, Han …)."""
    return (
        "\u0e00" <= character <= "\u0eff"
        or "\u1000" <= character <= "\u109f"
        or (
            "\u1780" <= character <= "\u17ff"
            or "\u3040" <= character <= "\u9fff"
            or character >= "\U00020000"
        )
    )


def _like(query: str) -> str:
    return "%" + re.sub(r"([\\%_])", r"\\\1", query) + "%"


def _around(text: str, query: str) -> str:
    """Return the part of text around the query, which is marked."""
    at = max(text.lower().find(query.lower()), 0)
    end = at + len(query)
    before = text[max(at - _CHARACTERS_AROUND, 0) : at]
    after = text[end : end + _CHARACTERS_AROUND]
    lead, tail = "…" * (at > _CHARACTERS_AROUND), "…" * (end + _CHARACTERS_AROUND < len(text))
    return f"{lead}{before}{_START}{text[at:end]}{_END}{after}{tail}"


def _hit(chat_id: int, message_id: int, title: str, marked: str) -> Hit:
    """Return a hit whose snippet is harmless, without the marks, and where they were."""
    line = " ".join(harmless(marked).split())
    pieces = re.split(f"[{_START}{_END}]", line)
    snippet, matches = "", []
    for index, piece in enumerate(pieces):
        if index % 2 and piece:
            matches.append((len(snippet), len(snippet) + len(piece)))
        snippet += piece
    return Hit(chat_id, message_id, one_line(title), snippet, tuple(matches))
