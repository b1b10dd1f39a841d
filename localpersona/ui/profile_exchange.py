"""A profile as a JSON file. Every function blocks."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LARGEST = 64 * 1024 * 1024
"""Bytes that are read at most: 10,000 comparisons are about 20 MB."""


def write_profile(data: Mapping[str, Any], path: Path) -> None:
    """Write an exported profile, readable by its owner only: it holds prompts and answers.

    A file that is there already is replaced, all of it or not at all. Raises OSError.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(data, file, indent=2)
            file.write("\n")
        unfinished.replace(path)
    except OSError as error:  # it must speak of the file that the user named
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        unfinished.unlink(missing_ok=True)


def read_profile(path: Path) -> Mapping[str, Any]:
    """Read what `write_profile` wrote. Raises OSError, or ValueError with one line for the user."""
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise ValueError("That file is too large for a profile.")
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        raise ValueError("That file is not JSON. A profile comes from Export on this screen.") from None
    if not isinstance(data, dict):
        raise ValueError("That file is not a profile. A profile comes from Export on this screen.")
    return data
