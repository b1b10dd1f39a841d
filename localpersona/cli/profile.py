"""`localpersona profile`: what is known of a person's taste, in words; out and in as JSON; forgotten."""

from __future__ import annotations

import json
from pathlib import Path
from typing import BinaryIO

import click

from localpersona import paths
from localpersona.cli.common import (
    columns,
    json_option,
    opened,
    print_json,
    profile_option,
    require_keeping,
)
from localpersona.cli.profile_details import comparisons, drop, list_, lock, unlock, use
from localpersona.text import harmless

_MOST_BYTES = 64 << 20  # 10,000 comparisons are about 20 MB
_NOT_CHANGED = "The profile was not changed, because nothing can be stored."


@click.group()
def profile() -> None:
    """See, move or forget what was learned about your taste."""


@profile.command()
@json_option
@profile_option
def show(as_json: bool, profile: str | None) -> None:
    """Say what is known, trait by trait."""
    with opened(profile, looks_only=True) as assistant:
        view = assistant.profile()
    if as_json:
        traits = {
            trait.trait.name: {
                "description": trait.description,
                "weight": trait.mean,
                "standard_deviation": trait.sd,
                "locked": trait.locked,
            }
            for trait in view.traits
        }
        print_json(
            {"name": view.name, "comparisons": view.comparisons, "summary": view.summary, "traits": traits}
        )
        return
    click.echo(harmless(f"{view.name}: {view.summary}"))
    click.echo(f"Comparisons: {view.comparisons}\n")
    rows = [
        (
            trait.trait.noun,
            f"{trait.trait.low} … {trait.trait.high}",
            trait.description + (" (locked)" if trait.locked else ""),
        )
        for trait in view.traits
    ]
    click.echo(columns(rows))


@profile.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@profile_option
def export(file: Path | None, profile: str | None) -> None:
    """Write the profile as JSON to FILE, or to stdout.

    The format is described in localpersona/cli/REFERENCE.md.
    """
    with opened(profile, looks_only=True) as assistant:
        data = assistant.export_profile()
        if file is None:
            print_json(data)
            return
        paths.write_whole(file, json.dumps(data, indent=2) + "\n")
    click.echo(f"Written to {harmless(str(file))}: {len(data['comparisons'])} comparisons.", err=True)


@profile.command("import")
@click.argument("file", type=click.File("rb"))
@profile_option
def import_(file: BinaryIO, profile: str | None) -> None:
    """Add the comparisons of an exported profile to this one (- reads stdin)."""
    try:
        content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise click.ClickException("That file is too large for a profile.")
        data = json.loads(content)
    except (ValueError, RecursionError):
        raise click.ClickException(
            "That file is not JSON. It should come from: localpersona profile export"
        ) from None
    with opened(profile) as assistant:
        require_keeping(assistant, _NOT_CHANGED)
        added = assistant.import_profile(data)
        click.echo(f"{added} new comparison{'' if added == 1 else 's'} added.")


@profile.command()
@profile_option
def reset(profile: str | None) -> None:
    """Forget every comparison and lock of a profile; it asks you to type the name. Chats stay.

    What is forgotten is out of the profile at once, and out of the file after: localpersona purge --deleted
    """
    with opened(profile) as assistant:
        require_keeping(assistant, _NOT_CHANGED)
        name = assistant.profile_row.name
        count = assistant.profile().comparisons
        click.echo(
            f"All {count} comparisons and all locks of {harmless(name)!r} will be forgotten.", err=True
        )
        typed = click.prompt("Type the profile's name to go on", default="", show_default=False, err=True)
        if " ".join(typed.split()) != name:
            raise click.ClickException("Nothing was changed.")
        assistant.forget()
        click.echo("Forgotten. The profile starts again from what most people like.")


for _command in (list_, use, comparisons, drop, lock, unlock):
    profile.add_command(_command)
