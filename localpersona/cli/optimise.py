"""`localpersona models optimise`: a copy of a model that this machine runs faster, if there is one worth having."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from localpersona.cli.common import failing_plainly, opened
from localpersona.cli.model_names import path_of
from localpersona.cli.progress import Display
from localpersona.text import one_line

if TYPE_CHECKING:
    from localpersona.library.optimise import Copy


@click.command()
@click.argument("model", default="")
@click.option("--undo", is_flag=True, help="Delete the copy; the original answers again.")
def optimise(model: str, undo: bool) -> None:
    """Make a copy of MODEL (by default the one in use) in a format that this machine runs faster.

    The copy is kept only if it is at least 1.3 times as fast and nearly as good, both measured here, which takes
    minutes. It then answers in place of the original, which stays untouched. Ctrl-C stops and leaves nothing.
    """
    with opened(looks_only=True) as assistant:
        path, settings = path_of(assistant, model), assistant.settings
    with failing_plainly():
        if undo:
            _undo(path)
            return
        from localpersona.engine.optimiser import Optimiser
        from localpersona.library import GgufError
        from localpersona.library.optimise import NotWorthIt
        from localpersona.library.optimise import optimise as make

        jobs = Optimiser(threads=settings.threads, gpu_layers=settings.gpu_layers)
        try:
            copy = make(path, jobs, Display())
        except NotWorthIt as outcome:
            click.echo(f"\n{outcome}", err=True)
            raise click.exceptions.Exit(1) from outcome
        except GgufError as error:
            raise click.ClickException(f"{one_line(path.name, 60)}: {error}") from error
        finally:
            jobs.close()
    _done(path, copy)


def _undo(path: Path) -> None:
    from localpersona.library import optimise as copies

    if not copies.undo(path):
        raise click.ClickException(f"There is no optimised copy of {one_line(path.name, 60)}.")
    click.echo(f"The copy is deleted; {one_line(path.name, 60)} itself answers again.")


def _done(path: Path, copy: Copy) -> None:
    click.echo(
        f"\n{one_line(path.name, 60)} as {copy} ({copy.size_bytes / 1e9:.1f} GB). The original is untouched.\n"
        "The copy answers from now on. To undo: localpersona models optimise --undo"
    )
