"""Whether a database is encrypted, and where the passphrase comes from. It is kept in memory only."""

from __future__ import annotations

import os
import stat
import unicodedata
from pathlib import Path

from localpersona.paths import expanded
from localpersona.store.errors import LockedError, StoreError

PASSPHRASE_FILE = "LOCALPERSONA_PASSPHRASE_FILE"
"""Names a file (also /dev/fd/3) whose content is the passphrase. A variable that held it itself would be inherited by
every child process, shown to whoever may list them, and end up in the history of a shell or the log of a service."""

NEW_PASSPHRASE_FILE = "LOCALPERSONA_NEW_PASSPHRASE_FILE"
"""The same for the passphrase that `localpersona encrypt --change` sets."""

LEAST_CHARACTERS = 8

_MAGIC = b"SQLite format 3\0"
_PAGE_BYTES = 4096
_LEAST_PAGES = 8  # our schema alone takes more; of a new database, most may still be in its log
_SAMPLES = 8
_MOST_CHI_SQUARE = 400.0  # random bytes: 255 ± 23; text, zeros and SQLite's own structures: thousands


def is_plain(path: Path) -> bool:
    """Whether the file begins as every SQLite database does that is not encrypted."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


def is_encrypted(path: Path) -> bool:
    """Whether the file can only be an encrypted database: random from its first byte on. False where there is none.

    SQLCipher's files have no mark. A damaged plain one is told from them by its other pages. Do not call this while
    this very process uses the database: closing a file lets go of the locks that POSIX gives its process on it.
    """
    try:
        with path.open("rb") as file:
            first = file.read(_PAGE_BYTES)
            pages, rest = divmod(os.fstat(file.fileno()).st_size, _PAGE_BYTES)
            if first.startswith(_MAGIC) or (rest and pages < _LEAST_PAGES) or not _is_random(first):
                return False
            alike = 0
            for sample in range(_SAMPLES):
                file.seek(_PAGE_BYTES * (sample * pages // _SAMPLES))
                alike += _is_random(file.read(_PAGE_BYTES))
    except OSError:
        return False
    return 2 * alike > _SAMPLES  # some may be damaged here as well


def key_for(path: Path, passphrase: str | None = None) -> str | None:
    """Return the passphrase to try on the database at path, from the file that names it if need be; None: it is plain.

    Raises LockedError when there is none, and StoreError when it cannot be one.
    """
    if not is_encrypted(path):
        return None
    passphrase = from_file() if passphrase is None else normal(passphrase)
    if passphrase is None:
        raise LockedError(path)
    return passphrase


def from_file(variable: str = PASSPHRASE_FILE) -> str | None:
    """Return the passphrase in the file that the variable names; None when it names none. Raises StoreError."""
    name = os.environ.get(variable)
    if not name:
        return None
    try:
        with expanded(name).open("rb") as file:
            status = os.fstat(file.fileno())
            if os.name == "posix" and stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
                raise StoreError(f"Others may read {name}, which holds the passphrase. Run: chmod 600 {name}")
            content = file.read()
    except OSError as error:
        raise StoreError(
            f"The passphrase in {name} ({variable}) cannot be read: {error.strerror}."
        ) from error
    try:
        return normal(content.decode("utf-8").removesuffix("\n").removesuffix("\r"))
    except UnicodeDecodeError as error:
        raise StoreError(f"{name} holds no passphrase: it is not text in UTF-8.") from error


def normal(passphrase: str) -> str:
    """Return the passphrase in one spelling (é can be written in two ways). Raises StoreError when it cannot be one."""
    passphrase = unicodedata.normalize("NFC", passphrase)
    try:
        passphrase.encode("utf-8")
    except UnicodeEncodeError as error:
        raise StoreError("That passphrase holds characters that cannot be stored. Choose another.") from error
    if not passphrase or "\0" in passphrase:
        raise StoreError("A passphrase must not be empty.")
    return passphrase


def _is_random(block: bytes) -> bool:
    """Whether the bytes are about equally frequent (Pearson's chi-square test)."""
    expected = len(block) / 256
    if not expected:
        return False
    return sum((block.count(byte) - expected) ** 2 for byte in range(256)) / expected < _MOST_CHI_SQUARE
