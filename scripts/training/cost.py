"""What loading and scoring costs, measured in a process that did nothing else."""

from __future__ import annotations

import math
import mmap
import platform
import sys
import time
from pathlib import Path
from typing import Any

THREADS = 2
SENTENCE = "Let the rice stand for ten minutes with the lid on, then fluff it with a fork."
ANSWER = " ".join([SENTENCE] * 8)


def measure(folder: Path) -> dict[str, Any]:
    """Return seconds and megabytes (resident, less what Python with NumPy takes)."""
    import numpy  # noqa: F401  (its memory is not the reward model's)

    before, start = _megabytes(), time.perf_counter()
    from localpersona.rewards import RewardModel

    with RewardModel.load(folder, threads=THREADS) as model:
        load = time.perf_counter() - start
        times = []
        for number in range(8):
            start = time.perf_counter()
            model.score(f"How do I cook rice? ({number})", [ANSWER] * 8)
            times.append(time.perf_counter() - start)
        memory = _megabytes() - before
    return {
        "machine": _machine(),
        "load": load,
        "memory": memory,
        "words": len(ANSWER.split()),
        "score": min(times),
    }


def _megabytes() -> float:
    """Return what is resident now; NaN where the system does not say."""
    resident = Path("/proc/self/statm")
    return int(resident.read_text().split()[1]) * mmap.PAGESIZE / 1e6 if resident.is_file() else math.nan


def _machine() -> str:
    processor = Path("/proc/cpuinfo")
    if not processor.is_file():
        return platform.processor() or platform.machine()
    names = [line for line in processor.read_text().splitlines() if line.startswith("model name")]
    return f"{len(names)} cores of {names[0].partition(':')[2].strip()}" if names else platform.machine()


if __name__ == "__main__":
    import json

    print(json.dumps(measure(Path(sys.argv[1]))))
