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
from localpersona.ui.keymap import keys_of

_LETTERS = (
    ("↑ ↓", "move between messages, scroll long ones"),
    ("<←|message.previous> <→|message.next> [ ]", "switch between the versions of a message"),
    ("<c|message.compare>", "compare two candidates of the answer"),
    ("<w|message.why>", "why this answer?"),
    ("<r|message.regenerate>", "answer again; the former answer stays as a version"),
    (
        "<e|message.edit>  <E|message.edit_answer>",
        "edit the prompt, or the answer itself; the former one stays as a version",
    ),
    ("<n|message.continue>", "go on with an answer that was cut off"),
    ("<y|message.copy>  <Y|message.copy_code>", "copy the message; copy its next code block"),
    ("<a|message.unfold>", "show all of a very long answer"),
    ("<t|message.thinking>", "fold or unfold the model's thinking"),
    ("<u|message.undo>", "take the last choice back"),
    ("<o|message.offers>", "offer comparisons no more, or again"),
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
        named = keys_of(self).named
        with VerticalScroll() as box:
            box.border_title = "Help"
            box.border_subtitle = "Esc closes · ↑ ↓ scroll"
            if self._own:
                yield Markdown(self._own, open_links=False)
            yield Static("On a message", classes="head")
            yield Static(_table([(named(keys), does) for keys, does in _LETTERS]))
            yield Static(named("Commands, typed or in the palette (<Ctrl+P|app.palette>)"), classes="head")
            yield Static(_table([(c.usage, f"{named(c.key):8}{named(c.help)}") for c in COMMANDS]))

    def on_mount(self) -> None:
        self.query_one(VerticalScroll).focus()


def _table(rows: Sequence[tuple[str, str]]) -> Content:
    width = max(len(left) for left, _ in rows) + 2
    lines = [Content.assemble((left.ljust(width), "$primary"), right) for left, right in rows]
    return Content("\n").join(lines)
