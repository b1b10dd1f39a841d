"""What the benchmarks' commands share: plain errors, showing how far it is, and where the results go."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from localpersona.cli.common import failing_plainly, is_terminal
from localpersona.paths import expanded, write_whole
from localpersona.text import harmless

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Command = TypeVar("Command", bound=Callable[..., Any])
_Results = TypeVar("_Results", bound="DataclassInstance")


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


def output_options(drawing: str) -> Callable[[Command], Command]:
    """Give a command --markdown, --json FILE and --png FILE; `drawing` says what the last one draws."""

    def add(command: Command) -> Command:
        for option in (
            click.option("--png", "png_file", metavar="FILE", help=f"Draw {drawing} (needs matplotlib)."),
            click.option("--json", "json_file", metavar="FILE", help="Write all figures as JSON."),
            click.option("--markdown", is_flag=True, help="Print Markdown tables."),
        ):  # the last one added comes first
            command = option(command)
        return command

    return add


def names(value: str) -> list[str]:
    """Return the names in a text, which are separated by commas."""
    return [name for part in value.split(",") if (name := part.strip())]


def publish(
    results: _Results,
    text: str,
    json_file: str | None,
    draw: Callable[[_Results, Path], None],
    png_file: str | None,
) -> None:
    """Print the results as text; write them as JSON and as a picture where that was asked for."""
    show_nothing()
    click.echo(harmless(text))
    if json_file:
        write_whole(expanded(json_file), json.dumps(asdict(results), indent=1, ensure_ascii=False) + "\n")
    if png_file:
        draw(results, expanded(png_file))


def show(what: str, done: int, total: int) -> None:
    """Show how far it is, on a terminal only."""
    if is_terminal(sys.stderr):
        click.echo(f"\r\x1b[K{done / max(total, 1):4.0%}  {what}", nl=False, err=True)


def show_nothing() -> None:
    if is_terminal(sys.stderr):
        click.echo("\r\x1b[K", nl=False, err=True)
