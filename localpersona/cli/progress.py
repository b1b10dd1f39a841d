"""How far a long job is, on stderr."""

from __future__ import annotations

import sys

import click

from localpersona.cli.common import is_terminal


class Display:
    """Prints each stage on a line of its own, and how much of it is done where somebody watches."""

    def __init__(self) -> None:
        self._what, self._shown = "", -1
        self._watched = is_terminal(sys.stderr)

    def __call__(self, what: str, done: float) -> None:
        percent = int(100 * done)
        if what != self._what:
            click.echo(f"{chr(10) if self._what else ''}{what} …", err=True, nl=False)
        elif self._watched and percent != self._shown:
            click.echo(f"\r{what} … {percent} %", err=True, nl=False)
        self._what, self._shown = what, percent
