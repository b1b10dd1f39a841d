"""The slash commands that match what is being typed."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static

from localpersona.ui.commands import Command, matching
from localpersona.ui.keymap import keys_of


class CommandHints(Static):
    """A few lines above the prompt box while a command is typed; hidden otherwise."""

    DEFAULT_CSS = """
    CommandHints {
        height: auto; max-height: 8; padding: 0 2; display: none; color: $text-muted; background: $surface;
    }
    CommandHints.-on { display: block; }
    """

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.matches: tuple[Command, ...] = ()

    def follow(self, text: str) -> None:
        """Show the commands that begin with what is typed."""
        self.matches = matching(text)
        self.set_class(bool(self.matches), "-on")
        width = max((len(command.usage) for command in self.matches[:7]), default=0)
        lines = [
            Content.assemble((command.usage.ljust(width + 2), "$primary"), keys_of(self).named(command.help))
            for command in self.matches[:7]
        ]
        if len(self.matches) > 7:
            lines.append(Content(f"… and {len(self.matches) - 7} more; Tab completes"))
        self.update(Content("\n").join(lines))
