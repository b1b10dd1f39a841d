"""Two candidates of one answer: which does the user like better?"""

from __future__ import annotations

import asyncio
from typing import ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.widgets import Footer

from localpersona.assistant import Learned, Question
from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.widgets.answer_pair import AnswerPair
from localpersona.ui.widgets.title_bar import TitleBar


class CompareScreen(PanelScreen[Learned | Literal["both bad"] | None]):
    """Takes one choice, stores it, leaves with what it taught; with None when left without a choice.

    Two bad answers are stored as skipped, so that they are not asked about again.
    """

    AUTO_FOCUS = "AnswerPair"

    HELP: ClassVar[str] = """\
## Two answers to your prompt
**<1|pair.first>** or **<2|pair.second>** chooses, **<=|pair.tie>** both are equally good, **<s|pair.skip>**
skips, **<Esc|panel.back>** goes back without a choice. **<b|pair.reject>**: both are bad. Two new ones are
written; nothing is learned about your taste. The choice is stored at once and counts from the next answer
on; **<u|message.undo>** in the chat takes it back.
"""

    DEFAULT_CSS = """
    CompareScreen AnswerPair { padding: 1 1 0 1; }
    """

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        yield TitleBar("Which answer do you like better?")
        yield AnswerPair(self._question.prompt, self._question.first, self._question.second)
        yield Footer(show_command_palette=False)

    @on(AnswerPair.Chosen)
    def take(self, event: AnswerPair.Chosen) -> None:
        event.stop()
        self.start(self._learn(event.outcome), lasting=True)

    @on(AnswerPair.Rejected)
    def reject(self, event: AnswerPair.Rejected) -> None:
        event.stop()
        self.start(self._learn(None, rejected=True), lasting=True)

    async def _learn(self, outcome: float | None, *, rejected: bool = False) -> None:
        try:
            learned = await asyncio.to_thread(self.assistant.compare, self._question, outcome)
        except Exception:
            self.query_one(AnswerPair).retry()
            raise
        if self.is_current:
            self.dismiss("both bad" if rejected else learned)
