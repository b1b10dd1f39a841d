"""What this machine offers: cores and memory.

What it does not know: the physical cores of Windows, where half the logical ones of larger machines are taken.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def physical_cores() -> int:
    """Return the cores this process may use; hyperthreads don't count, because decoding waits for memory."""
    logical = _usable_processors()
    if sys.platform == "darwin":
        count = _sysctl("hw.perflevel0.physicalcpu") or _sysctl("hw.physicalcpu") or len(logical)
    elif sys.platform == "linux":
        count = len({_siblings(processor) for processor in logical})
    else:
        count = len(logical) // 2 if len(logical) > 4 else len(logical)
    count = max(count, min(2, len(logical)))  # two hyperthreads of one core are still better than one
    return max(1, min(count, _processor_quota() or count))


def physical_memory() -> int:
    """Return bytes of memory of this machine or container; 0 when unknown."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0
    limit = _read(_CGROUP / "memory.max")
    return min(total, int(limit)) if limit.isdigit() else total


def _usable_processors() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _siblings(processor: int) -> str:
    topology = Path(f"/sys/devices/system/cpu/cpu{processor}/topology/thread_siblings_list")
    return _read(topology) or str(processor)


def _processor_quota() -> int:
    """Return how many processors a container's quota is worth; 0 when there is none."""
    quota, _, period = _read(_CGROUP / "cpu.max").partition(" ")
    return max(1, int(quota) // int(period)) if quota.isdigit() and period.strip().isdigit() else 0


def _sysctl(name: str) -> int:
    with contextlib.suppress(OSError, ValueError, subprocess.SubprocessError):
        return int(subprocess.run(["/usr/sbin/sysctl", "-n", name], capture_output=True, timeout=5).stdout)
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""
