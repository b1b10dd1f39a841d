"""A button of one line, as quiet as the rest of the screen until it has the focus."""

from __future__ import annotations

from textual.widgets import Button


class PlainButton(Button):
    """Textual's compact button shows its focus as reversed text, which reads as a glitch; this is filled."""

    DEFAULT_CSS = """
    PlainButton.-textual-compact {
        width: auto; min-width: 0; padding: 0 2; margin-right: 2;
        background: $foreground 10%; color: $foreground; text-style: none;
        &:hover { background: $foreground 20%; color: $foreground; }
        &:focus { background: $primary; color: $background; text-style: bold; background-tint: transparent; }
        &.-active { background: $primary 70%; }
    }
    """

    def __init__(self, label: str, *, id: str) -> None:  # noqa: A002
        super().__init__(label, id=id, compact=True)
