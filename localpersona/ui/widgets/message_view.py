"""What prompts and answers on screen have in common: focus, moving between them, and the letters that act."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from localpersona.ui.transcript import Shown


class MessageView(Vertical, can_focus=True):
    """A message. What the letters do is the chat screen's matter; it acts on the focused message."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Previous", show=False),
        Binding("down,j", "move(1)", "Next", show=False),
        Binding("home,g", "ends(-1)", "First", show=False),
        Binding("end,G", "ends(1)", "Last", show=False),
        Binding("left,left_square_bracket", "screen.version(-1)", "Former", False, id="message.previous"),
        Binding("right,right_square_bracket", "screen.version(1)", "Next", False, id="message.next"),
        Binding("u", "screen.undo_comparison", "Undo choice", show=False, id="message.undo"),
        Binding("o", "screen.toggle_offers", "Offers on or off", show=False, id="message.offers"),
        Binding("question_mark", "app.help", "Help", show=False),
        Binding("i,enter,slash", "screen.focus_prompt", "Write", show=False),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | up, down, k, j | Scroll a long message, then move to the previous or next one. |
    | left, right, [, ] | Show the previous or next version of this message. |
    | u | Take the last choice between two answers back. |
    | o | Offer comparisons no more, or again. |
    """

    DEFAULT_CSS = """
    MessageView {
        height: auto;
        padding: 0 1 0 1;
        margin-bottom: 1;
        border-left: blank;
        &:focus { border-left: wide $accent; background: $foreground 4%; }
        & > .foot { color: $text-muted; height: auto; display: none; &.-on { display: block; } }
    }
    """

    class Moved(Message):
        """The user wants the focus at the previous (-1) or next (1) message; `far`: at the first or last."""

        def __init__(self, view: MessageView, by: int, far: bool = False) -> None:
            super().__init__()
            self.view = view
            self.by = by
            self.far = far

    def __init__(self, shown: Shown | None = None) -> None:
        super().__init__()
        self.shown = shown
        """None until it is stored."""

    @property
    def message_id(self) -> int | None:
        return self.shown.id if self.shown else None

    @property
    def text(self) -> str:
        """What copying copies: the message as it was written."""
        return self.shown.row.text if self.shown else ""

    async def show(self, shown: Shown) -> None:
        """Show this stored state of the message."""
        self.shown = shown

    def set_foot(self, *parts: str) -> None:
        """Show the quiet line under the message; empty parts are left out."""
        foot = self.query_one(".foot", Static)
        line = " · ".join(part for part in parts if part)
        foot.update(Content(line))
        foot.set_class(bool(line), "-on")

    def version(self) -> str:
        """`‹ 2/3 ›` when there are siblings, else ""."""
        many = self.shown is not None and self.shown.siblings > 1
        return f"‹ {self.shown.position}/{self.shown.siblings} ›" if many and self.shown else ""

    def action_move(self, by: int) -> None:
        self.post_message(self.Moved(self, by))

    def action_ends(self, by: int) -> None:
        self.post_message(self.Moved(self, by, far=True))
