"""Answering again, going on with an answer, stopping one."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING

from localpersona.ui.answering import EventSource, Live
from localpersona.ui.screens.chat.meant import Meant
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.stage import Stage
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.prompt_box import PromptBox

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


class Again:
    """Makes answers without a new prompt. The former one always stays, as another version."""

    def __init__(
        self,
        stage: Stage,
        assistant: Assistant,
        open_chat: OpenChat,
        conversation: Conversation,
        box: PromptBox,
        meant: Meant,
        running: RunningAnswer,
    ) -> None:
        self._stage = stage
        self._assistant = assistant
        self._open_chat = open_chat
        self._conversation = conversation
        self._box = box
        self._meant = meant
        self._running = running

    def regenerate(self) -> None:
        """Answer again what is meant."""
        if (answer_id := self._meant.stored_answer()) is not None:
            self.beside(answer_id)

    def beside(self, answer_id: int, candidates: int | None = None) -> bool:
        """Begin another answer beside this one; return whether that was possible."""
        if self._running.refused():
            return False
        source = partial(self._assistant.regenerate, answer_id, candidates=candidates)
        self._stage.start(self._beside(answer_id, source))
        return True

    async def _beside(self, answer_id: int, source: EventSource) -> None:
        async def prepare() -> AnswerView:
            self._box.focus()
            return await self._conversation.again(answer_id)

        if not await self._running.begin(Live(self._open_chat.id), source, prepare):
            self._running.refused()

    def further(self) -> None:
        """Go on with the answer that is meant, where it was cut off."""
        view = self._meant.answer()
        if view is None or view.shown is None or not view.shown.can_continue:
            self._stage.tell("This answer is complete.")
        else:
            self._stage.start(self._further(view, view.shown.id))

    async def _further(self, view: AnswerView, answer_id: int) -> None:
        async def prepare() -> AnswerView:
            self._box.focus()
            return view

        live = Live(self._open_chat.id, answer_id, text=view.text, reasoning=view.thought)
        source = partial(self._assistant.continue_answer, answer_id)
        if not await self._running.begin(live, source, prepare):
            self._running.refused()

    def stop(self) -> None:
        """Stop the answer being written; what there is stays."""
        if self._running.live is not None:
            self._stage.start(asyncio.to_thread(self._assistant.cancel))
        else:
            self._stage.tell("No answer is being written.")
