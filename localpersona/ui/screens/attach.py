"""A text file for the prompt: what is in it, and how much of the model's context it takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from localpersona.text import harmless, one_line
from localpersona.ui.keymap import keys_of

LARGEST = 2_000_000
"""Bytes that are read at most: no context holds more."""
_SHOWN_LINES = 40


class NotText(ValueError):
    """The file cannot be put into a prompt. str(error) is one plain line."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A text file that was read."""

    name: str
    text: str

    @property
    def fenced(self) -> str:
        """The text between fences that it does not contain itself, under its name."""
        fence = "```"
        while fence in self.text:
            fence += "`"
        kind = Path(self.name).suffix[1:]
        return f"{one_line(self.name, 80)}:\n{fence}{kind if kind.isalnum() else ''}\n{self.text.rstrip()}\n{fence}\n"


def read_text(path: Path) -> Attachment:
    """Read a text file in UTF-8 (or UTF-16 with its mark). Raises OSError, and NotText for anything else."""
    name = one_line(path.name, 60)
    if path.exists() and not path.is_file():
        raise NotText(f"{name} is not a file.")
    with path.open("rb") as file:
        raw = file.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise NotText(f"{name} is larger than 2 MB: no model here could read it all. Attach a part of it.")
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise NotText(f"{name} is not a text file (UTF-8). Convert it first.") from None
    if "\0" in text:
        raise NotText(f"{name} is not a text file. Convert it to text first.")
    if not text.strip():
        raise NotText(f"{name} is empty.")
    return Attachment(path.name, text)


class AttachScreen(ModalScreen[bool]):
    """Shows the beginning of the file and its size; dismisses with True to put it into the prompt."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer(True)", "Attach", show=False),
        Binding("escape,n", "answer(False)", "Cancel", show=False),
    ]

    DEFAULT_CSS = """
    AttachScreen {
        align: center middle;
        & > Vertical {
            width: 88; max-width: 96%; height: auto; max-height: 94%; padding: 1 2;
            background: $surface; border: round $primary 60%; border-title-color: $primary;
        }
        VerticalScroll { height: auto; max-height: 60vh; color: $foreground 80%; margin: 1 0; }
        #size { text-style: bold; }
        #keys { color: $foreground 70%; }
    }
    """

    def __init__(self, attachment: Attachment, tokens: int, exact: bool, context: int) -> None:
        """`tokens` of the file, counted by the model or (not `exact`) estimated; `context`: how many it can see."""
        super().__init__()
        self._attachment = attachment
        self._takes = size_line(tokens, exact, context)

    def compose(self) -> ComposeResult:
        lines = self._attachment.text.splitlines()
        more = [f"… and {len(lines) - _SHOWN_LINES:,} more lines"] if len(lines) > _SHOWN_LINES else []
        with Vertical() as box:
            box.border_title = one_line(self._attachment.name, 60)
            yield Static(Content(keys_of(self).named(self._takes)), id="size")
            with VerticalScroll(can_focus=True):
                yield Static(Content(harmless("\n".join([*lines[:_SHOWN_LINES], *more]))))
            yield Static("Enter puts it into the prompt, Escape does not.", id="keys", markup=False)

    def action_answer(self, attach: bool) -> None:
        self.dismiss(attach)


def size_line(tokens: int, exact: bool, context: int) -> str:
    """Say how much of the context a text takes, and what happens when it is too much."""
    size = f"{tokens:,} tokens" if exact else f"about {tokens:,} tokens"
    if not context:
        return f"{size}."
    share = f"{size} of the {context:,} that the model sees at once"
    if tokens >= context:
        raised = "raise the context length (<F5|app.settings>)"
        return f"{share}: too much. It would be refused; attach a part, or {raised}."
    if tokens > context // 2:
        return f"{share}: older messages will be left out."
    return f"{share}."
