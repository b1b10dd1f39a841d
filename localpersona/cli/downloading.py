"""How far a download is, on stderr: one line that changes, or a few quiet ones where nobody watches."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

import click

from localpersona.cli.common import StatusLine, is_terminal
from localpersona.library.amounts import size, time_left
from localpersona.text import harmless

if TYPE_CHECKING:
    from localpersona.library.wanted import Progress

_STEP = 10
"""Percent between two lines where nobody watches."""
_SHOW_SECONDS = 0.2


class Display:
    """Call it with each Progress."""

    def __init__(self) -> None:
        self._line = StatusLine()
        self._watched = is_terminal(sys.stderr)
        self._next = 0
        self._shown: tuple[str, float] = ("", 0.0)

    def __enter__(self) -> Display:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._line.clear()

    def __call__(self, progress: Progress) -> None:
        text = described(progress)
        if self._watched:
            now, (doing, shown) = time.monotonic(), self._shown
            if progress.doing != doing or now - shown >= _SHOW_SECONDS:  # at once what is new
                self._shown = (progress.doing, now)
                self._line.show(text)
        elif progress.doing == "waiting":
            click.echo(harmless(text), err=True)
        elif progress.doing == "downloading" and progress.total:
            percent = 100 * progress.done // progress.total
            if percent >= self._next:
                click.echo(text, err=True)
                self._next = (percent // _STEP + 1) * _STEP


def described(progress: Progress) -> str:
    """Return how far it is: "45 % · 1.1 GB of 2.5 GB · 12 MB/s · 2 min left"."""
    match progress.doing:
        case "connecting":
            return "Connecting …"
        case "checking":
            return f"Checking what is here already … {size(progress.done)}"
        case "waiting":
            return f"{progress.said}; trying again in {time_left(progress.seconds_left or 0)} …"
    total = progress.total
    parts = [
        f"{100 * progress.done // total} %" if total else "",
        f"{size(progress.done)} of {size(total)}" if total else size(progress.done),
        f"{size(int(progress.bytes_per_second))}/s" if progress.bytes_per_second else "",
        f"{time_left(progress.seconds_left)} left" if progress.seconds_left else "",
    ]
    return " · ".join(part for part in parts if part)
