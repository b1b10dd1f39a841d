"""A model's steering directions on disk: made once for each model, named by what is in its file."""

from __future__ import annotations

import os
import secrets
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path

import numpy as np

from localpersona import paths
from localpersona.alignment.steering import Directions
from localpersona.engine.model_file import fingerprint
from localpersona.engine.protocol import ModelError

_FORMAT = 1
_MOST_BYTES = 2**30
_MAKE = "localpersona models steer"


def place(model: str) -> Path:
    """Return where the directions of a model's file belong, whether or not they were made. Raises OSError."""
    return paths.cache() / "steering" / f"{fingerprint(model)}.npz"


def write_directions(directions: Directions, path: Path) -> None:
    """Write the file; it is whole or not there. Raises OSError."""
    paths.make_private(paths.home())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            np.savez_compressed(
                file,
                format=np.array(_FORMAT),
                names=np.array(directions.names),
                vectors=directions.vectors.astype(np.float16),
            )
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def read_directions(path: str | Path, layers: int, width: int) -> Directions:
    """Return the directions for a model of so many layers and numbers in each. Raises ModelError.

    The file is data of an unknown origin: no pickles, no surprises in shape or size.
    """
    try:
        status = Path(path).stat()
        found = _read(str(path), status.st_mtime_ns, status.st_size)
    except FileNotFoundError as error:
        raise ModelError(f"This model has no steering vectors yet.\nMake them: {_MAKE}") from error
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ModelError(f"The model's steering vectors cannot be read.\nMake them again: {_MAKE}") from error
    if found.vectors.shape[1:] != (layers - 1, width):
        raise ModelError(f"The steering vectors belong to another model.\nMake them again: {_MAKE}")
    return found


@lru_cache(maxsize=2)
def _read(path: str, _modified: int, size: int) -> Directions:
    if size > _MOST_BYTES:
        raise ValueError("too large")
    with np.load(path, allow_pickle=False) as data:
        names, vectors = data["names"], data["vectors"]
        if int(data["format"]) != _FORMAT or names.ndim != 1 or names.dtype.kind != "U":
            raise ValueError("another format")
    if vectors.ndim != 3 or len(vectors) != len(names) or vectors.dtype != np.float16:
        raise ValueError("shapes do not fit")
    if not np.isfinite(vectors).all():
        raise ValueError("not numbers")
    return Directions(tuple(map(str, names)), vectors.astype(np.float32))
