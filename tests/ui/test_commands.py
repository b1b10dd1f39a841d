"""Slash commands, the palette, help."""

from __future__ import annotations

import pytest
from textual.command import CommandPalette
from ui.running import Start

from localpersona.ui.commands import COMMANDS, matching, mistyped, parse
from localpersona.ui.screens.help import HelpScreen
from localpersona.ui.widgets.command_hints import CommandHints
from localpersona.ui.widgets.key_line import KeyLine


def test_a_command_is_a_known_word_or_its_unique_beginning_after_a_slash() -> None:
    assert parse("/new")[0].name == "new"
    assert parse(" /NEW ")[0].name == "new"
    assert parse("/reg")[0].name == "regenerate"
    assert parse("/strength full")[1] == "full"
    assert parse("/co") is None  # compare, continue, copy


@pytest.mark.parametrize(
    "text", ["/etc/hosts is empty", "/new things are good", "no /new", "/", "hello", "/new\nline"]
)
def test_other_texts_are_prompts(text: str) -> None:
    assert parse(text) is None
    assert not mistyped(text)


def test_a_word_after_a_slash_that_is_no_command_is_not_sent_to_the_model() -> None:
    assert mistyped("/nwe")
    assert not mistyped("/new")


def test_names_and_keys_of_commands_are_unique() -> None:
    assert len({command.name for command in COMMANDS}) == len(COMMANDS)
    keys = [command.key for command in COMMANDS if command.key]
    assert len(set(keys)) == len(keys)


def test_what_matches_is_offered_while_a_command_is_typed() -> None:
    assert [command.name for command in matching("/co")] == ["compare", "continue", "copy"]
    assert len(matching("/")) == len(COMMANDS)
    assert matching("/copy ") == ()
    assert matching("hello") == ()


async def test_typing_a_slash_lists_commands_and_tab_completes(start: Start) -> None:
    async with start() as running:
        await running.press("slash", "c", "o")
        assert running.chat.query_one(CommandHints).display
        assert "/compare" in running.seen()
        await running.press("tab")
        assert running.draft == "/compare"
        await running.press("ctrl+u")
        assert not running.chat.query_one(CommandHints).display


async def test_an_unknown_command_is_kept_in_the_prompt_box_and_told(start: Start) -> None:
    async with start() as running:
        await running.send("/nonsense")
        assert running.draft == "/nonsense"
        assert running.told == ["There is no command /nonsense. Type / to see them all."]


async def test_the_palette_finds_commands_and_chats_by_title(start: Start) -> None:
    async with start() as running:
        await running.ask("Tulips [/] in spring")
        await running.command("/new")
        await running.press("ctrl+p")
        await running.until(lambda: isinstance(running.app.screen, CommandPalette))
        await running.until_seen("New chat")
        await running.press(*"tulips")
        await running.until_seen("Tulips [/] in spring")
        await running.press("enter")
        await running.until(lambda: running.texts == ["Tulips [/] in spring", "Short and sweet."])


async def test_help_lists_keys_and_every_command(start: Start) -> None:
    async with start(size=(100, 120)) as running:
        await running.press("f1")
        await running.until(lambda: isinstance(running.app.screen, HelpScreen))
        await running.until_seen("Commands")
        for command in COMMANDS:
            assert f"/{command.name}" in running.seen()
        await running.press("escape")
        assert running.app.screen is running.chat


async def test_the_theme_changes_and_is_kept(start: Start) -> None:
    async with start() as running:
        assert running.app.current_theme.dark
        await running.command("/theme")
        assert not running.app.current_theme.dark
        await running.until(lambda: running.assistant.settings.theme == "localpersona-light")


async def test_quit_leaves(start: Start) -> None:
    async with start() as running:
        await running.press("ctrl+q")
        await running.until(lambda: not running.app.is_running)


async def test_a_click_on_a_key_in_the_key_line_does_what_the_key_does(start: Start) -> None:
    async with start() as running:
        line = running.chat.query_one(KeyLine)
        column = line.render().plain.index("F1")
        await running.pilot.click(line, offset=(column + 2, 0))
        await running.until(lambda: isinstance(running.app.screen, HelpScreen))


async def test_keys_that_do_not_fit_are_left_out_whole(start: Start) -> None:
    async with start(size=(46, 20)) as running:
        shown = running.chat.query_one(KeyLine).render().plain
        assert "Send" in shown
        assert "Help" not in shown
        assert len(shown) <= 42
