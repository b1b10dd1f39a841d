"""The limits that the engine child sets itself. What one platform lacks is left out there."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from localpersona.engine.machine import physical_memory

_PR_SET_PDEATHSIG = 1
_PATIENCE = 6


def limit_memory() -> None:
    """Let this process allocate at most what the machine has: a hostile file then gets an error.

    RLIMIT_DATA counts private writable memory only (cache, buffers, heap), not the mapped model file and not
    the address space that CUDA reserves by the hundred gigabytes; RLIMIT_AS would count both. It works on
    Linux only. There, the kernel is also told to end this process before the app when memory runs out.
    """
    if sys.platform != "linux":
        return
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the conversation
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        memory = physical_memory()
        if memory and (hard == resource.RLIM_INFINITY or hard > memory):
            resource.setrlimit(resource.RLIMIT_DATA, (memory, hard))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500")


def die_with_parent(parent: int) -> None:
    """End this process when the thread that started it ends (Linux; elsewhere the end of stdin does it)."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it ended before the line above
        os._exit(1)


@contextlib.contextmanager
def bounded(seconds: float, size: int) -> Iterator[None]:
    """Bound untrusted Python code: raises TimeoutError or MemoryError inside.

    seconds: of the processor's time, so that a busy machine is not taken for a hostile file; six times as many may
        pass on the clock. size: bytes.

    Time works on POSIX in the main thread, memory on Linux; elsewhere the client's own time limit ends the child.
    """
    with _time_bounded(seconds), _memory_bounded(size):
        yield


@contextlib.contextmanager
def _time_bounded(seconds: float) -> Iterator[None]:
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def late(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError("it takes too long")

    clocks = {
        signal.SIGALRM: (signal.ITIMER_REAL, seconds * _PATIENCE),
        signal.SIGPROF: (signal.ITIMER_PROF, seconds),
    }
    before = {number: signal.signal(number, late) for number in clocks}
    for timer, limit in clocks.values():
        signal.setitimer(timer, limit, 0.1)  # repeatedly, in case the work swallows it
    try:
        yield
    finally:
        for timer, _ in clocks.values():
            signal.setitimer(timer, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _memory_bounded(size: int) -> Iterator[None]:
    status = Path("/proc/self/status").read_text() if sys.platform == "linux" else ""
    used = next((line for line in status.splitlines() if line.startswith("VmData")), "")
    if not used:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = int(used.split()[1]) * 1024 + size
    if soft == resource.RLIM_INFINITY or wanted < soft:
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
