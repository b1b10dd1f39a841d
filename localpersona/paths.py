"""Where LocalPersona keeps its files. LOCALPERSONA_HOME overrides the platform's user data directory."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path


def home() -> Path:
    """Return the data directory; it need not exist yet (`make_private` creates it)."""
    override = os.environ.get("LOCALPERSONA_HOME")
    if override:
        return expanded(override)
    import platformdirs  # only here: --version and --help need no directory

    return Path(platformdirs.user_data_dir("localpersona", appauthor=False))


def expanded(path: str | Path) -> Path:
    """Return path with ~ replaced; where there is no such user, the path as it is (pathlib would raise)."""
    return Path(os.path.expanduser(path))  # noqa: PTH111


def make_private(directory: Path) -> Path:
    """Create directory (and parents), private whatever the umask, and return it. Raises OSError.

    One that was there before is tightened only if it is empty or holds our database: LOCALPERSONA_HOME
    may name a place that others use too, and our files in it are private all the same.
    """
    for missing in reversed([directory, *directory.parents]):
        if not missing.exists():
            missing.mkdir(exist_ok=True, mode=0o700)
    directory.mkdir(exist_ok=True)  # raises when it is a file
    if os.name == "posix" and _is_ours(directory):
        directory.chmod(0o700)
    return directory


def _is_ours(directory: Path) -> bool:
    status = directory.stat()
    if not status.st_mode & 0o077 or status.st_mode & stat.S_ISVTX or status.st_uid != os.getuid():
        return False
    return (directory / "localpersona.db").exists() or not any(directory.iterdir())


def database() -> Path:
    return home() / "localpersona.db"


def settings() -> Path:
    return home() / "settings.toml"


def models() -> Path:
    """Where the user's own GGUF files go."""
    return home() / "models"


def backups() -> Path:
    """Where `localpersona backup` puts its copies unless told otherwise."""
    return home() / "backups"


def cache() -> Path:
    """Where what can be computed again is kept, such as scores of benchmark texts."""
    return home() / "cache"


def log() -> Path:
    """What the engine child writes to stderr, last run only."""
    return home() / "engine.log"


def error_log() -> Path:
    """What went wrong in the app that nobody foresaw, with tracebacks."""
    return home() / "errors.log"


def require_folder(path: Path) -> None:
    """Raise FileNotFoundError, naming the folder, where there is none for the file at path."""
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path.parent))


def write_whole(path: Path, text: str | Iterable[str]) -> None:
    """Write a file that only its owner can read; it is either the old or the new one, never half of it.

    text: whole or in pieces. Raises OSError. What is no ordinary file (a pipe, a terminal) is written to directly.
    """
    pieces = (text,) if isinstance(text, str) else text
    require_folder(path)
    if path.exists() and not path.is_file():
        with path.open("w", encoding="utf-8") as file:
            file.writelines(pieces)
        return
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
