"""Asking before something that cannot be undone."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from localpersona.ui.widgets.plain_button import PlainButton


class ConfirmScreen(ModalScreen[bool]):
    """A question with two buttons; the harmless one has the focus. Dismisses with True for yes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "answer(False)", "No", show=False),
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("left,right", "app.focus_next", "Other button", show=False),
    ]

    DEFAULT_CSS = """
    ConfirmScreen {
        align: center middle;
        & > Vertical {
            width: 64; max-width: 94%; height: auto; max-height: 94%; padding: 1 2;
            background: $surface; border: round $foreground 40%; overflow-y: auto;
        }
        #question { text-style: bold; }
        #detail { color: $foreground 80%; margin-top: 1; }
        Horizontal { height: auto; margin-top: 1; align-horizontal: right; }
        PlainButton.-textual-compact { margin: 0 0 0 2; }
    }
    """

    def __init__(self, question: str, detail: str = "", *, yes: str = "Yes", no: str = "No") -> None:
        """All texts are shown as they are; sanitise what is foreign."""
        super().__init__()
        self._texts = (question, detail)
        self._labels = (yes, no)

    def compose(self) -> ComposeResult:
        question, detail = self._texts
        yes, no = self._labels
        with Vertical():
            yield Static(question, id="question", markup=False)
            yield Static(detail, id="detail", markup=False)
            with Horizontal():
                yield PlainButton(f"{no} (n)", id="no")
                yield PlainButton(f"{yes} (y)", id="yes")

    def on_mount(self) -> None:
        self.query_one("#detail").display = bool(self._texts[1])
        self.query_one("#no").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "yes")

    def action_answer(self, yes: bool) -> None:
        self.dismiss(yes)
