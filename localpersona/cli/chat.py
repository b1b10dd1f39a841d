"""`localpersona chat`: the terminal app."""

from __future__ import annotations

import sys

import click

from localpersona.cli.common import is_terminal, model_option, opened, profile_option


@click.command()
@profile_option
@model_option
def chat(profile: str | None = None, model: str | None = None) -> None:
    """Open the chat in this terminal (the default command)."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        raise click.UsageError(
            'The chat needs a terminal. For scripts and pipes there is: localpersona ask "…"',
            ctx=click.get_current_context(silent=True),
        )
    with opened(profile, model) as assistant:
        from localpersona.ui.app import LocalPersonaApp

        LocalPersonaApp(assistant).run()
