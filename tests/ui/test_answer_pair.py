from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Static

from localpersona.ui.widgets.answer_pair import Answer, AnswerPair

FOREIGN = "Hello [b]bold[/nope] \x1b[31mred\x1b[0m\u202e"


class PairApp(App[None]):
    def __init__(self, prompt: str = "Why?", first: str = "Because.", second: str = "Who knows?") -> None:
        super().__init__()
        self.texts = (prompt, first, second)
        self.outcomes: list[float | None] = []
        self.undone = 0

    def compose(self) -> ComposeResult:
        yield AnswerPair(*self.texts)

    def on_mount(self) -> None:
        self.query_one(AnswerPair).focus()

    def on_answer_pair_chosen(self, event: AnswerPair.Chosen) -> None:
        self.outcomes.append(event.outcome)

    def on_answer_pair_undo_requested(self) -> None:
        self.undone += 1

    @property
    def pair(self) -> AnswerPair:
        return self.query_one(AnswerPair)


async def ready(pilot: Pilot[None], app: PairApp) -> AnswerPair:
    await pilot.pause()
    assert app.pair.open
    return app.pair


@pytest.mark.parametrize(
    ("key", "outcome"), [("1", 1.0), ("2", 0.0), ("equals_sign", 0.5), ("t", 0.5), ("s", None)]
)
async def test_each_key_gives_its_outcome(key: str, outcome: float | None) -> None:
    app = PairApp()
    async with app.run_test() as pilot:
        await ready(pilot, app)
        await pilot.press(key)
        assert app.outcomes == [outcome]


async def test_a_second_key_is_ignored_until_the_next_pair_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AnswerPair, "HIGHLIGHT_SECONDS", 0.0)
    monkeypatch.setattr(AnswerPair, "REPEAT_SECONDS", 0.0)
    app = PairApp()
    async with app.run_test() as pilot:
        pair = await ready(pilot, app)
        await pilot.press("1", "2", "1")
        assert app.outcomes == [1.0]
        await pair.ask("And now?", "So.", "So, too.")
        await pilot.press("2")
        assert app.outcomes == [1.0, 0.0]


async def test_a_key_held_down_answers_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AnswerPair, "HIGHLIGHT_SECONDS", 0.0)
    monkeypatch.setattr(AnswerPair, "REPEAT_SECONDS", 5.0)
    app = PairApp()
    async with app.run_test() as pilot:
        pair = await ready(pilot, app)
        await pilot.press("1")
        await pair.ask("And now?", "So.", "So, too.")
        await pilot.press("1")
        assert app.outcomes == [1.0]


async def test_the_choice_is_said_in_words_and_gone_with_the_next_pair(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(AnswerPair, "HIGHLIGHT_SECONDS", 0.0)
    app = PairApp()
    async with app.run_test() as pilot:
        pair = await ready(pilot, app)
        first, second = pair.query(Answer)
        await pilot.press("1")
        assert (first.border_title, second.border_title) == ("1 · your choice", "2")
        await pair.ask("And now?", "So.", "So, too.")
        assert (first.border_title, second.border_title) == ("1", "2")


async def test_clicking_an_answer_chooses_it() -> None:
    app = PairApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot, app)
        await pilot.click("#answer-2", offset=(5, 2))
        assert app.outcomes == [0.0]


async def test_the_buttons_do_what_the_keys_do() -> None:
    app = PairApp()
    async with app.run_test(size=(100, 30)) as pilot:
        pair = await ready(pilot, app)
        pair.can_undo = True
        await pilot.pause()
        await pilot.click("#pair-undo")
        assert app.undone == 1
        pair.retry()
        await pilot.click("#pair-tie")
        assert app.outcomes == [0.5]


async def test_undo_is_only_offered_when_there_is_something_to_take_back() -> None:
    app = PairApp()
    async with app.run_test() as pilot:
        pair = await ready(pilot, app)
        await pilot.press("u")
        assert app.undone == 0
        assert not pair.query_one("#pair-undo").display


async def test_foreign_text_is_shown_harmless() -> None:
    app = PairApp(FOREIGN, FOREIGN, FOREIGN)
    async with app.run_test(size=(100, 30)) as pilot:
        await ready(pilot, app)
        shown = str(app.query_one("#prompt", Static).content)
        assert "[b]bold[/nope]" in shown
        screen = "\n".join(
            "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
        )
        assert "\x1b" not in screen
        assert "\u202e" not in screen


@pytest.mark.parametrize(("width", "stacked"), [(60, True), (89, True), (90, False), (160, False)])
async def test_answers_stand_side_by_side_unless_it_is_narrow(width: int, stacked: bool) -> None:
    app = PairApp()
    async with app.run_test(size=(width, 20)) as pilot:
        await ready(pilot, app)
        first, second = (answer.region for answer in app.query(Answer))
        assert (first.y < second.y) == stacked
        assert abs(first.width - second.width) <= 1
        assert abs(first.height - second.height) <= 1


async def test_everything_is_visible_on_a_small_terminal() -> None:
    app = PairApp("A question? " * 60, "Long. " * 500, "Longer. " * 500)
    async with app.run_test(size=(60, 20)) as pilot:
        await ready(pilot, app)
        screen = app.screen.region
        for selector in ("#answer-1", "#answer-2", "#pair-first", "#pair-skip"):
            region = app.query_one(selector).region
            assert region.height > 0
            assert screen.contains_region(region)
        assert app.query_one("#answer-2").region.height >= 5


async def test_the_arrow_keys_scroll_both_answers() -> None:
    app = PairApp("Why?", "Long. " * 500, "Longer. " * 500)
    async with app.run_test(size=(60, 20)) as pilot:
        await ready(pilot, app)
        await pilot.press("down", "down")
        assert [answer.scroll_y for answer in app.query(Answer)] == [2, 2]
