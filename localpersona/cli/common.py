"""What the commands share: opening the assistant, failing in plain lines, printing safely."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

import click

from localpersona import paths
from localpersona.text import harmless, one_line

if TYPE_CHECKING:
    from localpersona.assistant import Assistant

Command = TypeVar("Command", bound=Callable[..., Any])


def profile_option(command: Command) -> Command:
    return click.option(
        "--profile", metavar="NAME", callback=_filled, help="Whose profile to use; created when new."
    )(command)


def _filled(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("it needs a name")
    return value


def model_option(command: Command) -> Command:
    return click.option("--model", metavar="GGUF", help="An LLM file, for this run only.")(command)


def gpu_layers_option(command: Command) -> Command:
    return click.option(
        "--gpu-layers",
        type=click.IntRange(-1, 1000),
        metavar="N",
        help="Layers on the graphics card, for this run: -1 as many as fit, 0 none.",
    )(command)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


@contextmanager
def opened(
    profile: str | None = None,
    model: str | None = None,
    *,
    gpu_layers: int | None = None,
    looks_only: bool = False,
) -> Iterator[Assistant]:
    """Open the assistant, say its notices on stderr, and turn its errors into one or two plain lines.

    The passphrase of an encrypted database is asked for. looks_only: the command will store nothing, so where there
    is no database yet it makes none.
    """
    with failing_plainly():
        from localpersona.assistant import Assistant
        from localpersona.cli.error_log import listen
        from localpersona.cli.unlocking import unlocked
        from localpersona.store import Store

        listen()
        store = Store.open(None) if looks_only and not paths.database().exists() else None

        def opening(passphrase: str | None) -> Assistant:
            return Assistant.open(
                profile=profile, model=model, gpu_layers=gpu_layers, store=store, passphrase=passphrase
            )

        with unlocked(opening) as assistant:
            tell(*assistant.notices)
            yield assistant
            tell(*assistant.notices)


def require_keeping(assistant: Assistant, otherwise: str) -> None:
    """Refuse what would be undone by the end of this very command; why has just been said."""
    if not assistant.keeps_profile:
        raise click.ClickException(otherwise)


def tell(*notices: str) -> None:
    """Print on stderr those of the notices that this command has not printed yet."""
    said: list[str] = click.get_current_context().meta.setdefault(__name__, [])
    for notice in notices:
        if notice not in said:
            said.append(notice)
            click.echo(harmless(notice), err=True)


@contextmanager
def failing_plainly() -> Iterator[None]:
    """Turn the errors that a user can meet into a ClickException (exit code 1)."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
        raise
    except Exception as error:
        if not _is_for_the_user(error):
            raise
        message = what_failed(error) if isinstance(error, OSError) else str(error)
        raise click.ClickException(harmless(message)) from error


def what_failed(error: OSError) -> str:
    """Return the system's words for it, without the number that only programmers read."""
    what = error.strerror or str(error)
    return f"{what}: {one_line(os.fsdecode(error.filename), 160)}" if error.filename else what


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody can read or type there; a stream that was closed before the start is None."""
    return stream is not None and not stream.closed and stream.isatty()


def _is_for_the_user(error: Exception) -> bool:
    from localpersona.assistant.errors import USER_ERRORS

    return isinstance(error, (*USER_ERRORS, OSError))


def print_json(value: Any) -> None:
    # Half surrogate pairs (from broken input) and NaN are in no JSON that other programs read: ? and null.
    strict = json.loads(
        json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"), parse_constant=lambda _: None
    )
    # ASCII only: a control character or a C1 escape in an answer must not reach the terminal as it is.
    click.echo(json.dumps(strict, indent=2, ensure_ascii=True))


def columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as text with aligned columns; the last column is not padded."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]) - 1)] if rows else []
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return harmless("\n".join(lines))


class StatusLine:
    """One line on stderr that is overwritten and at last wiped; nothing where stderr is not a terminal."""

    def __init__(self) -> None:
        self._on = is_terminal(sys.stderr)
        self._shown = 0

    def __enter__(self) -> StatusLine:
        return self

    def __exit__(self, *_error: object) -> None:
        self.clear()

    def show(self, text: str) -> None:
        if self._on:
            line = " ".join(harmless(text).split())[:78]
            click.echo("\r" + line.ljust(self._shown), nl=False, err=True)
            self._shown = len(line)

    def clear(self) -> None:
        if self._shown:
            click.echo("\r" + " " * self._shown + "\r", nl=False, err=True)
            self._shown = 0
