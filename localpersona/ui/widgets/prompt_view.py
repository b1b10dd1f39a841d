"""What the user asked."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from localpersona.text import harmless
from localpersona.ui.transcript import Shown
from localpersona.ui.widgets.message_view import MessageView


class PromptView(MessageView):
    """A prompt: plain text exactly as typed, with the user's colour at its side."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "screen.edit", "Edit", id="message.edit"),
        Binding("y", "screen.copy", "Copy", id="message.copy"),
    ]

    DEFAULT_CSS = """
    PromptView {
        background: $surface;
        border-left: wide $primary 60%;
        padding: 1 1 1 1;
        &:focus { background: $surface; background-tint: $foreground 5%; }
        & > .said { height: auto; color: $foreground; }
    }
    """

    def __init__(self, text: str, shown: Shown | None = None) -> None:
        super().__init__(shown)
        self._text = text

    @property
    def text(self) -> str:
        return self._text

    def compose(self) -> ComposeResult:
        yield Static(Content(harmless(self._text)), classes="said")
        yield Static(classes="foot", markup=False)

    def on_mount(self) -> None:
        self.set_foot(self.version())

    async def show(self, shown: Shown) -> None:
        await super().show(shown)
        self._text = shown.row.text
        self.query_one(".said", Static).update(Content(harmless(self._text)))
        self.set_foot(self.version())
