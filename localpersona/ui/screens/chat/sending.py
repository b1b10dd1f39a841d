"""From Enter to the model: prompts go out one at a time; those that come meanwhile wait and can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localpersona.ui.answering import Live
from localpersona.ui.screens.chat.editing import Editing
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.screens.chat.unsent import Unsent
from localpersona.ui.widgets.conversation import Conversation

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


class Sending:
    """Sends what was typed, at once or when it is its turn."""

    def __init__(
        self,
        assistant: Assistant,
        open_chat: OpenChat,
        conversation: Conversation,
        running: RunningAnswer,
        editing: Editing,
        unsent: Unsent,
    ) -> None:
        self._assistant = assistant
        self._open_chat = open_chat
        self._conversation = conversation
        self._running = running
        self._editing = editing
        self._unsent = unsent

    async def submit(self, text: str) -> None:
        """Take what was typed: a prompt, or what the message being edited shall be."""
        if self._editing.active:
            await self._editing.submit(text)
        elif not await self._send(self._open_chat.id, text):
            self._unsent.add(text)

    async def send_next(self) -> None:
        """Send what has waited longest, if anything has and the model is free."""
        if self._running.can_begin and (waiting := self._unsent.next()) is not None:
            await self._send(waiting.chat_id, waiting.text)
            self._unsent.show_queue()  # afterwards: until the prompt is stored, the queue on disk still holds it

    async def _send(self, chat_id: int | None, text: str) -> bool:
        """Ask in this chat, which may be another than the open one; return False while an answer is written."""
        here = chat_id == self._open_chat.id
        return await self._running.begin(
            Live(chat_id, prompt=text),
            lambda: self._assistant.stream(text, chat_id=chat_id),
            (lambda: self._conversation.ask(text)) if here else None,
        )
