"""One comparison of the past: what was chosen, and what would change without it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.widgets.answer_pair import AnswerPair
from localpersona.ui.widgets.key_line import KeyLine
from localpersona.ui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from localpersona.assistant.trail import Change
    from localpersona.store import ComparisonRow

MOST = 3
"""Changes shown; the largest come first."""
_FROM = {
    "onboarding": "asked at the beginning",
    "chat": "chosen in a chat",
    "kept": "from what you kept in a chat",
    "import": "imported",
}


class ComparisonScreen(PanelScreen[int | None]):
    """Shows a comparison; dismisses with its id when it was taken back, else with None."""

    AUTO_FOCUS = "AnswerPair"

    HELP = """\
## A comparison that counts
Both answers as you saw them, with what you chose, and below them what your profile would look like without it.
**<d|comparison.remove>** takes it back; in the list **<u|trait.restore>** brings it back.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d,delete", "remove", "Take it back", id="comparison.remove"),
    ]

    DEFAULT_CSS = """
    ComparisonScreen {
        AnswerPair { padding: 1 1 0 1; }
        #effect { height: auto; max-height: 6; padding: 0 3; }
    }
    """

    def __init__(self, row: ComparisonRow) -> None:
        super().__init__()
        self._row = row

    def compose(self) -> ComposeResult:
        yield TitleBar("A comparison", f"{self._row.created[:10]} · {_FROM[self._row.comparison.source]}")
        yield AnswerPair()
        yield Static("Without it: …", id="effect", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.start(self._show())

    async def _show(self) -> None:
        said = self._row.comparison
        await self.query_one(AnswerPair).recall(said.prompt, said.first, said.second, said.outcome)
        changes = await asyncio.to_thread(self.assistant.trail.changes_without, [self._row.id])
        self.query_one("#effect", Static).update(_effect(changes, skipped=said.outcome is None))

    def action_remove(self) -> None:
        self.start(self._remove(), lasting=True)

    async def _remove(self) -> None:
        await asyncio.to_thread(self.assistant.trail.remove, [self._row.id])
        if self.is_current:
            self.dismiss(self._row.id)


def _effect(changes: tuple[Change, ...], *, skipped: bool) -> str:
    """Say what would change: what is said of a trait, or else only where its bar would go."""
    if skipped:
        return "You skipped this one: it says nothing. Without it, it may be asked again."
    if not changes:
        return "Without it your profile would look the same."
    return "Without it:\n" + "\n".join(f"  {_words(change)}" for change in changes[:MOST])


def _words(change: Change) -> str:
    way = "→" if change.by > 0 else "←"
    if change.before == change.after:
        return f"{change.noun}: still {change.after}, {way} {abs(change.by) * 50:.0f} % of the bar"
    return f"{change.noun}: {change.before} becomes {change.after}"
