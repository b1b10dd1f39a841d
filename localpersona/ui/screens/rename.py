"""Asking for a name: a chat's title, a profile's name."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class RenameScreen(ModalScreen[str | None]):
    """One line to type a name in. Dismisses with it, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss", "Cancel", show=False)]

    DEFAULT_CSS = """
    RenameScreen {
        align: center middle;
        & > Vertical {
            width: 64; max-width: 94%; height: auto; padding: 1 2;
            background: $surface; border: round $foreground 40%;
        }
        .question { text-style: bold; margin-bottom: 1; }
        .keys { color: $text-muted; margin-top: 1; }
    }
    """

    def __init__(self, former: str, question: str = "Title of this chat") -> None:
        super().__init__()
        self._former = former
        self._question = question

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question, classes="question", markup=False)
            yield Input(self._former, compact=True, max_length=200)
            yield Static("Enter takes it, Escape cancels.", classes="keys")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value.strip() or None)
