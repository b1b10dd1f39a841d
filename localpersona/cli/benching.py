"""What the benchmarks' commands share: failing in plain lines, and showing how far it is."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from localpersona.cli.common import failing_plainly, is_terminal
from localpersona.text import harmless


@contextmanager
def benching() -> Iterator[None]:
    """Turn what the user can do something about into a plain line, and leave no half line of progress."""
    from localpersona.bench.protocol import BenchError
    from localpersona.rewards.errors import RewardModelError

    try:
        with failing_plainly():
            try:
                yield
            except (BenchError, RewardModelError) as error:
                raise click.ClickException(harmless(str(error))) from error
    finally:
        show_nothing()


def show(what: str, done: int, total: int) -> None:
    """Show how far it is, on a terminal only."""
    if is_terminal(sys.stderr):
        click.echo(f"\r\x1b[K{done / max(total, 1):4.0%}  {what}", nl=False, err=True)


def show_nothing() -> None:
    if is_terminal(sys.stderr):
        click.echo("\r\x1b[K", nl=False, err=True)
