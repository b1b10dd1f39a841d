"""A fresh process for one run time: it is loaded there, measured there, and takes nothing from its neighbours."""

from __future__ import annotations

import math
import mmap
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy  # noqa: F401  (loaded before the clock starts: every run time needs it)

from runtimes.runtime import Array, Places, Reader, Runtime

_loaded: tuple[Reader, float] | None = None
"""In the child: the run time, and what was resident before it came."""


def environment(threads: int) -> dict[str, str]:
    """Return what libraries read when they are loaded: threads, no talk, no looking for models on the network."""
    quiet = {
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_VERBOSITY": "error",
    }
    counts = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
    return quiet | dict.fromkeys(counts, str(threads))


class Worker:
    """The parent's end. Everything that a method returns was measured in the child, which has our environment."""

    def __init__(self, runtime: Runtime, threads: int) -> None:
        self.runtime, self._threads = runtime, threads
        self._process = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def start(self, places: Places, prompt: str, answer: str) -> float:
        """Return seconds from importing to the first score."""
        arguments = self.runtime, places, self._threads, prompt, answer
        return self._process.submit(_start, *arguments).result()

    def run(self, task: str, prompt: str, answers: Sequence[str]) -> tuple[float, Array]:
        """Return the seconds of one of the reader's methods, and what it returned."""
        return self._process.submit(_run, task, prompt, answers).result()

    def megabytes(self) -> float:
        """Return what is resident beyond Python with NumPy; NaN where the system does not say."""
        return self._process.submit(_megabytes_since_start).result()

    def close(self) -> None:
        self._process.shutdown()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _start(runtime: Runtime, places: Places, threads: int, prompt: str, answer: str) -> float:
    global _loaded
    before, started = _megabytes(), time.perf_counter()
    reader = runtime.load(places, threads)
    reader.score(prompt, [answer])
    _loaded = reader, before
    return time.perf_counter() - started


def _run(task: str, prompt: str, answers: Sequence[str]) -> tuple[float, Array]:
    assert _loaded is not None, "start comes first"
    work = getattr(_loaded[0], task)
    started = time.perf_counter()
    found = work(prompt, answers)
    return time.perf_counter() - started, found


def _megabytes_since_start() -> float:
    assert _loaded is not None, "start comes first"
    return _megabytes() - _loaded[1]


def _megabytes() -> float:
    resident = Path("/proc/self/statm")
    return int(resident.read_text().split()[1]) * mmap.PAGESIZE / 1e6 if resident.is_file() else math.nan
