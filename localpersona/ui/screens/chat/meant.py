"""Which message a key or a command means: the focused one, else the newest answer."""

from __future__ import annotations

from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.stage import Stage
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.message_view import MessageView
from localpersona.ui.widgets.prompt_view import PromptView


class Meant:
    """Finds it. With the prompt box focused it is the newest answer."""

    def __init__(self, stage: Stage, conversation: Conversation, running: RunningAnswer) -> None:
        self._stage = stage
        self._conversation = conversation
        self._running = running

    def focused(self) -> MessageView | None:
        """Return the message that has the focus."""
        return next((view for view in self._conversation.views if view.has_focus), None)

    def message(self) -> MessageView | None:
        """Return the message that is meant."""
        answers = self._conversation.answers
        return self.focused() or (answers[-1] if answers else None)

    def answer(self) -> AnswerView | None:
        """Return the answer that is meant; of a prompt the one below it."""
        view = self.message()
        if isinstance(view, PromptView):
            views = self._conversation.views
            view = next((v for v in views[views.index(view) :] if isinstance(v, AnswerView)), None)
        return view if isinstance(view, AnswerView) else None

    def prompt(self) -> PromptView | None:
        """Return the prompt that is meant; of an answer the one above it."""
        view = self.message()
        if isinstance(view, AnswerView):
            views = self._conversation.views
            view = next((v for v in reversed(views[: views.index(view)]) if isinstance(v, PromptView)), None)
        return view if isinstance(view, PromptView) else None

    def stored_answer(self) -> int | None:
        """Return the answer that is meant; say so when there is none or when it is still being written."""
        view = self.answer()
        if view is None:
            self._stage.tell("There is no answer yet.")
        elif view.message_id is None or view is self._running.view:
            self._stage.tell("This answer is still being written.")
        else:
            return view.message_id
        return None
