"""What Linux says of processes: their memory, and who left them behind; and how far a part is."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def resident(pid: int | str = "self") -> float:
    """Return the resident memory of a process in MB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    line = next((line for line in status.splitlines() if line.startswith("VmRSS")), "0 0 kB")
    return int(line.split()[1]) / 1024


def children() -> dict[int, str]:
    """Return this process's children: process id → state, "Z" for zombies."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except (OSError, ValueError):
            continue
        if int(parent) == os.getpid():
            found[int(path.parent.name)] = state
    return found


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def progress(part: str, number: int, total: int) -> None:
    """Say on stderr, now and then, how far a part is."""
    if number and number % 10 == 0:
        print(f"{part}: {number} of {total}", file=sys.stderr, flush=True)
