"""Asking before something that cannot be undone, by having a name typed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from localpersona.text import one_line


class TypedConfirmScreen(ModalScreen[bool]):
    """Dismisses with True only when the name was typed as it is; with False on Escape."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel", show=False)]

    DEFAULT_CSS = """
    TypedConfirmScreen {
        align: center middle;
        & > Vertical {
            width: 68; max-width: 94%; height: auto; max-height: 94%; padding: 1 2;
            background: $surface; border: round $foreground 40%; overflow-y: auto;
        }
        #question { text-style: bold; }
        #detail { color: $foreground 80%; margin: 1 0; }
        #keys { color: $foreground 70%; margin-top: 1; }
    }
    """

    def __init__(self, question: str, detail: str, name: str) -> None:
        """Question and detail are shown as they are; sanitise what is foreign."""
        super().__init__()
        self._texts = (question, detail)
        self._wanted = name

    def compose(self) -> ComposeResult:
        question, detail = self._texts
        with Vertical():
            yield Static(question, id="question", markup=False)
            yield Static(detail, id="detail", markup=False)
            yield Input(placeholder=one_line(self._wanted, 50), compact=True)
            yield Static(_KEYS, id="keys", markup=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.value.strip() == self._wanted.strip():
            self.dismiss(True)
        else:
            self.query_one("#keys", Static).update(f"That is another name. {_KEYS}")

    def action_cancel(self) -> None:
        self.dismiss(False)


_KEYS = "Type the name and press Enter to go on. Escape keeps everything."
