"""Help: the focused screen's own text, then every command with its key."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Markdown, Static

from localpersona.ui.commands import COMMANDS, Command
from localpersona.ui.keymap import displayed

_MESSAGES = """\
## On a message
| Key | |
| --- | --- |
| ↑ ↓ | move between messages, scroll long ones |
| c | compare two candidates of the answer |
| w | why this answer? |
| r | answer again; ← → (or [ ]) switch between the versions |
| e | edit the prompt; the former one stays as a version |
| n | go on with an answer that was cut off |
| y, Y | copy the message, copy its next code block |
| t | fold or unfold the model's thinking |
| u | take the last choice back |
"""


class HelpScreen(ModalScreen[None]):
    """One page of keys and commands."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,f1,question_mark", "dismiss", "Close", show=False)
    ]

    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        & > VerticalScroll {
            width: 84; max-width: 98%; height: 90%; padding: 1 1;
            background: $surface; border: round $primary 60%; border-title-color: $primary;
            border-subtitle-color: $text-muted; scrollbar-size-vertical: 1;
        }
        Markdown { background: transparent; }
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
            yield Markdown(self._text(), open_links=False)
            yield Static()

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()

    def _text(self) -> str:
        rows = "\n".join(_row(command) for command in COMMANDS)
        head = "## Commands\nIn the palette (Ctrl+P), or typed.\n\n| Typed | Key | |\n| --- | --- | --- |\n"
        return "\n\n".join(part for part in (self._own, _MESSAGES, head + rows) if part)


def _row(command: Command) -> str:
    usage = command.usage.replace("|", "\\|")
    return f"| {usage} | {displayed(command.key)} | {command.help} |"
