"""`localpersona history`: stored chats, listed, searched, printed."""

from __future__ import annotations

from dataclasses import asdict

import click

from localpersona.cli.common import columns, json_option, opened, print_json
from localpersona.text import harmless, one_line


@click.group()
def history() -> None:
    """List, search and read stored chats."""


@history.command("list")
@click.option(
    "-n", "--limit", default=20, show_default=True, type=click.IntRange(1, 100_000), help="How many."
)
@json_option
def list_(limit: int, as_json: bool) -> None:
    """List chats, newest first."""
    with opened(looks_only=True) as assistant:
        chats = assistant.store.chats(limit=limit)
    if as_json:
        print_json([{"id": chat.id, "title": chat.title, "updated": chat.updated} for chat in chats])
    elif chats:
        click.echo(columns([(str(chat.id), chat.updated[:16], one_line(chat.title, 70)) for chat in chats]))
    else:
        click.echo("No chats are stored yet.")


@history.command()
@click.argument("query", nargs=-1, required=True)
@click.option(
    "-n", "--limit", default=20, show_default=True, type=click.IntRange(1, 100_000), help="How many."
)
@json_option
def search(query: tuple[str, ...], limit: int, as_json: bool) -> None:
    """Find messages that contain all the words of QUERY."""
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
@click.argument("chat_id", type=click.IntRange(1, 2**63 - 1))
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
