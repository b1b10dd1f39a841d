"""Naming, pinning, archiving and deleting chats; whatever is deleted comes back with one key."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from localpersona.text import one_line
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.screens.chat.opening import Opening
from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.screens.chat.side import SidePanel
from localpersona.ui.screens.chat.status import Status
from localpersona.ui.screens.confirm import ConfirmScreen
from localpersona.ui.screens.rename import RenameScreen
from localpersona.ui.stage import Stage

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


class Filing:
    """What can be done with a chat as a whole."""

    def __init__(
        self,
        stage: Stage,
        assistant: Assistant,
        open_chat: OpenChat,
        running: RunningAnswer,
        opening: Opening,
        side: SidePanel,
        status: Status,
    ) -> None:
        self._stage = stage
        self._assistant = assistant
        self._open_chat = open_chat
        self._running = running
        self._opening = opening
        self._side = side
        self._status = status
        self._deleted: list[tuple[int, tuple[int, ...]]] = []
        """Chats deleted in this session with the comparisons that went with them, the last one last."""

    def act(self, what: str, chat_id: int | None) -> None:
        """Do what the list of chats asks for; "restore" needs no chat."""
        if what == "restore":
            self._stage.start(self._restore())
        elif chat_id is None:
            self._stage.tell("This chat has not begun yet.")
        else:
            jobs = {
                "rename": self._ask_title,
                "delete": self._delete,
                "pin": self._pin,
                "archive": self._archive,
            }
            self._stage.start(jobs[what](chat_id))

    def rename(self, title: str = "") -> None:
        """Give the open chat this title, or ask for one."""
        chat_id = self._open_chat.id
        if chat_id is None:
            self._stage.tell("This chat has no title before its first prompt.")
        else:
            self._stage.start(self._rename(chat_id, title) if title else self._ask_title(chat_id))

    async def _ask_title(self, chat_id: int) -> None:
        chat = await asyncio.to_thread(self._assistant.store.chat, chat_id)

        def rename(title: str | None) -> None:
            if title is not None:
                self._stage.start(self._rename(chat_id, title))

        self._stage.show(RenameScreen(chat.title), rename)

    async def _rename(self, chat_id: int, title: str) -> None:
        await asyncio.to_thread(self._assistant.store.rename_chat, chat_id, title)
        await self._side.list_chats()
        await self._status.show()

    async def _pin(self, chat_id: int) -> None:
        store = self._assistant.store
        options = await asyncio.to_thread(store.chat_options, chat_id)
        changed = replace(options, pinned=not options.pinned, archived=False)
        await asyncio.to_thread(store.set_chat_options, chat_id, changed)
        self._stage.tell("Pinned to the top of the list." if changed.pinned else "No longer pinned.")
        await self._side.list_chats()

    async def _archive(self, chat_id: int) -> None:
        store = self._assistant.store
        options = await asyncio.to_thread(store.chat_options, chat_id)
        changed = replace(options, archived=not options.archived, pinned=False)
        await asyncio.to_thread(store.set_chat_options, chat_id, changed)
        self._stage.tell(
            self._stage.keys(
                "Archived: search still finds it, and <A|chats.archived> in the list shows what is archived."
            )
            if changed.archived
            else "Back in the list."
        )
        await self._side.list_chats()

    async def _delete(self, chat_id: int) -> None:
        if self._running.live is not None and self._running.live.chat_id == chat_id:
            self._stage.tell(
                self._stage.keys("An answer is being written in this chat. <Esc|chat.stop> stops it.")
            )
            return
        store, trail = self._assistant.store, self._assistant.trail
        title = (await asyncio.to_thread(store.chat, chat_id)).title
        taught = () if self._assistant.private else await asyncio.to_thread(trail.of_chat, chat_id)
        if taught and not await self._forget_too(len(taught)):
            taught = ()
        await asyncio.to_thread(store.delete_chat, chat_id)
        await asyncio.to_thread(trail.remove, taught)
        self._deleted.append((chat_id, taught))
        self._stage.tell(
            f"Deleted “{one_line(title, 40) or 'Untitled'}”. "
            + self._stage.keys(
                "<u|chats.restore> in the list of chats (<Ctrl+B|chat.toggle_chats>) brings it back."
            )
        )
        if chat_id == self._open_chat.id:
            await self._opening.open(None)
        await self._side.list_chats()

    async def _forget_too(self, count: int) -> bool:
        """Ask whether what a chat taught goes with it."""
        comparisons, them = ("a comparison", "it") if count == 1 else (f"{count} comparisons", "them")
        question = f"Your profile learned from {comparisons} in this chat. Forget {them}, too?"
        detail = self._stage.keys(
            "The chat is deleted either way; <u|chats.restore> brings it back, with whatever went with it."
        )
        screen = ConfirmScreen(question, detail, yes="Forget, too", no="Keep what was learned")
        return await self._stage.ask(screen)

    async def _restore(self) -> None:
        if not self._deleted:
            self._stage.tell("No chat was deleted since the start.")
            return
        chat_id, taught = self._deleted.pop()
        await asyncio.to_thread(self._assistant.store.restore_chat, chat_id)
        await asyncio.to_thread(self._assistant.trail.restore, taught)
        self._stage.hush()  # it no longer has to be brought back
        await self._opening.open(chat_id)

    def forget_deleted(self) -> None:
        """Offer nothing to bring back: the store with it is not the one in use any more."""
        self._deleted.clear()
