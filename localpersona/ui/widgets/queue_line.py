"""What waits to be sent, above the prompt box."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widgets import Static

from localpersona.text import one_line


class QueueLine(Static):
    """One line for each prompt that waits for the running answer; hidden when none does."""

    DEFAULT_CSS = """
    QueueLine { height: auto; max-height: 4; padding: 0 2; color: $text-muted; display: none; }
    QueueLine.-on { display: block; }
    """

    def show(self, texts: Sequence[str]) -> None:
        """Show these prompts, oldest first."""
        width = max(self.app.size.width - 46, 16)
        lines = [f"queued  {one_line(text, width)}" for text in texts]
        if lines:
            lines[-1] += "   ↑ brings it back"
        self.update(Content("\n".join(lines)))
        self.set_class(bool(lines), "-on")
