"""The line at the bottom: which model, how fast, how full, whose taste."""

from __future__ import annotations

from typing import ClassVar

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from localpersona.text import one_line


class StatusLine(Widget):
    """Shows as much as fits: long forms first, then short ones, then only what matters most."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 2; color: $text-muted; }
    """

    GAP: ClassVar[str] = "  ·  "

    activity: reactive[str] = reactive("")
    """What takes the model's place while it loads; "" otherwise."""
    model: reactive[str] = reactive("")
    device: reactive[str] = reactive("")
    """ "CPU", or the GPU's name with how many layers it holds."""
    speed: reactive[float] = reactive(0.0)
    """Tokens a second of the last answer; 0 when there was none."""
    used: reactive[int] = reactive(0)
    """Tokens of the context in use."""
    total: reactive[int] = reactive(0)
    comparisons: reactive[int] = reactive(0)
    strength: reactive[str] = reactive("")

    def render(self) -> Content:
        width = self.size.width
        short = self._short()
        for parts in (self._long(40), self._long(24), short, short[:4], short[:3], short[:2]):
            texts = [text for text in parts if text]
            if len(line := self.GAP.join(texts)) <= width or len(line := " · ".join(texts)) <= width:
                return Content(line)
        return Content(one_line(self.activity or self.model, max(width, 1)))

    def _long(self, name: int) -> list[str]:
        """Everything, in the order it is read, with at most `name` characters for the model."""
        many = "1 comparison" if self.comparisons == 1 else f"{self.comparisons} comparisons"
        return [
            self.activity or one_line(self.model, name) or "no model",
            self.device if self.model and not self.activity else "",
            f"{self.speed:.0f} tokens/s" if self.speed else "",
            f"context {self.used:,}/{self.total:,}" if self.total else "",
            f"strength {self.strength}" if self.strength else "",
            many,
        ]

    def _short(self) -> list[str]:
        """The same in few words, most important first."""
        device = f" {self.device.split()[0]}" if self.model and self.device and not self.activity else ""
        return [
            one_line(self.activity or self.model, 24) + device or "no model",
            f"{_thousands(self.used)}/{_thousands(self.total)}" if self.total else "",
            self.strength,
            f"{self.comparisons} compared",
            f"{self.speed:.0f} t/s" if self.speed else "",
        ]


def _thousands(count: int) -> str:
    """Return `812`, `3.1k`, and `4k` for 4096."""
    if count < 1000:
        return str(count)
    return f"{count // 1024}k" if count % 1024 == 0 else f"{count / 1000:.1f}k"
