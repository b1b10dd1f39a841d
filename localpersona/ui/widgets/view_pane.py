"""One answer among several that are made to be looked at side by side."""

from __future__ import annotations

from time import monotonic
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Markdown

from localpersona.text import harmless
from localpersona.ui.markdown import parser


class ViewPane(VerticalScroll, can_focus=False):
    """A titled frame; what is going on stands in its lower edge."""

    DEFAULT_CSS = """
    ViewPane {
        width: 1fr; height: 1fr; padding: 0 1; border: round $foreground 35%; border-title-style: bold;
        border-title-color: $foreground; border-subtitle-color: $foreground 70%; scrollbar-size-vertical: 1;
        Markdown { padding: 0; background: transparent; & > :last-child { margin-bottom: 0; } }
    }
    """

    PAINT_SECONDS: ClassVar[float] = 0.1

    def __init__(self, title: str, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.border_title = title
        self._written = self._unpainted = ""
        self._painted_at = 0.0

    def compose(self) -> ComposeResult:
        yield Markdown(open_links=False, parser_factory=parser)

    async def begin(self) -> None:
        """Empty it for the next answer."""
        self._written = self._unpainted = ""
        self.say("waiting")
        await self.query_one(Markdown).update("")

    def say(self, what: str) -> None:
        """Say what is going on; "" when nothing is."""
        self.border_subtitle = what

    async def feed(self, fragment: str) -> None:
        """Add a fragment; those that come quickly are painted together."""
        self._written += fragment
        self._unpainted += fragment
        if monotonic() - self._painted_at >= self.PAINT_SECONDS:
            self._painted_at, painted, self._unpainted = monotonic(), self._unpainted, ""
            self.say(f"writing · {len(self._written.split())} words")
            await self.query_one(Markdown).append(harmless(painted))

    async def end(self, text: str, remark: str = "") -> None:
        """Show the whole answer and its length, which is often the first thing that differs."""
        await self.query_one(Markdown).update(harmless(text) or "*(an empty answer)*")
        count = len(text.split())
        self.say(" · ".join(part for part in (f"{count} words", harmless(remark)) if part))
