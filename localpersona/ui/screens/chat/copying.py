"""Copying messages and their code blocks, and saying which way it went."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from localpersona.ui import clipboard
from localpersona.ui.markdown import code_blocks
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.message_view import MessageView

if TYPE_CHECKING:
    from localpersona.ui.screens.chat.base import ChatBase


class Copying:
    """Copies the message that is meant."""

    def __init__(self, chat: ChatBase) -> None:
        self._chat = chat
        self._last: tuple[MessageView, int] | None = None
        """Whose code block was copied last, and which."""
        self._warned = False

    def message(self) -> None:
        """Copy all of it, as it was written."""
        view = self._chat.target()
        if view is None or not view.text.strip():
            self._chat.tell("There is nothing to copy yet.")
        else:
            self._copy(view.text, f"the {'answer' if isinstance(view, AnswerView) else 'prompt'}")

    def code(self) -> None:
        """Copy its next code block, without the fence."""
        view = self._chat.target()
        blocks = code_blocks(view.text) if view is not None else []
        if view is None or not blocks:
            self._chat.tell("There is no code block in this message.")
            return
        before = self._last[1] if self._last is not None and self._last[0] is view else -1
        index = (before + 1) % len(blocks)
        self._last = (view, index)
        more = f" {index + 1} of {len(blocks)}; again for the next" if len(blocks) > 1 else ""
        self._copy(blocks[index], f"the code block{more}")

    def _copy(self, text: str, what: str) -> None:
        self._chat.start(self._copied(text, what), group="copy")

    async def _copied(self, text: str, what: str) -> None:
        how = await asyncio.to_thread(clipboard.copy, self._chat.app, text)
        told = "" if self._warned else clipboard.remark(how)
        self._warned = True
        name, _, rest = what.partition(";")
        self._chat.tell(f"Copied {name} {how}{';' + rest if rest else ''}.{told}")
