"""What the parts of the chat screen share."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, cast

from textual.screen import Screen
from textual.worker import Worker

from localpersona.text import harmless
from localpersona.ui.answering import AnswerRunner
from localpersona.ui.outbox import Outbox
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.chat_list import ChatList
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.message_view import MessageView
from localpersona.ui.widgets.prompt_box import PromptBox
from localpersona.ui.widgets.queue_line import QueueLine

if TYPE_CHECKING:
    from localpersona.assistant import Assistant
    from localpersona.ui.answering import EventSource
    from localpersona.ui.app import LocalPersonaApp
    from localpersona.ui.screens.chat.comparing import Comparing
    from localpersona.ui.screens.chat.editing import Editing


class ChatBase(Screen[None]):
    """The state of the open chat and the way to the widgets. The assistant blocks: call it in a thread."""

    comparing: Comparing
    editing: Editing

    def __init__(self) -> None:
        super().__init__(id="chat")
        self.runner = AnswerRunner(self)
        self.outbox = Outbox()
        self.chat_id: int | None = None
        """None: a chat that doesn't exist before its first prompt."""
        self.live_view: AnswerView | None = None
        """Where the running answer is shown; None, or no longer mounted, while another chat is open."""

    @property
    def persona_app(self) -> LocalPersonaApp:
        return cast("LocalPersonaApp", self.app)

    @property
    def assistant(self) -> Assistant:
        return self.persona_app.assistant

    @property
    def conversation(self) -> Conversation:
        return self.query_one(Conversation)

    @property
    def prompt_box(self) -> PromptBox:
        return self.query_one(PromptBox)

    @property
    def chat_list(self) -> ChatList:
        return self.query_one(ChatList)

    @property
    def answering_here(self) -> bool:
        """Whether the running answer belongs to the open chat."""
        return self.runner.live is not None and self.runner.live.chat_id == self.chat_id

    def start(
        self, job: Coroutine[object, object, None], group: str = "default", *, only: bool = False
    ) -> Worker[None]:
        """Run a job beside the screen; tell in one line what goes wrong. `only`: ends its group's last."""
        return self.run_worker(self.guarded(job), group=group, exclusive=only, exit_on_error=False)

    def tell(self, text: str) -> None:
        """Say something in passing."""
        self.app.notify(harmless(text), markup=False)

    def tell_error(self, error: Exception) -> None:
        """Say what went wrong, in the error's own words."""
        self.app.notify(
            harmless(str(error)) or type(error).__name__, severity="error", timeout=8, markup=False
        )

    def target(self) -> MessageView | None:
        """Return the message that is meant: the focused one, else the newest answer."""
        if isinstance(self.focused, MessageView):
            return self.focused
        answers = self.conversation.answers
        return answers[-1] if answers else None

    def show_queue(self) -> None:
        """Show what waits in the open chat; write down what waits in any."""
        self.query_one(QueueLine).show(self.outbox.of(self.chat_id))
        self.start(self.keep_queue(), group="queue")

    async def keep_queue(self) -> None:
        """Write down what waits to be sent: it must not be lost with the app."""
        raise NotImplementedError

    def refuse_while_answering(self) -> bool:
        """Say that an answer is being written, if one is; return whether."""
        if self.runner.running:
            self.tell("An answer is being written. Escape stops it.")
        return self.runner.running

    async def prepared(self, preparing: Coroutine[object, object, AnswerView]) -> AnswerView:
        """Make room for the answer that the runner has been claimed for; let the runner go if that fails."""
        raise NotImplementedError

    async def begin(self, source: EventSource, view: AnswerView | None) -> None:
        """Start the answer that the runner has been claimed for."""
        raise NotImplementedError

    def answer_again(self, answer_id: int, candidates: int | None = None) -> bool:
        """Begin another answer beside this one; return whether that was possible."""
        raise NotImplementedError

    async def show_status(self) -> None:
        """Bring title and status line up to date."""
        raise NotImplementedError

    async def guarded(self, job: Coroutine[object, object, None]) -> None:
        """Do a job here and now; tell in one line what goes wrong: a handler that raises ends the app."""
        try:
            await job
        except Exception as error:  # whatever it was, the user must hear of it and be able to go on
            self.tell_error(error)
