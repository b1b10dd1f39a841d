"""What becomes of the running answer: shown while it comes, read again when it has ended."""

from __future__ import annotations

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
from localpersona.ui.answering import Live
from localpersona.ui.screens.chat.comparing import Comparing
from localpersona.ui.screens.chat.notices import Notices
from localpersona.ui.screens.chat.open_chat import OpenChat
from localpersona.ui.screens.chat.opening import Opening
from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.screens.chat.sending import Sending
from localpersona.ui.screens.chat.status import Status
from localpersona.ui.screens.chat.unsent import Unsent
from localpersona.ui.stage import Stage
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.prompt_box import PromptBox


class Following:
    """Takes the events of the running answer, in order."""

    def __init__(
        self,
        stage: Stage,
        open_chat: OpenChat,
        conversation: Conversation,
        box: PromptBox,
        running: RunningAnswer,
        unsent: Unsent,
        opening: Opening,
        sending: Sending,
        comparing: Comparing,
        notices: Notices,
        status: Status,
    ) -> None:
        self._stage = stage
        self._open_chat = open_chat
        self._conversation = conversation
        self._box = box
        self._running = running
        self._unsent = unsent
        self._opening = opening
        self._sending = sending
        self._comparing = comparing
        self._notices = notices
        self._status = status

    async def follow(self, event: Event) -> None:
        """Take the next event."""
        live = self._running.live
        if live is None:
            return
        match event:
            case Accepted():
                await self._accepted(live, event)
            case Delta(text, reasoning):
                self._running.add(text, reasoning=reasoning)
            case Notice(text):
                await self._notices.tell(text)
            case Finished() | Failed():
                await self._ended(live, event)
            case Loading() | PromptRead() | Progress():
                self._running.say(_activity(event))
                if isinstance(event, PromptRead) and self._running.view is not None:
                    await self._conversation.mark_unsent(event.dropped_turns)
                    self._status.prompt_read(event)

    async def _accepted(self, live: Live, event: Accepted) -> None:
        live.answer_id = event.answer_id
        if live.chat_id is None and event.chat_id is not None:
            live.chat_id = event.chat_id
            self._unsent.created(event.chat_id)
            if self._open_chat.id is None and self._running.view is not None:
                await self._stage.guarded(self._opening.created(event.chat_id))
            self._unsent.show_queue()
        if event.prompt_id is not None and live.prompt:
            self._stage.start(self._comparing.learn_from_kept(event.prompt_id))

    async def _ended(self, live: Live, event: Finished | Failed) -> None:
        here = self._running.view is not None
        if here:
            await self._stage.guarded(self._open_chat.refresh())
        if isinstance(event, Failed):
            await self._tell_failure(live, event, here)
        self._running.end()
        if isinstance(event, Failed) or event.reply.finish_reason == "cancelled":
            self._unsent.give_back(live.chat_id)
        elif not here:
            self._stage.tell("The answer in the other chat is ready.")
        await self._stage.guarded(self._status.show())
        if isinstance(event, Finished) and here and live.answer_id is not None:
            self._stage.start(self._comparing.offer(live.answer_id))
        await self._sending.send_next()

    async def _tell_failure(self, live: Live, event: Failed, here: bool) -> None:
        if not here:
            self._stage.tell_error(RuntimeError(event.message))
            return
        if live.answer_id is None and live.prompt:  # not even stored: give back what was typed
            self._box.give_back(live.prompt)
        view = self._conversation.answer(live.answer_id) if live.answer_id is not None else None
        if view is not None:
            view.fail(event.message)
        else:
            await self._conversation.say(event.message, error=True)


def _activity(event: Loading | PromptRead | Progress) -> str:
    match event:
        case Loading(name):
            return f"loading {one_line(name, 40)}"
        case PromptRead():
            return "writing · <Esc|chat.stop> stops"
        case Progress(tokens, _, candidates):
            return f"choosing among {candidates} answers · {tokens} tokens"
