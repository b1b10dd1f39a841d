"""The terminal window is closed while the app runs: it saves what there is and goes, also where no signal says so."""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable

_PATIENCE_SECONDS = 10.0
"""For leaving in an orderly way. Everything that was said is stored before that; only the last letters are not."""


def when_hung_up(leave: Callable[[], None]) -> None:
    """Call `leave` when the terminal at standard input has gone; end the process if that does not.

    Its descriptors lead nowhere from then on: Textual's writer would fail at the first byte and then block the app,
    and its reader would find the end of the input again and again, which keeps a processor busy for ever. Textual
    itself looks for neither. Where a terminal cannot be waited for (no `poll`, or none for devices), nothing happens.
    """
    if hasattr(select, "poll"):
        threading.Thread(target=_watch, args=(sys.stdin.fileno(), leave), name="hang-up", daemon=True).start()


def _watch(terminal: int, leave: Callable[[], None]) -> None:
    poll = select.poll()
    poll.register(terminal, 0)  # a hang-up is always reported
    if not any(event & select.POLLHUP for _, event in poll.poll()):
        return
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    leave()
    time.sleep(_PATIENCE_SECONDS)
    os._exit(128 + signal.SIGHUP)
