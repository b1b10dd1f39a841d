"""The same function on many tasks, in several processes: small matrices don't profit from threads."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from localpersona.bench.protocol import BenchError

Given = TypeVar("Given")
Task = TypeVar("Task")
Found = TypeVar("Found")

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_given: Any = None


def cores() -> int:
    """Return how many processes can run at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def mapped(
    function: Callable[[Given, Task], Found], given: Given, tasks: Sequence[Task], jobs: int
) -> Iterator[Found]:
    """Yield function(given, task) for each task, in order. `given` is sent to each process once.

    Raises what the function raises, and BenchError when a process was killed.
    """
    if jobs <= 1 or len(tasks) <= 1:
        yield from (function(given, task) for task in tasks)
        return
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")  # the processes inherit it; each uses one core
    pool = ProcessPoolExecutor(
        min(jobs, len(tasks)), get_context("spawn"), initializer=_begin, initargs=(given,)
    )
    try:
        for future in [pool.submit(_call, function, task) for task in tasks]:
            yield future.result()
    except BrokenProcessPool:
        raise BenchError("A process was killed, perhaps for its memory. Try again with --jobs 1.") from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _begin(given: object) -> None:
    """Runs first in each process. Ctrl-C ends it without a word: the first process says what there is to say."""
    global _given
    _given = given
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))


def _call(function: Callable[[Any, Task], Found], task: Task) -> Found:
    return function(_given, task)
