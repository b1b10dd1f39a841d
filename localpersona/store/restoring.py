"""Going back to a backup. What was there is kept aside, so that this can be taken back, too."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from localpersona.paths import make_private
from localpersona.store import files
from localpersona.store.connecting import connect_to_read
from localpersona.store.errors import StoreError
from localpersona.store.inspecting import inspect
from localpersona.store.opening import alone, in_use


def restore(backup: Path, path: Path) -> Path | None:
    """Put a copy of the backup in the place of the database at path; return where that one is kept now.

    None: there was none. Raises StoreError when the backup is damaged or not ours, when the database is in use,
    and OSError; nothing was changed then.
    """
    if not backup.stat().st_size:
        raise StoreError(f"{backup.name} is empty. Nothing was changed.")
    if damage := inspect(backup):
        raise StoreError(f"{backup.name} is damaged ({damage}). Nothing was changed.")
    make_private(path.parent)
    with alone(path):
        if in_use(path):
            raise StoreError("LocalPersona is running. Quit it first, then restore the backup.")
        restored = path.with_name(f".{path.name}.restored")
        restored.unlink(missing_ok=True)  # of a process that was killed
        with closing(connect_to_read(backup).conn) as source:
            files.copy_into(source, restored)
        kept = files.put_aside(path, "replaced") if path.exists() else None
        files.give_name(restored, path)
    return kept
