"""Where LocalPersona keeps its files. LOCALPERSONA_HOME overrides the platform's user data directory."""

from __future__ import annotations

import os
import stat
from pathlib import Path


def home() -> Path:
    """Return the data directory; it need not exist yet (`make_private` creates it)."""
    override = os.environ.get("LOCALPERSONA_HOME")
    if override:
        return Path(override).expanduser()
    import platformdirs  # only here: --version and --help need no directory

    return Path(platformdirs.user_data_dir("localpersona", appauthor=False))


def make_private(directory: Path) -> Path:
    """Create directory (and parents), private whatever the umask, and return it. Raises OSError.

    One that was there before is tightened only if it is empty or holds our database: LOCALPERSONA_HOME
    may name a place that others use too, and our files in it are private all the same.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
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


def log() -> Path:
    """What the engine child writes to stderr, last run only."""
    return home() / "engine.log"
