"""Ctrl-C, or the end of the session, while an answer is written: what there is of it is kept and shown."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


class Stop:
    """Which signal has asked to stop; 0: none yet."""

    signal = 0

    @property
    def exit_code(self) -> int:
        """What shells expect: 130 for Ctrl-C."""
        return 128 + self.signal


@contextmanager
def stopping(cancel: Callable[[], None]) -> Iterator[Stop]:
    """Call `cancel` at the first signal to stop; the next one interrupts at once (KeyboardInterrupt)."""
    stop = Stop()

    def heard(number: int, _frame: FrameType | None) -> None:
        if stop.signal:
            raise KeyboardInterrupt
        stop.signal = number
        # Not here: the signal may have come while this very thread holds a lock that cancelling needs.
        threading.Thread(target=cancel, name="stop", daemon=True).start()

    former = {number: signal.getsignal(number) for number in _wanted()}
    for number in former:
        signal.signal(number, heard)
    try:
        yield stop
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _wanted() -> list[signal.Signals]:
    """Return the signals that mean "stop" here; what was set to be ignored (nohup) stays ignored."""
    if threading.current_thread() is not threading.main_thread():
        return []  # only the main thread may listen to signals
    there = [getattr(signal, name) for name in _SIGNALS if hasattr(signal, name)]
    return [number for number in there if signal.getsignal(number) not in (signal.SIG_IGN, None)]
