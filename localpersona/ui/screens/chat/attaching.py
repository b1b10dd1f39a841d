"""Putting a text file into the prompt, where it can be read and changed before it is sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui.screens.attach import AttachScreen, read_text
from localpersona.ui.screens.path_prompt import PathScreen, typed_path

if TYPE_CHECKING:
    from localpersona.ui.screens.chat.screen import ChatScreen


class Attaching:
    """Asks for a path, shows what is there and how large it is, and puts it into the prompt box."""

    def __init__(self, chat: ChatScreen) -> None:
        self._chat = chat

    def attach(self, typed: str) -> None:
        """Attach the file at this path, or ask for one."""
        self._chat.start(self._attach(typed))

    async def _attach(self, typed: str) -> None:
        chat = self._chat
        question = "Put the text of this file into the prompt:"
        path = typed_path(typed) if typed else await chat.app.push_screen_wait(PathScreen(question))
        if path is None:
            return
        attachment = await asyncio.to_thread(read_text, path)
        tokens, exact = await asyncio.to_thread(chat.assistant.count_tokens, attachment.fenced)
        info = chat.assistant.engine.info
        context = info.context_length if info else chat.assistant.settings.context_length
        if await chat.app.push_screen_wait(AttachScreen(attachment, tokens, exact, context)):
            box = chat.prompt_box
            box.put("\n\n".join(part for part in (box.text.rstrip(), attachment.fenced) if part))
            box.focus()
