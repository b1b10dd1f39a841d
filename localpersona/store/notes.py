"""Small things by key: drafts, and what the app remembers between starts."""

from __future__ import annotations

from localpersona.store.clock import now
from localpersona.store.connection import Part, read, write


class Notes(Part):
    @write
    def set_draft(self, key: str, text: str) -> None:
        """Keep what was typed and not sent; empty: forget it. A chat's draft has the key str(chat id)."""
        if text:
            self._execute("INSERT OR REPLACE INTO drafts VALUES (?, ?, ?)", key, text, now())
        else:
            self._execute("DELETE FROM drafts WHERE key = ?", key)

    @read
    def draft(self, key: str) -> str:
        row = self._one("SELECT text FROM drafts WHERE key = ?", key)
        return "" if row is None else str(row["text"])

    @write
    def set_state(self, key: str, value: str) -> None:
        """Remember something that is not a setting: which chat was open, which hints were read."""
        self._execute("INSERT OR REPLACE INTO state VALUES (?, ?)", key, value)

    @read
    def state(self, key: str, default: str = "") -> str:
        row = self._one("SELECT value FROM state WHERE key = ?", key)
        return default if row is None else str(row["value"])
