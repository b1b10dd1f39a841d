"""Wording an earlier prompt or an answer differently, in the prompt box; what stood there comes back afterwards."""

from __future__ import annotations

import asyncio

from localpersona.ui.answering import Live
from localpersona.ui.screens.chat import meant
from localpersona.ui.screens.chat.base import ChatBase
from localpersona.ui.transcript import read
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.message_view import MessageView


class Editing:
    """At most one message is being edited. Its former wording always stays, as another version."""

    def __init__(self, chat: ChatBase) -> None:
        self._chat = chat
        self._message: MessageView | None = None
        self._set_aside = ""
        """What was being typed when the editing began."""

    @property
    def active(self) -> bool:
        return self._message is not None

    def prompt(self) -> None:
        """Put the prompt that is meant into the box, to ask another in its place."""
        self._begin(meant.prompt(self._chat), "asking this instead · the former prompt stays · Esc cancels")

    def answer(self) -> None:
        """Put the answer that is meant into the box, to keep the user's own wording beside it."""
        view = meant.answer(self._chat)
        if view is None or meant.stored_answer(self._chat) is not None:
            self._begin(view, "your wording of the answer · the former one stays · Esc cancels")

    def _begin(self, view: MessageView | None, title: str) -> None:
        if view is None or view.message_id is None or self._chat.refuse_while_answering():
            return
        box = self._chat.prompt_box
        if not self.active:
            self._set_aside = box.text
        self._message = view
        box.put(view.text)
        box.border_title = title
        box.add_class("-editing")
        box.focus()

    def end(self) -> None:
        """Leave the editing; what was being typed before comes back."""
        self._message = None
        box = self._chat.prompt_box
        box.border_title = ""
        box.remove_class("-editing")
        box.put(self._set_aside)

    async def submit(self, text: str) -> None:
        """Keep what was edited, or ask it."""
        view, chat = self._message, self._chat
        if view is None or view.message_id is None:
            return
        if isinstance(view, AnswerView):
            await chat.guarded(self._keep(view.message_id, text))
        elif chat.refuse_while_answering() or not chat.runner.claim(Live(chat.chat_id, prompt=text)):
            chat.prompt_box.give_back(text)
        else:
            await self._ask_instead(view.message_id, text)

    async def _ask_instead(self, message_id: int, text: str) -> None:
        chat = self._chat
        self.end()
        view = await chat.prepared(chat.conversation.instead(message_id, text))
        await chat.begin(lambda: chat.assistant.edit(message_id, text), view)

    async def _keep(self, answer_id: int, text: str) -> None:
        chat = self._chat
        self.end()
        learned = await asyncio.to_thread(chat.assistant.keep_edited, answer_id, text)
        if chat.chat_id is not None:
            transcript = await asyncio.to_thread(read, chat.assistant.store, chat.chat_id)
            await chat.conversation.refresh_from(transcript)
            if learned is not None and transcript.messages:
                chat.comparing.show(learned, transcript.messages[-1].id)
