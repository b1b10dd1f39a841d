"""`localpersona onboard`: the ten questions in a plain shell, for terminals where the app cannot run."""

from __future__ import annotations

import shutil
import textwrap
from typing import TYPE_CHECKING

import click

from localpersona.cli.common import opened, profile_option
from localpersona.text import harmless

if TYPE_CHECKING:
    from localpersona.assistant import Assistant, Question

_OUTCOMES: dict[str, float | None] = {"1": 1.0, "2": 0.0, "=": 0.5, "s": None}


@click.command()
@click.option("--again", is_flag=True, help="Another round of questions; what you answered so far stays.")
@profile_option
def onboard(again: bool, profile: str | None) -> None:
    """Answer about ten "which of these two?" questions.

    Each answer is stored at once; stop whenever you like and go on later.
    """
    with opened(profile) as assistant:
        if again:
            assistant.more_questions()
        _ask_all(assistant)
        click.echo("\n" + harmless(assistant.profile().summary))


def _ask_all(assistant: Assistant) -> None:
    question = assistant.next_question()
    if question is None:
        click.echo("All questions of this round are answered. For more: localpersona onboard --again")
    while question is not None:
        _show(question, assistant.onboarding_answered() + 1, assistant.onboarding_total)
        key = click.prompt("1, 2, = (equal), s (skip), u (undo), q (stop)", default="s", show_default=False)
        key = key.strip().lower()
        if key == "q":
            break
        if key == "u":
            learned = assistant.undo()
            click.echo("Taken back." if learned else "There is nothing to take back.")
        elif key in _OUTCOMES:
            click.echo(harmless(assistant.compare(question, _OUTCOMES[key]).summary))
        else:
            click.echo("Please type one of: 1 2 = s u q")
            continue
        question = assistant.next_question()


def _show(question: Question, number: int, total: int) -> None:
    width = min(shutil.get_terminal_size().columns, 100) - 4
    click.echo(f"\n── Question {number} of about {total}: which answer do you prefer?\n")
    click.echo(_indented(question.prompt, width))
    for key, answer in (("1", question.first), ("2", question.second)):
        click.echo(f"\n[{key}]")
        click.echo(_indented(answer, width))
    click.echo()


def _indented(text: str, width: int) -> str:
    lines = []
    for line in harmless(text).splitlines():
        lines += textwrap.wrap(line, width, drop_whitespace=False) or [""]
    return textwrap.indent("\n".join(lines), "    ")
