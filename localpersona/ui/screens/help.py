"""Help: what the screen says of itself, the letters that act on messages, every command with its key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Markdown, Static

from localpersona.ui.commands import COMMANDS
from localpersona.ui.keymap import displayed

_LETTERS = (
    ("↑ ↓", "move between messages, scroll long ones"),
    ("← → [ ]", "switch between the versions of a message"),
    ("c", "compare two candidates of the answer"),
    ("w", "why this answer?"),
    ("r", "answer again; the former answer stays as a version"),
    ("e  E", "edit the prompt, or the answer itself; the former one stays as a version"),
    ("n", "go on with an answer that was cut off"),
    ("y  Y", "copy the message; copy its next code block"),
    ("t", "fold or unfold the model's thinking"),
    ("u", "take the last choice back"),
    ("o", "offer comparisons no more, or again"),
)


class HelpScreen(ModalScreen[None]):
    """One page of keys and commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark", "dismiss", "Close", show=False)
    ]

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > VerticalScroll {
            width: 88; max-width: 98%; height: auto; max-height: 94%; padding: 1 2;
            background: $surface; border: round $primary 60%; border-title-color: $primary;
            border-subtitle-color: $text-muted; scrollbar-size-vertical: 1;
        }
        Markdown { background: transparent; padding: 0; }
        Static { height: auto; }
        .head { text-style: bold; margin-top: 1; }
    }
    """

    def __init__(self, own: str = "") -> None:
        """`own`: Markdown about the screen that help was asked from."""
        super().__init__()
        self._own = own

    def compose(self) -> ComposeResult:
        with VerticalScroll() as box:
            box.border_title = "Help"
            box.border_subtitle = "Esc closes · ↑ ↓ scroll"
            if self._own:
                yield Markdown(self._own, open_links=False)
            yield Static("On a message", classes="head")
            yield Static(_table(_LETTERS))
            yield Static("Commands, typed or in the palette (Ctrl+P)", classes="head")
            yield Static(_table([(c.usage, f"{displayed(c.key):8}{c.help}") for c in COMMANDS]))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


def _table(rows: Sequence[tuple[str, str]]) -> Content:
    width = max(len(left) for left, _ in rows) + 2
    lines = [Content.assemble((left.ljust(width), "$primary"), right) for left, right in rows]
    return Content("\n").join(lines)
