"""One thread owns the connection; everybody else hands it work and waits.

Threads may not use a SQLite connection at the same time, and a lock around it gives no order: a caller could
wait for ever. One owner gives each call its turn, and each write one transaction.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from localpersona.store.errors import BUSY, StoreError, explained, is_damage, result_code
from localpersona.store.files import copy_into, identity
from localpersona.store.opening import Opened, open_database, presence_of, shut

P = ParamSpec("P")
T = TypeVar("T")

_ATTEMPTS = 3  # each waits for SQLite's own busy timeout


class Connection:
    """An open database and the thread that uses it."""

    def __init__(self, path: Path | None, passphrase: str | None = None) -> None:
        self._path = path
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="localpersona-store")
        self._owner: int | None = None
        self._closed = False
        self._generation = 0
        self._changes = 0
        self._notices: tuple[str, ...] = ()
        try:
            self._opened = self._executor.submit(self._open, passphrase=passphrase).result()
        except BaseException:
            self._executor.shutdown(wait=True)
            raise

    @property
    def notices(self) -> tuple[str, ...]:
        return self._notices

    @property
    def in_memory(self) -> bool:
        """Whether what is written is gone with this connection."""
        return self._opened.path is None

    @property
    def token(self) -> str:
        """Names this opened store; rows of running answers carry it."""
        return self._opened.token

    def is_in_use(self, token: str) -> bool:
        """Whether the opened store that is called token is still there, in this or another process."""
        path = self._opened.path
        return token == self.token or (path is not None and not presence_of(path, token).is_abandoned())

    def execute(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """Run one statement; in the owner's thread only, so inside `read` or `write`."""
        connection: sqlite3.Connection = self._opened.database.conn
        return connection.execute(sql, [storable(value) for value in values])

    def read(self, work: Callable[[], T]) -> T:
        """Return work(), run in the owner's thread. Raises StoreError, and whatever work raises."""
        return self._run(work)

    def write(self, work: Callable[[], T]) -> T:
        """Return work(), run as one transaction that is on disk when this returns. Raises as `read` does."""
        return self._run(lambda: self._transaction(work))

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy; in the owner's thread only. Raises OSError, sqlite3.Error."""
        copy_into(self._opened.database.conn, path)

    def version(self) -> tuple[int, int, int]:
        """Return something that differs whenever this or another process has written."""
        others = self.read(lambda: int(self.execute("PRAGMA data_version").fetchone()[0]))
        return self._generation, others, self._changes

    def close(self) -> None:
        """Close the database and end the thread. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._executor.submit(lambda: shut(self._opened)).result()
        self._executor.shutdown(wait=True)

    def _open(self, former: Opened | None = None, *, passphrase: str | None = None) -> Opened:
        self._owner = threading.get_ident()
        try:
            opened = open_database(self._path, former, passphrase=passphrase)
        except sqlite3.Error as error:
            raise explained(error) from error
        self._notices += opened.notices
        return opened

    def _run(self, work: Callable[[], T]) -> T:
        if threading.get_ident() == self._owner:
            return work()  # one public method uses another: same thread, same transaction
        if self._closed:
            raise StoreError("The store is closed.")
        try:
            future = self._executor.submit(self._guarded, work)
        except RuntimeError as error:  # closed by another thread a moment ago
            raise StoreError("The store is closed.") from error
        return future.result()

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sqlite3.Error as error:
            if is_damage(error):
                raise self._opened_again("The database reported damage.") from error
            raise explained(error) from error

    def _opened_again(self, why: str) -> StoreError:
        """Open what is at the path now, checked thoroughly and replaced if damaged; return what to say."""
        former = self._opened
        self._opened = self._open(former)
        former.database.close()
        self._generation += 1
        outcome = " ".join(self._opened.notices) or "It was checked and opened again."
        return StoreError(f"{why} {outcome} What you just did was not saved; please try again.")

    def _require_same_file(self) -> None:
        """Raise StoreError rather than write to a file that was moved or deleted: nobody would find it."""
        opened = self._opened
        if opened.path is not None and identity(opened.path) != opened.identity:
            raise self._opened_again("The database file was moved or replaced while in use.")

    def _transaction(self, work: Callable[[], T]) -> T:
        if self._opened.database.conn.in_transaction:
            return work()
        self._require_same_file()
        connection: sqlite3.Connection = self._opened.database.conn
        self._begin(connection)
        try:
            result = work()
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._changes += 1
        return result

    def _begin(self, connection: sqlite3.Connection) -> None:
        # IMMEDIATE: a transaction that reads first and asks for the write lock later can lose to another
        # process at a point where waiting does not help.
        for attempt in range(_ATTEMPTS):
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if result_code(error) not in BUSY or attempt == _ATTEMPTS - 1:
                    raise


class Part:
    """What the store's parts have in common: a connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _execute(self, sql: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(sql, values)

    def _one(self, sql: str, *values: object) -> Any:
        """Return the first row, or None."""
        return self._execute(sql, *values).fetchone()

    def _change(self, what: str, sql: str, *values: object) -> None:
        """Run a statement that must change a row; raises StoreError when there is no such row."""
        if self._execute(sql, *values).rowcount == 0:
            raise StoreError(f"That {what} no longer exists. Nothing was changed.")


_Part = TypeVar("_Part", bound=Part)


def read(method: Callable[Concatenate[_Part, P], T]) -> Callable[Concatenate[_Part, P], T]:
    """Make a method of a Part run in the connection's thread."""

    @wraps(method)
    def call(self: _Part, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._connection.read(lambda: method(self, *args, **kwargs))

    return call


def write(method: Callable[Concatenate[_Part, P], T]) -> Callable[Concatenate[_Part, P], T]:
    """Make a method of a Part one transaction, committed when it returns, undone when it raises."""

    @wraps(method)
    def call(self: _Part, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._connection.write(lambda: method(self, *args, **kwargs))

    return call


def storable(value: object) -> object:
    """Return value with what UTF-8 cannot hold (half surrogate pairs, from broken input) replaced by �."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
