"""From the prompt box to the finished answer."""

from __future__ import annotations

import pytest
from scripted_engine import ScriptedEngine
from textual.events import Key, Paste
from textual.widgets import Collapsible
from ui.running import Running, Start

from localpersona.settings import Settings
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.status_line import StatusLine


async def test_the_focus_starts_in_the_prompt_box_and_enter_sends(start: Start) -> None:
    async with start() as running:
        await running.press(*"Hello")
        await running.press("enter")
        await running.idle()
        assert running.texts == ["Hello", "Short and sweet."]
        assert running.draft == ""
        assert running.chat.widgets.box.has_focus


async def test_ctrl_j_starts_a_new_line_and_pasted_newlines_do_not_send(start: Start) -> None:
    async with start() as running:
        await running.press("a", "ctrl+j", "b")
        assert running.draft == "a\nb"
        running.app.post_message(Paste("c\nd\n"))
        await running.until(lambda: running.draft != "a\nb")
        assert running.draft == "a\nbc\nd\n"
        assert running.texts == []


async def test_keys_pressed_faster_than_the_app_can_follow_keep_their_order(start: Start) -> None:
    engine = ScriptedEngine(["one two three"], hold_after=1)
    async with start(engine=engine) as running:
        burst(running, *"helo", "backspace", *"lo", "enter", *"next", "ctrl+j", *"line", "enter", *"later")
        await running.until(lambda: running.draft == "later")
        await running.until(lambda: running.chat.parts.unsent.waiting)
        assert running.texts[0] == "hello"
        assert running.chat.parts.unsent.waiting == ["next\nline"]


async def test_escape_and_a_letter_pressed_as_one_act_on_the_newest_answer(start: Start) -> None:
    async with start() as running:
        await running.ask("Hello")
        await running.press("alt+r")  # which is how a terminal reports both within a tenth of a second
        await running.until(lambda: len(running.engine.requests) == 2)
        await running.idle()
        assert running.draft == ""
        await running.until_seen("‹ 2/2 ›")


def burst(running: Running, *keys: str) -> None:
    """Press keys without giving the app any time between them."""
    for key in keys:
        running.app.post_message(Key(key, key if len(key) == 1 else None))


async def test_the_prompt_box_grows_with_its_text_to_ten_rows(start: Start) -> None:
    async with start() as running:
        box = running.chat.widgets.box
        assert box.size.height == 1
        await running.write("\n".join("123456"))
        assert box.size.height == 6
        await running.write("\n".join("1" * 40))
        assert box.size.height == 10


async def test_the_first_words_are_painted_while_the_answer_is_still_being_written(start: Start) -> None:
    engine = ScriptedEngine(["one two three four five"], hold_after=2)
    async with start(engine=engine) as running:
        await running.send("count")
        await running.until_seen("one two")
        assert "three" not in running.seen()
        assert "writing · Esc stops" in running.seen()
        engine.release()
        await running.idle()
        await running.until_seen("one two three four five")
        assert "writing" not in running.seen()


async def test_escape_stops_the_answer_and_keeps_its_text(start: Start) -> None:
    engine = ScriptedEngine(["one two three four five"], hold_after=2)
    async with start(engine=engine) as running:
        await running.send("count")
        await running.until_seen("one two")
        await running.press("escape")
        await running.idle()
        assert running.answers[0].text.split() == ["one", "two"]
        assert "stopped · n continues" in running.seen()
        row = running.answers[0].shown.row
        assert (row.state, row.text.split()) == ("stopped", ["one", "two"])


async def test_a_stopped_answer_goes_on_where_it_was_cut(start: Start) -> None:
    engine = ScriptedEngine(["one two three four five"], hold_after=2)
    async with start(engine=engine) as running:
        await running.send("count")
        await running.until_seen("one two")
        await running.press("escape")
        await running.idle()
        engine.hold_after = None
        await running.press("escape", "n")
        await running.until(lambda: len(engine.requests) == 2)
        await running.idle()
        assert running.texts == ["count", "one two three four five"]
        assert engine.requests[1].continuation.split() == ["one", "two"]
        assert "continues" not in running.seen()


async def test_an_answer_at_its_length_limit_says_so_and_can_be_continued(start: Start) -> None:
    engine = ScriptedEngine(["one two three four five"])
    async with start(engine=engine, settings=Settings(candidates=1, max_tokens=3)) as running:
        await running.ask("count")
        assert "reached its length limit · n continues" in running.seen()
        await running.command("/continue")
        await running.until(lambda: len(engine.requests) == 2)
        await running.idle()
        assert running.texts[1] == "one two three four five"


async def test_while_candidates_are_decoded_their_number_and_tokens_are_shown(start: Start) -> None:
    engine = ScriptedEngine(["one two " * 200, "three four " * 200], delay=0.05)
    async with start(engine=engine, settings=Settings(candidates=8)) as running:
        await running.send("choose")
        await running.until_seen("choosing among 8 answers · ")
        assert "one two" not in running.seen()
        engine.delay = 0
        await running.idle()
        assert running.texts[1].split()[:2] in (["one", "two"], ["three", "four"])


async def test_what_is_sent_meanwhile_waits_and_goes_out_by_itself(start: Start) -> None:
    engine = ScriptedEngine(["one two three", "second answer"], hold_after=1)
    async with start(engine=engine) as running:
        await running.send("first")
        await running.until_seen("one")
        await running.send("second")
        await running.send("third, unfinished")
        assert "queued  second" in running.seen()
        await running.press("up")
        assert running.draft == "third, unfinished"
        assert "third" not in running.seen().split("╭")[0]
        engine.hold_after = None
        engine.release()
        await running.until(lambda: len(engine.requests) == 2)
        await running.idle()
        assert running.texts == ["first", "one two three", "second", "second answer"]
        assert running.draft == "third, unfinished"
        assert "queued" not in running.seen()


async def test_stopping_gives_back_what_was_waiting(start: Start) -> None:
    engine = ScriptedEngine(["one two three"], hold_after=1)
    async with start(engine=engine) as running:
        await running.send("first")
        await running.until_seen("one")
        await running.send("second")
        await running.press("escape")
        await running.idle()
        assert running.draft == "second"
        assert len(engine.requests) == 1


async def test_a_crash_keeps_the_partial_answer_and_the_next_prompt_works(start: Start) -> None:
    engine = ScriptedEngine(["one two three", "better now"], crash_after=2)
    async with start(engine=engine) as running:
        await running.ask("count")
        assert running.texts[1].split() == ["one", "two"]
        assert "The model's process ended unexpectedly (SIGSEGV)." in running.seen()
        assert "It starts again by itself." in running.seen()
        assert "n continues · r answers again" in running.seen()
        await running.ask("again")
        assert running.texts[3] == "better now"


async def test_a_prompt_that_does_not_fit_is_refused_in_the_conversation(start: Start) -> None:
    async with start(settings=Settings(candidates=1, context_length=256)) as running:
        await running.ask("word " * 400)
        assert "does not fit 256 tokens" in running.seen()
        assert "Shorten it" in running.seen()


async def test_thoughts_are_folded_away_and_can_be_unfolded(start: Start) -> None:
    engine = ScriptedEngine(["<think>deep thoughts about it</think>The answer."])
    async with start(engine=engine) as running:
        await running.ask("think")
        assert running.answers[0].text == "The answer."
        assert "Thinking · 4 words" in running.seen()
        assert "deep thoughts" not in running.seen()
        await running.press("escape", "t")
        await running.until_seen("deep thoughts about it")
        assert not running.answers[0].query_one(Collapsible).collapsed


async def test_a_line_shows_from_where_on_messages_still_reach_the_model(start: Start) -> None:
    async with start(size=(100, 50), settings=Settings(candidates=1, context_length=256)) as running:
        await running.ask("word " * 90)
        await running.ask("word " * 90)
        await running.ask("word " * 90)
        await running.until_seen("older messages above are no longer sent to the model")
        marks = running.chat.query_one(Conversation).column.children
        kinds = [type(child).__name__ for child in marks if child.display]
        assert kinds.index("Static") == 2 * (running.answers[-1].shown.row.statistics.dropped_turns // 2)


@pytest.mark.parametrize("text", ["[b]bold[/x] \x1b[31mred\x1b[0m", "<div>kept</div> [/]", "a\u202eb"])
async def test_foreign_text_is_shown_harmless_and_whole(start: Start, text: str) -> None:
    async with start(engine=ScriptedEngine([text])) as running:
        await running.ask(text)
        assert "\x1b" not in running.seen()
        assert "\u202e" not in running.seen()
        assert running.texts == [text, text]
        for part in ("[b]bold[/x]", "<div>kept</div>"):
            if part in text:
                assert running.seen().count(part) >= 2


async def test_a_link_shows_its_address_before_anything_opens_it(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start(engine=ScriptedEngine(["[click](https://example.org/where?really)"])) as running:
        opened: list[str] = []
        monkeypatch.setattr(running.app, "open_url", lambda url, **_: opened.append(url))
        await running.ask("link")
        await (
            running.answers[0].query_one("MarkdownParagraph").action_link("https://example.org/where?really")
        )
        await running.until_seen("https://example.org/where?really")
        assert opened == []
        await running.press("o")
        assert opened == ["https://example.org/where?really"]


async def test_the_status_line_tells_model_device_context_comparisons_and_strength(start: Start) -> None:
    async with start() as running:
        await running.ask("Hello")
        await running.until(lambda: running.chat.query_one(StatusLine).used)
        line = running.seen().splitlines()[-2]
        for part in ("Scripted 1B", "CPU", "tokens/s", "/4,096", "0 comparisons", "strength full"):
            assert part in line


async def test_an_answer_that_cannot_be_shown_does_not_block_the_next_one(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as running:
        await running.ask("Hello")

        async def fails(self: Conversation, message_id: int) -> None:
            raise RuntimeError("no room")

        with monkeypatch.context() as broken:
            broken.setattr(Conversation, "again", fails)
            await running.command("/regenerate")
            assert "no room" in running.told
        await running.command("/regenerate")
        await running.until(lambda: len(running.engine.requests) == 2)


async def test_what_is_sent_while_another_screen_uses_the_model_waits_and_then_goes_out(start: Start) -> None:
    async with start() as running:
        assert running.app.turn.take()
        await running.send("Hello")
        await running.until_seen("queued  Hello")
        assert running.engine.requests == []
        running.app.turn.leave()
        await running.until(lambda: running.texts == ["Hello", "Short and sweet."])
        assert not running.chat.parts.unsent.waiting
