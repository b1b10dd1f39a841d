"""What the commands share: opening the assistant, failing in plain lines, printing safely."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from localpersona.text import harmless

if TYPE_CHECKING:
    from localpersona.assistant import Assistant

Command = TypeVar("Command", bound=Callable[..., Any])


def profile_option(command: Command) -> Command:
    return click.option("--profile", metavar="NAME", help="Whose profile to use; created when new.")(command)


def model_option(command: Command) -> Command:
    return click.option("--model", metavar="GGUF", help="An LLM file, for this run only.")(command)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


@contextmanager
def opened(profile: str | None = None, model: str | None = None) -> Iterator[Assistant]:
    """Open the assistant, say its notices on stderr, and turn its errors into one or two plain lines."""
    with failing_plainly():
        from localpersona.assistant import Assistant

        with Assistant.open(profile=profile, model=model) as assistant:
            said: set[str] = set()
            tell_notices(assistant, said)
            yield assistant
            tell_notices(assistant, said)


def tell_notices(assistant: Assistant, said: set[str]) -> None:
    """Print the notices that were not printed yet."""
    for notice in assistant.notices:
        if notice not in said:
            said.add(notice)
            click.echo(harmless(notice), err=True)


@contextmanager
def failing_plainly() -> Iterator[None]:
    """Turn the errors that a user can meet into a ClickException (exit code 1)."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit):
        raise
    except Exception as error:
        if not _is_for_the_user(error):
            raise
        raise click.ClickException(harmless(str(error))) from error


def _is_for_the_user(error: Exception) -> bool:
    from localpersona.assistant.errors import USER_ERRORS

    return isinstance(error, (*USER_ERRORS, OSError))


def print_json(value: Any) -> None:
    # ASCII only: a control character or a C1 escape in an answer must not reach the terminal as it is.
    click.echo(json.dumps(value, indent=2, ensure_ascii=True))


def columns(rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as text with aligned columns; the last column is not padded."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]) - 1)] if rows else []
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append("  ".join([*cells, row[-1]]).rstrip())
    return harmless("\n".join(lines))
