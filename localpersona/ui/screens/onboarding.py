"""About ten comparisons, with the profile moving while they are answered."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Button, ContentSwitcher, Footer, Static

from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.widgets.answer_pair import AnswerPair
from localpersona.ui.widgets.profile_panel import ProfilePanel
from localpersona.ui.widgets.profile_words import ProfileWords
from localpersona.ui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from localpersona.assistant import Learned, Question

_INVITATION = "Your profile appears here as you answer."


class OnboardingScreen(PanelScreen[bool]):
    """Asks the questions of the bank one by one. Dismisses with True when the round was finished.

    Every answer is on disk before the next question shows, so the screen can be left at any time and goes on
    where it was. A round that is complete already begins another one.
    """

    HELP = """\
## Getting to know you
Which answer would you rather get? There is no right one. **<1|pair.first>** or **<2|pair.second>** chooses,
**<=|pair.tie>** means both are the same to you, **<s|pair.skip>** skips, **<b|pair.reject>** says that both
are bad, **<u|onboarding.undo>** takes the last choice back.

**<Esc|panel.back>** stops: what you have answered is kept, and you can go on later from your profile.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave (all is kept)", id="panel.back"),
        Binding("u", "undo", "Undo", id="onboarding.undo"),
    ]

    DEFAULT_CSS = """
    OnboardingScreen {
        ContentSwitcher { height: 1fr; }
        #asking { layout: vertical; padding: 1 1 0 1; }
        #asking.-wide { layout: horizontal; }
        #asking.-low { padding: 0; }
        ProfilePanel.-strip { margin-top: 1; }
        #asking.-low ProfilePanel { margin-top: 0; }
        #nothing { padding: 2 3; }
    }
    """

    SIDE_FROM: ClassVar[int] = 134
    """Columns from which the profile fits beside two answers that are side by side themselves."""

    def __init__(self) -> None:
        super().__init__()
        self._question: Question | None = None
        self._answered: list[Question] = []
        """Those of this visit, oldest first: what undo shows again."""

    def compose(self) -> ComposeResult:
        yield TitleBar("Getting to know you")
        with ContentSwitcher(initial="asking"):
            with Container(id="asking"):
                yield AnswerPair()
                yield ProfilePanel()
            yield ProfileWords(id="done")
            yield Static(_NO_QUESTIONS, id="nothing", markup=False)
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        self.query_one(AnswerPair).focus()
        self.start(self._begin())

    def on_resize(self, event: events.Resize) -> None:
        width, height = event.size
        asking, panel = self.query_one("#asking"), self.query_one(ProfilePanel)
        asking.set_class(width >= self.SIDE_FROM, "-wide")
        asking.set_class(height < 26, "-low")
        panel.strip_bars = 0 if width >= self.SIDE_FROM else 3 if height >= 30 else 1

    @property
    def finished(self) -> bool:
        """Whether the end of the round is on screen."""
        switcher = self.query_one_optional(ContentSwitcher)
        return switcher is not None and switcher.current == "done"

    def _switch(self, part: str) -> None:
        self.query_one(ContentSwitcher).current = part
        self.refresh_bindings()

    async def _begin(self) -> None:
        profile = await asyncio.to_thread(self.assistant.profile)
        await self.query_one(ProfilePanel).show(profile, _INVITATION)
        question = await asyncio.to_thread(self.assistant.next_question)
        if question is None:
            await asyncio.to_thread(self.assistant.more_questions)
            question = await asyncio.to_thread(self.assistant.next_question)
        await self._ask(question)

    async def _ask(self, question: Question | None) -> None:
        """Show a question; None: the round is complete, or the bank has none left."""
        self._question = question
        answered = await asyncio.to_thread(self.assistant.onboarding_answered)
        if question is None:
            await self._finish(answered)
            return
        self._switch("asking")
        self.query_one(TitleBar).remark = f"{answered + 1} of about {self.assistant.onboarding_total}"
        pair = self.query_one(AnswerPair)
        await pair.ask(question.prompt, question.first, question.second)
        pair.can_undo = bool(self._answered)
        pair.focus()

    async def _finish(self, answered: int) -> None:
        if not answered:
            self._switch("nothing")
            return
        profile = await asyncio.to_thread(self.assistant.profile)
        self.query_one(TitleBar).remark = f"{profile.comparisons} comparisons"
        self._switch("done")
        await self.query_one(ProfileWords).show(
            profile, learns_from_kept=self.assistant.settings.learn_from_kept
        )

    @on(AnswerPair.Chosen)
    def take_choice(self, event: AnswerPair.Chosen) -> None:
        if self._question is not None:
            self.start(self._learn(self._question, event.outcome), lasting=True)

    @on(AnswerPair.Rejected)
    def take_rejection(self) -> None:
        """Two bad answers say nothing about taste: skipped, and two others are asked about."""
        if self._question is not None:
            self.start(self._learn(self._question, None), lasting=True)

    async def _learn(self, question: Question, outcome: float | None) -> None:
        try:
            learned = await asyncio.to_thread(self.assistant.compare, question, outcome)
        except Exception:
            self.query_one(AnswerPair).retry()  # the choice was not kept: let the user make it again
            raise
        self._answered.append(question)
        await self._show(learned)
        await self._ask(await asyncio.to_thread(self.assistant.next_question))

    @on(AnswerPair.UndoRequested)
    def action_undo(self) -> None:
        if self._answered:
            self.start(self._undo(self._answered.pop()), lasting=True)

    async def _undo(self, question: Question) -> None:
        try:
            learned = await asyncio.to_thread(self.assistant.undo)
        except Exception:
            self._answered.append(question)
            self.query_one(AnswerPair).retry()
            raise
        if learned is not None:
            await self._show(learned)
        await self._ask(question)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        # While a question is on screen the pair itself takes the key, and only between two choices.
        return self.finished and bool(self._answered) if action == "undo" else True

    async def _show(self, learned: Learned) -> None:
        await self.query_one(ProfilePanel).show(learned.profile, learned.summary)

    @on(ProfileWords.Agreed)
    def agree(self, event: ProfileWords.Agreed) -> None:
        """Learn also from what is kept in chats, or no longer."""
        agreed = event.agreed

        async def store() -> None:
            await asyncio.to_thread(lambda: self.assistant.update_settings(learn_from_kept=agreed))

        self.start(store(), lasting=True)

    @on(Button.Pressed, "#chat")
    def start_chatting(self) -> None:
        self.dismiss(True)

    @on(Button.Pressed, "#more")
    def answer_more(self) -> None:
        self.start(self._begin())

    def action_leave(self) -> None:
        if self.finished:
            self.dismiss(True)
            return
        if self._answered:
            self.tell("What you have answered is kept. Go on any time from your profile.")
        self.dismiss(False)


_NO_QUESTIONS = """\
There is no question left that you have not answered.

Comparing two answers in a chat teaches just as much."""
