"""What a terminal too small for the app shows in place of a broken layout."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

LEAST_WIDTH, LEAST_HEIGHT = 40, 12


class TooSmallScreen(ModalScreen[None]):
    """Covers everything until the terminal is larger again. Nothing behind it is lost."""

    DEFAULT_CSS = """
    TooSmallScreen { align: center middle; background: $background; }
    TooSmallScreen > Static { width: 100%; height: auto; text-align: center; }
    """

    def compose(self) -> ComposeResult:
        needed = f"{LEAST_WIDTH} × {LEAST_HEIGHT} characters are needed."
        yield Static(Content(f"This terminal is too small.\n{needed}"))


def too_small(width: int, height: int) -> bool:
    return width < LEAST_WIDTH or height < LEAST_HEIGHT
