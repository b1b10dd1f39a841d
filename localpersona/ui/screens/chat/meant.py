"""Which message a key or a command means: the focused one, else the newest answer."""

from __future__ import annotations

from localpersona.ui.screens.chat.base import ChatBase
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.prompt_view import PromptView


def answer(chat: ChatBase) -> AnswerView | None:
    """Return the answer that is meant; of a prompt the one below it."""
    view = chat.target()
    if isinstance(view, PromptView):
        views = chat.conversation.views
        view = next((v for v in views[views.index(view) :] if isinstance(v, AnswerView)), None)
    return view if isinstance(view, AnswerView) else None


def prompt(chat: ChatBase) -> PromptView | None:
    """Return the prompt that is meant; of an answer the one above it."""
    view = chat.target()
    if isinstance(view, AnswerView):
        views = chat.conversation.views
        view = next((v for v in reversed(views[: views.index(view)]) if isinstance(v, PromptView)), None)
    return view if isinstance(view, PromptView) else None


def stored_answer(chat: ChatBase) -> int | None:
    """Return the answer that is meant; say so when there is none or when it is still being written."""
    view = answer(chat)
    if view is None:
        chat.tell("There is no answer yet.")
    elif view.message_id is None or (chat.answering_here and view is chat.live_view):
        chat.tell("This answer is still being written.")
    else:
        return view.message_id
    return None
