"""Long prompts: putting a text file into one, where it can be read and changed, and saying what it takes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.assistant.models import CHARACTERS_PER_TOKEN
from localpersona.ui.screens.attach import AttachScreen, read_text
from localpersona.ui.screens.path_prompt import PathScreen, typed_path
from localpersona.ui.stage import Stage
from localpersona.ui.widgets.prompt_box import PromptBox

if TYPE_CHECKING:
    from localpersona.assistant import Assistant

LONG = 1500
"""Characters from which the size of a prompt is worth saying."""


class Attaching:
    """Asks for a path, shows what is there and how large it is, and puts it into the prompt box."""

    def __init__(self, stage: Stage, assistant: Assistant, box: PromptBox) -> None:
        self._stage = stage
        self._assistant = assistant
        self._box = box

    def attach(self, typed: str = "") -> None:
        """Attach the file at this path, or ask for one."""
        self._stage.start(self._attach(typed))

    async def _attach(self, typed: str) -> None:
        question = "Put the text of this file into the prompt:"
        path = typed_path(typed) if typed else await self._stage.ask(PathScreen(question))
        if path is None:
            return
        attachment = await asyncio.to_thread(read_text, path)
        tokens, exact = await asyncio.to_thread(self._assistant.count_tokens, attachment.fenced)
        if await self._stage.ask(AttachScreen(attachment, tokens, exact, self._context)):
            self._box.put("\n\n".join(part for part in (self._box.text.rstrip(), attachment.fenced) if part))
            self._box.focus()

    def say_size(self, text: str) -> None:
        """Say how much of the context a long prompt takes; an estimate, because it is asked at every key."""
        tokens = len(text) // CHARACTERS_PER_TOKEN
        takes = f"about {tokens:,} of {self._context:,} tokens"
        too_long = ": too long" if tokens >= self._context else ""
        self._box.note("size", takes + too_long if len(text) >= LONG else "")

    @property
    def _context(self) -> int:
        """How many tokens the model sees."""
        info = self._assistant.engine.info
        return info.context_length if info else self._assistant.settings.context_length
