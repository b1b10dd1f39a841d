"""The versions of a chat: one beside the other, or all as a tree."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui.screens.branches import BranchesScreen
from localpersona.ui.screens.chat.meant import Meant
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.screens.chat.opening import Opening
from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.stage import Stage
from localpersona.ui.transcript import step
from localpersona.ui.turn import Turn
from localpersona.ui.widgets.conversation import Conversation

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


class Branching:
    """Walks between the versions of a message, and shows the tree of them all."""

    def __init__(
        self,
        stage: Stage,
        assistant: Assistant,
        open_chat: OpenChat,
        conversation: Conversation,
        meant: Meant,
        running: RunningAnswer,
        opening: Opening,
    ) -> None:
        self._stage = stage
        self._assistant = assistant
        self._open_chat = open_chat
        self._conversation = conversation
        self._meant = meant
        self._running = running
        self._opening = opening

    def step(self, by: int) -> None:
        """Show the version of the focused message `by` places further."""
        view = self._meant.focused()
        if view is not None and view.shown is not None and view.shown.siblings > 1:
            self._stage.start(self._step(view.shown.id, by), group="version", only=True)

    async def _step(self, message_id: int, by: int) -> None:
        if self._running.here:
            self._stage.tell(self._stage.keys(Turn.REFUSAL))
            return
        views = self._conversation.views
        index = next(i for i, view in enumerate(views) if view.message_id == message_id)
        if await asyncio.to_thread(step, self._assistant.store, message_id, by):
            await self._open_chat.refresh()
            self._conversation.views[index].focus()

    def show_tree(self) -> None:
        """Show every version of the open chat."""
        if self._open_chat.id is None:
            self._stage.tell("This chat has not begun yet.")
        else:
            self._stage.start(self._show_tree(self._open_chat.id))

    async def _show_tree(self, chat_id: int) -> None:
        messages = await asyncio.to_thread(self._assistant.store.all_messages, chat_id)
        shown = [shown.id for shown in self._conversation.messages]
        meant = self._meant.message()

        def go(message_id: int | None) -> None:
            if message_id is not None:
                self._stage.start(self._opening.jump(chat_id, message_id), group="open")

        self._stage.show(BranchesScreen(messages, shown, meant.message_id if meant else None), go)
