"""The GPUs that this build of llama.cpp can use, asked of ggml itself (the binding has no names for it)."""

from __future__ import annotations

import ctypes
from pathlib import Path

import llama_cpp

from localpersona.text import one_line

_GPU_TYPES = (1, 2)  # GGML_BACKEND_DEVICE_TYPE_GPU and _IGPU


def gpu_name() -> str:
    """Return the description of the first GPU, "GPU" when it cannot be asked."""
    try:
        return next(iter(_gpus()), "GPU")
    except (OSError, AttributeError):
        return "GPU"


def _gpus() -> list[str]:
    registry, base = _library("ggml"), _library("ggml-base")
    registry.ggml_backend_dev_count.restype = ctypes.c_size_t
    registry.ggml_backend_dev_get.restype = ctypes.c_void_p
    registry.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    base.ggml_backend_dev_type.argtypes = base.ggml_backend_dev_description.argtypes = [ctypes.c_void_p]
    base.ggml_backend_dev_description.restype = ctypes.c_char_p
    devices = [registry.ggml_backend_dev_get(index) for index in range(registry.ggml_backend_dev_count())]
    return [
        one_line(base.ggml_backend_dev_description(device).decode("utf-8", "replace"))
        for device in devices
        if base.ggml_backend_dev_type(device) in _GPU_TYPES
    ]


def _library(name: str) -> ctypes.CDLL:
    folder = Path(llama_cpp.__file__).with_name("lib")
    found = [path for path in folder.iterdir() if path.name.split(".")[0].removeprefix("lib") == name]
    if not found:
        raise OSError(f"no {name} in {folder}")
    return ctypes.CDLL(str(min(found, key=lambda path: len(path.name))))
