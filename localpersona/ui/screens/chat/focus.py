"""Where the focus goes between the prompt box and the messages, and what Escape therefore does."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen
from textual.widget import Widget

from localpersona.ui.screens.chat.editing import Editing
from localpersona.ui.screens.chat.running import RunningAnswer
from localpersona.ui.screens.chat.side import SidePanel
from localpersona.ui.widgets.answer_view import AnswerView
from localpersona.ui.widgets.conversation import Conversation
from localpersona.ui.widgets.message_view import MessageView
from localpersona.ui.widgets.prompt_box import PromptBox


class Focus:
    """Moves it, and knows which keys act where it is."""

    def __init__(
        self,
        screen: Screen[Any],
        conversation: Conversation,
        box: PromptBox,
        running: RunningAnswer,
        editing: Editing,
        side: SidePanel,
    ) -> None:
        self._screen = screen
        self._conversation = conversation
        self._box = box
        self._running = running
        self._editing = editing
        self._side = side

    def allows(self, action: str) -> bool:
        """Return whether this action can be done just now."""
        focused = self._screen.focused
        match action:
            case "stop_here":
                return self._running.here
            case "to_messages":
                return not self._running.here and focused is self._box
            case "focus_prompt":
                return not self._running.here and focused is not self._box
            case "continue" if isinstance(focused, AnswerView):
                return bool(focused.shown and focused.shown.can_continue)
        return True

    def to_prompt(self) -> None:
        """Let the user write."""
        self._box.focus()

    def to_messages(self) -> None:
        """Leave the prompt box upwards; while an earlier prompt is edited, leave the editing."""
        if self._editing.active:
            self._editing.end()
        else:
            self._conversation.focus_last()

    def moved(self, widget: Widget) -> None:
        """Do what the focus on this widget brings with it."""
        if isinstance(widget, PromptBox) and self._conversation.is_vertical_scroll_end:
            self._conversation.anchor()
        self._side.uncover()
        if isinstance(widget, MessageView):
            self._screen.refresh_bindings()
