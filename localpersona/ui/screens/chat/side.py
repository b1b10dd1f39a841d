"""The chats at the side: shown, hidden, listed, searched."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.stage import Stage
from localpersona.ui.widgets.chat_list import ChatList, Chats
from localpersona.ui.widgets.prompt_box import PromptBox

if TYPE_CHECKING:
    from localpersona.assistant import Assistant

NARROW = 84
"""Columns below which the side panel covers the chat."""


class SidePanel:
    """Stands beside the chat where there is room, and covers it only while it is used where there is none."""

    def __init__(
        self, stage: Stage, assistant: Assistant, open_chat: OpenChat, listed: ChatList, box: PromptBox
    ) -> None:
        self._stage = stage
        self._assistant = assistant
        self._open_chat = open_chat
        self._listed = listed
        self._box = box
        self._waits = False
        """Whether the panel comes back as soon as the terminal is wide enough."""

    @property
    def _narrow(self) -> bool:
        return self._listed.app.size.width < NARROW

    def toggle(self) -> None:
        """Show or hide it."""
        self._stage.start(self._show(not self._listed.display, focus=True))

    def search(self, words: str = "") -> None:
        """Let the user type what to look for, or look for this."""
        self._stage.start(self._search(words))

    async def _search(self, words: str) -> None:
        await self._show(True)
        self._listed.focus_search(words)

    def searched(self) -> None:
        """Show what the words typed find."""
        self._stage.start(self.list_chats(), group="search", only=True)

    def toggle_archived(self) -> None:
        """Show the archived chats in place of the others, or those again."""
        self._listed.toggle_archived()
        self._stage.start(self.list_chats())

    async def restore(self) -> None:
        """Show it if it was shown when the app ended."""
        if await asyncio.to_thread(self._assistant.store.state, "chats_shown") == "yes":
            await self._fit()

    async def leave(self) -> None:
        """A chat was chosen: let it go where it covers the chat."""
        if self._narrow:
            await self._show(False)

    def uncover(self) -> None:
        """Let a panel that covers the chat go as soon as something else has the focus."""
        if self._listed.display and self._narrow and not self._listed.has_focus_within:
            self._listed.display, self._waits = False, True

    def resized(self) -> None:
        """Fit it to the terminal's new size."""
        if self._listed.display or self._waits:
            self._stage.start(self._fit())

    async def list_chats(self) -> None:
        """Bring it up to date, if it is shown."""
        if not self._listed.display:
            return
        store, query = self._assistant.store, self._listed.query_text
        if query:
            self._listed.show_hits(await asyncio.to_thread(store.search, query))
        elif self._listed.archived:
            archived = await asyncio.to_thread(store.archived_chats)
            self._listed.show_chats(archived, self._open_chat.id)
        else:
            pinned = await asyncio.to_thread(store.pinned_chats)
            others = await asyncio.to_thread(store.unpinned_chats)
            self._listed.show_chats([*pinned, *others], self._open_chat.id, len(pinned))

    async def _show(self, shown: bool, *, focus: bool = False) -> None:
        self._listed.display, self._waits = shown, False
        if shown:
            await self.list_chats()
        if focus and shown:
            self._listed.query_one(Chats).focus()
        elif focus:
            self._box.focus()
        await asyncio.to_thread(self._assistant.store.set_state, "chats_shown", "yes" if shown else "no")

    async def _fit(self) -> None:
        self._waits = self._narrow and not self._listed.has_focus_within
        self._listed.display = not self._waits
        await self.list_chats()
