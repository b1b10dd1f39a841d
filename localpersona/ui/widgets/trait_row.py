"""One line of the profile screen: a trait that can be set by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive

from localpersona.ui.widgets.trait_bar import TraitBar

if TYPE_CHECKING:
    from localpersona.assistant import TraitView

_STEP = 0.1
"""How far one key press moves a trait on its bar (−1 … 1)."""
_FULLEST = 0.9


class TraitRow(TraitBar, can_focus=True):
    """A trait bar with the keys to set it. It shows the new state at once; the screen stores it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-1)", "Set", key_display="← →", id="trait.left"),
        Binding("right", "move(1)", "Set", show=False, id="trait.right"),
        Binding("enter", "open", "Why", id="trait.open"),
        Binding("l", "lock", "Hold", id="trait.lock"),
        Binding("u", "unlock", "Let learn", id="trait.unlock"),
    ]
    """
    | Key(s) | Description |
    | :- | :- |
    | left, right | Set the trait by hand, a step towards that pole. |
    | enter | See how it moved, and the comparisons behind it. |
    | l | Hold the trait where it is: comparisons no longer move it. |
    | u | Let comparisons decide again. |

    A double click on the line sets the trait there.
    """

    DEFAULT_CSS = """
    TraitRow {
        padding: 0 1;
        &:hover { background: $foreground 5%; }
        &:focus { background: $primary 18%; }
    }
    """

    TREND_FROM: ClassVar[int] = 112
    """Columns from which there is room to show how the trait moved."""

    trend: reactive[str] = reactive("")
    """How it moved, one character a state, the newest last."""

    class Opened(Message):
        """The user wants to see what is behind the trait."""

        def __init__(self, row: TraitRow) -> None:
            super().__init__()
            self.row = row

        @property
        def control(self) -> TraitRow:
            return self.row

    class SetByHand(Message):
        """The user moved the trait or holds it where it is (`position` None)."""

        def __init__(self, row: TraitRow, position: float | None) -> None:
            super().__init__()
            self.row = row
            self.position = position

        @property
        def control(self) -> TraitRow:
            return self.row

    class Released(Message):
        """The user lets comparisons decide again."""

        def __init__(self, row: TraitRow) -> None:
            super().__init__()
            self.row = row

        @property
        def control(self) -> TraitRow:
            return self.row

    @property
    def trait_name(self) -> str:
        return self.view.trait.name

    @property
    def room(self) -> int:
        wide = self.trend and self.size.width >= self.TREND_FROM
        return self.size.width - len(self.trend) - 2 if wide else self.size.width

    def render(self) -> Content:
        bar = super().render()
        if self.room == self.size.width:
            return bar
        return Content.assemble(
            bar.pad_right(self.room - bar.cell_length), "  ", (self.trend, "$foreground 70%")
        )

    def show(self, view: TraitView, *, seconds: float = 0.4) -> None:
        super().show(view, seconds=seconds)
        self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in ("lock", "unlock"):
            return self.view.locked == (action == "unlock")  # only the one that would change something
        return True

    def action_move(self, direction: int) -> None:
        # From one step to the next, so that the middle can be hit.
        steps = round(self.view.position / _STEP) + direction
        self._set(min(max(steps * _STEP, -_FULLEST), _FULLEST))

    def action_open(self) -> None:
        self.post_message(self.Opened(self))

    def action_lock(self) -> None:
        if not self.view.locked:
            self.post_message(self.SetByHand(self, None))

    def action_unlock(self) -> None:
        if self.view.locked:
            self.post_message(self.Released(self))

    def on_click(self, event: events.Click) -> None:
        # A single click only takes the focus: one that strays must not overwrite what was learned.
        position = self.position_at(event.get_content_offset_capture(self).x)
        if event.chain == 2 and position is not None:
            self._set(min(max(position, -_FULLEST), _FULLEST))

    def _set(self, position: float) -> None:
        at_once = replace(self.view, position=position, low=position, high=position, locked=True)
        self.show(at_once, seconds=0)
        self.post_message(self.SetByHand(self, position))
