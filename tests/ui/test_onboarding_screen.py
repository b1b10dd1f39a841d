from __future__ import annotations

import threading

import pytest
from textual.pilot import Pilot
from textual.widgets import Static
from ui.panels import LONG, SHORT, Host, answered, assistant, until

from localpersona.assistant import Assistant, Question
from localpersona.assistant.onboarding import FEWEST
from localpersona.store import StoreError
from localpersona.ui.screens.onboarding import OnboardingScreen
from localpersona.ui.screens.welcome import WelcomeScreen
from localpersona.ui.widgets.answer_pair import AnswerPair
from localpersona.ui.widgets.profile_panel import ProfilePanel
from localpersona.ui.widgets.title_bar import TitleBar
from localpersona.ui.widgets.trait_bar import TraitBar

__all__ = ["assistant"]


def onboarding(assistant: Assistant) -> Host:
    return Host(assistant, OnboardingScreen)


def pair(app: Host) -> AnswerPair:
    return app.screen.query_one(AnswerPair)


def remark(app: Host) -> str:
    return app.screen.query_one(TitleBar).remark


async def shown(pilot: Pilot[None], app: Host) -> None:
    await until(pilot, lambda: isinstance(app.screen, OnboardingScreen) and pair(app).open)


async def answer(pilot: Pilot[None], app: Host, short: bool) -> None:
    """Choose the shorter or the longer of the two, whichever side it is on."""
    await shown(pilot, app)
    before = len(app.assistant.store.comparisons(app.assistant.profile_row.id))
    await pilot.press("1" if (pair(app)._texts[1] == SHORT) == short else "2")
    await until(
        pilot, lambda: len(app.assistant.store.comparisons(app.assistant.profile_row.id)) == before + 1
    )


async def test_ten_answers_end_with_the_profile_in_words(assistant: Assistant) -> None:
    app = onboarding(assistant)
    async with app.run_test(size=(100, 32)) as pilot:
        await shown(pilot, app)
        assert remark(app) == "1 of about 10"
        for _ in range(10):
            await answer(pilot, app, short=True)
        screen = app.screen
        assert isinstance(screen, OnboardingScreen)
        await until(pilot, lambda: screen.finished)
        summary = assistant.profile().summary
        await until(pilot, lambda: str(screen.query_one("#summary", Static).content) == summary)
        assert "short" in summary or "concise" in summary
        await pilot.press("enter")
        await until(pilot, lambda: app.left_with == [True])
    assert assistant.profile().comparisons == 10
    assert assistant.profile().traits[0].position < 0


async def test_the_profile_moves_and_says_so_after_an_answer(assistant: Assistant) -> None:
    app = onboarding(assistant)
    async with app.run_test(size=(160, 48)) as pilot:
        await shown(pilot, app)
        bars = list(app.screen.query(TraitBar))
        assert len(bars) == 11  # quality is no matter of taste
        before = [bar.view.position for bar in bars]
        await answer(pilot, app, short=True)
        await until(pilot, lambda: [bar.view.position for bar in bars] != before)
        learned = str(app.screen.query_one("#learned", Static).content)
        assert learned
        assert "Your profile appears" not in learned


async def test_on_a_narrow_screen_only_the_trait_that_moved_most_is_shown(assistant: Assistant) -> None:
    app = onboarding(assistant)
    async with app.run_test(size=(60, 20)) as pilot:
        await shown(pilot, app)
        assert not [bar for bar in app.screen.query(TraitBar) if bar.display]
        await answer(pilot, app, short=True)
        await until(pilot, lambda: len([bar for bar in app.screen.query(TraitBar) if bar.display]) == 1)


async def test_leaving_keeps_what_was_answered_and_coming_back_goes_on(assistant: Assistant) -> None:
    app = onboarding(assistant)
    async with app.run_test(size=(100, 32)) as pilot:
        await answer(pilot, app, short=True)
        await answer(pilot, app, short=True)
        await shown(pilot, app)
        await pilot.press("escape")
        await until(pilot, lambda: app.left_with == [False])
    again = onboarding(assistant)
    async with again.run_test(size=(100, 32)) as pilot:
        await shown(pilot, again)
        assert remark(again) == "3 of about 10"
    assert assistant.profile().comparisons == 2


async def test_undo_asks_the_same_question_again(assistant: Assistant) -> None:
    app = onboarding(assistant)
    async with app.run_test(size=(100, 32)) as pilot:
        await shown(pilot, app)
        first = pair(app)._texts
        await answer(pilot, app, short=True)
        await until(pilot, lambda: pair(app).open and pair(app)._texts != first)
        await pilot.press("u")
        await until(pilot, lambda: pair(app).open and pair(app)._texts == first)
        assert assistant.profile().comparisons == 0
        assert remark(app) == "1 of about 10"
        assert not pair(app).can_undo


async def test_the_last_answer_can_be_taken_back_at_the_end(assistant: Assistant) -> None:
    answered(assistant, 9)
    app = onboarding(assistant)
    async with app.run_test(size=(100, 32)) as pilot:
        await answer(pilot, app, short=True)
        screen = app.screen
        assert isinstance(screen, OnboardingScreen)
        await until(pilot, lambda: screen.finished)
        await pilot.press("u")
        await until(pilot, lambda: pair(app).open and not screen.finished)
        assert assistant.profile().comparisons == 9


async def test_a_skipped_question_teaches_nothing_and_is_not_asked_again(assistant: Assistant) -> None:
    app = onboarding(assistant)
    async with app.run_test(size=(100, 32)) as pilot:
        await shown(pilot, app)
        skipped = pair(app)._texts
        await pilot.press("s")
        await until(pilot, lambda: pair(app).open and pair(app)._texts != skipped)
        assert remark(app) == "1 of about 10"
    assert assistant.profile().comparisons == 0


async def test_quick_typing_neither_loses_nor_doubles_an_answer(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[Question] = []
    compare = assistant.compare

    typed = threading.Event()

    def slow(question: Question, outcome: float | None) -> object:
        stored.append(question)
        assert typed.wait(10)
        return compare(question, outcome)

    monkeypatch.setattr(assistant, "compare", slow)
    app = onboarding(assistant)
    async with app.run_test(size=(100, 32)) as pilot:
        await shown(pilot, app)
        await pilot.press("1", "1", "2", "u", "1")
        typed.set()
        await until(pilot, lambda: pair(app).open and remark(app) == "2 of about 10")
    assert len(stored) == 1


async def test_a_full_disk_loses_no_answer_and_lets_the_user_try_again(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(question: Question, outcome: float | None) -> None:
        raise StoreError("The disk is full.\nFree some space and try again. [/b]")

    app = onboarding(assistant)
    async with app.run_test(size=(100, 32), notifications=True) as pilot:
        await shown(pilot, app)
        question = pair(app)._texts
        with monkeypatch.context() as patched:
            patched.setattr(assistant, "compare", fails)
            await pilot.press("1")
            await until(pilot, lambda: pair(app).open)
        assert pair(app)._texts == question
        assert any("disk is full" in toast.message for toast in app._notifications)
        await answer(pilot, app, short=True)
    assert assistant.profile().comparisons == 1


async def test_a_finished_round_is_followed_by_another_on_request(assistant: Assistant) -> None:
    answered(assistant, 9)
    app = onboarding(assistant)
    async with app.run_test(size=(100, 32)) as pilot:
        await answer(pilot, app, short=True)
        screen = app.screen
        assert isinstance(screen, OnboardingScreen)
        await until(pilot, lambda: screen.finished)
        await pilot.click("#more")
        await until(pilot, lambda: pair(app).open and remark(app) == "1 of about 10")


async def test_a_round_that_ends_early_ends_like_any_other(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(assistant, FEWEST - 1)
    monkeypatch.setattr("localpersona.assistant.onboarding.knows_enough", lambda *_: True)
    app = onboarding(assistant)
    async with app.run_test(size=(100, 32)) as pilot:
        await answer(pilot, app, short=True)
        screen = app.screen
        assert isinstance(screen, OnboardingScreen)
        await until(pilot, lambda: screen.finished)
        await pilot.click("#more")
        await until(pilot, lambda: pair(app).open and remark(app) == "1 of about 10")


async def test_an_exhausted_bank_is_said_kindly(assistant: Assistant) -> None:
    for _ in range(3):
        assistant.more_questions()
        while (question := assistant.next_question()) is not None:
            assistant.compare(question, 1.0 if question.first == LONG else 0.0)
    app = onboarding(assistant)
    async with app.run_test(size=(100, 32)) as pilot:
        await until(pilot, lambda: app.screen.query_one("#nothing").display)
        await pilot.press("escape")
        await until(pilot, lambda: app.left_with == [False])


async def test_the_panel_stands_beside_the_answers_only_where_both_have_room(assistant: Assistant) -> None:
    for width, beside in ((100, False), (133, False), (134, True)):
        app = onboarding(assistant)
        async with app.run_test(size=(width, 32)) as pilot:
            await shown(pilot, app)
            panel = app.screen.query_one(ProfilePanel)
            assert (panel.strip_bars == 0) == beside
            assert not pair(app).has_class("-stacked")


@pytest.mark.parametrize(("key", "begin"), [("enter", True), ("escape", False)])
async def test_the_welcome_is_shown_once_and_can_be_put_off(
    assistant: Assistant, key: str, begin: bool
) -> None:
    app = Host(assistant, WelcomeScreen)
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, WelcomeScreen))
        assert app.screen.region.contains_region(app.screen.query_one("#begin").region)
        await pilot.press(key)
        await until(pilot, lambda: app.left_with == [begin])
        await until(pilot, lambda: assistant.store.state("welcomed"))


@pytest.mark.parametrize("size", [(60, 20), (100, 32)])
async def test_the_answers_stay_where_they_are_when_the_strip_has_something_to_say(
    assistant: Assistant, size: tuple[int, int]
) -> None:
    app = onboarding(assistant)
    async with app.run_test(size=size) as pilot:
        await shown(pilot, app)
        before = pair(app).region
        await answer(pilot, app, short=True)
        await shown(pilot, app)
        assert pair(app).region == before
