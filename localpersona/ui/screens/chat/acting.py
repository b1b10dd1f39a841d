"""What the letters do to a message. Each acts on the focused message, else on the newest answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator

from localpersona.assistant import Learned
from localpersona.events import Event
from localpersona.ui.answering import Live
from localpersona.ui.markdown import code_blocks
from localpersona.ui.screens.chat.sending import Sending
from localpersona.ui.screens.compare import CompareScreen
from localpersona.ui.screens.why import WhyScreen
from localpersona.ui.transcript import read, step
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.message_view import MessageView
from localpersona.ui.widgets.prompt_view import PromptView

STRENGTHS = ("off", "light", "medium", "full")


class Acting(Sending):
    """Comparing, explaining, answering again, editing, copying, undoing."""

    def __init__(self) -> None:
        super().__init__()
        self._copied: tuple[MessageView, int] | None = None
        """Whose code block was copied last, and which."""
        self._set_aside = ""
        """What was being typed when the editing of an earlier prompt began."""

    # Comparing and explaining

    def action_compare(self) -> None:
        if (answer_id := self._stored_answer()) is not None:
            self.start(self._compare(answer_id))

    async def _compare(self, answer_id: int) -> None:
        question = await asyncio.to_thread(self.assistant.comparable, answer_id)
        if question is None:
            self.tell("There is nothing left to compare here. Answer again (r) gives new candidates.")
        else:
            self.app.push_screen(CompareScreen(question), self._compared)

    def _compared(self, learned: Learned | None) -> None:
        if learned is not None:
            self.tell(f"{learned.summary}\nu takes it back.")
            for view in self.conversation.answers:
                view.offer()
            self.start(self.show_status())

    async def offer_comparison(self, answer_id: int) -> None:
        question = await asyncio.to_thread(self.assistant.comparable, answer_id)
        for view in self.conversation.answers:
            offered = question is not None and question.worth_asking and view.message_id == answer_id
            view.offer("Esc c: choose between two candidates" if offered else "")

    def action_undo_comparison(self) -> None:
        self.start(self._undo_comparison())

    async def _undo_comparison(self) -> None:
        undone = await asyncio.to_thread(self.assistant.undo)
        self.tell("There is no choice to take back." if undone is None else undone.summary)
        await self.show_status()

    def action_why(self) -> None:
        if (answer_id := self._stored_answer()) is not None:
            self.start(self._why(answer_id))

    async def _why(self, answer_id: int) -> None:
        self.app.push_screen(WhyScreen(await asyncio.to_thread(self.assistant.explain, answer_id)))

    # Answers

    def action_regenerate(self) -> None:
        if (answer_id := self._stored_answer()) is not None:
            self.start(
                self._begin_at(
                    answer_id, self.conversation.again, lambda: self.assistant.regenerate(answer_id)
                )
            )

    def action_continue(self) -> None:
        view = self._answer()
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
        prompt = self._prompt()
        if prompt is None or prompt.message_id is None or self.refuse_while_answering():
            return
        if self.editing is None:
            self._set_aside = self.prompt_box.text
        self.editing = prompt.message_id
        self.prompt_box.put(prompt.text)
        self.prompt_box.border_title = "asking this instead · the former prompt stays · Esc cancels"
        self.prompt_box.add_class("-editing")
        self.prompt_box.focus()

    def end_editing(self) -> None:
        self.editing = None
        self.prompt_box.border_title = ""
        self.prompt_box.remove_class("-editing")
        self.prompt_box.put(self._set_aside)

    # Copying

    def action_copy(self, what: str = "") -> None:
        view = self.target()
        if what.strip().lower() == "code":
            self.action_copy_code()
        elif view is None or not view.text.strip():
            self.tell("There is nothing to copy yet.")
        else:
            self.app.copy_to_clipboard(view.text)
            self.tell(f"Copied the {'answer' if isinstance(view, AnswerView) else 'prompt'}.")

    def action_copy_code(self) -> None:
        view = self.target()
        blocks = code_blocks(view.text) if view is not None else []
        if view is None or not blocks:
            self.tell("There is no code block in this message.")
            return
        before = self._copied[1] if self._copied is not None and self._copied[0] is view else -1
        index = (before + 1) % len(blocks)
        self._copied = (view, index)
        self.app.copy_to_clipboard(blocks[index])
        more = f" {index + 1} of {len(blocks)}; again for the next" if len(blocks) > 1 else ""
        self.tell(f"Copied the code block{more}.")

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

    # Which message is meant

    def _answer(self) -> AnswerView | None:
        view = self.target()
        if isinstance(view, PromptView):
            views = self.conversation.views
            view = next((v for v in views[views.index(view) :] if isinstance(v, AnswerView)), None)
        return view if isinstance(view, AnswerView) else None

    def _prompt(self) -> PromptView | None:
        view = self.target()
        if isinstance(view, AnswerView):
            views = self.conversation.views
            view = next((v for v in reversed(views[: views.index(view)]) if isinstance(v, PromptView)), None)
        return view if isinstance(view, PromptView) else None

    def _stored_answer(self) -> int | None:
        """Return the answer that is meant; say so when there is none or when it is still being written."""
        view = self._answer()
        if view is None:
            self.tell("There is no answer yet.")
        elif view.message_id is None or (self.answering_here and view is self.live_view):
            self.tell("This answer is still being written.")
        else:
            return view.message_id
        return None
