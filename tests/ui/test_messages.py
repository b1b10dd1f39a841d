"""What the letters do to a message."""

from __future__ import annotations

import pytest
from scripted_engine import ScriptedEngine
from textual.widgets import Static
from ui.running import Running, Start

from localpersona.settings import Settings
from localpersona.ui.markdown import folded
from localpersona.ui.screens.why import WhyScreen
from localpersona.ui.widgets.message_view import MessageView

CODE = "First:\n\n```python\nprint(1)\n```\n\nthen\n\n```\nsecond block\n```\n"


def focused(running: Running) -> str:
    view = running.chat.focused
    return view.text if isinstance(view, MessageView) else "prompt box"


async def test_escape_moves_to_the_messages_and_back_and_arrows_move_between_them(start: Start) -> None:
    async with start() as running:
        await running.ask("Hello")
        await running.press("escape")
        assert focused(running) == "Short and sweet."
        await running.press("up")
        assert focused(running) == "Hello"
        await running.press("down")
        assert focused(running) == "Short and sweet."
        await running.press("down")
        assert focused(running) == "prompt box"
        await running.press("up")
        assert focused(running) == "Short and sweet."
        await running.press("escape")
        assert focused(running) == "prompt box"


async def test_arrows_scroll_through_a_long_answer_before_they_leave_it(start: Start) -> None:
    long = "\n\n".join(f"Paragraph {number}." for number in range(30))
    async with start(size=(80, 24), engine=ScriptedEngine([long])) as running:
        await running.ask("Tell me more")
        await running.press("escape", "up")
        assert focused(running) == long
        for _ in range(20):
            await running.press("up")
        assert focused(running) == "Tell me more"
        assert "Tell me more" in running.seen()


async def test_answering_again_keeps_the_former_answer_and_arrows_switch_between_them(start: Start) -> None:
    async with start(engine=ScriptedEngine(["first version", "second version"])) as running:
        await running.ask("Hello")
        await running.press("escape", "r")
        await running.until(lambda: len(running.engine.requests) == 2)
        await running.idle()
        assert running.texts == ["Hello", "second version"]
        assert "‹ 2/2 ›" in running.seen()
        await running.press("escape", "left")
        await running.idle()
        assert running.texts == ["Hello", "first version"]
        assert "‹ 1/2 ›" in running.seen()
        assert focused(running) == "first version"
        await running.press("right_square_bracket")
        await running.idle()
        assert running.texts == ["Hello", "second version"]


async def test_editing_an_earlier_prompt_makes_a_version_and_loses_neither_the_old_one_nor_the_draft(
    start: Start,
) -> None:
    async with start(engine=ScriptedEngine(["one", "two", "three"])) as running:
        await running.ask("first")
        await running.ask("second")
        await running.write("a draft")
        await running.press("escape", "up", "up", "up", "e")
        assert running.draft == "first"
        assert "asking this instead" in running.seen()
        await running.send("first, better")
        await running.until(lambda: len(running.engine.requests) == 3)
        await running.idle()
        assert running.texts == ["first, better", "three"]
        assert running.draft == "a draft"
        await running.press("escape", "up", "left")
        await running.idle()
        assert running.texts == ["first", "one", "second", "two"]


async def test_escape_leaves_the_editing_and_brings_the_draft_back(start: Start) -> None:
    async with start() as running:
        await running.ask("first")
        await running.write("a draft")
        await running.press("escape", "e", "escape")
        assert running.draft == "a draft"
        assert "instead" not in running.seen()
        assert running.chat.widgets.box.has_focus


async def test_copying_a_message_and_its_code_blocks_one_after_the_other_says_so(start: Start) -> None:
    async with start(engine=ScriptedEngine([CODE])) as running:
        await running.ask("code")
        await running.press("escape", "y")
        assert running.app.clipboard == CODE
        await running.press("Y")
        assert running.app.clipboard == "print(1)"
        await running.press("Y")
        assert running.app.clipboard == "second block"
        await running.command("/copy code")
        assert running.app.clipboard == "print(1)"
        assert running.told[0].startswith("Copied the answer through the terminal. If it does not arrive")
        assert running.told[1] == "Copied the code block 1 of 2 through the terminal; again for the next."


async def test_why_explains_the_answer_in_words(start: Start) -> None:
    async with start(settings=Settings(candidates=2)) as running:
        await running.ask("Hello")
        await running.press("escape", "w")
        await running.until(lambda: isinstance(running.app.screen, WhyScreen))
        assert "Why this answer" in running.seen()
        assert "Chosen of 2" in running.seen()
        await running.press("escape")
        assert running.app.screen is running.chat


@pytest.mark.parametrize("name", ["compare", "why", "regenerate", "continue", "copy", "edit", "undo", "stop"])
async def test_commands_without_anything_to_act_on_say_so_or_do_nothing(start: Start, name: str) -> None:
    async with start() as running:
        await running.command(f"/{name}")
        assert running.texts == []
        assert running.engine.requests == []
        assert name == "edit" or len(running.told) == 1


async def test_strength_is_set_by_command_and_shown(start: Start) -> None:
    async with start() as running:
        await running.command("/strength light")
        assert running.assistant.settings.strength == "light"
        assert "strength light" in running.seen()
        await running.command("/strength enormous")
        assert running.assistant.settings.strength == "light"
        assert running.told[-1] == "Strength is one of off, light, medium, full."


async def test_a_clicked_message_has_the_focus_and_the_letters_act_on_it(start: Start) -> None:
    async with start(engine=ScriptedEngine(["one", "two"])) as running:
        await running.ask("first")
        await running.ask("second")
        await running.pilot.click(running.answers[0])
        assert focused(running) == "one"
        await running.press("y")
        assert running.app.clipboard == "one"


async def test_of_a_very_long_answer_the_end_is_drawn_until_all_is_asked_for(start: Start) -> None:
    text = "\n\n".join(f"Paragraph {number}." for number in range(250))
    async with start(engine=ScriptedEngine([text]), size=(100, 40)) as running:
        await running.ask("A long one")
        await running.until_seen("Paragraph 249.")
        view = running.answers[0]
        assert view.text == text and len(view.query("MarkdownParagraph")) == 101
        assert "298 lines of this answer stand above" in str(view.query_one(".folded", Static).content)
        await running.press("escape", "a")
        await running.until(lambda: len(view.query("MarkdownParagraph")) == 250)
        assert not view.query_one(".folded").display


@pytest.mark.parametrize("text", ["", "one\ntwo", "line\n" * 400, "```\n" + "code\n" * 900 + "```\nend"])
def test_what_is_folded_away_ends_between_two_blocks(text: str) -> None:
    hidden, shown = folded(text)
    assert "\n".join([*text.split("\n")[:hidden], shown]) == text if hidden else shown == text
    assert shown.count("```") in (0, 2)
