"""The few functions of ggml, the library below llama.cpp, that its Python binding leaves out."""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from typing import Any

import llama_cpp
import numpy as np
from numpy.typing import NDArray


@cache
def _library() -> Any:
    """Return libggml-base, which the binding has loaded already, with the functions' types."""
    folder = Path(llama_cpp.__file__).with_name("lib")
    found = [path for path in folder.iterdir() if path.name.split(".")[0].removeprefix("lib") == "ggml-base"]
    library = ctypes.CDLL(str(min(found, key=lambda path: len(path.name))))
    library.ggml_get_name.argtypes, library.ggml_get_name.restype = [ctypes.c_void_p], ctypes.c_char_p
    library.ggml_nelements.argtypes, library.ggml_nelements.restype = [ctypes.c_void_p], ctypes.c_int64
    library.ggml_nbytes.argtypes, library.ggml_nbytes.restype = [ctypes.c_void_p], ctypes.c_size_t
    library.ggml_backend_tensor_get.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_size_t,
        ctypes.c_size_t,
    ]
    library.ggml_backend_tensor_get.restype = None
    return library


def name(tensor: int) -> str:
    return str((_library().ggml_get_name(tensor) or b"").decode("ascii", "replace"))


def floats(tensor: int) -> NDArray[np.float32]:
    """Return a copy of a contiguous float32 tensor, flat; empty for any other."""
    library = _library()
    values = np.empty(library.ggml_nelements(tensor), dtype=np.float32)
    if library.ggml_nbytes(tensor) != values.nbytes:
        return values[:0]
    library.ggml_backend_tensor_get(tensor, values.ctypes.data, 0, values.nbytes)
    return values
