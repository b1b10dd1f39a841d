"""What is typed but not sent yet: each chat's draft, and the prompts that wait for the running answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.timer import Timer

from localpersona.ui.outbox import Outbox, Waiting
from localpersona.ui.screens.chat.editing import Editing
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.stage import Stage
from localpersona.ui.widgets.prompt_box import PromptBox
from localpersona.ui.widgets.queue_line import QueueLine

if TYPE_CHECKING:
    from localpersona.assistant import Assistant

DRAFT_SECONDS = 0.5
"""What is typed is on disk after this long."""


class Unsent:
    """Keeps it on disk: it must not be lost with the app."""

    def __init__(
        self,
        stage: Stage,
        assistant: Assistant,
        open_chat: OpenChat,
        box: PromptBox,
        line: QueueLine,
        editing: Editing,
    ) -> None:
        self._stage = stage
        self._assistant = assistant
        self._open_chat = open_chat
        self._box = box
        self._line = line
        self._editing = editing
        self._outbox = Outbox()
        self._timer: Timer | None = None
        self._written_in: int | None = None
        """The chat that the text in the prompt box belongs to. While another chat is being opened it is not the
        open one yet: a draft stored in that moment must not overwrite the other's."""
        self._between_stores = False
        """While another store is being taken into use: what is in the prompt box belongs to neither."""
        self._queued: set[int | None] = set()
        """Chats whose queue this session has written down."""
        self._keeping = asyncio.Lock()

    # The queue

    @property
    def waiting(self) -> list[str]:
        """What waits in all chats, oldest first."""
        return [item.text for item in self._outbox.items]

    def add(self, text: str) -> None:
        """Let this wait for its turn in the open chat."""
        self._outbox.add(self._open_chat.id, text)
        self.show_queue()

    def next(self) -> Waiting | None:
        """Take the oldest prompt. `show_queue` when it is stored: until then the queue on disk still holds it."""
        return self._outbox.next()

    def take_back(self) -> bool:
        """Put the newest prompt that waits in the open chat into the box; return whether there was one."""
        text = self._outbox.take_back(self._open_chat.id)
        if text is not None:
            self._box.put(text)
            self.show_queue()
        return text is not None

    def give_back(self, chat_id: int | None) -> None:
        """After a stop or a failure nothing is sent by itself: what waited goes back to the prompt box."""
        if chat_id == self._open_chat.id and (waiting := self._outbox.take_all(chat_id)):
            self._box.give_back(waiting)
        self.show_queue()

    def show_queue(self) -> None:
        """Show what waits in the open chat; write down what waits in any."""
        self._line.show(self._outbox.of(self._open_chat.id))
        self._stage.start(self.keep(), group="queue")

    async def keep(self) -> None:
        """Write down all of it."""
        async with self._keeping:  # so that the newest state is written last
            await self.save_draft()  # first: what was taken out of the queue may be in the prompt box now
            self._queued |= self._outbox.chats
            for chat_id in tuple(self._queued):
                text = "\n\n".join(self._outbox.of(chat_id))
                await asyncio.to_thread(self._assistant.store.set_draft, _queue_key(chat_id), text)

    # Drafts

    def changed(self) -> None:
        """Write the draft down soon: something has been typed."""
        if self._timer is not None:
            self._timer.stop()
        self._timer = self._box.set_timer(
            DRAFT_SECONDS, lambda: self._stage.start(self.save_draft(), group="draft")
        )

    async def save_draft(self) -> None:
        """Write down what is typed before it could get lost."""
        if self._editing.active or self._between_stores:
            return  # the prompt being edited is stored already, and so is the draft it put aside
        store, key = self._assistant.store, _draft_key(self._written_in)
        await asyncio.to_thread(store.set_draft, key, self._box.text)

    async def change_chat(self, *, first: bool) -> None:
        """Put the opened chat's draft into the prompt box, after storing that of the chat that is left."""
        if self._open_chat.id == self._written_in and not first:
            return
        draft, stored = await self._read_draft(), None
        while not first and stored != self._box.text:  # to the last key: people type while a chat opens
            stored = self._box.text
            await self.save_draft()
        self._box.put(draft + (self._box.text if first else ""))
        self._written_in = self._open_chat.id
        self._between_stores = False

    async def begun(self, chat_id: int) -> None:
        """The new chat that was open is stored, and has this id now."""
        store, text = self._assistant.store, self._box.text
        self._written_in = chat_id
        await asyncio.to_thread(store.set_draft, _draft_key(None), "")
        await asyncio.to_thread(store.set_draft, _draft_key(chat_id), text)

    def created(self, chat_id: int) -> None:
        """What waited for the chat that was being created waits in this one."""
        self._outbox.created(chat_id)

    def leave_store(self) -> None:
        """Forget what belongs to the store in use: the next chat opened is in another one."""
        self._between_stores = True
        self._queued.clear()

    async def _read_draft(self) -> str:
        """Return what was typed in the open chat, after what still waited there when the app ended."""
        store, chat_id = self._assistant.store, self._open_chat.id
        draft = await asyncio.to_thread(store.draft, _draft_key(chat_id))
        if chat_id in self._queued:
            return draft  # it waits in the outbox, or was sent
        left = await asyncio.to_thread(store.draft, _queue_key(chat_id))
        if left:
            draft = "\n\n".join(filter(None, (left, draft)))
            await asyncio.to_thread(store.set_draft, _draft_key(chat_id), draft)
            await asyncio.to_thread(store.set_draft, _queue_key(chat_id), "")
        return draft


def _draft_key(chat_id: int | None) -> str:
    return "new" if chat_id is None else str(chat_id)


def _queue_key(chat_id: int | None) -> str:
    return f"{_draft_key(chat_id)} queued"
