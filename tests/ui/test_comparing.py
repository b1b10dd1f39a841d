"""Comparing two answers in a chat: offered seldom, answered with one key, undone with one."""

from __future__ import annotations

from scripted_engine import ScriptedEngine
from ui.running import Running, Start

from localpersona.settings import Settings
from localpersona.ui.screens.compare import CompareScreen
from localpersona.ui.screens.confirm import ConfirmScreen
from localpersona.ui.widgets.answer_pair import AnswerPair

SHORT, LONG = "Short and sweet.", "A much longer answer! It goes on and on, does it not?"
OFFER = "Esc c: choose between two answers"


async def compare(running: Running, key: str) -> None:
    """Open the comparison of the newest answer and press a key in it."""
    await running.press("escape", "c")
    await asked(running)
    await running.press(key)
    if key != "b":  # which leads to the next comparison
        await running.until(lambda: running.app.screen is running.chat)


async def asked(running: Running) -> None:
    await running.until(lambda: isinstance(running.app.screen, CompareScreen))
    await running.until(lambda: running.app.screen.query_one(AnswerPair).open)


async def test_what_a_choice_taught_is_said_under_the_answer_and_undone_with_one_key(start: Start) -> None:
    async with start(settings=Settings(candidates=2)) as running:
        await running.ask("Hello")
        assert OFFER in running.seen()
        await compare(running, "1")
        await running.idle()
        assert "1 comparison " in running.seen()
        assert OFFER not in running.seen()
        assert "Esc u takes it back" in running.seen()
        assert running.assistant.profile().comparisons == 1
        await running.press("u")
        await running.idle()
        assert running.assistant.profile().comparisons == 0
        assert "takes it back" not in running.seen()


async def test_what_is_surely_learned_is_said_with_how_much_stands_behind_it(start: Start) -> None:
    engine = ScriptedEngine(lambda request, index: ("seven words " * (1, 30)[index]).strip())
    async with start(engine=engine, settings=Settings(candidates=2)) as running:
        for number in range(4):
            await running.ask(f"Question {number}")
            question = running.assistant.comparable(running.answers[-1].message_id or 0)
            assert question is not None
            await compare(running, "1" if len(question.first) < 20 else "2")
            await running.idle()
        line = "You still seem to prefer shorter answers: 4 comparisons so far · Esc u takes it back"
        assert line in running.seen()


async def test_an_offer_is_not_repeated_with_the_next_answer_and_one_key_ends_them(start: Start) -> None:
    engine = ScriptedEngine(lambda request, index: f"{len(request.turns)} {(SHORT, LONG)[index]}")
    async with start(engine=engine, settings=Settings(candidates=2, offer_every=2)) as running:
        seen = []
        for number in range(4):
            await running.ask(f"Question {number}")
            seen.append(OFFER in running.seen())
        assert seen == [True, False, True, False]
        await running.press("escape", "o")
        await running.idle()
        assert running.assistant.settings.offer_every == 0
        assert running.told[-1] == "No more offers. c still compares, o offers again."
        await running.ask("Question 4")
        assert OFFER not in running.seen()
        await running.press("escape", "o")
        await running.idle()
        assert running.assistant.settings.offer_every == Settings().offer_every


async def test_two_bad_answers_bring_two_new_ones_and_teach_nothing(start: Start) -> None:
    engine = ScriptedEngine(["bad one", "bad, too, and longer", SHORT, LONG])
    async with start(engine=engine, settings=Settings(candidates=2)) as running:
        await running.ask("Hello")
        await compare(running, "b")
        await asked(running)
        pair = running.app.screen.query_one(AnswerPair)
        assert set(pair._texts[1:]) == {SHORT, LONG}
        await running.press("escape")
        await running.idle()
        assert running.assistant.profile().comparisons == 0
        assert [row.comparison.outcome for row in running.assistant.evidence()] == [None]


async def test_a_single_candidate_is_made_two_when_the_answer_is_bad(start: Start) -> None:
    engine = ScriptedEngine(["first try", "second, longer try", SHORT, LONG])
    async with start(engine=engine) as running:
        await running.ask("Hello")
        await running.press("escape", "r")
        await running.until(lambda: len(engine.requests) == 2)
        await running.idle()
        await compare(running, "b")
        await asked(running)
        assert engine.requests[-1].candidates == 2


async def test_leaving_the_comparison_teaches_nothing(start: Start) -> None:
    async with start(settings=Settings(candidates=2)) as running:
        await running.ask("Hello")
        await running.send("/compare")
        await running.until(lambda: isinstance(running.app.screen, CompareScreen))
        await running.press("escape")
        await running.until(lambda: running.app.screen is running.chat)
        assert running.assistant.profile().comparisons == 0


async def test_a_single_candidate_cannot_be_compared_and_that_is_said(start: Start) -> None:
    async with start() as running:
        await running.ask("Hello")
        await running.command("/compare")
        assert running.told == [
            "There is nothing left to compare here. Answer again (r) gives new candidates."
        ]


async def test_going_on_from_a_version_teaches_who_agreed_to_that(start: Start) -> None:
    engine = ScriptedEngine([SHORT, LONG, "Then."])
    async with start(engine=engine, settings=Settings(candidates=1, learn_from_kept=True)) as running:
        await running.ask("Hello")
        await running.press("escape", "r")
        await running.until(lambda: len(engine.requests) == 2)
        await running.idle()
        await running.ask("And then?")
        assert running.assistant.evidence()[0].comparison.first == LONG
        assert any("You went on with this version" in text for text in running.told)


async def test_an_answer_can_be_worded_differently_and_the_former_wording_stays(start: Start) -> None:
    async with start(engine=ScriptedEngine([LONG]), settings=Settings(candidates=1)) as running:
        await running.ask("Hello")
        await running.write("a draft")
        await running.press("escape", "E")
        assert running.draft == LONG
        assert "your wording of the answer" in running.seen()
        await running.send(SHORT)
        await running.until_seen("‹ 2/2 ›")
        assert running.texts == ["Hello", SHORT]
        assert running.draft == "a draft"
        assert running.assistant.profile().comparisons == 0  # nobody agreed to learn from it


async def test_deleting_a_chat_asks_whether_what_it_taught_goes_too_and_undo_brings_both_back(
    start: Start,
) -> None:
    async with start(settings=Settings(candidates=2)) as running:
        for forgotten in (False, True):
            await running.press("ctrl+n")
            await running.ask(f"Hello {forgotten}")
            await compare(running, "1")
            await running.idle()
            await running.write("/delete")
            await running.press("enter")
            await running.until(lambda: isinstance(running.app.screen, ConfirmScreen))
            await running.until_seen("learned from a comparison in this chat")
            await running.press("y" if forgotten else "n")
            await running.idle()
            assert running.store.chats() == []
            assert running.assistant.profile().comparisons == 1  # of the first chat
        await running.press("ctrl+b", "u")
        await running.idle()
        assert len(running.store.chats()) == 1
        assert running.assistant.profile().comparisons == 2
