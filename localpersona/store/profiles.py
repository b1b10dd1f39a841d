"""Profiles: a name, locks, and (elsewhere) comparisons."""

from __future__ import annotations

import json
import sqlite3

from localpersona.store.clock import now
from localpersona.store.connection import Part, read, write
from localpersona.store.errors import StoreError
from localpersona.store.records import ProfileRow


class Profiles(Part):
    """One person's name and what they set by hand."""

    def profile(self, name: str = "default") -> ProfileRow:
        """Return the profile called name, created when there is none yet."""
        found = self._profile_called(name)
        return found if found is not None else self._create_profile(name)

    @read
    def profiles(self, include_deleted: bool = False) -> list[ProfileRow]:
        """Return all profiles, oldest first."""
        rows = self._execute("SELECT * FROM profiles WHERE deleted IS NULL OR ? ORDER BY id", include_deleted)
        return [_profile(row) for row in rows]

    @write
    def set_locks(self, profile_id: int, locks: dict[str, float]) -> None:
        """Replace the weights that the user set by hand (trait name → weight)."""
        text = json.dumps({str(trait): float(weight) for trait, weight in locks.items()}, ensure_ascii=False)
        self._change("profile", "UPDATE profiles SET locks = ? WHERE id = ?", text, profile_id)

    @write
    def rename_profile(self, profile_id: int, name: str) -> None:
        """Give the profile another name; raises StoreError when it is empty or taken."""
        name = _checked_name(name)
        taken = self._one("SELECT id FROM profiles WHERE name = ? AND deleted IS NULL", name)
        if taken is not None and taken["id"] != profile_id:
            raise StoreError(f"There is already a profile called {name!r}. Choose another name.")
        self._change("profile", "UPDATE profiles SET name = ? WHERE id = ?", name, profile_id)

    @write
    def delete_profile(self, profile_id: int) -> None:
        """Hide the profile; `restore_profile` brings it back with everything it had."""
        self._change("profile", "UPDATE profiles SET deleted = ? WHERE id = ?", now(), profile_id)

    @write
    def restore_profile(self, profile_id: int) -> None:
        """Bring a deleted profile back; raises StoreError when its name now belongs to another one."""
        row = self._one("SELECT name FROM profiles WHERE id = ?", profile_id)
        if row is not None:
            self.rename_profile(profile_id, row["name"])  # checks that the name is still free
        self._change("profile", "UPDATE profiles SET deleted = NULL WHERE id = ?", profile_id)

    @read
    def _profile_called(self, name: str) -> ProfileRow | None:
        row = self._one("SELECT * FROM profiles WHERE name = ? AND deleted IS NULL", _checked_name(name))
        return None if row is None else _profile(row)

    @write
    def _create_profile(self, name: str) -> ProfileRow:
        found = self._profile_called(
            name
        )  # again, inside the transaction: another process may have been quicker
        if found is not None:
            return found
        self._execute("INSERT INTO profiles (name, created) VALUES (?, ?)", _checked_name(name), now())
        created = self._profile_called(name)
        assert created is not None
        return created


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise StoreError("A profile needs a name.")
    return name[:80]


def _profile(row: sqlite3.Row) -> ProfileRow:
    return ProfileRow(
        row["id"], row["name"], row["created"], json.loads(row["locks"]), row["deleted"] is not None
    )
