"""One trait: how it moved, and every comparison behind it, to be opened and taken back one by one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from localpersona.text import one_line
from localpersona.ui.screens.comparison import ComparisonScreen
from localpersona.ui.screens.panel import PanelScreen
from localpersona.ui.widgets.key_line import KeyLine
from localpersona.ui.widgets.movement_chart import MovementChart
from localpersona.ui.widgets.plain_list import PlainList
from localpersona.ui.widgets.title_bar import TitleBar
from localpersona.ui.widgets.trait_bar import TraitBar

if TYPE_CHECKING:
    from localpersona.assistant import TraitView
    from localpersona.assistant.trail import Piece

SLIGHT, STRONG = 0.25, 1.0
"""Differences (standard deviations of the trait's score) below which a comparison says little, above which much."""


class TraitScreen(PanelScreen[None]):
    """Leads from a trait to its evidence."""

    HELP = """\
## One trait
The chart shows how it moved while you compared: **●** the mean, **│** how sure it is. Below it, newest first,
every comparison and what it says about this trait. **Enter** opens one, shows what would change without it,
and lets you take it back; **<u|trait.restore>** brings back what you took back here.
"""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("u", "restore", "Bring back", id="trait.restore"),
    ]

    AUTO_FOCUS = "PlainList"

    DEFAULT_CSS = """
    TraitScreen {
        TraitBar { margin: 1 2 0 2; }
        MovementChart { margin: 1 2; }
        &.-low MovementChart { height: 6; margin: 0 2; }
        &.-tall MovementChart { height: 12; }
        #note { color: $foreground 70%; padding: 0 3; height: auto; }
    }
    """

    VERTICAL_BREAKPOINTS = [(0, "-low"), (26, "-high"), (36, "-tall")]  # noqa: RUF012 (an instance variable in Screen)

    def __init__(self, view: TraitView) -> None:
        super().__init__()
        self._view = view
        self._pieces: dict[int, Piece] = {}
        self._removed: list[int] = []

    def compose(self) -> ComposeResult:
        trait = self._view.trait
        yield TitleBar(f"{trait.low} or {trait.high}?")
        yield TraitBar(self._view)
        yield MovementChart(trait.low, trait.high)
        yield Static(id="note", markup=False)
        yield PlainList()
        yield KeyLine()

    def on_mount(self) -> None:
        self.start(self._read())

    async def _read(self) -> None:
        trail, name = self.assistant.trail, self._view.trait.name
        pieces = await asyncio.to_thread(trail.of, name)
        profile = await asyncio.to_thread(self.assistant.profile)
        self._view = next(view for view in profile.traits if view.trait.name == name)
        self._pieces = {piece.row.id: piece for piece in pieces}
        self.query_one(TraitBar).show(self._view, seconds=0)
        self.query_one(TitleBar).remark = self._view.description
        self._list(pieces)
        movement = await asyncio.to_thread(trail.movement)
        self.query_one(MovementChart).show(movement.counts, movement.traits[name])

    def _list(self, pieces: tuple[Piece, ...]) -> None:
        listed = self.query_one(PlainList)
        at = listed.highlighted or 0
        listed.clear_options()
        listed.add_options(Option(self._line(piece), id=str(piece.row.id)) for piece in pieces)
        listed.highlighted = min(at, len(pieces) - 1) if pieces else None
        speaking = sum(abs(piece.push or 0.0) >= SLIGHT for piece in pieces)
        self.query_one("#note", Static).update(
            f"{speaking} of {len(pieces)} comparisons say something about this:"
            if pieces
            else "Nothing was compared yet. What is shown is what most people like. Escape, then a, asks you."
        )
        self.refresh_bindings()

    def _line(self, piece: Piece) -> Content:
        wide = self.size.width >= 84  # else the day has no room
        day = f"{piece.row.created[:10]}  " if wide else ""
        words = _says(piece, self._view, wide).ljust(32 if wide else 22)
        room = max(self.size.width - len(day) - len(words) - 13, 12)
        speaks = "$primary" if abs(piece.push or 0.0) >= SLIGHT else ""
        return Content.assemble(day, (words, speaks), one_line(piece.row.comparison.prompt, room))

    @on(OptionList.OptionSelected)
    def open_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        piece = self._pieces[int(event.option.id or 0)]
        self.app.push_screen(ComparisonScreen(piece.row), self._came_back)

    def _came_back(self, removed: int | None) -> None:
        if removed is not None:
            self._removed.append(removed)
            self.tell(self.stage.keys("Taken back; it no longer counts. <u|trait.restore> brings it back."))
        self.start(self._read())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return bool(self._removed) if action == "restore" else True

    def action_restore(self) -> None:
        if self._removed:
            self.start(self._restore(self._removed.pop()), lasting=True)

    async def _restore(self, comparison_id: int) -> None:
        await asyncio.to_thread(self.assistant.trail.restore, [comparison_id])
        self.tell("It counts again.")
        await self._read()


def _says(piece: Piece, view: TraitView, wide: bool) -> str:
    """Return what a comparison says of the trait, in words: "for concise", "strongly for detailed"."""
    outcome, push = piece.row.comparison.outcome, piece.push
    if outcome is None:
        return "skipped"
    if push is None:
        return "not scored yet"
    if outcome == 0.5:
        return "both the same"
    if abs(push) < SLIGHT:
        return "says little of this"
    end = view.trait.high if push > 0 else view.trait.low
    return (
        f"strongly for {end}"
        if wide and abs(push) >= STRONG
        else one_line(f"for {end}", 21 if not wide else 31)
    )
