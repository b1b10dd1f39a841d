"""The index for scripts without spaces. Triggers note which messages are to be indexed; here it is done.

Not by the triggers themselves: they would need a function that only we have, and every other program (an older
LocalPersona that is still running, too) could no longer write to the database.
"""

from __future__ import annotations

from localpersona.store.connection import Part
from localpersona.store.unspaced import in_pairs

_AT_ONCE = 200  # messages in one transaction: other processes wait for it


class Pairs(Part):
    def _index_waiting(self) -> None:
        """Index the messages that are noted. Call it in the connection's thread."""
        while self._one("SELECT 1 FROM pairs_waiting LIMIT 1"):
            self._connection.write(self._index_some)

    def _index_some(self) -> None:
        waiting = self._execute(
            "SELECT message_id, text FROM pairs_waiting LEFT JOIN messages ON messages.id = message_id LIMIT ?",
            _AT_ONCE,
        ).fetchall()
        for message_id, text in waiting:
            if text is not None:  # a program that does not know foreign keys may have removed the message
                self._execute(
                    "INSERT OR REPLACE INTO messages_pairs (rowid, pairs) VALUES (?, ?)",
                    message_id,
                    in_pairs(text),
                )
            self._execute("DELETE FROM pairs_waiting WHERE message_id = ?", message_id)
