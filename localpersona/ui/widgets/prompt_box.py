"""Where the user writes."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import TextArea


class PromptBox(TextArea):
    """A text area that grows with its text. Enter sends; pasted newlines never do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Send", id="prompt.send"),
        Binding("ctrl+j,shift+enter", "newline", "New line", key_display="^j", id="prompt.newline"),
        Binding("tab", "complete", "Complete", show=False),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | enter | Send the prompt. |
    | ctrl+j, shift+enter | Start a new line (shift+enter where the terminal can tell it from enter). |
    | up | In an empty prompt: take back what waits to be sent, or move to the messages. |
    """

    DEFAULT_CSS = """
    PromptBox {
        height: auto; min-height: 3; max-height: 12; padding: 0 1;
        border: round $foreground 25%; background: $background; color: $foreground;
        border-title-color: $accent; border-title-style: none; border-subtitle-color: $text-muted;
        scrollbar-size-vertical: 1;
        &:focus { border: round $primary; background: $background; }
        &.-editing { border: round $accent; }
        & .text-area--placeholder { color: $foreground 45%; }
        & .text-area--cursor-line { background: transparent; }
    }
    """

    PLACEHOLDER: ClassVar[str] = "Ask anything"

    class Submitted(Message):
        """The user pressed Enter on a text that isn't blank. `give_back` is for one that cannot be sent."""

        def __init__(self, box: PromptBox, text: str) -> None:
            super().__init__()
            self.box = box
            self.text = text

        @property
        def control(self) -> PromptBox:
            return self.box

    class LeftAbove(Message):
        """The user pressed Up in an empty box."""

    class CompletionRequested(Message):
        """The user pressed Tab while a command is being typed."""

    def __init__(self) -> None:
        super().__init__(
            show_line_numbers=False, soft_wrap=True, compact=False, highlight_cursor_line=False,
            placeholder=self.PLACEHOLDER,
        )  # fmt: skip
        self._notes: dict[str, str] = {}

    def note(self, name: str, text: str) -> None:
        """Say something in the lower edge; "" no longer. Several notes stand side by side."""
        self._notes[name] = text
        self.border_subtitle = " · ".join(note for note in self._notes.values() if note)

    def put(self, text: str) -> None:
        """Replace the text; the cursor goes to its end. Undo brings the former text back."""
        self.replace(text, self.document.start, self.document.end)
        self.move_cursor(self.document.end)

    def give_back(self, text: str) -> None:
        """Put a text that could not be sent before what has been typed since."""
        self.put("\n\n".join(part for part in (text, self.text) if part.strip()))

    async def on_key(self, event: events.Key) -> None:
        # Bindings are looked at only when a key has bubbled up to the app, and letters typed behind it
        # overtake it there: "one", Enter, "two" typed while the machine is busy would be sent as "onetwo".
        # Alt and a letter is what a quick Escape and letter looks like to a terminal.
        if event.key == "enter" or event.key.startswith("alt+") or not event.is_printable:
            event.prevent_default()
            if await self.app._check_bindings(event.key):
                event.stop()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "complete":
            return self.text.startswith("/")
        return super().check_action(action, parameters)

    def action_submit(self) -> None:
        text = self.text
        if text.strip():
            self.put("")  # at once: what is typed behind Enter belongs to the next prompt
            self.post_message(self.Submitted(self, text))

    def action_newline(self) -> None:
        start, end = self.selection
        self.replace("\n", start, end, maintain_selection_offset=False)

    def action_complete(self) -> None:
        self.post_message(self.CompletionRequested())

    def action_cursor_up(self, select: bool = False) -> None:
        if self.text:
            super().action_cursor_up(select)
        else:
            self.post_message(self.LeftAbove())
