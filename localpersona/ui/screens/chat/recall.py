"""Going back through what was asked before, as in a shell."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui.stage import Stage
from localpersona.ui.widgets.prompt_box import PromptBox

if TYPE_CHECKING:
    from localpersona.assistant import Assistant


class Recall:
    """Walks through earlier prompts; what was being typed waits at the near end."""

    def __init__(self, stage: Stage, assistant: Assistant, box: PromptBox) -> None:
        self._stage = stage
        self._assistant = assistant
        self._box = box
        self._prompts: list[str] = []
        """Newest first, read anew whenever the walk begins."""
        self._at = -1
        """Which of them is shown; -1: what was being typed."""
        self._typed = ""

    def step(self, by: int) -> None:
        """Show the prompt `by` further back; negative: nearer to now."""
        self._stage.start(self._step(by), group="recall")

    async def _step(self, by: int) -> None:
        if self._at < 0 or self._box.text != self._prompts[self._at]:  # nothing recalled, or changed since
            self._typed, self._at = self._box.text, -1
            self._prompts = await asyncio.to_thread(self._assistant.store.recent_prompts)
        at = min(max(self._at + by, -1), len(self._prompts) - 1)
        if at != self._at:
            self._at = at
            self._box.put(self._prompts[at] if at >= 0 else self._typed)
        elif by > 0:
            self._stage.tell("There is no earlier prompt." if self._prompts else "Nothing was asked yet.")
