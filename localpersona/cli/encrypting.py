"""`localpersona encrypt` and `decrypt`: the database with a passphrase, with another one, without."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from localpersona import paths
from localpersona.cli.common import failing_plainly, is_terminal, tell
from localpersona.cli.unlocking import typed, unlocked
from localpersona.text import harmless

_BEFORE = (
    "From now on, LocalPersona will ask for a passphrase at every start. Nobody can recover one that"
    "\nwas forgotten: without it, all chats, comparisons and profiles are lost. Keep it in a safe place,"
    "\nfor example in a password manager."
)
_AFTER = (
    "Encrypted are chats, comparisons and profiles, also in backups from now on; not encrypted are"
    "\nsettings, logs, models and what you export. What was stored before can be found on the disk itself"
    "\nwith special tools until it is written over, on SSDs perhaps for long. Only full-disk encryption"
    "\n(LUKS, FileVault, BitLocker) covers all that."
)


@click.command()
@click.option("--change", is_flag=True, help="Give an encrypted database another passphrase.")
@click.option(
    "--copies",
    type=click.Choice(["encrypt", "erase", "leave"]),
    help="What becomes of backups and databases kept aside; asked otherwise, and left where nobody can be asked.",
)
def encrypt(change: bool, copies: str | None) -> None:
    """Encrypt the database with a passphrase.

    Chats, comparisons and profiles can then be read only with it, and nobody can recover a forgotten one. It is asked
    for in the terminal. Scripts name a file that holds it, and that nobody else can read, in
    LOCALPERSONA_PASSPHRASE_FILE (/dev/fd/3 for a descriptor), and a new one for --change in
    LOCALPERSONA_NEW_PASSPHRASE_FILE. Run again, it sees to the copies that are not encrypted.
    """
    from localpersona.store import is_encrypted

    with failing_plainly():
        path = paths.database()
        already = is_encrypted(path)
        if change and not already:
            raise click.ClickException("The database is not encrypted yet: localpersona encrypt")
        present = _present(path)
        if present is None or change:
            passphrase = _encrypt_anew(path, present)
        else:
            passphrase = present
            click.echo("The database is encrypted already. Another passphrase: localpersona encrypt --change")
        _see_to_copies(passphrase, present if change else None, copies)


def _encrypt_anew(path: Path, present: str | None) -> str:
    """Encrypt the database with a new passphrase, instead of the present one if there is one; return it."""
    from localpersona.privacy import remove_unfinished
    from localpersona.store import convert
    from localpersona.store.encryption import NEW_PASSPHRASE_FILE, PASSPHRASE_FILE

    first = present is None
    click.echo(_BEFORE if first else "The former passphrase will open nothing but older backups.")
    passphrase = _new_passphrase(PASSPHRASE_FILE if first else NEW_PASSPHRASE_FILE)
    click.echo("Writing the database anew …")
    convert(path, passphrase, present)
    remove_unfinished()
    click.echo(f"Done. {_AFTER}" if first else "Done. From now on the new passphrase counts.")
    return passphrase


@click.command()
@click.confirmation_option(
    "--yes", prompt="Store chats, comparisons and profiles unencrypted from now on?", help="Don't ask."
)
def decrypt() -> None:
    """Store the database without encryption again. Encrypted backups stay so and keep their passphrase."""
    from localpersona.store import convert, is_encrypted

    with failing_plainly():
        path = paths.database()
        if not is_encrypted(path):
            raise click.ClickException("The database is not encrypted.")
        convert(path, None, _present(path))
    click.echo("Decrypted. Anybody who gets the disk can read it, unless that is encrypted as a whole.")


def _present(path: Path) -> str | None:
    """Return the passphrase that opens the database, None for a plain one. It is made or brought up to date first."""
    from localpersona.store import Store, key_for, require_encryption

    require_encryption()

    def opening(passphrase: str | None) -> str | None:
        key = key_for(path, passphrase)
        with Store.open(path, passphrase=key) as store:
            tell(*store.notices)
            if store.in_memory:
                raise click.ClickException("Nothing was changed, because the database cannot be written to.")
        return key

    return unlocked(opening)


def _new_passphrase(variable: str) -> str:
    from localpersona.store.encryption import LEAST_CHARACTERS, from_file, normal

    passphrase = from_file(variable)
    if passphrase is None:
        first = typed(f"New passphrase (at least {LEAST_CHARACTERS} characters; several words are best): ")
        if first is None:
            raise click.ClickException(
                f"Nobody can type a passphrase here. Name a file that holds it in {variable}."
            )
        if first != typed("Once more: "):
            raise click.ClickException("The two differ. Nothing was changed.")
        passphrase = normal(first)
    if len(passphrase) < LEAST_CHARACTERS:
        raise click.ClickException(
            f"That is shorter than {LEAST_CHARACTERS} characters. Nothing was changed."
        )
    return passphrase


def _see_to_copies(passphrase: str, former: str | None, fate: str | None) -> None:
    """Ask about copies that the passphrase does not open, and do what was said.

    former: the passphrase before a change, which opens older encrypted copies; None: those are not looked at.
    """
    from localpersona import privacy
    from localpersona.store import is_encrypted

    copies = [copy for copy in privacy.copies() if former is not None or not is_encrypted(copy)]
    if not copies:
        return
    click.echo(
        f"\nThese copies {'are not encrypted' if former is None else 'do not have the new passphrase'}:"
    )
    for copy in copies:
        click.echo(harmless(f"  {copy.relative_to(paths.home())}"))
    if fate is None:
        asked = is_terminal(sys.stdin)
        choice = click.Choice(["encrypt", "erase", "leave"])
        fate = (
            click.prompt("What should become of them?", type=choice, default="encrypt") if asked else "leave"
        )
    if fate == "leave":
        click.echo("They stay as they are. To see to them later: localpersona encrypt")
    for copy in copies:
        if fate == "erase":
            privacy.remove_copy(copy)
        elif fate == "encrypt":
            _encrypt_copy(copy, passphrase, former)
    if fate == "erase":
        click.echo("Erased.")


def _encrypt_copy(copy: Path, passphrase: str, former: str | None) -> None:
    from localpersona.store import StoreError, convert_copy

    try:
        convert_copy(copy, passphrase, former)
        click.echo(harmless(f"  {copy.name}: encrypted"))
    except StoreError as error:
        click.echo(harmless(f"  {copy.name} stays as it is. {error}"), err=True)
