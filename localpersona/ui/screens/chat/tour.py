"""Where the tour of hints stands: it goes on where it was left, also after a restart, until it is dismissed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui.stage import Stage
from localpersona.ui.widgets.hint_line import HINTS, HintLine

if TYPE_CHECKING:
    from localpersona.assistant import Assistant

_STATE = "hint"


class Tour:
    """Shows the next hint on demand. `settings.hints` off: none, for good."""

    def __init__(self, stage: Stage, assistant: Assistant, line: HintLine) -> None:
        self._stage = stage
        self._assistant = assistant
        self._line = line

    def resume(self) -> None:
        """Show the hint at which the tour was left."""
        if self._assistant.settings.hints:
            self._stage.start(self._resume(), group="tour")

    async def _resume(self) -> None:
        left = await asyncio.to_thread(self._assistant.store.state, _STATE, "1")
        self._line.number = int(left) if left.isdecimal() and 1 <= int(left) <= len(HINTS) else 1

    def next(self) -> None:
        """Go on; after the last hint the tour is over. Without a tour, begin one."""
        self._stage.start(self._next(), group="tour")

    def end(self) -> None:
        """No more hints, for good."""
        if self._line.number:
            self._stage.start(self._end(), group="tour")

    async def _next(self) -> None:
        if self._line.number == len(HINTS):
            await self._end()
            return
        self._line.number += 1
        await asyncio.to_thread(self._assistant.store.set_state, _STATE, str(self._line.number))
        if not self._assistant.settings.hints:
            await asyncio.to_thread(lambda: self._assistant.update_settings(hints=True))

    async def _end(self) -> None:
        self._line.number = 0
        await asyncio.to_thread(self._assistant.store.set_state, _STATE, "1")
        await asyncio.to_thread(lambda: self._assistant.update_settings(hints=False))
        self._stage.tell(
            self._stage.keys("No more hints. /hints shows them again, <F1|app.help> always helps.")
        )
