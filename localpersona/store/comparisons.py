"""Comparisons: what the user said of two responses, with copies of the texts; and a cache of trait scores."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Sequence

from localpersona.store.clock import now
from localpersona.store.connection import Part, read, write
from localpersona.store.records import ComparisonRow
from localpersona.values import Comparison


class Comparisons(Part):
    """The evidence from which a profile's weights are computed."""

    @write
    def add_comparison(
        self,
        profile_id: int,
        comparison: Comparison,
        *,
        message_id: int | None = None,
        question_id: str | int | None = None,
    ) -> int:
        """Return the id of a comparison that is on disk when this returns.

        A message that no longer exists is left out rather than losing what the user said.
        """
        cursor = self._execute(
            "INSERT INTO comparisons"
            " (profile_id, prompt, first, second, outcome, source, message_id, question_id, created)"
            " VALUES (?, ?, ?, ?, ?, ?, (SELECT id FROM messages WHERE id = ?), ?, ?)",
            profile_id, comparison.prompt, comparison.first, comparison.second, comparison.outcome,
            comparison.source, message_id, None if question_id is None else str(question_id), now(),
        )  # fmt: skip
        return int(cursor.lastrowid or 0)

    @read
    def comparisons(self, profile_id: int, include_deleted: bool = False) -> list[ComparisonRow]:
        """Return a profile's comparisons, oldest first."""
        rows = self._execute(
            "SELECT * FROM comparisons WHERE profile_id = ? AND (? OR deleted IS NULL) ORDER BY id",
            profile_id, include_deleted,
        )  # fmt: skip
        return [_comparison(row) for row in rows]

    @read
    def last_comparison(self, profile_id: int) -> ComparisonRow | None:
        """Return the newest comparison that was not deleted: the one that undo takes back."""
        row = self._one(
            "SELECT * FROM comparisons WHERE profile_id = ? AND deleted IS NULL ORDER BY id DESC LIMIT 1",
            profile_id,
        )
        return None if row is None else _comparison(row)

    @write
    def delete_comparison(self, comparison_id: int) -> None:
        """Take a comparison out of what is learned from; `restore_comparison` undoes it."""
        self._change("comparison", "UPDATE comparisons SET deleted = ? WHERE id = ?", now(), comparison_id)

    @write
    def restore_comparison(self, comparison_id: int) -> None:
        self._change("comparison", "UPDATE comparisons SET deleted = NULL WHERE id = ?", comparison_id)

    @write
    def forget(self, profile_id: int) -> tuple[int, ...]:
        """Delete all of a profile's comparisons and locks; return the ids, for who wants to undo that."""
        ids = tuple(row.id for row in self.comparisons(profile_id))
        self._execute(
            "UPDATE comparisons SET deleted = ? WHERE profile_id = ? AND deleted IS NULL", now(), profile_id
        )
        self._change("profile", "UPDATE profiles SET locks = '{}' WHERE id = ?", profile_id)
        return ids

    @read
    def trait_scores(self, version: str, pairs: Sequence[tuple[str, str]]) -> list[tuple[float, ...] | None]:
        """Return the (J,) scores that reward model `version` gave each (prompt, response); None: not kept."""
        sql = "SELECT scores FROM trait_scores WHERE version = ? AND digest = ?"
        found = (self._one(sql, version, _digest(*pair)) for pair in pairs)
        return [None if row is None else tuple(json.loads(row["scores"])) for row in found]

    @write
    def put_trait_scores(
        self, version: str, pairs: Sequence[tuple[str, str]], scores: Sequence[Sequence[float]]
    ) -> None:
        """Keep the scores of as many (prompt, response) pairs."""
        for pair, vector in zip(pairs, scores, strict=True):
            self._execute(
                "INSERT OR REPLACE INTO trait_scores VALUES (?, ?, ?)",
                version, _digest(*pair), json.dumps([float(score) for score in vector]),
            )  # fmt: skip

    def _forget_unused_scores(self) -> None:
        """Delete the scores of texts that are in no comparison: a digest still tells who has the text."""
        rows = self._execute("SELECT prompt, first, second FROM comparisons").fetchall()
        used = {_digest(row["prompt"], row[side]) for row in rows for side in ("first", "second")}
        for (digest,) in self._execute("SELECT DISTINCT digest FROM trait_scores").fetchall():
            if digest not in used:
                self._execute("DELETE FROM trait_scores WHERE digest = ?", digest)


def _digest(prompt: str, response: str) -> str:
    # The prompt's length keeps ("ab", "c") and ("a", "bc") apart.
    text = f"{len(prompt)}:{prompt}{response}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _comparison(row: sqlite3.Row) -> ComparisonRow:
    return ComparisonRow(
        id=row["id"],
        profile_id=row["profile_id"],
        comparison=Comparison(row["prompt"], row["first"], row["second"], row["outcome"], row["source"]),
        message_id=row["message_id"],
        question_id=row["question_id"],
        created=row["created"],
        deleted=row["deleted"] is not None,
    )
