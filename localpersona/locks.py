"""Locks between processes. The system lets go of them when a process ends, however it ends."""

from __future__ import annotations

import errno
import os
import sys
import time
from pathlib import Path

_TRY_AGAIN_SECONDS = 0.02
_HELD_ELSEWHERE = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK}


class FileLock:
    """An advisory lock on a file of its own.

    A process id would not do: ids are used again, and a clock or heartbeat fails when a laptop sleeps.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self, seconds: float = 0.0) -> bool:
        """Create and lock the file, waiting at most so long; return whether it is ours. Raises OSError.

        On file systems without locks everybody gets it: one process at a time is then up to the user.
        """
        until = time.monotonic() + seconds
        while not self._try(os.O_RDWR | os.O_CREAT):
            if time.monotonic() >= until:
                return False
            time.sleep(_TRY_AGAIN_SECONDS)
        return True

    def release(self, remove: bool = False) -> None:
        """Let go of the lock; remove the file as well if nobody waits for it. Idempotent."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        if remove and sys.platform != "win32":
            self._path.unlink(missing_ok=True)
        os.close(descriptor)
        if remove and sys.platform == "win32":  # where open files cannot be removed
            self._path.unlink(missing_ok=True)

    def is_abandoned(self) -> bool:
        """Whether no living process holds the lock. A file that is left over is removed."""
        try:
            free = self._try(os.O_RDWR)
        except FileNotFoundError:
            return True
        self.release(remove=free)
        return free

    def _try(self, flags: int) -> bool:
        descriptor = os.open(self._path, flags, 0o600)
        try:
            _lock(descriptor)
        except OSError as error:
            if error.errno in _HELD_ELSEWHERE:
                os.close(descriptor)
                return False
        self._descriptor = descriptor
        return True


def _lock(descriptor: int) -> None:
    """Lock an open file or raise OSError at once."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        # flock, not lockf: POSIX record locks are lost when any descriptor of the file is closed.
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
