"""The one door to the database for commands: who opens it here is asked for the passphrase if it is encrypted."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from localpersona.text import one_line

if TYPE_CHECKING:
    from localpersona.store import Store

T = TypeVar("T")

_TRIES = 3


def open_store() -> Store:
    """Open the database. Raises StoreError, among others when three passphrases were wrong."""
    from localpersona.store import Store

    return unlocked(lambda passphrase: Store.open(passphrase=passphrase))


def unlocked(work: Callable[[str | None], T]) -> T:
    """Return work(passphrase), which opens a database: first as it is or by the passphrase file, then by what is typed.

    Raises LockedError when there is no terminal to type in, when the file holds a wrong one, and after three tries.
    """
    from localpersona.store import LockedError

    try:
        return work(None)
    except LockedError as error:
        locked = error
    tries = 0 if locked.wrong else _TRIES
    while tries and (passphrase := typed(f"Passphrase of {one_line(locked.path.name, 60)}: ")) is not None:
        tries -= 1
        try:
            if passphrase:
                return work(passphrase)
        except LockedError as error:
            locked = error
        if tries:
            click.echo("That is not the passphrase.", err=True)
    raise locked


def typed(prompt: str) -> str | None:
    """Return what is typed in the terminal, without showing it; None where there is no terminal."""
    import getpass
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter(
            "error", getpass.GetPassWarning
        )  # it would read from a pipe, or show what is typed
        try:
            return getpass.getpass(prompt)
        except getpass.GetPassWarning:
            return None
        except UnicodeError:  # not in the terminal's encoding
            return ""
        except EOFError as error:
            raise click.Abort from error
