"""`localpersona models`: which LLM files are on this machine, and which one answers."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from localpersona.cli.catalogue import catalogue, download
from localpersona.cli.common import columns, json_option, opened, print_json
from localpersona.cli.model_names import resolved
from localpersona.cli.optimise import optimise
from localpersona.cli.steer import steer
from localpersona.text import one_line

if TYPE_CHECKING:
    from localpersona.library import ModelFile


@click.group()
def models() -> None:
    """See and choose the language model (a GGUF file)."""


models.add_command(catalogue)
models.add_command(download)
models.add_command(optimise)
models.add_command(steer)


@models.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the GGUF files found on this machine; * marks the one in use."""
    with opened(looks_only=True) as assistant:
        found = assistant.models()
        current = assistant.settings.model
    if as_json:
        print_json(
            [
                {
                    "name": model.name,
                    "path": str(model.path),
                    "source": model.source,
                    "fits": model.fits,
                    "size_bytes": model.header.size_bytes,
                    "parameters": model.header.parameters,
                    "quantisation": model.header.quantisation,
                    "context_length": model.header.context_length,
                    "in_use": _in_use(model, current),
                    "optimised": _facts(model),
                }
                for model in found
            ]
        )
        return
    rows = [
        (
            "*" if _in_use(model, current) else " ",
            one_line(model.name, 40),
            one_line(model.header.quantisation or "?", 12),
            f"{model.header.size_bytes / 1e9:.1f} GB",
            "optimised" if _facts(model) else model.fits,
            one_line(model.source, 16),
            str(model.path),
        )
        for model in found
    ]
    click.echo(columns(rows) if rows else "No GGUF file was found on this machine.")
    for model in found:
        if _in_use(model, current) and _is_unquantised(model):
            click.echo(
                f"\n{one_line(model.name, 40)} has {model.header.quantisation} weights; a copy may be twice as "
                "fast and nearly as good.\nTo try it: localpersona models optimise"
            )
    if all(_is_embedded(model) for model in found):
        click.echo(
            "\nThe embedded model is for trying out. For better answers: localpersona models catalogue\n"
            f"Or put a GGUF file into {_own_folder()}, or install one with Ollama or LM Studio."
        )


@models.command()
@click.argument("model")
def use(model: str) -> None:
    """Answer with MODEL from now on: a path, a name from the list, or "embedded"."""
    if not model.strip():
        raise click.UsageError("Which model? Give a path, a name from the list, or: embedded")
    with opened() as assistant:
        path = resolved(assistant, model)
        click.echo("Loading it …", err=True)
        info = assistant.use_model(path)
        click.echo(f"In use from now on: {one_line(info.name)} ({one_line(info.placement)}).")


def _in_use(model: ModelFile, current: str) -> bool:
    return str(model.path) == current if current else _is_embedded(model)


def _facts(model: ModelFile) -> dict[str, Any] | None:
    """Return what the copy that answers in the model's place brings; None when there is none."""
    from localpersona.library.optimise import copy_of, facts_of

    facts = facts_of(model.path) if copy_of(model.path) else None
    return asdict(facts) if facts else None


def _is_unquantised(model: ModelFile) -> bool:
    from localpersona.library.optimise import UNQUANTISED

    return model.header.quantisation in UNQUANTISED and _facts(model) is None


def _is_embedded(model: ModelFile) -> bool:
    from localpersona.library import embedded_model

    return model.path == embedded_model()


def _own_folder() -> Path:
    from localpersona import paths

    return paths.models()
