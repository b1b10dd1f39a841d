"""How fast bytes arrive, smoothed, and how long the rest will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

_WINDOW_SECONDS = 8.0
_STEP_SECONDS = 0.25


class Pace:
    """The speed over the last seconds, so that one slow moment does not make the time left jump."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._total = 0
        self._samples: deque[tuple[float, int]] = deque([(clock(), 0)])

    def arrived(self, count: int) -> None:
        self._total += count
        now = self._clock()
        if now - self._samples[-1][0] >= _STEP_SECONDS:
            self._samples.append((now, self._total))
        while len(self._samples) > 2 and now - self._samples[0][0] > _WINDOW_SECONDS:
            self._samples.popleft()

    @property
    def bytes_per_second(self) -> float:
        """0 while nothing can be said yet."""
        began, before = self._samples[0]
        seconds = self._clock() - began
        return (self._total - before) / seconds if seconds >= _STEP_SECONDS else 0.0

    def seconds_left(self, missing: int | None) -> float | None:
        """Return how long `missing` bytes will take; None when that is not known."""
        speed = self.bytes_per_second
        return missing / speed if missing is not None and speed > 0 else None
