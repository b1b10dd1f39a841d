"""A flag by which one thread ends the work of another, however that waits."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Stop:
    """Asked for once. The worker looks at it, waits on it, or has something called that wakes it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._wake: Callable[[], None] | None = None
        self.keep = True
        """Whether what there is so far is to be kept for going on later."""

    def ask(self, *, keep: bool) -> None:
        """Stop. The second time changes nothing."""
        with self._lock:
            if self._event.is_set():
                return
            self.keep = keep
            self._event.set()
            wake = self._wake
        if wake is not None:
            wake()

    @property
    def asked(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleep, but not beyond being stopped; return whether that happened."""
        return self._event.wait(seconds)

    @contextmanager
    def waking(self, wake: Callable[[], None]) -> Iterator[None]:
        """Have `wake` called, from the other thread, when this is stopped inside the block."""
        with self._lock:
            self._wake = wake
            late = self._event.is_set()
        if late:
            wake()
        try:
            yield
        finally:
            with self._lock:
                self._wake = None
