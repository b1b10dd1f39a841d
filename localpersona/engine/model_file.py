"""The model's file, as the app sees it before the child does, and the child before llama.cpp does."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from localpersona.engine.machine import physical_memory
from localpersona.engine.protocol import ModelError, ModelSpec
from localpersona.library import GgufError, GgufHeader, check
from localpersona.paths import expanded
from localpersona.text import one_line

_ABSURD = 3
"""Times the memory. Less is the user's business: files may be read from disk again and again, if slowly, and a
graphics card has memory of its own."""
_ENDS = 2**20
"""Bytes hashed at either end of a model's file: the header, and the last weights. With the size, no two models
agree in them; all of it would take a minute for a large one."""


def absolute(spec: ModelSpec) -> ModelSpec:
    """Return the spec as the child, which runs in another directory, needs it. Raises ModelError."""
    path = expanded(spec.path).absolute()
    if not path.is_file():
        raise ModelError(f"There is no file {one_line(str(path), 120)}.\nChoose another model.")
    return ModelSpec(str(path), spec.context_length, spec.threads, spec.gpu_layers)


def size_of(path: str) -> int:
    """Return bytes; 0 when that cannot be known."""
    try:
        return Path(path).stat().st_size
    except OSError:
        return 0


def fingerprint(path: str) -> str:
    """Return 32 hexadecimal digits that tell the model's file from any other. Raises OSError."""
    status = Path(path).stat()
    return _fingerprint(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=16)
def _fingerprint(path: str, size: int, _modified: int) -> str:
    digest = hashlib.sha256(str(size).encode())
    with Path(path).open("rb") as file:
        digest.update(file.read(_ENDS))
        file.seek(max(size - _ENDS, 0))
        digest.update(file.read(_ENDS))
    return digest.hexdigest()[:32]


def checked(path: str) -> GgufHeader:
    """Return what the file says of itself, if llama.cpp can be shown it. Raises ModelError."""
    try:
        header = check(Path(path))
    except GgufError as error:
        raise refused(path, str(error)) from error
    memory = physical_memory()
    if memory and header.size_bytes > _ABSURD * memory:
        raise ModelError(
            f"{short_name(path)} is too large: it has {header.size_bytes / 1e9:.0f} GB, this machine "
            f"{memory / 1e9:.0f} GB of memory.\nChoose a smaller model, or one with fewer bits per weight."
        )
    return header


def refused(path: str, reason: str) -> ModelError:
    """Return the error for a file that cannot be loaded; reason: a clause."""
    clause = (reason if reason[1:2].isupper() else reason[:1].lower() + reason[1:]).rstrip(".")
    return ModelError(
        f"{short_name(path)} cannot be loaded: {clause}.\nDownload the file again or choose another model."
    )


def short_name(path: str) -> str:
    return one_line(Path(path).name, 60)
