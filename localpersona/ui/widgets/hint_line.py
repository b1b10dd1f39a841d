"""A tour of five hints, one line at a time, out of the way and gone for good with one key."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from localpersona.ui.keymap import keys_of

HINTS = (
    "<Esc|chat.to_messages> moves up to the messages, where letters act: <r|message.regenerate> answers again, "
    "<e|message.edit> edits, <y|message.copy> copies. <Esc|chat.to_prompt> comes back.",
    "<c|message.compare> on an answer shows two versions of it. Say which you like better: that is how your taste "
    "is learned.",
    "<w|message.why> says why an answer was chosen. <F3|app.profile> is your profile: read it, correct it, see every "
    "choice behind it.",
    "<Ctrl+F|chat.search> searches everything you ever asked. <Ctrl+P|app.palette> and / list all commands, "
    "<F1|app.help> helps on every screen.",
    "<F4|app.models> lists models. A larger one than what comes along answers far better, and nothing leaves this "
    "machine.",
)


class HintLine(Widget):
    """`Hint 2 of 5  …  F8 next · F9 no more hints`; hidden when `number` is 0."""

    ALLOW_SELECT = False

    DEFAULT_CSS = """
    HintLine {
        height: auto; max-height: 3; padding: 0 2; color: $foreground 75%; display: none; margin-bottom: 1;
        &.-on { display: block; }
    }
    """

    number: reactive[int] = reactive(0, layout=True)
    """Which hint, from 1; 0: none."""

    def watch_number(self, number: int) -> None:
        self.set_class(1 <= number <= len(HINTS), "-on")

    def render(self) -> Content:
        if not 1 <= self.number <= len(HINTS):
            return Content("")
        on, off = "<F8|chat.next_hint>", "<F9|chat.end_hints>"
        last = self.number == len(HINTS)
        what = f"{on} or {off} ends the tour" if last else f"{on} next · {off} no more hints"
        keys = keys_of(self)
        return Content.assemble(
            (f"Hint {self.number} of {len(HINTS)}  ", "$accent bold"),
            keys.named(HINTS[self.number - 1]),
            (f"  {keys.named(what)}", "$accent"),
        )
