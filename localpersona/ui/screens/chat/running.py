"""The chat's answer that is being written now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from textual.screen import Screen

from localpersona.ui import answering
from localpersona.ui.answering import EventSource, Live
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.stage import Stage
from localpersona.ui.turn import Turn
from localpersona.ui.widgets.answer_view import AnswerView


class RunningAnswer:
    """Knows which answer is being written, what has come of it, and where it is shown."""

    def __init__(self, screen: Screen[Any], stage: Stage, turn: Turn, open_chat: OpenChat) -> None:
        """`screen`: gets `AnswerAdvanced` with every event."""
        self._screen = screen
        self._stage = stage
        self._turn = turn
        self._open_chat = open_chat
        self._view: AnswerView | None = None
        self.live: Live | None = None

    @property
    def here(self) -> bool:
        """Whether it belongs to the open chat."""
        return self.live is not None and self.live.chat_id == self._open_chat.id

    @property
    def view(self) -> AnswerView | None:
        """Where it is shown; None while another chat is open."""
        return self._view if self._view is not None and self._view.is_attached else None

    @property
    def can_begin(self) -> bool:
        """Whether nobody is using the LLM."""
        return not self._turn.taken

    def refused(self) -> bool:
        """Whether no answer can begin now; then it is said why."""
        if self._turn.taken:
            self._stage.tell(self._stage.keys(Turn.REFUSAL))
        return self._turn.taken

    async def begin(
        self,
        live: Live,
        source: EventSource,
        prepare: Callable[[], Awaitable[AnswerView]] | None,
    ) -> bool:
        """Begin an answer; return False, and do nothing, while another is being written.

        prepare: makes room for it on screen; None: its chat is not the open one.
        """
        if not self._turn.take():
            return False
        self.live, self._view = live, None
        try:
            if prepare is not None:
                self._view = await prepare()
                await self._view.begin(live)
        except BaseException:
            self.end()
            raise
        self._screen.refresh_bindings()
        answering.run(self._screen, source)
        return True

    async def rejoin(self, view: AnswerView | None) -> None:
        """Show it here from now on: its chat has been opened again."""
        self._view = view
        if view is not None and self.live is not None:
            await view.begin(self.live)

    def add(self, text: str, *, reasoning: bool) -> None:
        """Take what came."""
        if self.live is None:
            return
        if reasoning:
            self.live.reasoning += text
        else:
            self.live.text += text
        if self.view is not None:
            self.view.feed(text, reasoning)
        self.say("thinking · <Esc|chat.stop> stops" if reasoning else "writing · <Esc|chat.stop> stops")

    def say(self, activity: str) -> None:
        """Show what is going on."""
        activity = self._stage.keys(activity)
        if self.live is not None:
            self.live.activity = activity
        if self.view is not None:
            self.view.say(activity)

    def end(self) -> None:
        """Say that its last event has been handled: others can begin."""
        self.live = self._view = None
        self._turn.leave()
        self._screen.refresh_bindings()
