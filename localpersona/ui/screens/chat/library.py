"""Opening, naming, deleting and finding chats; keeping what is being typed."""

from __future__ import annotations

import asyncio

from textual import on
from textual.timer import Timer
from textual.widgets import TextArea

from localpersona.assistant.models import CHARACTERS_PER_TOKEN
from localpersona.store import StoreError
from localpersona.ui.answering import Live
from localpersona.ui.screens.chat.acting import Acting
from localpersona.ui.screens.chat.filing import Filing
from localpersona.ui.transcript import Transcript, read, show_branch
from localpersona.ui.widgets.chat_list import ChatList, Chats
from localpersona.ui.widgets.command_hints import CommandHints

NARROW = 84
"""Columns below which the side panel covers the chat."""
LONG = 1500
"""Characters from which the size of a prompt is worth saying."""
DRAFT_SECONDS = 0.5
"""What is typed is on disk after this long."""


class Library(Acting):
    """The chats at the side. The open one, the side panel and every draft are remembered."""

    filing: Filing

    def __init__(self) -> None:
        super().__init__()
        self._draft_timer: Timer | None = None
        self._written_in: int | None = None
        """The chat that the text in the prompt box belongs to. While another chat is being opened it is not the
        open one yet: a draft stored in that moment must not overwrite the other's."""
        self._between_stores = False
        """While another store is being taken into use: what is in the prompt box belongs to neither."""
        self._opening = asyncio.Lock()
        self._queued: set[int | None] = set()
        """Chats whose queue this session has written down."""
        self._keeping = asyncio.Lock()
        self._side_waits = False
        """Whether the side panel comes back as soon as the terminal is wide enough."""
        self.opened = asyncio.Event()
        """Set when the first chat is on screen; what the conversation said before would be wiped away."""

    # Opening

    async def open_last(self) -> None:
        """Open the chat that was open when the app ended."""
        store = self.assistant.store
        try:
            last = await asyncio.to_thread(store.state, "last_chat")
            if await asyncio.to_thread(store.state, "chats_shown") == "yes":
                await self._fit_side()
            if not self.runner.running:  # somebody may have been very quick
                await self.open_chat(int(last) if last.isdigit() else None, first=True)
        finally:
            self.opened.set()

    async def open_chat(self, chat_id: int | None, *, first: bool = False) -> None:
        """Show another chat; None: one that begins with the next prompt. `first`: none was open before."""
        async with self._opening:  # one after the other, each with its own messages and its own draft
            await self._open_chat(chat_id, first)

    async def _open_chat(self, chat_id: int | None, first: bool) -> None:
        live = self.runner.live
        if live is not None and live.chat_id is None:
            return  # the new chat has no id yet; it comes within milliseconds
        if not first:
            await self.save_draft()
        if self.editing.active:
            self.editing.end()
        transcript = await self._read(chat_id)
        self.chat_id = transcript.chat.id if transcript else None
        await self.conversation.open(transcript)
        if live is not None and live.chat_id == self.chat_id:
            await self._rejoin(live)
        await self._change_draft(first)
        self.show_queue()
        self.refresh_bindings()
        await asyncio.to_thread(self.assistant.store.set_state, "last_chat", str(self.chat_id or ""))
        await self.show_status()
        await self.list_chats()

    async def _read(self, chat_id: int | None) -> Transcript | None:
        if chat_id is None:
            return None
        try:
            transcript = await asyncio.to_thread(read, self.assistant.store, chat_id)
        except StoreError:
            return None
        return None if transcript.chat.deleted else transcript

    async def _rejoin(self, live: Live) -> None:
        self.live_view = self.conversation.answer(live.answer_id)
        if self.live_view is not None:
            await self.live_view.begin(live)

    async def chat_created(self, chat_id: int) -> None:
        text, store = self.prompt_box.text, self.assistant.store
        self._written_in = chat_id
        await asyncio.to_thread(store.set_draft, "new", "")
        await asyncio.to_thread(store.set_draft, str(chat_id), text)
        await asyncio.to_thread(store.set_state, "last_chat", str(chat_id))
        await self.show_status()
        await self.list_chats()

    def action_new_chat(self) -> None:
        self.start(self._new_chat(), group="open")

    async def _new_chat(self) -> None:
        if self.chat_id is not None:
            await self.open_chat(None)
        self.prompt_box.focus()

    # The side panel

    def action_toggle_chats(self) -> None:
        self.start(self._show_side(not self.chat_list.display, focus=True))

    def action_search_chats(self, words: str = "") -> None:
        self.start(self._search(words))

    async def _search(self, words: str) -> None:
        await self._show_side(True)
        self.chat_list.focus_search(words)

    async def _show_side(self, shown: bool, *, focus: bool = False) -> None:
        self.chat_list.display, self._side_waits = shown, False
        if shown:
            await self.list_chats()
        if focus and shown:
            self.chat_list.query_one(Chats).focus()
        elif focus:
            self.prompt_box.focus()
        await asyncio.to_thread(self.assistant.store.set_state, "chats_shown", "yes" if shown else "no")

    async def _fit_side(self) -> None:
        """Show the panel where it leaves room for the chat; where it would cover it, only while it is used."""
        narrow = self.app.size.width < NARROW
        self._side_waits = narrow and not self.chat_list.has_focus_within
        self.chat_list.display = not self._side_waits
        await self.list_chats()

    def uncover(self) -> None:
        """Let a panel that covers the chat go as soon as something else has the focus."""
        if self.chat_list.display and self.has_class("-narrow") and not self.chat_list.has_focus_within:
            self.chat_list.display, self._side_waits = False, True

    def on_resize(self) -> None:
        if self.chat_list.display or self._side_waits:
            self.start(self._fit_side())

    async def list_chats(self) -> None:
        """Bring the side panel up to date, if it is shown."""
        if not self.chat_list.display:
            return
        store, query = self.assistant.store, self.chat_list.query_text
        if query:
            self.chat_list.show_hits(await asyncio.to_thread(store.search, query))
        elif self.chat_list.archived:
            self.chat_list.show_chats(await asyncio.to_thread(store.archived_chats), self.chat_id)
        else:
            pinned = await asyncio.to_thread(store.pinned_chats)
            others = await asyncio.to_thread(store.unpinned_chats)
            self.chat_list.show_chats([*pinned, *others], self.chat_id, len(pinned))

    @on(ChatList.Searched)
    def search(self) -> None:
        self.start(self.list_chats(), group="search", only=True)

    @on(ChatList.Opened)
    def open_from_list(self, event: ChatList.Opened) -> None:
        self.start(self._open_and_write(event.chat_id, event.message_id), group="open")

    async def _open_and_write(self, chat_id: int, message_id: int | None) -> None:
        if message_id is None:
            await self.open_chat(chat_id)
            self.prompt_box.focus()
        else:
            await self.jump(chat_id, message_id)
        if self.has_class("-narrow"):
            await self._show_side(False)

    async def jump(self, chat_id: int, message_id: int) -> None:
        """Show the branch of a chat that a message is in, with the focus on the message."""
        if self.answering_here and chat_id == self.chat_id:
            self.tell("An answer is being written here. Escape stops it.")
            return
        await asyncio.to_thread(show_branch, self.assistant.store, message_id)
        await self.open_chat(chat_id)
        await self.conversation.reveal(message_id)

    @on(Chats.Asked)
    def act_on_chat(self, event: Chats.Asked) -> None:
        match event.what:
            case "new":
                self.action_new_chat()
            case "search":
                self.chat_list.focus_search()
            case "archived":
                self.chat_list.toggle_archived()
                self.start(self.list_chats())
            case _:
                self.filing.act(event.what, event.chat_id)

    # Naming and filing

    def action_rename_chat(self, title: str = "") -> None:
        self.filing.rename(title)

    def action_file_chat(self, what: str) -> None:
        self.filing.act(what, self.chat_id)

    # Drafts

    @on(TextArea.Changed)
    def keep_draft(self, event: TextArea.Changed) -> None:
        text = event.text_area.text
        self.query_one(CommandHints).follow(text)
        self.prompt_box.note("size", self._takes(text) if len(text) >= LONG else "")
        if self._draft_timer is not None:
            self._draft_timer.stop()
        self._draft_timer = self.set_timer(
            DRAFT_SECONDS, lambda: self.start(self.save_draft(), group="draft")
        )

    def _takes(self, text: str) -> str:
        """Return how much of the context a long prompt will take; an estimate, because it is asked at every key."""
        info, settings = self.assistant.engine.info, self.assistant.settings
        context = info.context_length if info else settings.context_length
        tokens = len(text) // CHARACTERS_PER_TOKEN
        return f"about {tokens:,} of {context:,} tokens" + (": too long" if tokens >= context else "")

    async def save_draft(self) -> None:
        """Write down what is typed before it could get lost."""
        if self.editing.active or self._between_stores:
            return  # the prompt being edited is stored already, and so is the draft it put aside
        await asyncio.to_thread(
            self.assistant.store.set_draft, _draft_key(self._written_in), self.prompt_box.text
        )

    async def _change_draft(self, first: bool) -> None:
        """Put the opened chat's draft into the prompt box, after storing that of the chat that is left."""
        if self.chat_id == self._written_in and not first:
            return
        draft, stored = await self._read_draft(), None
        while not first and stored != self.prompt_box.text:  # to the last key: people type while a chat opens
            stored = self.prompt_box.text
            await self.save_draft()
        self.prompt_box.put(draft + (self.prompt_box.text if first else ""))
        self._written_in = self.chat_id
        self._between_stores = False

    def leave_store(self) -> None:
        """Forget what belongs to the store in use: the next chat opened is in another one."""
        self._between_stores = True
        self._queued.clear()
        self.filing.forget_deleted()

    async def keep_queue(self) -> None:
        async with self._keeping:  # so that the newest state is written last
            await self.save_draft()  # first: what was taken out of the queue may be in the prompt box now
            self._queued |= self.outbox.chats
            for chat_id in tuple(self._queued):
                text = "\n\n".join(self.outbox.of(chat_id))
                await asyncio.to_thread(self.assistant.store.set_draft, _queue_key(chat_id), text)

    async def _read_draft(self) -> str:
        """Return what was typed in the open chat, after what still waited there when the app ended."""
        store, key = self.assistant.store, _draft_key(self.chat_id)
        draft = await asyncio.to_thread(store.draft, key)
        if self.chat_id in self._queued:
            return draft  # it waits in the outbox, or was sent
        left = await asyncio.to_thread(store.draft, _queue_key(self.chat_id))
        if left:
            draft = "\n\n".join(filter(None, (left, draft)))
            await asyncio.to_thread(store.set_draft, key, draft)
            await asyncio.to_thread(store.set_draft, _queue_key(self.chat_id), "")
        return draft


def _draft_key(chat_id: int | None) -> str:
    return "new" if chat_id is None else str(chat_id)


def _queue_key(chat_id: int | None) -> str:
    return f"{'new' if chat_id is None else chat_id} queued"
