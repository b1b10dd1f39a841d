"""`localpersona models steer`: vectors that move a model's answers towards a taste, made once for each model."""

from __future__ import annotations

import click

from localpersona.cli.common import failing_plainly, opened
from localpersona.cli.model_names import path_of
from localpersona.cli.progress import Display
from localpersona.text import one_line


@click.command()
@click.argument("model", default="")
@click.option("--undo", is_flag=True, help="Delete the vectors.")
def steer(model: str, undo: bool) -> None:
    """Make steering vectors for MODEL (by default the one in use), one for each trait.

    The model reads a few everyday questions, told to answer now this way and now that way, and what differs in
    its layers becomes a vector. That takes a minute or two with a small model. With the setting `steering` on,
    they then move the answers towards your taste at no cost. Ctrl-C stops and leaves nothing.
    """
    with opened(looks_only=True) as assistant:
        path, settings = path_of(assistant, model), assistant.settings
    with failing_plainly():
        from localpersona.engine.optimiser import Optimiser
        from localpersona.engine.steering_file import place

        target = place(str(path))
        if undo:
            _undo(target.exists(), one_line(path.name, 60))
            target.unlink(missing_ok=True)
            return
        jobs = Optimiser(threads=settings.threads, gpu_layers=settings.gpu_layers)
        try:
            display = Display()
            jobs.steer(path, target, lambda done: display("Reading the model's mind", done))
        finally:
            jobs.close()
    on = "" if settings.steering else "\nTo use them, switch on `steering` in the settings."
    click.echo(f"\nThe steering vectors of {one_line(path.name, 60)} are made.{on}")


def _undo(there: bool, name: str) -> None:
    if not there:
        raise click.ClickException(f"There are no steering vectors of {name}.")
    click.echo(f"The steering vectors of {name} are deleted.")
