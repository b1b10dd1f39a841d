"""How strongly answers follow the profile, with the consequence in words."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from localpersona.ui.widgets.segments import Segments

_MEANS = {
    "off": "the plain model: your profile changes nothing",
    "light": "what most people like, with a touch of your taste",
    "medium": "mostly your taste, softened by what most people like",
    "full": "your taste as it was learned",
}


class StrengthPicker(Vertical):
    """A row of strengths and one line that says what the chosen one does."""

    DEFAULT_CSS = """
    StrengthPicker {
        height: auto;
        .question { height: 1; padding: 0 1; }
        .means { color: $foreground 70%; padding: 0 1; }
    }
    """

    class Changed(Message):
        """The user chose another strength."""

        def __init__(self, strength: str) -> None:
            super().__init__()
            self.strength = strength

    def __init__(self, strength: str) -> None:
        super().__init__()
        self._strength = strength

    def compose(self) -> ComposeResult:
        yield Static("How strongly answers follow your profile:", classes="question", markup=False)
        yield Segments(tuple(_MEANS), self._strength)
        yield Static(_MEANS.get(self._strength, ""), classes="means", markup=False)

    def on_segments_changed(self, event: Segments.Changed) -> None:
        event.stop()
        self._explain(event.value)
        self.post_message(self.Changed(event.value))

    def show(self, strength: str) -> None:
        """Show a strength that is in use already."""
        self.query_one(Segments).value = strength
        self._explain(strength)

    def _explain(self, strength: str) -> None:
        self.query_one(".means", Static).update(_MEANS.get(strength, ""))
