"""`localpersona ask`: one answer on stdout, for shells and pipes."""

from __future__ import annotations

import codecs
import os
import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from localpersona.cli.common import (
    StatusLine,
    gpu_layers_option,
    is_terminal,
    json_option,
    model_option,
    opened,
    print_json,
    profile_option,
    tell,
)
from localpersona.cli.stopping import Stop, stopping
from localpersona.text import harmless

if TYPE_CHECKING:
    from localpersona.assistant import Assistant
    from localpersona.events import Event
    from localpersona.values import Reply

_MOST_BYTES = 16 << 20


@click.command()
@click.argument("prompt", nargs=-1)
@json_option
@click.option("--no-save", is_flag=True, help="Store neither the prompt nor the answer.")
@click.option("-c", "--continue", "go_on", is_flag=True, help="Go on with the most recent chat.")
@click.option(
    "--patience",
    type=click.Choice(["fast", "balanced", "best"]),
    help="How long it may take for the sake of your taste.",
)
@click.option(
    "--candidates", type=click.IntRange(1, 32), metavar="N", help="How many whole answers to choose from."
)
@click.option("--plain", is_flag=True, help="The plain model, without your profile.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Make the answer repeatable.")
@profile_option
@model_option
@gpu_layers_option
def ask(
    prompt: tuple[str, ...],
    as_json: bool,
    no_save: bool,
    go_on: bool,
    patience: str | None,
    candidates: int | None,
    plain: bool,
    seed: int | None,
    profile: str | None,
    model: str | None,
    gpu_layers: int | None,
) -> None:
    """Answer PROMPT in your taste and print the answer.

    Text piped in comes before the prompt, or is the prompt if there is none.
    """
    question = _question(prompt)
    with opened(profile, model, gpu_layers=gpu_layers, looks_only=no_save) as assistant:
        chat_id = _latest_chat(assistant) if go_on else None
        options: dict[str, Any] = {
            "patience": patience,
            "candidates": candidates,
            "plain": plain,
            "seed": seed,
            "save": not no_save,
        }
        with stopping(assistant.cancel) as stop:
            events = assistant.stream(question, chat_id=chat_id, **options)
            reply = _answer(events, stop, stream=not as_json)
            if as_json:
                print_json(_as_json(question, reply))
        if stop.signal:
            raise _interrupted(stop)


def _question(words: tuple[str, ...]) -> str:
    piped = "" if sys.stdin is None or is_terminal(sys.stdin) else _decoded(_piped(sys.stdin.buffer))
    typed = os.fsencode(" ".join(words)).decode("utf-8", "replace")  # a shell hands over any bytes
    question = "\n\n".join(part for part in (piped.strip("\n"), typed) if part.strip())
    if not question:
        raise click.UsageError('Nothing was asked. Try: localpersona ask "How do I sleep better?"')
    return question


def _piped(stream: BinaryIO) -> bytes:
    data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise click.ClickException(
            f"What was piped in is larger than {_MOST_BYTES >> 20} MB, which no model can read.\n"
            "Nothing was asked. Pipe in a part of it."
        )
    return data


def _decoded(data: bytes) -> str:
    utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # as some Windows programs write
    text = data.decode("utf-16" if utf16 else "utf-8-sig", errors="replace")
    if "\ufffd" in text and "\ufffd".encode() not in data:
        click.echo("The piped text is not valid UTF-8; what could not be read became \ufffd.", err=True)
    return text


def _latest_chat(assistant: Assistant) -> int:
    chats = assistant.store.chats(assistant.store.profile(assistant.profile_row.name).id, limit=1)
    if not chats:
        raise click.ClickException("There is no chat to go on with yet. Ask without -c to begin one.")
    return chats[0].id


def _answer(events: Generator[Event, None, None], stop: Stop, *, stream: bool) -> Reply:
    """Print the answer as it comes (or nothing) and return it, also when it was stopped."""
    from localpersona.events import Delta, Failed, Finished, Loading, Notice, Progress

    printed = False
    with closing(events), StatusLine() as status:
        for event in events:
            match event:
                case Loading(name=name):
                    status.show(f"Loading {name} …")
                case Progress(tokens=tokens, candidates=candidates):
                    status.show(f"Choosing among {candidates} answers · {tokens} tokens")
                case Delta(text=text, reasoning=False) if stream:
                    status.clear()
                    click.echo(harmless(text), nl=False)
                    printed = True
                case Notice(message=message):
                    status.clear()
                    tell(message)
                case Failed(message=message):
                    status.clear()
                    if printed:
                        click.echo()
                    if stop.signal:
                        raise _interrupted(stop)
                    raise click.ClickException(harmless(message))
                case Finished(reply=reply):
                    status.clear()
                    if printed:
                        click.echo()
                    return reply
    raise click.ClickException("The answer ended without a reason. Please try again.")


def _interrupted(stop: Stop) -> click.exceptions.Exit:
    click.echo("Interrupted.", err=True)
    return click.exceptions.Exit(stop.exit_code)


def _as_json(question: str, reply: Reply) -> dict[str, Any]:
    """Return the reply as plain data; the field names are those of `localpersona.values.Reply`."""
    return {"prompt": question, **asdict(reply)}
