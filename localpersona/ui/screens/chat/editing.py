"""Wording an earlier prompt or an answer differently, in the prompt box; what stood there comes back afterwards."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui.answering import Live
from localpersona.ui.screens.chat.comparing import Comparing
from localpersona.ui.screens.chat.meant import Meant
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.stage import Stage
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.message_view import MessageView
from localpersona.ui.widgets.prompt_box import PromptBox

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


class Editing:
    """At most one message is being edited. Its former wording always stays, as another version."""

    def __init__(
        self,
        stage: Stage,
        assistant: Assistant,
        open_chat: OpenChat,
        conversation: Conversation,
        box: PromptBox,
        meant: Meant,
        running: RunningAnswer,
        comparing: Comparing,
    ) -> None:
        self._stage = stage
        self._assistant = assistant
        self._open_chat = open_chat
        self._conversation = conversation
        self._box = box
        self._meant = meant
        self._running = running
        self._comparing = comparing
        self._message: MessageView | None = None
        self._set_aside = ""
        """What was being typed when the editing began."""

    @property
    def active(self) -> bool:
        return self._message is not None

    def prompt(self) -> None:
        """Put the prompt that is meant into the box, to ask another in its place."""
        self._begin(
            self._meant.prompt(),
            "asking this instead · the former prompt stays · <Esc|chat.to_messages> cancels",
        )

    def answer(self) -> None:
        """Put the answer that is meant into the box, to keep the user's own wording beside it."""
        view = self._meant.answer()
        if view is None or self._meant.stored_answer() is not None:
            self._begin(
                view, "your wording of the answer · the former one stays · <Esc|chat.to_messages> cancels"
            )

    def _begin(self, view: MessageView | None, title: str) -> None:
        if view is None or view.message_id is None or self._running.refused():
            return
        if not self.active:
            self._set_aside = self._box.text
        self._message = view
        self._box.put(view.text)
        self._box.border_title = self._stage.keys(title)
        self._box.add_class("-editing")
        self._box.focus()

    def end(self) -> None:
        """Leave the editing; what was being typed before comes back."""
        if self._message is not None:
            self._message = None
            self._box.border_title = ""
            self._box.remove_class("-editing")
            self._box.put(self._set_aside)

    async def submit(self, text: str) -> None:
        """Keep what was edited, or ask it."""
        view = self._message
        if view is None or view.message_id is None:
            return
        if isinstance(view, AnswerView):
            await self._stage.guarded(self._keep(view.message_id, text))
        else:
            await self._ask_instead(view.message_id, text)

    async def _ask_instead(self, message_id: int, text: str) -> None:
        async def prepare() -> AnswerView:
            self.end()
            return await self._conversation.instead(message_id, text)

        live = Live(self._open_chat.id, prompt=text)
        if not await self._running.begin(live, lambda: self._assistant.edit(message_id, text), prepare):
            self._running.refused()
            self._box.give_back(text)

    async def _keep(self, answer_id: int, text: str) -> None:
        self.end()
        learned = await asyncio.to_thread(self._assistant.keep_edited, answer_id, text)
        transcript = await self._open_chat.refresh()
        if learned is not None and transcript is not None and transcript.messages:
            self._comparing.show(learned, transcript.messages[-1].id)
