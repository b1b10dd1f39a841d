"""The page that compares us with others: what it says of our commands and keys is so, and each source is named."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from localpersona.cli import localpersona
from localpersona.ui.commands import COMMANDS
from localpersona.ui.keymap import GLOBAL, Keys, displayed

PAGE = (Path(__file__).resolve().parents[1] / "localpersona" / "COMPARISON.md").read_text(encoding="utf-8")
QUOTED = re.findall(r"`([^`]+)`", PAGE)
OTHERS = ("oterm", "elia", "llm", "Jan", "LM Studio")


@pytest.mark.parametrize("line", sorted({text for text in QUOTED if text.startswith("localpersona ")}))
def test_every_command_and_option_exists(line: str) -> None:
    command: click.Command = localpersona
    _, *words = line.split()
    while words and isinstance(command, click.Group) and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    assert command is not localpersona and set(words) <= known, line


def test_every_key_and_slash_command_exists() -> None:
    keys = {Keys().named(command.key) for command in COMMANDS} | {displayed(key.key) for key in GLOBAL}  # type: ignore[union-attr]
    named = [text for text in QUOTED if re.fullmatch(r"F\d+|Ctrl\+\w|\w", text)]
    assert named and set(named) <= keys
    commands = {f"/{command.name}" for command in COMMANDS}
    assert {text for text in QUOTED if text.startswith("/")} <= commands


def test_every_row_speaks_of_all_six() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    assert len(rows) > 40
    assert {row.count("|") for row in rows} == {8}
    assert rows[0] == f"| | LocalPersona | {' | '.join(OTHERS)} |"


def test_every_source_is_named_once_and_used() -> None:
    named = re.findall(r"^\[\^([\w-]+)\]: .*\]\(https://", PAGE, re.MULTILINE)
    body = PAGE[: PAGE.index("## Sources")]
    used = set(re.findall(r"\[\^([\w-]+)\]", body))
    assert len(named) == len(set(named)) and set(named) == used


def test_it_says_of_each_when_to_choose_it() -> None:
    for name in (*OTHERS, "LocalPersona"):
        assert f"- **Choose {name} if** " in PAGE
