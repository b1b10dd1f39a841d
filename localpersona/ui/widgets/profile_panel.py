"""The profile while it is being learned: every taste beside the question, or the moving ones under it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from localpersona.ui.widgets.trait_bar import TraitBar

if TYPE_CHECKING:
    from localpersona.assistant import ProfileView

_LEARNED_LINES = {1: 2, 3: 1}
"""Lines for the sentence in a strip of so many bars: where there is room for one bar only, it wraps."""
_NOTICEABLE = 0.02
"""Movement on a bar (−1 … 1) below which nothing is seen to move."""


class ProfilePanel(Widget):
    """What the answers so far taught, in a sentence and in bars. As a strip it shows only what moved most."""

    DEFAULT_CSS = """
    ProfilePanel {
        layout: vertical; height: 1fr; width: 42; padding: 0 2;
        #learned { height: auto; max-height: 3; color: $accent; }
        #bars { height: 1fr; scrollbar-size-vertical: 1; }
        TraitBar { margin-top: 1; }
        &.-strip {
            height: auto; width: 1fr;
            TraitBar { margin-top: 0; }
        }
    }
    """

    strip_bars: reactive[int] = reactive(0)
    """0: beside the question, all bars; otherwise: under it, with at most so many."""

    def __init__(self) -> None:
        super().__init__()
        self._moved: dict[str, float] = {}

    def compose(self) -> ComposeResult:
        yield Static(id="learned", markup=False)
        yield VerticalScroll(id="bars", can_focus=False)

    async def show(self, profile: ProfileView, learned: str = "") -> None:
        """Move the bars to the profile and say what was learned."""
        bars = {bar.view.trait.name: bar for bar in self.query(TraitBar)}
        if not bars:
            await self.query_one("#bars").mount_all(TraitBar(view) for view in profile.tastes)
        else:
            self._moved = {
                view.trait.name: abs(view.position - bars[view.trait.name].view.position)
                for view in profile.tastes
            }
            for view in profile.tastes:
                bars[view.trait.name].show(view)
        self.query_one("#learned", Static).update(learned)
        self._choose_bars()

    def watch_strip_bars(self) -> None:
        self.set_class(self.strip_bars > 0, "-strip")
        # A strip that grew with what it says would move the answers above it under the reader's eyes.
        self.query_one("#learned").styles.height = _LEARNED_LINES.get(self.strip_bars, "auto")
        self.query_one("#bars").styles.height = self.strip_bars or "1fr"
        self._choose_bars()

    def _choose_bars(self) -> None:
        moved = sorted(self._moved, key=lambda name: -self._moved[name])[: self.strip_bars]
        shown = {name for name in moved if self._moved[name] >= _NOTICEABLE}
        for bar in self.query(TraitBar):
            bar.display = not self.strip_bars or bar.view.trait.name in shown
