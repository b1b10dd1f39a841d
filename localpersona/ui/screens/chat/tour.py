"""Where the tour of hints stands: it goes on where it was left, also after a restart, until it is dismissed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui.widgets.hint_line import HINTS, HintLine

if TYPE_CHECKING:
    from localpersona.ui.screens.chat.screen import ChatScreen

_STATE = "hint"


class Tour:
    """Shows the next hint on demand. `settings.hints` off: none, for good."""

    def __init__(self, chat: ChatScreen) -> None:
        self._chat = chat

    async def resume(self) -> None:
        """Show the hint at which the tour was left."""
        if self._chat.assistant.settings.hints:
            left = await asyncio.to_thread(self._chat.assistant.store.state, _STATE, "1")
            self._line.number = int(left) if left.isdecimal() and 1 <= int(left) <= len(HINTS) else 1

    def next(self) -> None:
        """Go on; after the last hint the tour is over. Without a tour, begin one."""
        self._chat.start(self._next(), group="tour")

    def end(self) -> None:
        """No more hints, for good."""
        if self._line.number:
            self._chat.start(self._end(), group="tour")

    async def _next(self) -> None:
        line, assistant = self._line, self._chat.assistant
        if line.number == len(HINTS):
            await self._end()
            return
        line.number += 1
        await asyncio.to_thread(assistant.store.set_state, _STATE, str(line.number))
        if not assistant.settings.hints:
            await asyncio.to_thread(lambda: assistant.update_settings(hints=True))

    async def _end(self) -> None:
        self._line.number = 0
        assistant = self._chat.assistant
        await asyncio.to_thread(assistant.store.set_state, _STATE, "1")
        await asyncio.to_thread(lambda: assistant.update_settings(hints=False))
        self._chat.tell("No more hints. /hints shows them again, F1 always helps.")

    @property
    def _line(self) -> HintLine:
        return self._chat.query_one(HintLine)
