"""A file on its way in: `NAME.part` beside its final place, with a note of which file it is the beginning of."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from localpersona import paths

_BLOCK = 1 << 20


class Part:
    """The bytes that have arrived, and their SHA-256. It stays on the disk until `publish` or `remove`."""

    def __init__(self, target: Path) -> None:
        """Open what an earlier download left, or begin. Raises OSError."""
        self.path = part_of(target)
        self._target = target
        self._note = target.with_name(f"{target.name}.part.json")
        descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self._file = os.fdopen(descriptor, "r+b", buffering=0)
        self.size = os.fstat(descriptor).st_size
        self.head = b""
        """The first four bytes."""
        self._digest = hashlib.sha256()

    def close(self) -> None:
        self._file.close()

    def origin(self) -> dict[str, str]:
        """Return what `note` wrote; nothing when there is none or it was damaged."""
        with suppress(OSError, ValueError):
            noted = json.loads(self._note.read_text(encoding="utf-8"))
            if isinstance(noted, dict):
                return {str(key): str(value) for key, value in noted.items()}
        return {}

    def note(self, **origin: str) -> None:
        paths.write_whole(self._note, json.dumps(origin))

    def read_again(self, look: Callable[[int], None]) -> None:
        """Hash what is there, telling how many bytes are done; what comes is then added behind it."""
        self._digest = hashlib.sha256()
        self._file.seek(0)
        done = 0
        while block := self._file.read(_BLOCK):
            self.head = (self.head + block)[:4] if done < 4 else self.head
            self._digest.update(block)
            done += len(block)
            look(done)
        self.size = done

    def add(self, block: bytes) -> None:
        """Append a block. Raises OSError, also when the disk is full; what is counted is then what is there."""
        rest = memoryview(block)
        while rest:
            written = self._file.write(rest) or 0
            self._digest.update(rest[:written])
            self.size += written
            rest = rest[written:]
        if len(self.head) < 4:
            self.head = (self.head + block)[:4]

    def restart(self) -> None:
        """Forget what has arrived."""
        self._file.seek(0)
        self._file.truncate()
        self.size, self.head, self._digest = 0, b"", hashlib.sha256()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def publish(self) -> None:
        """Put the finished file into its place: it is there as a whole or not at all."""
        os.fsync(self._file.fileno())
        self._file.close()  # Windows renames no open file
        self.path.replace(self._target)
        self._note.unlink(missing_ok=True)
        _sync(self._target.parent)

    def remove(self) -> None:
        self._file.close()
        remove_part(self._target)


def part_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def arrived(target: Path) -> int:
    """Return how many bytes of a file an unfinished download left."""
    with suppress(OSError):
        return part_of(target).stat().st_size
    return 0


def remove_part(target: Path) -> None:
    """Delete what an unfinished download left. Raises OSError."""
    for path in (part_of(target), target.with_name(f"{target.name}.part.json")):
        path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Have the new name written, too, where folders can be synced."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
