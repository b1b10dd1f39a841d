"""`localpersona backup`, `restore`, `privacy` and `purge`: what is kept, a copy of it, and its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from localpersona import paths
from localpersona.cli.common import columns, failing_plainly, json_option, print_json, tell
from localpersona.cli.unlocking import open_store, unlocked
from localpersona.text import harmless, one_line

if TYPE_CHECKING:
    from localpersona.privacy import Kept


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@json_option
def backup(file: Path | None, as_json: bool) -> None:
    """Copy the database, also while LocalPersona is running.

    The copy is FILE, or a new file in the data directory. It holds chats, comparisons and profiles, and only you
    can read it. To go back to it: localpersona restore
    """
    from localpersona.store import is_encrypted

    with failing_plainly():
        if not paths.database().exists():
            raise click.ClickException("There is nothing to back up yet.")
        target = _target(file)
        with open_store() as store:
            tell(*store.notices)
            if store.in_memory:
                raise click.ClickException("No backup was made, because the database cannot be used.")
            store.back_up(target)
        size, encrypted = target.stat().st_size, is_encrypted(target)
    if as_json:
        print_json({"file": str(target), "size_bytes": size, "encrypted": encrypted})
    else:
        same = " It is encrypted, with the same passphrase." if encrypted else ""
        click.echo(f"Backed up to {harmless(str(target))} ({_size(size)}).{same}")


def _target(file: Path | None) -> Path:
    name = f"localpersona-{datetime.now():%Y%m%d-%H%M%S}.db"
    if file is None:
        return paths.make_private(paths.backups()) / name
    file = paths.expanded(file).absolute()
    return file / name if file.is_dir() else file


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Don't ask.")
def restore(file: Path, yes: bool) -> None:
    """Go back to the backup FILE. The database of now is kept aside, not deleted."""
    from localpersona.store import is_encrypted
    from localpersona.store import restore as go_back

    with failing_plainly():
        before, after = is_encrypted(paths.database()), is_encrypted(file)
        if before and not after:
            click.echo("That backup is not encrypted, so the database will not be either.", err=True)
        if not yes and not click.confirm(f"Go back to what is in {harmless(file.name)}?"):
            click.echo("Nothing was changed.")
            return
        kept = unlocked(lambda passphrase: go_back(file.absolute(), paths.database(), passphrase))
    click.echo("Restored." + (f" What was there is kept as {kept.name}." if kept else ""))
    if before and not after:
        click.echo("The database is not encrypted now. To encrypt it again: localpersona encrypt")
    elif after:
        click.echo("The database is encrypted, with the passphrase of that backup.")


@click.command()
@json_option
def privacy(as_json: bool) -> None:
    """List every file that is kept and every possible connection."""
    from localpersona.privacy import CONNECTIONS, kept

    with failing_plainly():
        files = kept()
    if as_json:
        print_json(
            {"directory": str(paths.home()), "files": list(map(_plain, files)), "connections": CONNECTIONS}
        )
        return
    click.echo(harmless(f"Everything is in {paths.home()}:\n"))
    click.echo(_table(files) if files else "Nothing is stored yet.")
    click.echo(
        "\nModels of Ollama, LM Studio and others are read where they are and never changed. What you export is"
        f"\nwhere you put it. {_encryption(files)}\n"
    )
    click.echo("Connections:")
    for sentence in CONNECTIONS:
        click.echo(f"  {sentence}")


@click.command()
@click.option(
    "--deleted",
    is_flag=True,
    help="Only what was deleted before and could still be restored, and all backups.",
)
@json_option
def purge(deleted: bool, as_json: bool) -> None:
    """Erase everything for good.

    Chats, comparisons, profiles, backups, databases kept aside, caches and logs go; models, settings and what you
    exported stay. It asks you to type a word first; a script can pipe it in.
    """
    from localpersona.privacy import kept
    from localpersona.privacy import purge as erase
    from localpersona.store import is_encrypted

    with failing_plainly():
        files = kept()
        if not files:
            raise click.ClickException("There is nothing to purge: nothing is stored yet.")
        _ask(files, deleted)
        whole = not deleted and is_encrypted(paths.database())
        if whole or not paths.database().exists():
            counts = erase(None, everything=not deleted)
        else:
            with open_store() as store:
                tell(*store.notices)
                if store.in_memory:
                    raise click.ClickException(
                        "Nothing was purged, because the database cannot be written to."
                    )
                counts = erase(store, everything=not deleted)
        remains = kept()
    if as_json:
        print_json({"purged": counts, "remains": list(map(_plain, remains))})
        return
    click.echo(
        "Purged"
        + (
            f": {', '.join(f'{n} {what if n != 1 else what[:-1]}' for what, n in counts.items())}."
            if deleted
            else "."
        )
    )
    click.echo("What remains:\n")
    click.echo(_table([replace(file, what="empty now") if file.fate == "emptied" and not deleted else file
                       for file in remains]))  # fmt: skip
    if whole:
        click.echo("\nThe next database will not be encrypted until you run: localpersona encrypt")
    click.echo(
        "\nFiles that you exported or copied elsewhere are not touched. Erased text may be found on the disk itself"
        "\nwith special tools until it is written over; full-disk encryption prevents that."
    )


def _ask(files: list[Kept], deleted: bool) -> None:
    """Show what will go and have a word typed; on stderr, so that stdout holds the result alone."""
    what = (
        "Chats, comparisons and profiles that were deleted"
        if deleted
        else "All chats, comparisons and profiles"
    )
    click.echo(f"{what} will be erased from the database, and these files removed:\n", err=True)
    going = [file for file in files if file.fate == "removed"]
    click.echo(_table(going) if going else "(none)", err=True)
    word = click.prompt(
        "\nThis cannot be undone. Type purge to go on", default="", show_default=False, err=True
    )
    if word.strip().lower() != "purge":
        raise click.ClickException("Nothing was changed.")


def _table(files: list[Kept]) -> str:
    return columns(
        [
            (file.mode, _size(file.size_bytes).rjust(9), one_line(_name(file), 60), _what(file))
            for file in files
        ]
    )


def _what(file: Kept) -> str:
    return f"{file.what}, encrypted" if file.encrypted else file.what


def _encryption(files: list[Kept]) -> str:
    """Return what `privacy` says about the database and its copies."""
    database = next((file for file in files if file.path == paths.database()), None)
    if database is None or not database.encrypted:
        return (
            "The database is not encrypted: see localpersona encrypt, or use full-disk encryption if others"
            "\nmay get your disk."
        )
    if any(file.encrypted is False for file in files):
        return "The database is encrypted, but not all copies of it are: localpersona encrypt sees to them."
    return "The database is encrypted; settings, logs and what you export are not."


def _name(file: Kept) -> str:
    return str(file.path.relative_to(paths.home()))


def _plain(file: Kept) -> dict[str, object]:
    return {
        "path": str(file.path),
        "what": file.what,
        "size_bytes": file.size_bytes,
        "mode": file.mode,
        "purge": file.fate,
        "encrypted": file.encrypted,
    }


def _size(number: int) -> str:
    for unit in ("B", "kB", "MB"):
        if number < 1000:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1000  # type: ignore[assignment]
    return f"{number:.1f} GB"
