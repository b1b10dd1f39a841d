"""Private chats: kept in memory only, marked as such all the time, gone when they end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui.screens.confirm import ConfirmScreen

if TYPE_CHECKING:
    from localpersona.ui.screens.chat.screen import ChatScreen

MARK = "PRIVATE · nothing is stored or learned"


class PrivateMode:
    """Goes to private chats and back. What is open, and the drafts, stay as they were before."""

    def __init__(self, chat: ChatScreen) -> None:
        self._chat = chat
        self._before: int | None = None
        """The chat that was open when the private ones began."""

    def toggle(self) -> None:
        """Begin a private chat, or leave it after asking."""
        if not self._chat.refuse_while_answering():
            self._chat.start(self._end() if self._chat.assistant.private else self._begin(), group="open")

    async def _begin(self) -> None:
        chat = self._chat
        await chat.keep_queue()
        self._before = chat.chat_id
        chat.leave_store()
        await asyncio.to_thread(chat.assistant.begin_private)
        await self._changed(None)
        chat.tell("This chat is private: it is kept in memory only, and gone when you leave it.")

    async def _end(self) -> None:
        chat = self._chat
        question = "Leave the private chat? It will be gone, and nothing can bring it back."
        if chat.conversation.views and not await chat.app.push_screen_wait(
            ConfirmScreen(question, yes="Leave", no="Stay")
        ):
            return
        chat.leave_store()
        await asyncio.to_thread(chat.assistant.end_private)
        await self._changed(self._before)

    async def _changed(self, open_chat: int | None) -> None:
        chat, private = self._chat, self._chat.assistant.private
        chat.prompt_box.put("")
        chat.set_class(private, "-private")
        chat.prompt_box.note("private", MARK if private else "")
        await chat.open_chat(open_chat, first=True)
        chat.prompt_box.focus()
