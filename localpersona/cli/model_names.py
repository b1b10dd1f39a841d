"""Which model file the user means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from localpersona.paths import expanded
from localpersona.text import one_line

if TYPE_CHECKING:
    from localpersona.assistant import Assistant

EMBEDDED = "embedded"


def resolved(assistant: Assistant, model: str) -> str:
    """Return the path for what the user typed; "" for the embedded model.

    Raises ClickException when nothing or several things match.
    """
    if model == EMBEDDED:
        return ""
    path = expanded(model)
    if path.exists():
        return str(path.absolute())
    matches = [found for found in assistant.models() if model.lower() in found.name.lower()]
    if len(matches) == 1:
        return str(matches[0].path)
    if not matches:
        raise click.ClickException(
            f"There is no file and no model named {one_line(model)!r}. To see them: localpersona models list"
        )
    names = ", ".join(one_line(found.name, 40) for found in matches[:5])
    raise click.ClickException(
        f"Several models match: {names}. Please name one more exactly, or give its path."
    )


def path_of(assistant: Assistant, model: str) -> Path:
    """Return the file for what the user typed, "" being the model in use. Raises ClickException."""
    from localpersona.library import embedded_model

    chosen = resolved(assistant, model) if model.strip() else assistant.settings.model
    path = expanded(chosen) if chosen else embedded_model()
    if path is None or not path.is_file():
        raise click.ClickException("There is no such model file. To see them: localpersona models list")
    return path
