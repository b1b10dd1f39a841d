"""Opening chats, beginning new ones, jumping to a message."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.store import StoreError
from localpersona.ui.screens.chat.editing import Editing
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.screens.chat.side import SidePanel
from localpersona.ui.screens.chat.status import Status
from localpersona.ui.screens.chat.unsent import Unsent
from localpersona.ui.stage import Stage
from localpersona.ui.transcript import Transcript, read, show_branch
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.prompt_box import PromptBox

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


class Opening:
    """Changes which chat is open; one after the other, each with its own messages and its own draft."""

    def __init__(
        self,
        stage: Stage,
        assistant: Assistant,
        open_chat: OpenChat,
        conversation: Conversation,
        box: PromptBox,
        running: RunningAnswer,
        editing: Editing,
        unsent: Unsent,
        side: SidePanel,
        status: Status,
    ) -> None:
        self._stage = stage
        self._assistant = assistant
        self._open_chat = open_chat
        self._conversation = conversation
        self._box = box
        self._running = running
        self._editing = editing
        self._unsent = unsent
        self._side = side
        self._status = status
        self._one_at_a_time = asyncio.Lock()

    def begin(self) -> None:
        """Open the chat that was open when the app ended."""
        self._stage.start(self._last(), group="open")

    async def _last(self) -> None:
        try:
            last = await asyncio.to_thread(self._assistant.store.state, "last_chat")
            await self._side.restore()
            if self._running.live is None:  # somebody may have been very quick
                await self.open(int(last) if last.isdigit() else None, first=True)
        finally:
            self._open_chat.shown.set()

    async def open(self, chat_id: int | None, *, first: bool = False) -> None:
        """Show another chat; None: one that begins with the next prompt. `first`: none was open before."""
        async with self._one_at_a_time:
            await self._open(chat_id, first)

    async def _open(self, chat_id: int | None, first: bool) -> None:
        live = self._running.live
        if live is not None and live.chat_id is None:
            return  # the new chat has no id yet; it comes within milliseconds
        if not first:
            await self._unsent.save_draft()
        self._editing.end()
        transcript = await self._read(chat_id)
        self._open_chat.id = transcript.chat.id if transcript else None
        await self._conversation.open(transcript)
        if live is not None and self._running.here:
            await self._running.rejoin(self._conversation.answer(live.answer_id))
        await self._unsent.change_chat(first=first)
        self._unsent.show_queue()
        self._box.screen.refresh_bindings()
        await self._opened()

    async def _read(self, chat_id: int | None) -> Transcript | None:
        if chat_id is None:
            return None
        try:
            transcript = await asyncio.to_thread(read, self._assistant.store, chat_id)
        except StoreError:
            return None
        return None if transcript.chat.deleted else transcript

    async def created(self, chat_id: int) -> None:
        """The new chat that is open is stored, and has this id from now on."""
        self._open_chat.id = chat_id
        await self._unsent.begun(chat_id)
        await self._opened()

    async def _opened(self) -> None:
        await asyncio.to_thread(self._assistant.store.set_state, "last_chat", str(self._open_chat.id or ""))
        await self._status.show()
        await self._side.list_chats()

    def new(self) -> None:
        """Begin a new chat."""
        self._stage.start(self._new(), group="open")

    async def _new(self) -> None:
        if self._open_chat.id is not None:
            await self.open(None)
        self._box.focus()

    def choose(self, chat_id: int, message_id: int | None = None) -> None:
        """Open the chat that was chosen at the side, at the message that a search found."""
        self._stage.start(self._choose(chat_id, message_id), group="open")

    async def _choose(self, chat_id: int, message_id: int | None) -> None:
        if message_id is None:
            await self.open(chat_id)
            self._box.focus()
        else:
            await self.jump(chat_id, message_id)
        await self._side.leave()

    async def jump(self, chat_id: int, message_id: int) -> None:
        """Show the branch of a chat that a message is in, with the focus on the message."""
        if self._running.here and chat_id == self._open_chat.id:
            self._stage.tell(self._stage.keys("An answer is being written here. <Esc|chat.stop> stops it."))
            return
        await asyncio.to_thread(show_branch, self._assistant.store, message_id)
        await self.open(chat_id)
        await self._conversation.reveal(message_id)
