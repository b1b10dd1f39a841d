"""An address from an answer: shown in full before anything opens it."""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlsplit

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from localpersona.text import harmless


class LinkScreen(ModalScreen[None]):
    """Shows where a link leads. Only http, https and mailto can be opened; anything can be copied."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "open", "Open"),
        Binding("y", "copy", "Copy"),
        Binding("escape,q", "dismiss", "Close"),
    ]

    DEFAULT_CSS = """
    LinkScreen { align: center middle; }
    LinkScreen > Vertical {
        width: 72; max-width: 95%; height: auto; padding: 1 2;
        background: $surface; border: round $primary 60%;
        border-title-color: $primary;
        .address { color: $primary; margin-bottom: 1; }
        .keys { color: $text-muted; }
    }
    """

    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address

    def compose(self) -> ComposeResult:
        with Vertical() as box:
            box.border_title = "The answer links to"
            yield Static(Content(harmless(self._address)), classes="address")
            opens = "o open in the browser · " if self._openable else ""
            yield Static(Content(f"{opens}y copy · Esc close"), classes="keys")

    @property
    def _openable(self) -> bool:
        return urlsplit(self._address).scheme in ("http", "https", "mailto")

    def action_open(self) -> None:
        if self._openable:
            self.app.open_url(self._address)
            self.dismiss()

    def action_copy(self) -> None:
        self.app.copy_to_clipboard(self._address)
        self.notify("Copied the address.", markup=False)
        self.dismiss()
