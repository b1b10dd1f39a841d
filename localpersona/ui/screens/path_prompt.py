"""Asking for a file's path."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


def typed_path(text: str) -> Path | None:
    """Return the path somebody typed or pasted; `~`, quotes and file:// (from dragging) are understood."""
    text = text.strip().strip("'\"").removeprefix("file://")
    return Path(text).expanduser() if text and "\0" not in text else None


class PathScreen(ModalScreen[Path | None]):
    """One line to type a path in. Dismisses with it, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", show=False)]

    DEFAULT_CSS = """
    PathScreen {
        align: center middle;
        & > Vertical {
            width: 76; max-width: 94%; height: auto; padding: 1 2;
            background: $surface; border: round $foreground 40%;
        }
        #question { text-style: bold; margin-bottom: 1; }
        #keys { color: $foreground 70%; margin-top: 1; }
    }
    """

    def __init__(self, question: str, suggestion: str = "") -> None:
        super().__init__()
        self._question = question
        self._suggestion = suggestion

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self._question, id="question", markup=False)
            yield Input(self._suggestion, placeholder="path of the file", compact=True)
            yield Static("Enter goes on, Escape cancels.", id="keys", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(typed_path(event.value))

    def action_cancel(self) -> None:
        self.dismiss(None)
