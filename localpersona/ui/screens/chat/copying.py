"""Copying messages and their code blocks, and saying which way it went."""

from __future__ import annotations

import asyncio

from localpersona.ui import clipboard
from localpersona.ui.markdown import code_blocks
from localpersona.ui.screens.chat.meant import Meant
from localpersona.ui.stage import Stage
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.message_view import MessageView


class Copying:
    """Copies the message that is meant."""

    def __init__(self, stage: Stage, conversation: Conversation, meant: Meant) -> None:
        self._stage = stage
        self._conversation = conversation
        self._meant = meant
        self._last: tuple[MessageView, int] | None = None
        """Whose code block was copied last, and which."""
        self._warned = False

    def copy(self, what: str = "") -> None:
        """Copy what was typed behind the command: "code", else all of the message."""
        if what.strip().lower() == "code":
            self.code()
        else:
            self.message()

    def message(self) -> None:
        """Copy all of it, as it was written."""
        view = self._meant.message()
        if view is None or not view.text.strip():
            self._stage.tell("There is nothing to copy yet.")
        else:
            self._copy(view.text, f"the {'answer' if isinstance(view, AnswerView) else 'prompt'}")

    def code(self) -> None:
        """Copy its next code block, without the fence."""
        view = self._meant.message()
        blocks = code_blocks(view.text) if view is not None else []
        if view is None or not blocks:
            self._stage.tell("There is no code block in this message.")
            return
        before = self._last[1] if self._last is not None and self._last[0] is view else -1
        index = (before + 1) % len(blocks)
        self._last = (view, index)
        more = f" {index + 1} of {len(blocks)}; again for the next" if len(blocks) > 1 else ""
        self._copy(blocks[index], f"the code block{more}")

    def _copy(self, text: str, what: str) -> None:
        self._stage.start(self._copied(text, what), group="copy")

    async def _copied(self, text: str, what: str) -> None:
        how = await asyncio.to_thread(clipboard.copy, self._conversation.app, text)
        told = "" if self._warned else clipboard.remark(how)
        self._warned = True
        name, _, rest = what.partition(";")
        self._stage.tell(f"Copied {name} {how}{';' + rest if rest else ''}.{told}")
