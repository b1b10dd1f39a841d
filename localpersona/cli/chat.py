"""`localpersona chat`: the terminal app."""

from __future__ import annotations

import contextlib
import gc
import sys
import time
from typing import TYPE_CHECKING

import click

from localpersona.cli.common import gpu_layers_option, is_terminal, model_option, opened, profile_option
from localpersona.cli.hanging_up import when_hung_up
from localpersona.cli.stopping import stopping

if TYPE_CHECKING:
    from localpersona.ui.app import LocalPersonaApp

_TIMES_ASKED = 8


@click.command()
@profile_option
@model_option
@gpu_layers_option
def chat(profile: str | None = None, model: str | None = None, gpu_layers: int | None = None) -> None:
    """Open the chat in this terminal (the default command)."""
    if not (is_terminal(sys.stdin) and is_terminal(sys.stdout)):
        raise click.UsageError(
            'The chat needs a terminal. For scripts and pipes there is: localpersona ask "…"',
            ctx=click.get_current_context(silent=True),
        )
    gc.disable()  # until the first paint: starting makes many objects and no garbage, and that takes an eighth longer
    with opened(profile, model, gpu_layers=gpu_layers) as assistant:
        from localpersona.ui.app import LocalPersonaApp

        app = LocalPersonaApp(assistant)
        when_hung_up(lambda: _leave(app))
        with stopping(lambda: _leave(app)) as stop:
            app.run()
        if stop.signal:
            raise click.exceptions.Exit(stop.exit_code)


def _leave(app: LocalPersonaApp) -> None:
    """Quit as the key does: the draft and what was said are kept, and the terminal is as it was before.

    While the app is starting it is deaf, so it is asked more than once. Runs in a thread that ends with the process.
    """
    for _ in range(_TIMES_ASKED):
        with contextlib.suppress(Exception):  # it may be leaving already
            app.call_later(app.action_quit)
        time.sleep(1.0)
