"""`localpersona history` and `search`: stored chats, listed, found, printed, renamed, deleted and brought back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from localpersona.cli.common import columns, json_option, opened, print_json, require_keeping
from localpersona.text import harmless, one_line

if TYPE_CHECKING:
    from localpersona.assistant import Assistant

_NUMBER = click.IntRange(1, 2**63 - 1)
_CHAT = click.argument("chat_id", type=_NUMBER, metavar="CHAT")
_CHATS = click.argument("chat_ids", type=_NUMBER, nargs=-1, required=True, metavar="CHAT...")
_NOTHING_CHANGED = "Nothing was changed, because nothing can be stored."


@click.group()
def history() -> None:
    """List, read, rename, delete and restore stored chats."""


@history.command("list")
@click.option(
    "-n", "--limit", default=20, show_default=True, type=click.IntRange(1, 100_000), help="How many."
)
@click.option("--deleted", is_flag=True, help="Those that were deleted and can be restored.")
@json_option
def list_(limit: int, deleted: bool, as_json: bool) -> None:
    """List chats, newest first."""
    with opened(looks_only=True) as assistant:
        chats = assistant.store.chats(include_deleted=deleted, limit=2**62 if deleted else limit)
    chats = [chat for chat in chats if chat.deleted == deleted][:limit]
    if as_json:
        print_json([{"id": chat.id, "title": chat.title, "updated": chat.updated} for chat in chats])
    elif chats:
        click.echo(columns([(str(chat.id), chat.updated[:16], one_line(chat.title, 70)) for chat in chats]))
    else:
        click.echo("No chats were deleted." if deleted else "No chats are stored yet.")


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option(
    "-n", "--limit", default=20, show_default=True, type=click.IntRange(1, 100_000), help="How many."
)
@json_option
def search(query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find what was said, newest first.

    All words of QUERY must occur in a message, the last one may be unfinished; words in double quotes must follow
    each other. In Chinese, Japanese, Thai … any part of a sentence is found. Titles are found, too.
    """
    with opened(looks_only=True) as assistant:
        hits = assistant.store.search(" ".join(query), limit=limit)
    if as_json:
        print_json([asdict(hit) for hit in hits])
    elif hits:
        rows = [(str(hit.chat_id), one_line(hit.title, 30), one_line(hit.snippet, 120)) for hit in hits]
        click.echo(columns(rows))
    else:
        click.echo("Nothing was found.")


@history.command()
@_CHAT
@json_option
def show(chat_id: int, as_json: bool) -> None:
    """Print the chat with this number."""
    with opened(looks_only=True) as assistant:
        chat = assistant.store.chat(chat_id)
        messages = assistant.store.path(chat.last_message_id) if chat.last_message_id else []
    if as_json:
        print_json(
            {"id": chat.id, "title": chat.title, "messages": [asdict(message) for message in messages]}
        )
        return
    for message in messages:
        click.echo(f"── {'You' if message.role == 'user' else 'Assistant'}")
        click.echo(harmless(message.text) + "\n")


history.add_command(search)


@history.command()
@_CHAT
@click.argument("title")
def rename(chat_id: int, title: str) -> None:
    """Give the chat with this number another title."""
    with opened() as assistant:
        require_keeping(assistant, _NOTHING_CHANGED)
        assistant.store.rename_chat(chat_id, title.strip())


@history.command()
@_CHATS
def delete(chat_ids: tuple[int, ...]) -> None:
    """Delete chats. `history restore` brings them back; what was learned from them stays learned."""
    with opened() as assistant:
        require_keeping(assistant, _NOTHING_CHANGED)
        _all_or_none(assistant, chat_ids, assistant.store.delete_chat)
    click.echo(f"Deleted. To undo: localpersona history restore {' '.join(map(str, chat_ids))}")


@history.command()
@_CHATS
def restore(chat_ids: tuple[int, ...]) -> None:
    """Bring deleted chats back, in their former places."""
    with opened() as assistant:
        require_keeping(assistant, _NOTHING_CHANGED)
        _all_or_none(assistant, chat_ids, assistant.store.restore_chat)
    click.echo("Restored.")


def _all_or_none(assistant: Assistant, chat_ids: tuple[int, ...], change: Callable[[int], None]) -> None:
    def work() -> None:
        for chat_id in chat_ids:
            change(chat_id)

    assistant.store.together(work)
