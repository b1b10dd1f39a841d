"""Full-text search over messages and titles. What the user types is never syntax."""

from __future__ import annotations

import re
import sqlite3
from contextlib import suppress

from localpersona.store import unspaced
from localpersona.store.connection import read
from localpersona.store.pairs import Pairs
from localpersona.store.records import Hit
from localpersona.text import harmless, one_line

_START, _END = "\ue000", "\ue001"  # private use: no meaning of their own, so text rarely holds them
_WORDS_OF_SNIPPET = 20
_CHARACTERS_AROUND = 60
_MOST_TERMS = 16
_MOST_READ = 100_000  # messages, the newest, where no index helps

_BY_WORDS = f"""
    SELECT messages.id AS message_id, messages.chat_id, chats.title,
        snippet(messages_search, 0, '{_START}', '{_END}', '…', {_WORDS_OF_SNIPPET}) AS snippet
    FROM messages_search
    JOIN messages ON messages.id = messages_search.rowid
    JOIN chats ON chats.id = messages.chat_id
    WHERE messages_search MATCH ? AND chats.deleted IS NULL
    ORDER BY messages_search.rowid DESC LIMIT ?"""

_BY_PAIRS = """
    SELECT messages.id AS message_id, messages.chat_id, chats.title, messages.text
    FROM messages_pairs
    JOIN messages ON messages.id = messages_pairs.rowid
    JOIN chats ON chats.id = messages.chat_id
    WHERE messages_pairs MATCH ? AND chats.deleted IS NULL
    ORDER BY messages_pairs.rowid DESC LIMIT ?"""

_BY_CHARACTERS = f"""
    SELECT messages.id AS message_id, messages.chat_id, chats.title, messages.text
    FROM messages JOIN chats ON chats.id = messages.chat_id
    WHERE messages.text LIKE ? ESCAPE '\\' AND chats.deleted IS NULL AND messages.state <> 'running'
        AND messages.id > (SELECT max(id) FROM messages) - {_MOST_READ}
    ORDER BY messages.id DESC LIMIT ?"""

_BY_TITLE = """
    SELECT id, title FROM chats WHERE title LIKE ? ESCAPE '\\' AND deleted IS NULL
    ORDER BY touched DESC, updated DESC LIMIT ?"""


class Search(Pairs):
    @read
    def search(self, query: str, limit: int = 50) -> list[Hit]:
        """Return at most `limit` hits in chats that are not deleted: titles, then messages, newest first.

        All words must occur, the last one may be unfinished; words in double quotes must follow each other. In a
        script without spaces, what stands between two spaces is found anywhere in a sentence. A query without a word
        (only punctuation) is looked for as it stands, in the newest 100,000 messages.
        """
        query = query.replace("\0", " ").strip()[:500]
        if not query:
            return []
        hits = [
            Hit(row["id"], None, one_line(row["title"]), one_line(row["title"]))
            for row in self._execute(_BY_TITLE, _like(query), limit)
        ]
        return (hits + self._messages(query, limit))[:limit]

    def _messages(self, query: str, limit: int) -> list[Hit]:
        if unspaced.has_unspaced(query):
            return self._by_pairs(unspaced.usual(query), limit)
        terms = _terms(query)
        if not terms:
            return self._by_characters(query, limit)
        expression = " ".join(f'"{term}"' for term in terms) + " *" * _is_unfinished(query)
        rows = self._execute(_BY_WORDS, expression, limit)
        return [_hit(row, row["snippet"]) for row in rows]

    def _by_pairs(self, query: str, limit: int) -> list[Hit]:
        terms = _terms(query)
        if not terms:
            return self._by_characters(query, limit)
        with suppress(sqlite3.OperationalError):  # busy or full: what was indexed before can still be found
            self._index_waiting()
        pieces = unspaced.pieces(terms)
        rows = self._execute(_BY_PAIRS, unspaced.match_expression(pieces, _is_unfinished(query)), limit)
        return [_hit(row, _around(row["text"], pieces)) for row in rows]

    def _by_characters(self, query: str, limit: int) -> list[Hit]:
        rows = self._execute(_BY_CHARACTERS, _like(query), limit)
        return [_hit(row, _around(row["text"], [query])) for row in rows]


def _is_unfinished(query: str) -> bool:
    return not query.endswith('"')


def _terms(query: str) -> list[str]:
    """Return what is to be found: words, and what is in quotes. None of it can be syntax of FTS5 once quoted."""
    terms = [quoted or plain for quoted, plain in re.findall(r'"([^"]*)"|([^\s"]+)', query)]
    return [term for term in terms if unspaced.has_a_word(term)][:_MOST_TERMS]


def _like(query: str) -> str:
    return "%" + re.sub(r"([\\%_])", r"\\\1", query) + "%"


def _around(text: str, terms: list[str]) -> str:
    """Return the part of text around the first of the terms; all of them are marked."""
    pattern = re.compile("|".join(map(re.escape, terms)), re.IGNORECASE)
    found = pattern.search(text)
    start, end = found.span() if found else (0, 0)  # not as it was typed: full-width letters, other accents
    start, end = max(start - _CHARACTERS_AROUND, 0), end + _CHARACTERS_AROUND
    marked = pattern.sub(lambda match: f"{_START}{match[0]}{_END}", text[start:end])
    return f"{'…' * (start > 0)}{marked}{'…' * (end < len(text))}"


def _hit(row: sqlite3.Row, marked: str) -> Hit:
    """Return a hit whose snippet is harmless, without the marks, and where they were."""
    line = " ".join(harmless(marked).split())
    pieces = re.split(f"[{_START}{_END}]", line)
    snippet, matches = "", []
    for index, piece in enumerate(pieces):
        if index % 2 and piece:
            matches.append((len(snippet), len(snippet) + len(piece)))
        snippet += piece
    return Hit(row["chat_id"], row["message_id"], one_line(row["title"]), snippet, tuple(matches))
