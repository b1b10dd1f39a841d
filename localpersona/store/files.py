"""The database's files: private, backed up before their schema changes, put aside when damaged."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlite_utils import Database

from localpersona.paths import require_folder

_SIDE_FILES = ("", "-wal", "-shm", "-journal")
_BACKUPS_KEPT = 3
_LEAST_FREE_BYTES = 1 << 16  # SQLite's own side files need as much


def make_file_private(path: Path) -> None:
    """Create the file if need be, and let nobody but its owner read it or what SQLite puts beside it."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if os.name == "posix":
        for file in _with_side_files(path):
            with suppress(FileNotFoundError):  # another process has just closed the database: its log is gone
                if file.stat().st_uid == os.getuid():
                    file.chmod(0o600)  # SQLite gives -wal and -shm the mode of the database, but not later


def identity(path: Path) -> tuple[int, int] | None:
    """Return what stays the same while it is the same file; None when there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def disk_is_full(path: Path) -> bool:
    """Whether there is no room beside path; of that SQLite speaks as of any other error of the disk."""
    try:
        return shutil.disk_usage(path.parent).free < _LEAST_FREE_BYTES
    except OSError:
        return False


def has_log(path: Path) -> bool:
    """Whether changes wait beside the database to be worked into it."""
    log = path.with_name(path.name + "-wal")
    return log.exists() and log.stat().st_size > 0


def lost_its_head(path: Path) -> bool:
    """Whether the database is empty but its log is not. SQLite would throw the log away."""
    log = path.with_name(path.name + "-wal")
    try:
        return path.stat().st_size == 0 and log.stat().st_size > 0
    except FileNotFoundError:
        return False


def rewritten(path: Path) -> Path:
    """Return the name that a database has while it is written anew, encrypted or no longer encrypted."""
    return path.with_name(f".{path.name}.rewritten")


def remove(path: Path) -> None:
    """Remove the database and what belongs to it, if it is there. Raises OSError."""
    for file in _with_side_files(path):
        file.unlink(missing_ok=True)


def put_aside(path: Path, why: str = "damaged") -> Path:
    """Rename the database and what belongs to it; return the new path. Raises OSError."""
    kept = _free_name(path, why)
    for file in _with_side_files(path):
        file.rename(kept.with_name(kept.name + file.name[len(path.name) :]))
    return kept


def back_up(database: Database, path: Path) -> Path:
    """Write a consistent copy beside the database; keep the newest few. Returns the copy's path."""
    for left in path.parent.glob(f".{path.name}.backup-*.unfinished*"):  # of processes that were killed
        left.unlink(missing_ok=True)
    copy = _free_name(path, "backup")
    copy_into(database.conn, copy)
    for old in sorted(path.parent.glob(f"{path.name}.backup-*"))[:-_BACKUPS_KEPT]:
        old.unlink(missing_ok=True)
    return copy


def copy_into(connection: sqlite3.Connection, copy: Path) -> None:
    """Write a consistent copy, private and on disk when it has its name. Raises OSError, sqlite3.Error."""
    require_folder(copy)
    if copy.exists():
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(copy))
    unfinished = copy.with_name(f".{copy.name}.unfinished")
    for left in _with_side_files(unfinished):  # of a process that was killed
        left.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # whatever the umask
    try:
        connection.execute("VACUUM INTO ?", [str(unfinished)])
        give_name(unfinished, copy)
    finally:
        for left in _with_side_files(unfinished):
            left.unlink(missing_ok=True)


def give_name(unfinished: Path, final: Path) -> None:
    """Rename a file once its content, and then its name, are on disk: SQLite does not wait for a copy."""
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
    unfinished.replace(final)
    if os.name == "posix":
        folder = os.open(final.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _with_side_files(path: Path) -> list[Path]:
    candidates = (path.with_name(path.name + suffix) for suffix in _SIDE_FILES)
    return [candidate for candidate in candidates if candidate.exists()]


def _free_name(path: Path, purpose: str) -> Path:
    stem = f"{path.name}.{purpose}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    name, number = stem, 2
    while path.with_name(name).exists():
        name, number = f"{stem}.{number}", number + 1
    return path.with_name(name)
