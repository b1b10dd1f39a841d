"""What the letters do to a message. Each acts on the focused message, else on the newest answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from functools import partial

from localpersona.events import Event
from localpersona.ui.answering import Live
from localpersona.ui.screens.chat import meant
from localpersona.ui.screens.chat.comparing import Comparing
from localpersona.ui.screens.chat.copying import Copying
from localpersona.ui.screens.chat.editing import Editing
from localpersona.ui.screens.chat.sending import Sending
from localpersona.ui.screens.why import WhyScreen
from localpersona.ui.transcript import read, step
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.message_view import MessageView

STRENGTHS = ("off", "light", "medium", "full")


class Acting(Sending):
    """Explaining, answering again, editing, copying; comparing is a part of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.comparing = Comparing(self)
        self.editing = Editing(self)
        self.copying = Copying(self)

    # Comparing and explaining

    def action_compare(self) -> None:
        self.comparing.compare()

    def action_toggle_offers(self) -> None:
        self.comparing.toggle_offers()

    def action_undo_comparison(self) -> None:
        self.comparing.undo()

    def action_why(self) -> None:
        if (answer_id := meant.stored_answer(self)) is not None:
            self.start(self._why(answer_id))

    async def _why(self, answer_id: int) -> None:
        self.app.push_screen(WhyScreen(await asyncio.to_thread(self.assistant.explain, answer_id)))

    # Answers

    def action_regenerate(self) -> None:
        if (answer_id := meant.stored_answer(self)) is not None:
            self.answer_again(answer_id)

    def answer_again(self, answer_id: int, candidates: int | None = None) -> bool:
        """Begin another answer beside this one; return whether that was possible."""
        if self.refuse_while_answering():
            return False
        source = partial(self.assistant.regenerate, answer_id, candidates=candidates)
        self.start(self._begin_at(answer_id, self.conversation.again, source))
        return True

    def action_continue(self) -> None:
        view = meant.answer(self)
        if view is None or view.shown is None or not view.shown.can_continue:
            self.tell("This answer is complete.")
        else:
            answer_id = view.shown.id
            self.start(
                self._begin_at(answer_id, self._further, lambda: self.assistant.continue_answer(answer_id))
            )

    async def _further(self, answer_id: int) -> AnswerView:
        view = self.conversation.answer(answer_id)
        assert view is not None and self.runner.live is not None
        self.runner.live.text, self.runner.live.reasoning = view.text, view.thought
        self.runner.live.answer_id = answer_id
        return view

    async def _begin_at(
        self,
        answer_id: int,
        prepare: Callable[[int], Coroutine[object, object, AnswerView]],
        source: Callable[[], Iterator[Event]],
    ) -> None:
        if self.refuse_while_answering() or not self.runner.claim(Live(self.chat_id)):
            return
        self.prompt_box.focus()
        await self.begin(source, await self.prepared(prepare(answer_id)))

    def action_stop(self) -> None:
        if self.runner.running:
            self.start(asyncio.to_thread(self.assistant.cancel))
        else:
            self.tell("No answer is being written.")

    def action_version(self, by: int) -> None:
        view = self.focused
        if isinstance(view, MessageView) and view.shown is not None and view.shown.siblings > 1:
            self.start(self._show_version(view.shown.id, by), group="version", only=True)

    async def _show_version(self, message_id: int, by: int) -> None:
        if self.answering_here:
            self.tell("An answer is being written. Escape stops it.")
            return
        store, chat_id = self.assistant.store, self.chat_id
        index = next(i for i, view in enumerate(self.conversation.views) if view.message_id == message_id)
        if chat_id is None or not await asyncio.to_thread(step, store, message_id, by):
            return
        await self.conversation.refresh_from(await asyncio.to_thread(read, store, chat_id))
        self.conversation.views[index].focus()

    # Editing

    def action_edit(self) -> None:
        self.editing.prompt()

    def action_edit_answer(self) -> None:
        self.editing.answer()

    # Copying

    def action_copy(self, what: str = "") -> None:
        if what.strip().lower() == "code":
            self.copying.code()
        else:
            self.copying.message()

    def action_copy_code(self) -> None:
        self.copying.code()

    # Strength

    def action_strength(self, strength: str = "") -> None:
        """Set it; without an argument to the next one."""
        wanted = strength.strip().lower()
        if not wanted:
            now = self.assistant.settings.strength
            wanted = STRENGTHS[(STRENGTHS.index(now) + 1) % len(STRENGTHS)] if now in STRENGTHS else "full"
        if wanted not in STRENGTHS:
            self.tell(f"Strength is one of {', '.join(STRENGTHS)}.")
        else:
            self.start(self._set_strength(wanted))

    async def _set_strength(self, strength: str) -> None:
        await asyncio.to_thread(lambda: self.assistant.update_settings(strength=strength))
        self.tell("Off: the plain model answers." if strength == "off" else f"Your taste counts: {strength}.")
        await self.show_status()
