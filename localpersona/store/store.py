"""The store: everything that is kept, behind plain methods that any thread may call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from localpersona import paths
from localpersona.store.connection import Connection, write
from localpersona.store.copies import Copies
from localpersona.store.erasing import Erasing
from localpersona.store.notes import Notes
from localpersona.store.profiles import Profiles
from localpersona.store.search import Search

T = TypeVar("T")

_USUAL = Path()  # stands for paths.database(), which depends on the environment at the time of the call


class Store(Profiles, Copies, Erasing, Notes, Search):
    """Profiles, chats, messages, comparisons, drafts and search in one SQLite database.

    Methods block until the database has done what they say: what a writing method returns from is on disk.
    They may be called from any thread and raise StoreError, whose text can be shown as it is.
    """

    @classmethod
    def open(cls, path: Path | None = _USUAL, *, passphrase: str | None = None) -> Store:
        """Open (or create) the database at path; None: in memory, kept nowhere. Raises StoreError.

        Left out, the path is `paths.database()`. passphrase: of an encrypted database; left out, it is read from the
        file that LOCALPERSONA_PASSPHRASE_FILE names. Raises LockedError when it is missing or wrong.
        """
        store = cls(Connection(paths.database() if path is _USUAL else path, passphrase))
        store.recover()
        return store

    @property
    def notices(self) -> tuple[str, ...]:
        """What to tell the user about opening: a damaged file kept aside, a backup made, nothing kept."""
        return self._connection.notices

    @property
    def in_memory(self) -> bool:
        """Whether nothing is kept: asked for, or because the disk cannot be written to (see `notices`)."""
        return self._connection.in_memory

    def data_version(self) -> tuple[int, int, int]:
        """Return a value that differs whenever this or another process has written."""
        return self._connection.version()

    def together(self, work: Callable[[], T]) -> T:
        """Return work(), its calls of this store's methods being one transaction: all of them or none."""
        return self._connection.write(work)

    def back_up(self, path: Path) -> None:
        """Write a consistent copy to path, which must not exist yet, whatever goes on. Raises OSError, StoreError."""
        self._connection.read(lambda: self._connection.copy_to(path))

    @write
    def recover(self) -> int:
        """Mark answers that a killed app left "running" as "stopped", keeping their text; return how many.

        Answers that another living process is generating are left alone.
        """
        running = self._execute("SELECT DISTINCT owner FROM messages WHERE state = 'running'").fetchall()
        gone = [owner for (owner,) in running if owner is None or not self._connection.is_in_use(owner)]
        stop = "UPDATE messages SET state = 'stopped', owner = NULL WHERE state = 'running' AND owner IS ?"
        return sum(self._execute(stop, owner).rowcount for owner in gone)

    def close(self) -> None:
        """Close the database. Idempotent."""
        self._connection.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
