"""More of `localpersona profile`: which profiles there are, what one rests on, and setting it by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from localpersona.cli.common import columns, json_option, opened, print_json, profile_option, require_keeping
from localpersona.text import harmless, one_line

if TYPE_CHECKING:
    from localpersona.assistant import Assistant, ProfileView
    from localpersona.store import ComparisonRow

_NOT_CHANGED = "The profile was not changed, because nothing can be stored."
_SAID = {1.0: "first", 0.0: "second", 0.5: "equal", None: "skipped"}
_VISIBLE = 0.01  # on the bar, whose halves are 1 long


@click.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the profiles on this machine; * marks the one in use."""
    with opened(looks_only=True) as assistant:
        names = [row.name for row in assistant.people.all()]
        current = assistant.profile_row.name
    if as_json:
        print_json([{"name": name, "in_use": name == current} for name in names])
    else:
        click.echo(columns([("*" if name == current else " ", one_line(name, 80)) for name in names]))


@click.command()
@click.argument("name")
def use(name: str) -> None:
    """Answer in the taste of the profile NAME from the next start on; it is created when new."""
    if not name.strip():
        raise click.UsageError("Which profile? It needs a name.")
    with opened(name) as assistant:
        require_keeping(assistant, _NOT_CHANGED)
        chosen = assistant.profile_row.name
        assistant.update_settings(profile=chosen)
    click.echo(f"In use from now on: {one_line(chosen)}.")


@click.command()
@json_option
@profile_option
def comparisons(as_json: bool, profile: str | None) -> None:
    """List the comparisons that the profile rests on, oldest first."""
    with opened(profile, looks_only=True) as assistant:
        rows = assistant.evidence()
    if as_json:
        print_json([_plain(row) for row in rows])
    elif rows:
        click.echo(columns([_line(row) for row in rows]))
    else:
        click.echo("There are no comparisons yet. To begin: localpersona onboard")


def _plain(row: ComparisonRow) -> dict[str, object]:
    said = row.comparison
    return {
        "id": row.id,
        "created": row.created,
        "source": said.source,
        "prompt": said.prompt,
        "first": said.first,
        "second": said.second,
        "outcome": said.outcome,
    }


def _line(row: ComparisonRow) -> tuple[str, ...]:
    said = row.comparison
    preferred = said.second if said.outcome == 0.0 else said.first
    return (
        str(row.id),
        row.created[:10],
        _SAID[said.outcome],
        one_line(said.prompt, 40),
        one_line(preferred, 60),
    )


@click.command()
@click.argument("comparison", type=click.IntRange(1, 2**63 - 1))
@click.option("--yes", is_flag=True, help="Don't ask.")
@json_option
@profile_option
def drop(comparison: int, yes: bool, as_json: bool, profile: str | None) -> None:
    """Take COMPARISON (a number from `profile comparisons`) out, after showing what that changes."""
    with opened(profile) as assistant:
        require_keeping(assistant, _NOT_CHANGED)
        effects = _effects(assistant, comparison)
        if not as_json:
            click.echo(
                columns([("", "now", "without it"), *effects]) if effects else "No trait would move visibly."
            )
        if not yes and not click.confirm("Take it out?", err=True):
            raise click.ClickException("Nothing was changed.")
        assistant.trail.remove([comparison])
    if as_json:
        print_json({"removed": comparison, "changed": [dict(zip(_FIELDS, e, strict=True)) for e in effects]})
    else:
        click.echo("Taken out.")


_FIELDS = ("trait", "before", "after")


def _effects(assistant: Assistant, comparison: int) -> list[tuple[str, str, str]]:
    """Return the traits that would move visibly: name, where and what now, where and what without."""
    before, after = assistant.profile(), assistant.trail.profile_without([comparison])
    moved = [
        (abs(new.position - old.position), old, new)
        for old, new in zip(before.traits, after.traits, strict=True)
    ]
    moved.sort(key=lambda entry: -entry[0])
    return [
        (old.trait.noun, f"{old.position:+.2f} {old.description}", f"{new.position:+.2f} {new.description}")
        for distance, old, new in moved
        if distance >= _VISIBLE or old.description != new.description
    ]


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("trait")
@click.argument("position", type=click.FloatRange(-1, 1), required=False)
@profile_option
def lock(trait: str, position: float | None, profile: str | None) -> None:
    """Set TRAIT by hand: POSITION is -1 (its low pole) to 1 (its high pole), or left out: where it is now.

    Comparisons no longer move it. The traits and their poles: localpersona profile show
    """
    with opened(profile) as assistant:
        require_keeping(assistant, _NOT_CHANGED)
        name = _named(assistant, trait)
        _say(assistant.lock(name, position), name)


@click.command()
@click.argument("trait")
@profile_option
def unlock(trait: str, profile: str | None) -> None:
    """Let comparisons decide about TRAIT again."""
    with opened(profile) as assistant:
        require_keeping(assistant, _NOT_CHANGED)
        name = _named(assistant, trait)
        _say(assistant.unlock(name), name)


def _named(assistant: Assistant, typed: str) -> str:
    """Return the name of the trait that was typed, by its name or by what it is called on screen."""
    for trait in assistant.traits:
        if typed.strip().lower() in (trait.name.lower(), trait.noun.lower()):
            return trait.name
    names = ", ".join(trait.name for trait in assistant.traits)
    raise click.UsageError(f"There is no trait {one_line(typed)!r}. There are: {names}")


def _say(view: ProfileView, name: str) -> None:
    (trait,) = [trait for trait in view.traits if trait.trait.name == name]
    click.echo(harmless(f"{trait.trait.noun}: {trait.description}"))
