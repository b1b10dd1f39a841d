"""What the user should be told about the start, the disk, the model: once each, in the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.widgets.conversation import Conversation

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


class Notices:
    """Shows them below the messages, where they stay until another chat is opened."""

    def __init__(
        self, assistant: Assistant, open_chat: OpenChat, conversation: Conversation, own: Sequence[str]
    ) -> None:
        """`own`: what the app itself has to say about its start."""
        self._assistant = assistant
        self._open_chat = open_chat
        self._conversation = conversation
        self._own = tuple(own)
        self._told: set[str] = set()

    async def tell_all(self) -> None:
        """Show what has come up since."""
        await self._open_chat.shown.wait()
        for notice in (*self._assistant.notices, *self._own):
            await self.tell(notice)

    async def tell(self, notice: str) -> None:
        """Show this one, unless it has been shown."""
        if notice not in self._told:
            self._told.add(notice)
            await self._conversation.say(notice)

    async def fail(self, reason: str) -> None:
        """Show what went wrong, as often as it does."""
        await self._open_chat.shown.wait()
        await self._conversation.say(reason, error=True)
