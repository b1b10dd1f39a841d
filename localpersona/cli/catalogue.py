"""`localpersona models catalogue` and `models download`: LLMs from the network, if the user agrees to the hosts."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from localpersona.cli.common import (
    columns,
    failing_plainly,
    is_terminal,
    json_option,
    print_json,
    tell,
)
from localpersona.cli.downloading import Display
from localpersona.cli.stopping import stopping
from localpersona.text import harmless

if TYPE_CHECKING:
    from localpersona.library.catalogue import Offer
    from localpersona.library.wanted import Wanted


@click.command()
@json_option
def catalogue(as_json: bool) -> None:
    """List models that are worth downloading; contacts nobody. ✓ marks those that are here."""
    from localpersona.library.amounts import size
    from localpersona.library.shelf import shelf

    shelved = shelf(_context_length())
    if as_json:
        print_json(
            [
                {**asdict(one.offer), "page": one.offer.page, "fits": one.fits}
                | {"path": one.path and str(one.path), "arrived_bytes": one.arrived}
                for one in shelved
            ]
        )
        return
    rows = []
    for one in shelved:
        offer = one.offer
        facts = f"{size(offer.size_bytes)} · {size(offer.parameters, '')} parameters · {one.fits} · {offer.licence}"
        rows += [("✓" if one.path else " ", offer.name, facts), ("", "", offer.good_for)]
    click.echo(columns(rows))
    click.echo("\nTo get one: localpersona models download NAME. It names the hosts first, and asks.")


def _digest(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise click.BadParameter("a SHA-256 has 64 hexadecimal digits")
    return value.lower()


@click.command()
@click.argument("model")
@click.option(
    "--sha256", metavar="HEX", default="", callback=_digest, help="What the file at a URL must have."
)
@click.option(
    "--yes",
    "hosts",
    multiple=True,
    metavar="HOST",
    help="Contact this host without asking (may be repeated); .hf.co stands for every host under hf.co.",
)
def download(model: str, sha256: str, hosts: tuple[str, ...]) -> None:
    """Download MODEL: a name from the catalogue, or the https address of a GGUF file.

    Every host is named and has to be agreed to before it is contacted, redirects included. A download that was
    cut, or stopped with Ctrl-C, goes on where it was; what arrives is checked before it appears among the models.
    """
    with failing_plainly():
        offer, wanted = _wanted(model, sha256)
        there = None if offer is None else offer.path(_folder())
        if there is None:
            _say_terms(offer, wanted.url)
            accepted = tuple(host.lower() for host in hosts)
            wanted = replace(wanted, hosts=_agreed(wanted.hosts, accepted))
            there = _fetch(wanted, accepted)
        click.echo(
            f"Here it is: {harmless(str(there))}\n"
            f"To use it: localpersona models use {harmless(shlex.quote(str(there)))}"
        )


def _wanted(model: str, sha256: str) -> tuple[Offer | None, Wanted]:
    """Return what is meant, with the hosts that have to be agreed to."""
    from localpersona.library.addresses import checked, host_of
    from localpersona.library.catalogue import offer_named
    from localpersona.library.wanted import Wanted

    if "://" in model:
        url = checked(model)
        return None, Wanted(url, (host_of(url),), sha256=sha256)
    offer = offer_named(model)
    if offer is None:
        raise click.ClickException(
            f"The catalogue has no {harmless(model)!r}. To see it: localpersona models catalogue. "
            "Or give the https address of a GGUF file."
        )
    if sha256 not in ("", offer.sha256):
        raise click.UsageError("The catalogue says another SHA-256 for this model.")
    return offer, Wanted.offered(offer, offer.hosts)


def _say_terms(offer: Offer | None, url: str) -> None:
    from localpersona.library.addresses import is_this_machine
    from localpersona.library.amounts import size
    from localpersona.library.memory import fit
    from localpersona.library.shelf import free_bytes

    room = f"{size(free_bytes())} are free on the disk."
    if offer is None:
        tell(f"It is not from the catalogue: nobody has looked at its licence for you. {room}")
        if url.startswith("http:") and not is_this_machine(url):
            tell(
                "The address is not encrypted: others on the way can see the file, and put another in its place."
            )
        return
    fits = {"fits": "It fits into memory.", "tight": "It is tight for the memory that is free now."}
    memory = fits.get(fit(offer, _context_length()), "It is too large for the memory that is free now.")
    tell(
        f"{offer.title}: {size(offer.size_bytes)}; {room} {memory}\n"
        f"Licence: {offer.licence} ({offer.licence_url})"
    )


def _agreed(needed: tuple[str, ...], accepted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the hosts that may be contacted: all that are needed, or the command ends here."""
    from localpersona.library.addresses import covers, listed_hosts

    missing = tuple(host for host in needed if host not in accepted and not covers(accepted, host))
    if missing:
        named = listed_hosts(missing)
        if not is_terminal(sys.stdin):
            options = " ".join(f"--yes {host}" for host in missing)
            raise click.UsageError(f"{named}: nothing is contacted before you agree. For a script: {options}")
        if not click.confirm(f"Contact {named}?", err=True):
            raise click.ClickException("Nothing was contacted.")
    return tuple(dict.fromkeys((*needed, *accepted)))


def _fetch(wanted: Wanted, accepted: tuple[str, ...]) -> Path:
    from localpersona.library.download import download as fetch
    from localpersona.library.download_errors import HostNotConfirmed, Stopped
    from localpersona.library.stopping import Stop

    flag = Stop()
    while True:
        try:
            with Display() as display, stopping(lambda: flag.ask(keep=True)) as stop:
                return fetch(wanted, _folder(), display, flag)
        except HostNotConfirmed as question:
            tell(str(question))
            wanted = replace(wanted, hosts=(*wanted.hosts, *_agreed((question.host,), accepted)))
        except Stopped as stopped:
            tell(str(stopped))
            _offer_removal(wanted)
            raise click.exceptions.Exit(stop.exit_code) from stopped


def _offer_removal(wanted: Wanted) -> None:
    """Let somebody who stopped it for good say so."""
    from localpersona.library.addresses import file_name_of
    from localpersona.library.part import arrived, remove_part

    target = _folder() / file_name_of(wanted.url)
    if arrived(target) and is_terminal(sys.stdin) and click.confirm("Delete what has arrived?", err=True):
        remove_part(target)
        tell("Deleted.")


def _folder() -> Path:
    from localpersona import paths

    return paths.models()


def _context_length() -> int:
    from localpersona import paths, settings

    return settings.load(paths.settings())[0].context_length
