"""`localpersona export` and `import`: chats out as files, and in from here and elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from localpersona import paths
from localpersona.cli.common import (
    StatusLine,
    json_option,
    opened,
    print_json,
    profile_option,
    require_keeping,
)
from localpersona.text import harmless

if TYPE_CHECKING:
    from localpersona.assistant import Assistant
    from localpersona.store import ChatCopy, Store
    from localpersona.transfer import Stored


@click.command()
@click.argument("chats", nargs=-1, type=click.IntRange(1, 2**63 - 1), metavar="[CHAT]...")
@click.option("--all", "everything", is_flag=True, help="All chats, instead of naming some.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON with all branches, which can be imported.")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Where to."
)
def export(chats: tuple[int, ...], everything: bool, as_json: bool, output: Path | None) -> None:
    """Write chats as Markdown, or as JSON, to stdout or a file.

    CHAT is a number from `localpersona history list`. Markdown holds the branch that is shown. A file can be
    read by you alone; it is not removed by `localpersona purge`.
    """
    if bool(chats) == everything:
        raise click.UsageError("Which chats? Give numbers from `localpersona history list`, or --all.")
    with opened(looks_only=True) as assistant:
        store = assistant.store
        wanted = chats or tuple(chat.id for chat in store.chats(limit=2**62))
        for chat in wanted:
            store.chat(chat)  # what is not there is said before anything is written
        pieces = _pieces(store, wanted, as_json)
        if output is None:
            for piece in pieces:
                click.echo(piece, nl=False)
            return
        paths.write_whole(paths.expanded(output), pieces)
    plural = "" if len(wanted) == 1 else "s"
    click.echo(f"Written to {harmless(str(output))}: {len(wanted)} chat{plural}.", err=True)


def _pieces(store: Store, chats: tuple[int, ...], as_json: bool) -> Iterator[str]:
    from localpersona.transfer import as_json as json_of
    from localpersona.transfer import as_markdown

    copies: Iterator[ChatCopy] = (store.copy_chat(chat) for chat in chats)
    if as_json:
        yield from json_of(copies)
        return
    for number, copy in enumerate(copies):
        yield ("\n---\n\n" if number else "") + as_markdown(copy)


@click.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE...",
)
@profile_option
@json_option
def import_(files: tuple[Path, ...], profile: str | None, as_json: bool) -> None:
    """Add the chats in FILE to yours. What is there already is not added twice.

    FILE is what `localpersona export --json` wrote, the export of ChatGPT (the zip, or conversations.json in
    it), logs.db of the command llm, or store.db of oterm. System prompts and ChatGPT's custom instructions come
    along as the chat's own system prompt. For a profile there is `localpersona profile import`.
    """
    from localpersona.transfer import chats_in

    with opened(profile) as assistant:
        require_keeping(assistant, "Nothing was imported, because nothing can be stored.")
        if assistant.store.in_memory:
            raise click.ClickException("Nothing was imported: your settings say that no chats are stored.")
        for file in files:  # all of them first: what cannot be read whole is not begun
            for _ in chats_in(file):
                pass
        results = [(file, _stored(assistant, file)) for file in files]
    if as_json:
        print_json([{"file": str(file), **asdict(done)} for file, done in results])
        return
    for file, done in results:
        click.echo(f"{harmless(file.name)}: {_in_words(done)}")


def _stored(assistant: Assistant, file: Path) -> Stored:
    from localpersona.transfer import Stored, chats_in, store_all

    done = Stored()
    with StatusLine() as status:
        for done in store_all(assistant.store, assistant.profile_row.id, chats_in(file)):
            status.show(f"{done.chats} chats imported …")
    return done


def _in_words(done: Stored) -> str:
    if not done.chats and not done.known:
        return "there are no chats in it."
    words = [_count(done.chats, "new chat")]
    if done.known:
        words.append(f"{done.known} already there")
    return f"{', '.join(words)}; {_count(done.messages, 'new message')}."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
