"""The graphics cards that this build of llama.cpp can use, and how much of a model fits into their free memory.

Asked of ggml itself, for which the binding has no names. Tried with a simulated list only: no machine with a card
was at hand. What does not fit after all is found out by loading, and halved.
"""

from __future__ import annotations

import ctypes
import shutil
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from llama_cpp import llama_cpp as L

from localpersona.engine import ggml
from localpersona.library import GgufHeader
from localpersona.text import one_line

ALL_LAYERS = 0x7FFFFFFF
_GPU, _INTEGRATED = 1, 2  # GGML_BACKEND_DEVICE_TYPE_GPU and _IGPU
_MARGIN_BYTES = 768 << 20  # on each card: the driver's own, and buffers to compute in
_MARGIN_SHARE = 0.05
_POOLS = 2  # the cache grows when several candidates are decoded


@dataclass(frozen=True, slots=True)
class Device:
    """A graphics card."""

    name: str
    free: int
    """Bytes, of its own memory; of the machine's for one that has none."""
    total: int


def supported() -> bool:
    """Whether this build of llama.cpp can use graphics cards, and finds one."""
    return bool(L.llama_supports_gpu_offload())


def gpus() -> list[Device]:
    """Return the cards; integrated ones only where there is no other. Empty when ggml cannot be asked."""
    try:
        found = _asked()
    except (OSError, AttributeError):
        return []
    own = [device for kind, device in found if kind == _GPU]
    return own or [device for kind, device in found if kind == _INTEGRATED]


def names(devices: Sequence[Device]) -> str:
    """Return what to call them: "2 × NVIDIA L4"; "GPU" when their names are not known."""
    counts = Counter(device.name for device in devices)
    return " + ".join(name if count == 1 else f"{count} × {name}" for name, count in counts.items()) or "GPU"


def layers_that_fit(header: GgufHeader, context_length: int, devices: Sequence[Device]) -> int:
    """Return for how many layers there is room, counted as llama.cpp does: the output first, then from the last.

    context_length: tokens, whose keys and values lie where their layer does.
    """
    if header.parts > 1 or not header.layers:  # what is in the other parts is not known: try, and halve
        return ALL_LAYERS if devices else 0
    room = sum(max(int(device.free * (1 - _MARGIN_SHARE)) - _MARGIN_BYTES, 0) for device in devices)
    weights = header.layer_bytes or (header.size_bytes // header.layers,) * header.layers
    cache = _POOLS * context_length * header.kv_bytes_per_token // header.layers
    count = 0
    for needed in (header.size_bytes - sum(weights), *(size + cache for size in reversed(weights))):
        room -= needed
        if room < 0:
            break
        count += 1
    return count


def how_to_get_support() -> str:
    """Return what to do where the machine has a card that this build cannot use; "" where none is to be seen."""
    if Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi"):
        return _REBUILD.format(maker="NVIDIA", flag="GGML_CUDA")
    if sys.platform == "linux" and Path("/dev/kfd").exists():
        return _REBUILD.format(maker="AMD", flag="GGML_HIP")
    return ""


_REBUILD = (
    'For the {maker} card: CMAKE_ARGS="-D{flag}=on" '
    "pip install --force-reinstall --no-cache-dir llama-cpp-python"
)


def _asked() -> list[tuple[int, Device]]:
    registry, base = ggml.library("ggml"), ggml.library("ggml-base")
    registry.ggml_backend_dev_count.restype = ctypes.c_size_t
    registry.ggml_backend_dev_get.restype = ctypes.c_void_p
    registry.ggml_backend_dev_get.argtypes = [ctypes.c_size_t]
    base.ggml_backend_dev_type.argtypes = base.ggml_backend_dev_description.argtypes = [ctypes.c_void_p]
    base.ggml_backend_dev_description.restype = ctypes.c_char_p
    base.ggml_backend_dev_memory.argtypes = [ctypes.c_void_p, *[ctypes.POINTER(ctypes.c_size_t)] * 2]
    base.ggml_backend_dev_memory.restype = None
    pointers = [registry.ggml_backend_dev_get(index) for index in range(registry.ggml_backend_dev_count())]
    return [(int(base.ggml_backend_dev_type(pointer)), _described(base, pointer)) for pointer in pointers]


def _described(base: Any, pointer: int) -> Device:
    free, total = ctypes.c_size_t(), ctypes.c_size_t()
    base.ggml_backend_dev_memory(pointer, ctypes.byref(free), ctypes.byref(total))
    name = one_line((base.ggml_backend_dev_description(pointer) or b"GPU").decode("utf-8", "replace"))
    return Device(name, free.value, total.value)
