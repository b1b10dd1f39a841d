"""The few functions of ggml, the library below llama.cpp, that its Python binding leaves out."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray


def library(name: str) -> ctypes.CDLL:
    """Return a library that the binding has loaded already, "ggml" or "ggml-base". Raises OSError."""
    folder = Path(llama_cpp.__file__).with_name("lib")
    found = [path for path in folder.iterdir() if path.name.split(".")[0].removeprefix("lib") == name]
    if not found:
        raise OSError(f"no {name} in {folder}")
    return ctypes.CDLL(str(min(found, key=lambda path: len(path.name))))


@cache
def _base() -> Any:
    """Return libggml-base with the types of what is used of it here."""
    base = library("ggml-base")
    base.ggml_get_name.argtypes, base.ggml_get_name.restype = [ctypes.c_void_p], ctypes.c_char_p
    base.ggml_nelements.argtypes, base.ggml_nelements.restype = [ctypes.c_void_p], ctypes.c_int64
    base.ggml_nbytes.argtypes, base.ggml_nbytes.restype = [ctypes.c_void_p], ctypes.c_size_t
    base.ggml_backend_tensor_get.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_size_t,
    ]
    base.ggml_backend_tensor_get.restype = None
    return base


def name(tensor: int) -> str:
    return str((_base().ggml_get_name(tensor) or b"").decode("ascii", "replace"))


def floats(tensor: int) -> NDArray[np.float32]:
    """Return a copy of a contiguous float32 tensor, flat; empty for any other."""
    base = _base()
    values = np.empty(base.ggml_nelements(tensor), dtype=np.float32)
    if base.ggml_nbytes(tensor) != values.nbytes:
        return values[:0]
    base.ggml_backend_tensor_get(tensor, values.ctypes.data, 0, values.nbytes)
    return values
