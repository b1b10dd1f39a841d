"""The tour of hints, the size of a long prompt, less motion, and keys of one's own."""

from __future__ import annotations

import json
import re

import pytest
from textual import events
from ui.running import NewApp, Start

from localpersona import paths
from localpersona.settings import Settings
from localpersona.ui import keymap_file
from localpersona.ui.widgets.hint_line import HINTS


async def test_the_tour_goes_on_where_it_was_left_and_can_be_ended_for_good(start: Start) -> None:
    async with start(hints=True) as running:
        await running.until_seen("Hint 1 of 5")
        await running.press("f8")
        await running.until_seen("Hint 2 of 5")
        await running.press("ctrl+q")
        await running.until(lambda: not running.app.is_running)
    async with start(hints=True) as running:
        await running.until_seen("Hint 2 of 5")
        await running.press("f9")
        await running.idle()
        assert "Hint" not in running.seen()
        assert running.assistant.settings.hints is False
        await running.command("/hints")
        await running.until_seen("Hint 1 of 5")


async def test_the_tour_ends_after_its_last_hint(start: Start) -> None:
    async with start(hints=True) as running:
        await running.until_seen("Hint 1 of 5")
        for number in range(2, len(HINTS) + 1):
            await running.press("f8")
            await running.until_seen(f"Hint {number} of 5")
        await running.press("f8")
        await running.until(lambda: running.assistant.settings.hints is False)
        assert "Hint" not in running.seen()


async def test_a_paste_of_a_hundred_thousand_characters_is_not_sent_and_its_size_is_said(
    start: Start,
) -> None:
    async with start() as running:
        running.app.post_message(events.Paste("line of a log\n" * 7143))
        await running.until(lambda: len(running.draft) > 100_000)
        await running.until_seen("about 25,000 of 4,096 tokens: too long")
        assert running.engine.requests == []
        await running.write("short")
        await running.until(lambda: "too long" not in running.seen())


async def test_nothing_moves_for_who_does_not_want_it(new_app: NewApp) -> None:
    app = new_app(settings=Settings(motion=False))
    assert app.animation_level == "none"


async def test_keys_are_taken_from_the_file_and_mistakes_in_it_are_said(start: Start) -> None:
    paths.make_private(paths.home())
    keymap_file.path().write_text(
        json.dumps({"chat.new": "ctrl+t", "chat.fly": "x", "chat.search": "ctrl + f"})
    )
    async with start() as running:
        await running.until_seen("nothing called 'chat.fly'")
        await running.until_seen('"ctrl + f" is no key for chat.search')
        await running.ask("Hello")
        await running.press("ctrl+n")
        await running.idle()
        assert running.texts != []
        await running.press("ctrl+t")
        await running.until(lambda: running.texts == [])


async def test_the_file_for_keys_is_made_with_a_schema_that_its_keys_obey(start: Start) -> None:
    async with start() as running:
        await running.command("/keys")
        assert str(keymap_file.path()) in running.told[-1]
    assert keymap_file.load(keymap_file.path()) == ({}, [])
    schema = json.loads(keymap_file.path().with_name("keys.schema.json").read_text())
    assert {"chat.search", "message.compare", "app.help", "pair.first"} <= set(schema["properties"])
    for name, entry in schema["properties"].items():
        assert name == "$schema" or re.match(entry["pattern"], entry["default"]), name


@pytest.mark.parametrize("content", ["", "[1]", "{", '{"chat.new": 3}', "[" * 90_000])
def test_a_key_map_that_cannot_be_used_leaves_the_usual_keys(content: str) -> None:
    paths.make_private(paths.home())
    keymap_file.path().write_text(content)
    keys, problems = keymap_file.load(keymap_file.path())
    assert keys == {} and len(problems) == 1


def test_every_binding_has_one_meaning() -> None:
    assert all(name.count(".") == 1 for name in keymap_file.bindings())
