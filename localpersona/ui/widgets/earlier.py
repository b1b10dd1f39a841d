"""The line above the messages on screen when the chat has more of them."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget


class Earlier(Widget, can_focus=True):
    """`↑ 120 earlier messages · Enter shows more`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,up,k", "request", "Show more"),
        Binding("down,j", "app.focus_next", "Next", show=False),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | enter, up, k | Show more of the earlier messages. |
    """

    DEFAULT_CSS = """
    Earlier {
        height: 1; width: 100%; color: $text-muted; text-align: center; margin-bottom: 1; pointer: pointer;
        &:focus { color: $text; background: $foreground 5%; }
    }
    """

    count: reactive[int] = reactive(0)
    """How many messages are not shown."""

    class Requested(Message):
        """The user wants to see more."""

    def render(self) -> Content:
        return Content(f"↑ {self.count} earlier messages · Enter shows more")

    def action_request(self) -> None:
        self.post_message(self.Requested())

    def on_click(self) -> None:
        self.action_request()
