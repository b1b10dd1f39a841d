"""Another database in the place of this one: a backup, whose predecessor is kept aside, or none at all."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from localpersona.paths import make_private
from localpersona.store import files
from localpersona.store.connecting import connect_to_read
from localpersona.store.encryption import key_for
from localpersona.store.errors import StoreError
from localpersona.store.inspecting import inspect
from localpersona.store.opening import alone, in_use


def restore(backup: Path, path: Path, passphrase: str | None = None) -> Path | None:
    """Put a copy of the backup in the place of the database at path; return where that one is kept now.

    None: there was none. passphrase: an encrypted backup needs it, and makes an encrypted database that has the same.
    Raises LockedError when it is missing or wrong, StoreError when the backup is damaged or not ours, when the
    database is in use, and OSError; nothing was changed then.
    """
    if not backup.stat().st_size:
        raise StoreError(f"{backup.name} is empty. Nothing was changed.")
    key = key_for(backup, passphrase)
    if damage := inspect(backup, key):
        raise StoreError(f"{backup.name} is damaged ({damage}). Nothing was changed.")
    make_private(path.parent)
    with alone(path):
        if in_use(path):
            raise StoreError("LocalPersona is running. Quit it first, then restore the backup.")
        restored = path.with_name(f".{path.name}.restored")
        restored.unlink(missing_ok=True)  # of a process that was killed
        with closing(connect_to_read(backup, key).conn) as source:
            files.copy_into(source, restored)
        kept = files.put_aside(path, "replaced") if path.exists() else None
        files.give_name(restored, path)
    return kept


def erase_file(path: Path) -> None:
    """Remove the database, which need not be opened for that: an encrypted one goes without its passphrase.

    Raises StoreError when it is in use, and OSError.
    """
    with alone(path):
        if in_use(path):
            raise StoreError("LocalPersona is running. Quit it first. Nothing was erased.")
        files.remove(files.rewritten(path))
        files.remove(path)
