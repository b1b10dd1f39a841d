"""Private chats: kept in memory only, marked as such all the time, gone when they end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui.screens.chat.filing import Filing
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.screens.chat.opening import Opening
from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.screens.chat.status import PRIVATE
from localpersona.ui.screens.chat.unsent import Unsent
from localpersona.ui.screens.confirm import ConfirmScreen
from localpersona.ui.stage import Stage
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.prompt_box import PromptBox

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


class PrivateMode:
    """Goes to private chats and back. What is open, and the drafts, stay as they were before."""

    def __init__(
        self,
        stage: Stage,
        assistant: Assistant,
        open_chat: OpenChat,
        conversation: Conversation,
        box: PromptBox,
        running: RunningAnswer,
        unsent: Unsent,
        opening: Opening,
        filing: Filing,
    ) -> None:
        self._stage = stage
        self._assistant = assistant
        self._open_chat = open_chat
        self._conversation = conversation
        self._box = box
        self._running = running
        self._unsent = unsent
        self._opening = opening
        self._filing = filing
        self._before: int | None = None
        """The chat that was open when the private ones began."""

    def toggle(self) -> None:
        """Begin a private chat, or leave it after asking."""
        if not self._running.refused():
            self._stage.start(self._end() if self._assistant.private else self._begin(), group="open")

    async def _begin(self) -> None:
        await self._unsent.keep()
        self._before = self._open_chat.id
        self._leave_store()
        await asyncio.to_thread(self._assistant.begin_private)
        await self._changed(None)
        self._stage.tell("This chat is private: it is kept in memory only, and gone when you leave it.")

    async def _end(self) -> None:
        question = "Leave the private chat? It will be gone, and nothing can bring it back."
        if self._conversation.views and not await self._stage.ask(
            ConfirmScreen(question, yes="Leave", no="Stay")
        ):
            return
        self._leave_store()
        await asyncio.to_thread(self._assistant.end_private)
        await self._changed(self._before)

    def _leave_store(self) -> None:
        self._unsent.leave_store()
        self._filing.forget_deleted()

    async def _changed(self, open_chat: int | None) -> None:
        private = self._assistant.private
        self._box.put("")
        self._box.screen.set_class(private, "-private")
        self._box.note("private", PRIVATE if private else "")
        await self._opening.open(open_chat, first=True)
        self._box.focus()
