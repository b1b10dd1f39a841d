"""Going back through what was asked before, as in a shell."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localpersona.ui.screens.chat.screen import ChatScreen


class Recall:
    """Ctrl+Up and Ctrl+Down walk through earlier prompts; what was being typed waits at the near end."""

    def __init__(self, chat: ChatScreen) -> None:
        self._chat = chat
        self._prompts: list[str] = []
        """Newest first, read anew whenever the walk begins."""
        self._at = -1
        """Which of them is shown; -1: what was being typed."""
        self._typed = ""

    def step(self, by: int) -> None:
        """Show the prompt `by` further back; negative: nearer to now."""
        self._chat.start(self._step(by), group="recall")

    async def _step(self, by: int) -> None:
        box = self._chat.prompt_box
        if self._at < 0 or box.text != self._prompts[self._at]:  # nothing recalled, or changed since
            self._typed, self._at = box.text, -1
            self._prompts = await asyncio.to_thread(self._chat.assistant.store.recent_prompts)
        at = min(max(self._at + by, -1), len(self._prompts) - 1)
        if at != self._at:
            self._at = at
            box.put(self._prompts[at] if at >= 0 else self._typed)
        elif by > 0:
            self._chat.tell("There is no earlier prompt." if self._prompts else "Nothing was asked yet.")
