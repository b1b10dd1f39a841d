"""A tour of five hints, one line at a time, out of the way and gone for good with one key."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

HINTS = (
    "Esc moves up to the messages, where letters act: r answers again, e edits, y copies. Esc comes back.",
    "c on an answer shows two versions of it. Say which you like better: that is how your taste is learned.",
    "w says why an answer was chosen. F3 is your profile: read it, correct it, see every choice behind it.",
    "Ctrl+F searches everything you ever asked. Ctrl+P and / list all commands, F1 helps on every screen.",
    "F4 lists models. A larger one than what comes along answers far better, and nothing leaves this machine.",
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
        keys = "F8 next · F9 no more hints" if self.number < len(HINTS) else "F8 or F9 ends the tour"
        return Content.assemble(
            (f"Hint {self.number} of {len(HINTS)}  ", "$accent bold"),
            HINTS[self.number - 1],
            (f"  {keys}", "$accent"),
        )
