"""The command palette: every command, and every chat by its title."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from localpersona.text import one_line
from localpersona.ui.commands import COMMANDS, Command
from localpersona.ui.keymap import keys_of

if TYPE_CHECKING:
    from localpersona.ui.home import Home
    from localpersona.ui.screens.chat import ChatScreen


class CommandProvider(Provider):
    """The palette: all commands, and the chats by title."""

    async def discover(self) -> Hits:
        for command in self._available():
            yield DiscoveryHit(command.title, partial(self._run, command), help=self._named(command.help))

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for command in self._available():
            score = max(
                matcher.match(command.title), matcher.match(command.name), matcher.match(command.help) * 0.5
            )
            if score > 0:
                yield Hit(
                    score,
                    matcher.highlight(command.title),
                    partial(self._run, command),
                    help=self._named(command.help),
                )
        for chat_id, title in await self._chats() if self._on_chat else ():
            score = matcher.match(title)
            if score > 0:
                # Not matcher.highlight: it reads the title, which anybody may have written, as markup.
                yield Hit(score * 0.9, Content(title), partial(self._open, chat_id), help="open this chat")

    async def _chats(self) -> list[tuple[int, str]]:
        """Return id and title of every chat, the newest first."""
        chats = await asyncio.to_thread(cast("Home", self.app).assistant.store.chats)
        return [(chat.id, one_line(chat.title, 70) or "Untitled") for chat in chats]

    def _named(self, text: str) -> str:
        return keys_of(self.app).named(text)

    @property
    def _on_chat(self) -> bool:
        return self.screen.id == "chat"

    def _available(self) -> list[Command]:
        return [c for c in COMMANDS if self._on_chat or not c.action.startswith("screen.")]

    async def _run(self, command: Command) -> None:
        await self.screen.run_action(command.call())

    def _open(self, chat_id: int) -> None:
        cast("ChatScreen", self.screen).parts.opening.choose(chat_id)
