"""From Enter to the stored answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from textual import on

from localpersona.events import (
    Accepted,
    Delta,
    Event,
    Failed,
    Finished,
    Loading,
    Notice,
    Progress,
    PromptRead,
)
from localpersona.text import one_line
from localpersona.ui import commands
from localpersona.ui.answering import AnswerAdvanced, EventSource, Live
from localpersona.ui.screens.chat.base import ChatBase
from localpersona.ui.transcript import read
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.command_hints import CommandHints
from localpersona.ui.widgets.prompt_box import PromptBox
from localpersona.ui.widgets.status_line import StatusLine


class Sending(ChatBase):
    """Prompts go out one at a time; those that come meanwhile wait in the outbox and can be taken back."""

    @on(PromptBox.Submitted)
    async def submit(self, event: PromptBox.Submitted) -> None:
        event.stop()
        text = event.text
        if (found := commands.parse(text)) is not None:
            command, argument = found
            await self.run_action(command.call(argument))
        elif commands.mistyped(text):
            event.box.give_back(text)
            self.tell(f"There is no command {one_line(text, 30)}. Type / to see them all.")
        elif self.editing.active:
            await self.editing.submit(text)
        elif self.runner.running:
            self.outbox.add(self.chat_id, text)
            self.show_queue()
        else:
            await self.send(self.chat_id, text)

    async def send(self, chat_id: int | None, text: str) -> None:
        """Ask in this chat, which may be another than the open one. No answer may be running."""
        live = Live(chat_id, prompt=text)
        if self.runner.claim(live):
            here = chat_id == self.chat_id
            view = await self.prepared(self.conversation.ask(text)) if here else None
            await self.begin(lambda: self.assistant.stream(text, chat_id=chat_id), view)

    async def prepared(self, preparing: Coroutine[object, object, AnswerView]) -> AnswerView:
        """Make room for the answer that the runner has been claimed for; let the runner go if that fails."""
        try:
            return await preparing
        except BaseException:
            self.runner.ended()
            raise

    async def begin(self, source: EventSource, view: AnswerView | None) -> None:
        """Start the answer that the runner has been claimed for."""
        self.live_view, live = view, self.runner.live
        if live is not None:
            live.activity = self.persona_app.model_activity or "reading the question"
            if view is not None:
                await view.begin(live)
        self.refresh_bindings()
        self.runner.start(source)

    # While it runs

    @on(AnswerAdvanced)
    async def follow(self, message: AnswerAdvanced) -> None:
        message.stop()
        live = self.runner.live
        if live is None:
            return
        match message.event:
            case Accepted(chat_id, prompt_id, answer_id):
                await self._accepted(live, chat_id, answer_id)
                if prompt_id is not None and live.prompt:
                    self.start(self.comparing.learn_from_kept(prompt_id))
            case Delta(text, reasoning):
                self._add(live, text, reasoning)
            case Notice(text):
                await self.tell_once(text)
            case Finished() | Failed():
                await self._ended(live, message.event)
            case Loading() | PromptRead() | Progress():
                self._say(live, _activity(message.event))
                if isinstance(message.event, PromptRead):
                    await self._prompt_read(message.event)

    async def tell_once(self, notice: str) -> None:
        """Show a notice in the conversation, unless it has been shown."""
        raise NotImplementedError

    async def _accepted(self, live: Live, chat_id: int | None, answer_id: int | None) -> None:
        live.answer_id = answer_id
        if live.chat_id is None and chat_id is not None:
            live.chat_id = chat_id
            self.outbox.created(chat_id)
            if self.chat_id is None and self._view() is not None:
                self.chat_id = chat_id
                await self.guarded(self.chat_created(chat_id))
            self.show_queue()

    async def chat_created(self, chat_id: int) -> None:
        """The open chat has its id now."""
        raise NotImplementedError

    async def _prompt_read(self, event: PromptRead) -> None:
        if self._view() is not None:
            await self.conversation.mark_unsent(event.dropped_turns)
            status = self.query_one(StatusLine)
            status.used, status.total = event.prompt_tokens, event.context_length

    def _add(self, live: Live, text: str, reasoning: bool) -> None:
        if reasoning:
            live.reasoning += text
        else:
            live.text += text
        if (view := self._view()) is not None:
            view.feed(text, reasoning)
        self._say(live, "thinking · Esc stops" if reasoning else "writing · Esc stops")

    def _say(self, live: Live, activity: str) -> None:
        live.activity = activity
        if (view := self._view()) is not None:
            view.say(activity)

    def _view(self) -> AnswerView | None:
        view = self.live_view
        return view if view is not None and view.is_attached else None

    # Afterwards

    async def _ended(self, live: Live, event: Event) -> None:
        here = self._view() is not None
        if here:
            await self.guarded(self._read_again(live.chat_id))
        if isinstance(event, Failed):
            await self._tell_failure(live, event, here)
        self.runner.ended()
        self.refresh_bindings()
        stopped = isinstance(event, Finished) and event.reply.finish_reason == "cancelled"
        if stopped or isinstance(event, Failed):
            self._give_back_queue(live)
        elif not here:
            self.tell("The answer in the other chat is ready.")
        await self.guarded(self.show_status())
        if isinstance(event, Finished) and here and live.answer_id is not None:
            self.start(self.comparing.offer(live.answer_id))
        if not self.runner.running and (waiting := self.outbox.next()) is not None:
            await self.send(waiting.chat_id, waiting.text)
            self.show_queue()  # afterwards: until the prompt is stored, the queue on disk still holds it

    async def _read_again(self, chat_id: int | None) -> None:
        transcript = None
        if chat_id is not None:
            transcript = await asyncio.to_thread(read, self.assistant.store, chat_id)
        await self.conversation.refresh_from(transcript)

    async def _tell_failure(self, live: Live, event: Failed, here: bool) -> None:
        if not here:
            self.tell_error(RuntimeError(event.message))
            return
        if live.answer_id is None and live.prompt:  # not even stored: give back what was typed
            self.prompt_box.give_back(live.prompt)
        view = self.conversation.answer(live.answer_id) if live.answer_id is not None else None
        if view is not None:
            view.fail(event.message)
        else:
            await self.conversation.say(event.message, error=True)

    def _give_back_queue(self, live: Live) -> None:
        """After a stop or a failure nothing is sent by itself: what waited goes back to the prompt box."""
        if live.chat_id == self.chat_id and (waiting := self.outbox.take_all(self.chat_id)):
            self.prompt_box.give_back(waiting)
        self.show_queue()

    # The queue and the hints

    @on(PromptBox.LeftAbove)
    def take_back(self, event: PromptBox.LeftAbove) -> None:
        event.stop()
        if (text := self.outbox.take_back(self.chat_id)) is not None:
            self.prompt_box.put(text)
            self.show_queue()
        else:
            self.conversation.focus_last()

    @on(PromptBox.CompletionRequested)
    def complete(self, event: PromptBox.CompletionRequested) -> None:
        event.stop()
        if matches := self.query_one(CommandHints).matches:
            self.prompt_box.put(f"/{matches[0].name}" + (" " if matches[0].argument else ""))


def _activity(event: Loading | PromptRead | Progress) -> str:
    match event:
        case Loading(name):
            return f"loading {one_line(name, 40)}"
        case PromptRead():
            return "writing · Esc stops"
        case Progress(tokens, _, candidates):
            return f"choosing among {candidates} answers · {tokens} tokens"
