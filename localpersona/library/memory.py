"""Whether a model fits into this machine's memory, from what is really free now.

Not known here: graphics cards. Layers moved there leave the main memory, so the answer errs on the safe side.
"""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal, Protocol

Fit = Literal["fits", "tight", "too large"]

_OVERHEAD = 400 << 20  # buffers for computing, the reward model, Python itself
_COMFORT = 0.8  # above this share of the free memory, other programs are pushed out


class Sized(Protocol):
    """What decides how much memory a model takes: a file's header says it, and so does the catalogue."""

    @property
    def size_bytes(self) -> int: ...

    @property
    def context_length(self) -> int:
        """The most tokens that the model was trained for; 0: not said."""

    @property
    def kv_bytes_per_token(self) -> int: ...


def needed_bytes(model: Sized, context_length: int) -> int:
    """Return about how much memory the model takes with a context of so many tokens."""
    context = min(context_length, model.context_length or context_length)
    return model.size_bytes + context * model.kv_bytes_per_token + _OVERHEAD


def fit(model: Sized, context_length: int, available: int | None = None) -> Fit:
    """Return how the model fits into `available` bytes (None: what is free now; unknown counts as enough)."""
    free = available_bytes() if available is None else available
    needed = needed_bytes(model, context_length)
    if free is None or needed <= free * _COMFORT:
        return "fits"
    return "tight" if needed <= free else "too large"


def available_bytes() -> int | None:
    """Return how many bytes a new program could use without swapping; None when the system does not tell."""
    try:
        if sys.platform == "darwin":
            return _from_vm_stat(
                subprocess.run(["vm_stat"], capture_output=True, text=True, timeout=5).stdout
            )
        if sys.platform == "win32":
            return _on_windows()
        machine = _from_meminfo(Path("/proc/meminfo").read_text())
        container = _left_in_container(Path("/sys/fs/cgroup"))
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return machine if container is None or machine is None else min(machine, container)


def _from_meminfo(text: str) -> int | None:
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _left_in_container(cgroup: Path) -> int | None:
    """Return what a container's limit (cgroup v2) leaves, caches included; None without one."""
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        used = int((cgroup / "memory.current").read_text())
        cached = re.search(r"^inactive_file (\d+)", (cgroup / "memory.stat").read_text(), re.MULTILINE)
    except OSError:
        return None
    return None if limit == "max" else max(int(limit) - used + (int(cached[1]) if cached else 0), 0)


def _from_vm_stat(text: str) -> int | None:
    """Return macOS's free, inactive, speculative and purgeable pages, in bytes."""
    page = re.search(r"page size of (\d+) bytes", text)
    pages = re.findall(r"^Pages (?:free|inactive|speculative|purgeable):\s+(\d+)\.", text, re.MULTILINE)
    return sum(map(int, pages)) * int(page[1]) if page and pages else None


def _on_windows() -> int | None:
    class MemoryStatus(ctypes.Structure):  # MEMORYSTATUSEX
        _fields_ = [
            ("length", ctypes.c_ulong),
            ("load", ctypes.c_ulong),
            *((name, ctypes.c_ulonglong) for name in ("total", "free", "total_page", "free_page")),
            *((name, ctypes.c_ulonglong) for name in ("total_virtual", "free_virtual", "free_extended")),
        ]

    status = MemoryStatus(length=ctypes.sizeof(MemoryStatus))
    windows = getattr(ctypes, "windll")  # noqa: B009  not there on other systems, not even for the type checker
    return int(status.free) if windows.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)) else None
