"""Which chat is on screen."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui.transcript import Transcript, read

if TYPE_CHECKING:
    from localpersona.assistant import Assistant
    from localpersona.ui.widgets.conversation import Conversation


class OpenChat:
    """The chat on screen. Only `Opening` changes which one it is."""

    def __init__(self, assistant: Assistant, conversation: Conversation) -> None:
        self._assistant = assistant
        self._conversation = conversation
        self.id: int | None = None
        """None: a chat that doesn't exist before its first prompt."""
        self.shown = asyncio.Event()
        """Set when the first chat is on screen; what the conversation said before would be wiped away."""

    async def refresh(self) -> Transcript | None:
        """Show what has become of its messages, and return them."""
        transcript = None
        if self.id is not None:
            transcript = await asyncio.to_thread(read, self._assistant.store, self.id)
        await self._conversation.refresh_from(transcript)
        return transcript
