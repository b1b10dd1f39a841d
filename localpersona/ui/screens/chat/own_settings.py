"""What the open chat has of its own: a system prompt, a temperature."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.store import ChatOptions
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.screens.chat.opening import Opening
from localpersona.ui.screens.chat.status import Status
from localpersona.ui.screens.chat_settings import ChatSettingsScreen
from localpersona.ui.stage import Stage

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


class OwnSettings:
    """Shows and changes it. A chat that has not begun begins with it."""

    def __init__(
        self, stage: Stage, assistant: Assistant, open_chat: OpenChat, opening: Opening, status: Status
    ) -> None:
        self._stage = stage
        self._assistant = assistant
        self._open_chat = open_chat
        self._opening = opening
        self._status = status

    def change(self) -> None:
        """Ask for what shall be different in this chat."""
        self._stage.start(self._change())

    async def _change(self) -> None:
        store, own = self._assistant.store, ChatOptions()
        if self._open_chat.id is not None:
            own = await asyncio.to_thread(store.chat_options, self._open_chat.id)
        changed = await self._stage.ask(ChatSettingsScreen(own, self._assistant.settings))
        if changed is None or changed == own:
            return
        chat_id = self._open_chat.id
        if chat_id is None:
            chat_id = await asyncio.to_thread(self._new_chat)
            await self._opening.created(chat_id)
        await asyncio.to_thread(store.set_chat_options, chat_id, changed)
        self._stage.tell("Kept. It counts from the next answer on, in this chat only.")
        await self._status.show()

    def _new_chat(self) -> int:
        store = self._assistant.store
        return store.create_chat(store.profile(self._assistant.profile_row.name).id)
