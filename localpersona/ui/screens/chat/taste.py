"""How much answers follow the user's taste, and why one of them did."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui.screens.chat.meant import Meant
from localpersona.ui.screens.chat.status import Status
from localpersona.ui.screens.why import WhyScreen
from localpersona.ui.stage import Stage

if TYPE_CHECKING:
    from localpersona.assistant import Assistant

STRENGTHS = ("off", "light", "medium", "full")


class Taste:
    """Explains answers and sets the strength."""

    def __init__(self, stage: Stage, assistant: Assistant, meant: Meant, status: Status) -> None:
        self._stage = stage
        self._assistant = assistant
        self._meant = meant
        self._status = status

    def explain(self) -> None:
        """Show why the answer that is meant was chosen."""
        if (answer_id := self._meant.stored_answer()) is not None:
            self._stage.start(self._explain(answer_id))

    async def _explain(self, answer_id: int) -> None:
        self._stage.show(WhyScreen(await asyncio.to_thread(self._assistant.explain, answer_id)))

    def strengthen(self, strength: str = "") -> None:
        """Set the strength; "" to the next one."""
        wanted = strength.strip().lower()
        if not wanted:
            now = self._assistant.settings.strength
            wanted = STRENGTHS[(STRENGTHS.index(now) + 1) % len(STRENGTHS)] if now in STRENGTHS else "full"
        if wanted not in STRENGTHS:
            self._stage.tell(f"Strength is one of {', '.join(STRENGTHS)}.")
        else:
            self._stage.start(self._strengthen(wanted))

    async def _strengthen(self, strength: str) -> None:
        await asyncio.to_thread(lambda: self._assistant.update_settings(strength=strength))
        self._stage.tell(
            "Off: the plain model answers." if strength == "off" else f"Your taste counts: {strength}."
        )
        await self._status.show()
