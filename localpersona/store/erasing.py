"""Deleting for good. Elsewhere in the store, to delete is to hide, so that it can be undone."""

from __future__ import annotations

from localpersona.store.comparisons import Comparisons
from localpersona.store.connection import write

_TABLES = (
    "comparisons", "candidates", "pairs_waiting", "messages", "chat_options", "chats", "profiles", "trait_scores",
    "drafts", "state",
)  # fmt: skip

_INDEXING = ("messages_search_delete", "messages_pairs_delete", "messages_pairs")

_DELETED_PROFILES = "SELECT id FROM profiles WHERE deleted IS NOT NULL"
_DELETED_CHATS = f"SELECT id FROM chats WHERE deleted IS NOT NULL OR profile_id IN ({_DELETED_PROFILES})"


class Erasing(Comparisons):
    @write
    def erase_everything(self) -> None:
        """Empty the database. Call `compact` afterwards: until then the text is still in the file."""
        # Row by row, the search index would take ten minutes for a million messages; all at once it is instant.
        anew = [
            str(self._one("SELECT sql FROM sqlite_master WHERE name = ?", name)["sql"]) for name in _INDEXING
        ]
        for sql, name in zip(anew, _INDEXING, strict=True):
            self._execute(f"DROP {'TRIGGER' if 'TRIGGER' in sql else 'TABLE'} {name}")
        self._separate("SELECT id FROM chats")
        for table in _TABLES:
            self._execute(f"DELETE FROM {table}")
        self._execute("INSERT INTO messages_search (messages_search) VALUES ('delete-all')")
        for sql in anew:
            self._execute(sql)

    @write
    def erase_deleted(self) -> dict[str, int]:
        """Erase what was deleted and could still be restored; return how much of what. Call `compact` afterwards."""
        counts = {
            "chats": self._count(_DELETED_CHATS),
            "comparisons": self._count(
                f"SELECT id FROM comparisons WHERE deleted IS NOT NULL OR profile_id IN ({_DELETED_PROFILES})"
            ),
            "profiles": self._count(_DELETED_PROFILES),
        }
        self._execute(
            f"DELETE FROM comparisons WHERE deleted IS NOT NULL OR profile_id IN ({_DELETED_PROFILES})"
        )
        self._separate(_DELETED_CHATS)
        self._execute(f"DELETE FROM drafts WHERE key IN (SELECT CAST(id AS TEXT) FROM ({_DELETED_CHATS}))")
        self._execute(f"DELETE FROM messages WHERE chat_id IN ({_DELETED_CHATS})")
        self._execute(f"DELETE FROM chats WHERE id IN ({_DELETED_CHATS})")
        self._execute("DELETE FROM profiles WHERE deleted IS NOT NULL")
        self._forget_unused_scores()
        for index in ("messages_search", "messages_pairs"):
            self._execute(f"INSERT INTO {index} ({index}) VALUES ('optimize')")  # drops their words
        return counts

    def compact(self) -> None:
        """Write the database anew without free space, so that nothing erased is left in its files."""
        self._connection.read(self._compact)

    def _compact(self) -> None:
        self._execute("VACUUM")
        if not self._connection.in_memory:
            self._execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _separate(self, chats: str) -> None:
        """Cut the branches of chats up: SQLite refuses to delete a tree of more than a thousand levels."""
        self._execute(f"UPDATE messages SET parent_id = NULL WHERE chat_id IN ({chats})")

    def _count(self, select: str) -> int:
        return int(self._one(f"SELECT count(*) FROM ({select})")[0])
