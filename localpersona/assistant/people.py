"""Several people, or several moods, on one machine: each profile has its own comparisons and weights."""

from __future__ import annotations

from collections.abc import Callable

from localpersona.assistant.taste import UserTaste
from localpersona.store import ProfileRow, Store, StoreError


class People:
    """The profiles, and which of them answers are for. Methods that write raise StoreError."""

    def __init__(
        self,
        store: Store,
        taste: UserTaste,
        default: Callable[[], str],
        remember: Callable[[str], object],
    ) -> None:
        """`default`: reads the name of the profile to start with from the settings; `remember` writes it there."""
        self._store = store
        self._taste = taste
        self._default = default
        self._remember = remember

    def all(self) -> list[ProfileRow]:
        """Return every profile, oldest first."""
        return self._store.profiles()

    def counted(self) -> list[tuple[ProfileRow, int]]:
        """Return every profile with how many comparisons it has, oldest first."""
        return [(row, self._answered(row.id)) for row in self.all()]

    def use(self, name: str) -> ProfileRow:
        """Answer and learn for this profile from now on; created when new."""
        row = self._store.profile(name)
        self._remember(row.name)
        self._taste.switch(row.name)
        return row

    def rename(self, profile_id: int, name: str) -> None:
        """Give a profile another name; the one in use stays in use, and the one to start with that one."""
        used, former = self._taste.profile.id == profile_id, self._named(profile_id)
        self._store.rename_profile(profile_id, name)
        if used:
            self._taste.switch(self._named(profile_id))
        if former == self._default():
            self._remember(self._named(profile_id))

    def remove(self, profile_id: int) -> None:
        """Hide a profile; `restore` undoes it. The one in use cannot be removed."""
        if self._taste.profile.id == profile_id:
            raise StoreError("That profile is in use. Switch to another one first.")
        self._store.delete_profile(profile_id)

    def restore(self, profile_id: int) -> None:
        """Bring a removed profile back with everything it had."""
        self._store.restore_profile(profile_id)

    def _named(self, profile_id: int) -> str:
        return next(row.name for row in self._store.profiles(include_deleted=True) if row.id == profile_id)

    def _answered(self, profile_id: int) -> int:
        return sum(row.comparison.outcome is not None for row in self._store.comparisons(profile_id))
