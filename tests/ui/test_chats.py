"""Several chats: opening, naming, deleting, finding them; what is typed survives."""

from __future__ import annotations

import asyncio

import pytest
from scripted_engine import ScriptedEngine
from textual.widgets import Input
from ui.running import Start

from localpersona.store import Store
from localpersona.ui.widgets.chat_list import Chats
from localpersona.ui.widgets.earlier import Earlier


def titles(store: Store) -> list[str]:
    return [chat.title for chat in store.chats()]


async def test_the_next_start_opens_the_last_chat_with_its_draft(start: Start) -> None:
    async with start() as running:
        await running.ask("Hello")
        await running.write("half a thought")
        await running.press("ctrl+q")
        await running.until(lambda: not running.app.is_running)
    async with start() as running:
        assert running.texts == ["Hello", "Short and sweet."]
        assert running.draft == "half a thought"


async def test_what_was_still_waiting_to_be_sent_is_back_as_draft_after_quitting(start: Start) -> None:
    engine = ScriptedEngine(["one two three"], hold_after=1)
    async with start(engine=engine) as running:
        await running.send("first")
        await running.until_seen("one")
        await running.send("second")
        await running.write("third")
        await running.press("ctrl+q")
        await running.until(lambda: not running.app.is_running)
    async with start() as running:
        assert running.texts[0] == "first"
        assert running.draft == "second\n\nthird"


async def test_a_prompt_sent_while_another_chat_was_open_does_not_come_back_as_a_draft(start: Start) -> None:
    engine = ScriptedEngine(["one two three", "second answer"], hold_after=1)
    async with start(engine=engine) as running:
        await running.send("first")
        await running.until_seen("one")
        await running.send("second")
        await running.write("third")
        first = running.chat.parts.open_chat.id
        await running.press("ctrl+n")
        await running.until(lambda: running.chat.parts.open_chat.id is None)
        await running.chat.parts.opening.open(first)
        assert running.draft == "third"  # and "second" still waits above it
        await running.until_seen("queued  second")
        await running.press("ctrl+n")
        await running.until(lambda: running.chat.parts.open_chat.id is None)
        engine.hold_after = None
        engine.release()
        await running.until(lambda: len(engine.requests) == 2)
        await running.idle()
        await running.chat.parts.opening.open(first)
        assert running.texts == ["first", "one two three", "second", "second answer"]
        assert running.draft == "third"
    async with start() as running:
        assert running.draft == "third"


async def test_chats_opened_faster_than_they_appear_keep_their_own_drafts(start: Start) -> None:
    async with start() as running:
        chats = []
        for text in ("for the first", "for the second"):
            chats.append(running.store.create_chat(running.assistant.profile_row.id, text))
            running.store.set_draft(str(chats[-1]), text)
        await running.write("for a new one")
        await asyncio.gather(*(running.chat.parts.opening.open(chat) for chat in (*chats, None, *chats)))
        assert running.draft == "for the second"
        kept = {key: running.store.draft(key) for key in (str(chats[0]), str(chats[1]), "new")}
        assert kept == {
            str(chats[0]): "for the first",
            str(chats[1]): "for the second",
            "new": "for a new one",
        }


async def test_a_draft_stored_while_another_chat_opens_stays_with_its_own_chat(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as running:
        other = running.store.create_chat(running.assistant.profile_row.id, "other")
        running.store.set_draft(str(other), "for the other")
        await running.write("for a new one")
        opened = running.chat.widgets.conversation.open

        async def with_the_timer_firing(transcript: object) -> None:
            await running.chat.parts.unsent.save_draft()
            await opened(transcript)  # type: ignore[arg-type]
            await running.chat.parts.unsent.save_draft()

        monkeypatch.setattr(running.chat.widgets.conversation, "open", with_the_timer_firing)
        await running.chat.parts.opening.open(other)
        assert running.draft == "for the other"
        assert running.store.draft("new") == "for a new one"


async def test_each_chat_keeps_its_own_draft(start: Start) -> None:
    async with start() as running:
        await running.ask("Hello")
        await running.write("for the first chat")
        await running.press("ctrl+n")
        await running.idle()
        assert (running.texts, running.draft) == ([], "")
        await running.write("for a new one")
        await running.chat.parts.opening.open(running.store.chats()[0].id)
        assert running.draft == "for the first chat"
        await running.press("ctrl+n")
        await running.idle()
        assert running.draft == "for a new one"


async def test_the_list_opens_chats_and_marks_the_newest_first(start: Start) -> None:
    async with start() as running:
        await running.ask("About tulips")
        await running.command("/new")
        await running.ask("About trains")
        await running.press("ctrl+b")
        await running.until_seen("About tulips")
        await running.press("down", "enter")
        await running.until(lambda: running.texts and running.texts[0] == "About tulips")
        assert running.chat.widgets.box.has_focus


async def test_a_chat_is_renamed(start: Start) -> None:
    async with start() as running:
        await running.ask("About tulips")
        await running.press("f6")
        await running.until(lambda: isinstance(running.app.focused, Input))
        running.app.focused.value = "Spring"
        await running.press("enter")
        await running.idle()
        assert titles(running.store) == ["Spring"]
        assert "Spring" in running.seen().splitlines()[0]
        await running.command("/rename Summer [/x]")
        assert "Summer [/x]" in running.seen().splitlines()[0]


async def test_a_deleted_chat_comes_back_with_u(start: Start) -> None:
    async with start() as running:
        await running.ask("About tulips")
        await running.press("ctrl+b")
        await running.until(lambda: running.chat.query_one(Chats).option_count == 1)
        await running.press("d")
        await running.idle()
        assert titles(running.store) == []
        assert running.texts == []
        assert "Deleted “About tulips”" in running.told[-1]
        running.chat.query_one(Chats).focus()
        await running.press("u")
        await running.idle()
        assert titles(running.store) == ["About tulips"]
        assert running.texts[0] == "About tulips"


async def test_search_finds_words_inside_messages(start: Start) -> None:
    async with start() as running:
        await running.ask("Tell me of tulips")
        await running.command("/new")
        await running.ask("And of trains")
        await running.command("/search tulips")
        await running.until(lambda: running.chat.query_one(Chats).option_count == 1)
        await running.press("enter", "enter")
        await running.until(lambda: running.texts and running.texts[0] == "Tell me of tulips")
        await running.command("/search zeppelin")
        await running.until_seen("Nothing found.")


async def test_an_answer_goes_on_in_its_chat_while_another_is_open_and_is_met_again(start: Start) -> None:
    engine = ScriptedEngine(["one two three", "other"], hold_after=1)
    async with start(engine=engine) as running:
        await running.send("first")
        await running.until_seen("one")
        first = running.chat.parts.open_chat.id
        await running.press("ctrl+n")
        await running.until(lambda: running.chat.parts.open_chat.id is None)
        assert running.texts == []
        await running.chat.parts.opening.open(first)
        await running.until_seen("writing · Esc stops")
        assert running.answers[0].text.split() == ["one"]
        await running.press("ctrl+n")
        await running.until(lambda: running.chat.parts.open_chat.id is None)
        engine.release()
        await running.idle()
        assert running.told[-1] == "The answer in the other chat is ready."
        await running.chat.parts.opening.open(first)
        assert running.texts == ["first", "one two three"]


async def test_of_a_very_long_chat_only_the_end_is_drawn_and_the_rest_on_request(
    start: Start, store: Store
) -> None:
    chat = store.create_chat(store.profile().id, "Long")
    parent = None
    for number in range(60):
        role = "assistant" if number % 2 else "user"
        parent = store.add_message(chat, parent, role, f"message {number}")
    store.set_state("last_chat", str(chat))
    async with start() as running:
        assert running.texts[0] == "message 20"
        assert running.texts[-1] == "message 59"
        running.chat.query_one(Earlier).focus()
        await running.until_seen("20 earlier messages")
        await running.press("enter")
        await running.until(lambda: running.texts[0] == "message 0")
        assert len(running.texts) == 60
        assert not running.chat.query(Earlier)


async def test_on_a_narrow_terminal_the_list_covers_the_chat_only_while_it_is_used(start: Start) -> None:
    async with start() as running:
        await running.ask("About tulips")
        await running.press("ctrl+b")
        await running.until(lambda: running.chat.widgets.chat_list.has_focus_within)
        await running.press("escape")
        await running.pilot.resize_terminal(60, 20)
        await running.until(lambda: not running.chat.widgets.chat_list.display)
        await running.pilot.resize_terminal(100, 32)
        await running.until(lambda: running.chat.widgets.chat_list.display)
    async with start(size=(60, 20)) as running:
        assert not running.chat.widgets.chat_list.display
        await running.press("ctrl+b")
        await running.until(lambda: running.chat.widgets.chat_list.has_focus_within)
        assert "About tulips" in running.seen()
        await running.press("escape")
        await running.until(lambda: not running.chat.widgets.chat_list.display)
        await running.press("ctrl+f")
        await running.until(lambda: running.chat.widgets.chat_list.has_focus_within)
        await running.press("ctrl+n")
        await running.until(lambda: not running.chat.widgets.chat_list.display)


async def test_a_long_title_leaves_room_for_what_stands_beside_it(start: Start) -> None:
    async with start(size=(60, 20)) as running:
        await running.ask("A title that is far too long for a terminal of sixty columns, in any case")
        await running.idle()
        first = running.seen().splitlines()[0]
        assert first.strip().startswith("A title that is far too long")
        assert first.rstrip().endswith("… LocalPersona") or first.rstrip().endswith("…  LocalPersona")
