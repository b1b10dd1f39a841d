"""What LocalPersona keeps, where, who can read it, and how it goes away for good."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from localpersona import paths
from localpersona.store import Store, StoreError, erase_file, is_encrypted

Fate = Literal["emptied", "removed", "stays"]

CONNECTIONS = (
    "By itself LocalPersona opens no network connection: no telemetry, no update check, no account, no server.",
    "If you download a model (the catalogue under F4, `models download`), it contacts the hosts that you agreed to by "
    "name, and no other: for the catalogue huggingface.co and its file servers under hf.co, through your proxy if "
    "HTTPS_PROXY names one. They learn your network address and which file you fetch.",
    "The language model runs in a process of its own, which is spoken to through pipes, not through a port.",
    "Setting it up (scripts/run, pip) downloads Python packages.",
)
"""Every connection that there can be, one sentence each."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One file in the data directory."""

    path: Path
    what: str
    size_bytes: int
    mode: str
    """As `ls -l` writes it: -rw------- is a file that only its owner can read."""
    fate: Fate
    """What `purge` does with it."""
    encrypted: bool | None = None
    """Whether it is an encrypted database; None: it is no database."""


# What lies in the data directory, by pattern, and what becomes of it when everything is purged.
_PLACES: tuple[tuple[str, str, Fate], ...] = (
    ("localpersona.db", "chats, comparisons and profiles", "emptied"),
    ("localpersona.db-*", "their latest changes", "emptied"),
    ("localpersona.db.lock", "empty, a lock", "stays"),
    ("localpersona.db.open-*", "empty, says that LocalPersona is running", "stays"),
    ("localpersona.db.backup-*", "a backup, made before the database was brought up to date", "removed"),
    ("localpersona.db.damaged-*", "a damaged database that was kept aside", "removed"),
    ("localpersona.db.replaced-*", "a database that was kept aside when a backup was restored", "removed"),
    (".localpersona.db.*", "an unfinished copy", "removed"),
    ("backups/*", "a backup that you made", "removed"),
    ("backups/.*", "an unfinished backup", "removed"),
    ("cache/**/*", "what can be computed again", "removed"),
    ("engine.log", "what the language model's process said last", "removed"),
    ("errors.log", "errors that nobody foresaw", "removed"),
    ("settings.toml", "your settings", "stays"),
    ("keys*.json", "your own keys, and which there are", "stays"),
    ("models/*.gguf.part*", "an unfinished download", "stays"),
    ("models/.*.lock", "empty, says that a download runs", "stays"),
    ("models/**/*", "a model that you put there or downloaded", "stays"),
)


# Those of them that are databases. That the one in use is encrypted says nothing about these.
_COPIES = (
    "localpersona.db.backup-*", "localpersona.db.damaged-*", "localpersona.db.replaced-*", "backups/*",
)  # fmt: skip
_SIDE_FILES = ("-wal", "-shm", "-journal")


def kept() -> list[Kept]:
    """Return our files in the data directory, then what else lies directly in it; nothing when there is none.

    Not while this process uses the database: see `localpersona.store.is_encrypted`.
    """
    encrypted = {path: is_encrypted(path) for path in (paths.database(), *copies())}
    gone = encrypted[paths.database()]  # what cannot be read need not be emptied row by row
    return [
        replace(
            file,
            encrypted=encrypted.get(file.path),
            fate="removed" if gone and file.fate == "emptied" else file.fate,
        )
        for file in _found()
    ]


def copies() -> list[Path]:
    """Return the databases that are kept beside the one in use: backups, and those that were put aside."""
    found = (path for pattern in _COPIES for path in sorted(paths.home().glob(pattern)))
    return [path for path in found if path.is_file() and not path.name.endswith(_SIDE_FILES)]


def remove_copy(path: Path) -> None:
    """Remove one of the `copies`, with what belongs to it. Raises OSError."""
    for suffix in ("", *_SIDE_FILES):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def remove_unfinished() -> None:
    """Remove what a killed backup or conversion left. Call it when no LocalPersona runs. Raises OSError."""
    for pattern in (".localpersona.db.*", "backups/.*"):
        for path in paths.home().glob(pattern):
            path.unlink(missing_ok=True)


def _found() -> list[Kept]:
    home = paths.home()
    found: dict[Path, Kept] = {}
    for pattern, what, fate in _PLACES:
        for path in sorted(home.glob(pattern)):
            if path not in found:
                found.update(_entry(path, what, fate))
    with suppress(OSError):
        for path in sorted(home.iterdir()):
            if path not in found:
                found.update(_entry(path, "not made by LocalPersona", "stays"))
    return list(found.values())


def purge(store: Store | None, *, everything: bool) -> dict[str, int]:
    """Erase chats, comparisons and profiles, and remove the files that hold copies of them.

    store: the opened database; None: it is removed as a file, if there is one, for which an encrypted one needs no
    passphrase. everything: False erases only what was deleted before
    and could still be restored; backups go then, too, because they hold it. Returns how much of what was erased.
    Raises StoreError, and OSError when a file cannot be removed.
    """
    if store is None and everything and paths.database().exists():
        erase_file(paths.database())  # first: it says when the database is in use
    going = [file for file in _found() if file.fate == "removed"]
    for file in going:  # first: that may be the room which erasing needs
        file.path.unlink(missing_ok=True)
    counts: dict[str, int] = {}
    if store is not None:
        if everything:
            store.erase_everything()
        else:
            counts = store.erase_deleted()
        _compact(store)
    return counts | {"files": len(going)}


def _compact(store: Store) -> None:
    try:
        store.compact()
    except StoreError as error:
        raise StoreError(
            f"Erased, but the text can still be found in the database's file. Purge again. {error}"
        ) from error


def _entry(path: Path, what: str, fate: Fate) -> Iterator[tuple[Path, Kept]]:
    with suppress(OSError):  # it may have gone meanwhile
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode):
            yield path, Kept(path, what, status.st_size, stat.filemode(status.st_mode), fate)
