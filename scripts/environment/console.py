"""Saying what the set-up does: numbered steps, a progress line on terminals, plain lines elsewhere."""

from __future__ import annotations

import shutil
import sys
import time
from typing import NoReturn


class SetUpError(Exception):
    """Something the user can mend. The text is one or two lines: what is missing, and how to get it."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def stop(error: SetUpError) -> NoReturn:
    say(f"LocalPersona could not be set up. {error}")
    raise SystemExit(1)


class Progress:
    """One step of the set-up, with the time it has taken and, where known, the share that is done."""

    def __init__(self, label: str) -> None:
        self.label = label
        self._started = time.monotonic()
        self._terminal = sys.stderr.isatty()
        self._shown = ""
        self._tenth = -1
        if not self._terminal:
            say(f"  {label} …")

    def update(self, share: float | None = None, note: str = "") -> None:
        """Show that the step goes on. `share` is 0…1, None if unknown."""
        if not self._terminal:
            # A log wants few lines: one per ten per cent.
            if share is not None and int(share * 10) > self._tenth:
                self._tenth = int(share * 10)
                say(f"    {share:.0%}")
            return
        percent = f" {share:4.0%}" if share is not None else ""
        self._draw(f"  {self.label} …{percent} · {self._elapsed()}{'  ' + note if note else ''}")

    def done(self) -> None:
        if self._terminal:
            self._draw(f"  {self.label} · {self._elapsed()}")
            print(file=sys.stderr, flush=True)

    def _elapsed(self) -> str:
        seconds = int(time.monotonic() - self._started)
        return f"{seconds // 60} min {seconds % 60:02} s" if seconds >= 60 else f"{seconds} s"

    def _draw(self, line: str) -> None:
        line = line[: shutil.get_terminal_size().columns - 1]  # a line that wraps could not be overwritten
        print("\r" + line + " " * (len(self._shown) - len(line)), end="", file=sys.stderr, flush=True)
        self._shown = line
